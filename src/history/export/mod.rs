//! Histories for other checkers, so that nobody has to believe this one.
//!
//! Two formats: the operations that Porcupine (Go) takes, as JSON, and a history as Jepsen writes it and Knossos
//! reads it, as EDN. Both hold every attempt as an operation of its own. [`window`] and [`project`] make a part
//! that such a checker can manage and that is legal whenever the whole is. `docs/history.md` holds the model.

mod jepsen;
mod operations;
mod porcupine;
mod projection;
mod window;

use std::io::{self, BufWriter, Write};

use camino::Utf8Path;

use super::replace::replace;
use super::{History, HistoryError};
use crate::model::{OpKind, Outcome};

pub use operations::operations;
pub use projection::project;
pub use window::{WindowError, window};

/// For which checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON array of `porcupine.Operation`.
    Porcupine,
    /// EDN, one map a line, each an invocation or a completion.
    Jepsen,
}

/// Why a history cannot be handed to a checker that knows no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// Entries expire.
    #[error(
        "entries expire in this history (`ttl_ns` of its terms), which a model without time cannot tell from a loss; only histories without expiry can be exported"
    )]
    Expires,
    /// Entries are swept.
    #[error(
        "record {record} is a sweep, which does not tell whom it removed; only histories without sweeps can be exported"
    )]
    Sweeps {
        /// The index of its record.
        record: usize,
    },
}

/// Whether a model of a queue without time can judge this history.
///
/// # Errors
/// When entries leave the line without an operation that names them.
pub fn exportable(history: &History) -> Result<(), ExportError> {
    if history.header.terms.ttl_ns.is_some() {
        return Err(ExportError::Expires);
    }
    let swept = |row: super::Row<'_>| row.kind() == OpKind::Sweep && !matches!(row.outcome(), Outcome::Refused(_));
    match history.records.rows().position(swept) {
        Some(record) => Err(ExportError::Sweeps { record }),
        None => Ok(()),
    }
}

/// Writes all operations of a history that a model of the line can judge: joins, admissions, leaves, positions and
/// renewals. Lists and counts are left out, which keeps legal histories legal.
///
/// # Errors
/// When `output` cannot be written.
pub fn write(history: &History, format: Format, output: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Porcupine => porcupine::write(history, output),
        Format::Jepsen => jepsen::write(history, output),
    }
}

/// Writes the same into a file, which appears under its name only when it is complete and on disk.
///
/// # Errors
/// When the file cannot be written.
pub fn save(history: &History, format: Format, path: &Utf8Path) -> Result<(), HistoryError> {
    replace(path, |file| {
        let mut file = BufWriter::new(file);
        write(history, format, &mut file)?;
        file.flush()
    })
    .map_err(|source| HistoryError::Write { path: path.to_owned(), source })
}
