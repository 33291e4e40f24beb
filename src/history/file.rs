//! Which format a file has: its name says so, and what has no name of its own is JSON Lines.

use std::io::BufReader;

use camino::Utf8Path;

use super::{History, HistoryError, jsonl, parquet};

/// Reads a history: `.parquet` as this program writes it, `.jsonl` and `.jsonl.gz` as anybody does. `-` is standard
/// input; it and named pipes hold JSON Lines, packed or not.
///
/// # Errors
/// See [`HistoryError`].
pub fn read(path: &Utf8Path) -> Result<History, HistoryError> {
    if path == "-" {
        return jsonl::read_from(Utf8Path::new(STANDARD_INPUT), BufReader::new(std::io::stdin().lock()));
    }
    let name = path.file_name().unwrap_or_default();
    if name.ends_with(".parquet") {
        parquet::read(path)
    } else if name.ends_with(".jsonl") || name.ends_with(".jsonl.gz") {
        jsonl::read(path, name.ends_with(".gz"))
    } else if is_stream(path) {
        jsonl::read_stream(path)
    } else {
        Err(HistoryError::UnknownExtension { path: path.to_owned() })
    }
}

/// What messages call what has no name.
const STANDARD_INPUT: &str = "standard input";

/// Whether a path is a pipe or a descriptor of this process (`/dev/stdin`, `/dev/fd/3`), whatever lies behind it.
fn is_stream(path: &Utf8Path) -> bool {
    let descriptor = path == "/dev/stdin" || ["/dev/fd", "/proc/self/fd"].iter().any(|folder| path.starts_with(folder));
    descriptor || std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}
