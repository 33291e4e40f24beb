//! The order that proves a line, beside the history that it is of: `history.order.txt.gz`.

use std::fs;
use std::io::{BufReader, BufWriter, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::{FolderError, io};
use crate::checks::certificate::{self, Certificate, Flaw, TextProblem};
use crate::checks::notation::Trace;

/// Why a saved order proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The file.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Not an order of this history.
    #[error("{path} is not an order of this history: {problem}; remove it to have it made anew")]
    Text {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        problem: TextProblem,
    },
    /// An order, but not one that a queue could have followed.
    #[error("{path} does not prove the line: {flaw}; remove it to have it made anew")]
    Flawed {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        flaw: Flaw,
    },
}

/// Where the order of a history is saved.
#[must_use]
pub fn order_path(history: &Utf8Path) -> Utf8PathBuf {
    let name = history.file_name().unwrap_or_default();
    let stem = [".parquet", ".jsonl.gz", ".jsonl"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    history.with_file_name(format!("{stem}.order.txt.gz"))
}

/// Saves an order beside its history: under its name only when it is complete.
///
/// # Errors
/// When it cannot be written.
pub fn write_order(path: &Utf8Path, trace: &Trace, certificate: &Certificate) -> Result<(), FolderError> {
    let partial = path.with_extension("partial");
    let written = (|| {
        let file = BufWriter::new(fs::File::create(&partial)?);
        let mut packed = BufWriter::new(GzEncoder::new(file, Compression::fast()));
        certificate::write(trace, certificate, &mut packed)?;
        packed.into_inner()?.finish()?.flush()?;
        fs::rename(&partial, path)
    })();
    written.map_err(io("write", path))
}

/// Reads a saved order and replays it on the history's trace.
///
/// # Errors
/// When it cannot be read, is of another history, or proves nothing.
pub fn replay_order(path: &Utf8Path, trace: &Trace) -> Result<Certificate, OrderError> {
    let file = fs::File::open(path).map_err(io("read", path))?;
    let certificate = certificate::read(trace, BufReader::new(GzDecoder::new(BufReader::new(file))))
        .map_err(|problem| OrderError::Text { path: path.to_owned(), problem })?;
    certificate::verify(trace, &certificate).map_err(|flaw| OrderError::Flawed { path: path.to_owned(), flaw })?;
    Ok(certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_lies_beside_its_history() {
        let paths = ["a/history.parquet", "a.b/mine.jsonl.gz", "mine.jsonl"].map(|path| order_path(path.into()));
        assert_eq!(paths, ["a/history.order.txt.gz", "a.b/mine.order.txt.gz", "mine.order.txt.gz"]);
    }
}
