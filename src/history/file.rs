//! Which format a file has: its name says so.

use camino::Utf8Path;

use super::{History, HistoryError, jsonl, parquet};

/// Reads a history: `.parquet` as this program writes it, `.jsonl` and `.jsonl.gz` as anybody does.
///
/// # Errors
/// See [`HistoryError`].
pub fn read(path: &Utf8Path) -> Result<History, HistoryError> {
    let name = path.file_name().unwrap_or_default();
    if name.ends_with(".parquet") {
        parquet::read(path)
    } else if name.ends_with(".jsonl") || name.ends_with(".jsonl.gz") {
        jsonl::read(path, name.ends_with(".gz"))
    } else {
        Err(HistoryError::UnknownExtension { path: path.to_owned() })
    }
}
