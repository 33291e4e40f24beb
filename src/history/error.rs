//! Everything that can go wrong between a history and its file: what, where, why, and what to do.

use std::fmt::{self, Write as _};

use camino::Utf8PathBuf;

/// Why a history was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The extension names no format.
    #[error(
        "{path} is not named like a history: known are .parquet, .jsonl and .jsonl.gz, and - for JSON Lines from standard input"
    )]
    UnknownExtension {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The operating system refused to read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The operating system refused to write. No half-written file is left under the name.
    #[error("cannot write {path}: {source}; {}", what_to_do(.source))]
    Write {
        /// The file.
        path: Utf8PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The bytes are not those that were written.
    #[error("{path} is damaged: {detail}; copy it again from where it was recorded, or repeat the run")]
    Damaged {
        /// The file.
        path: Utf8PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// A sound file of the format, but no history.
    #[error("{path} is not a history of Stanchion: {detail}; a history of another system is judged as .jsonl")]
    Foreign {
        /// The file.
        path: Utf8PathBuf,
        /// What is missing.
        detail: String,
    },
    /// Another version of the format.
    #[error("{path} has history schema {found}, this program reads {known}: use the version that recorded it")]
    Schema {
        /// The file.
        path: Utf8PathBuf,
        /// The version it names.
        found: u64,
        /// The version known here.
        known: u32,
    },
    /// A column is missing or has another type.
    #[error("{path}: column `{column}` {detail}; the columns are listed in docs/history.md")]
    Column {
        /// The file.
        path: Utf8PathBuf,
        /// Its name.
        column: &'static str,
        /// What was expected.
        detail: String,
    },
    /// A value makes no sense.
    #[error("{path}: row {row}, column `{column}`: {detail}; the values are listed in docs/history.md")]
    Value {
        /// The file.
        path: Utf8PathBuf,
        /// The row, counted from 1.
        row: u64,
        /// Its column.
        column: &'static str,
        /// What was expected.
        detail: String,
    },
    /// The lines of a JSON Lines file that make no sense, all at once.
    #[error("{}", listed(.path, .problems, *.more))]
    Lines {
        /// The file.
        path: Utf8PathBuf,
        /// The first of them; never empty.
        problems: Vec<LineProblem>,
        /// Whether reading stopped there.
        more: bool,
    },
}

/// One thing that is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProblem {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong, what was expected, and what may have been meant.
    pub message: String,
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

fn listed(path: &Utf8PathBuf, problems: &[LineProblem], more: bool) -> String {
    let mut text = String::new();
    for (index, problem) in problems.iter().enumerate() {
        let newline = if index == 0 { "" } else { "\n" };
        let _ = write!(text, "{newline}{path}:{problem}"); // writing to a String cannot fail
    }
    if more {
        let _ = write!(text, "\n{path}: reading stopped after {} problems", problems.len());
    }
    text
}

fn what_to_do(source: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space, or choose another folder",
        ErrorKind::NotFound => "create the folder first",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "choose a folder that can be written",
        _ => "nothing was left under that name",
    }
}
