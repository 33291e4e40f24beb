//! A run on disk: `result.json`, and for each cell `<scenario>/<queue>/history.parquet` and `latency.hlog`.

// Not fs-err: a FolderError names the path itself.
use std::fs;
use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use crate::history::{self, History, HistoryError};
use crate::measure;
use crate::report::{Document, SCHEMA};

/// Why a run cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or folder.
    #[error("cannot {verb} {path}: {source}")]
    Io {
        /// What was tried.
        verb: &'static str,
        /// The file or folder.
        path: Utf8PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Not a result.json that this version can read.
    #[error("{path} is not a result.json that this version can read: {detail}")]
    Format {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        detail: String,
    },
}

const RESULT: &str = "result.json";

/// Makes the folder and sees that it can be written to, before anything is started.
///
/// # Errors
/// When it cannot be.
pub fn prepare(folder: &Utf8Path) -> Result<(), FolderError> {
    make(folder)?;
    let probe = folder.join(".writable");
    fs::write(&probe, b"").map_err(io("write to", folder))?;
    fs::remove_file(&probe).map_err(io("write to", folder))
}

/// Removes a folder that nothing was written to after all; one that holds something stays.
pub fn discard(folder: &Utf8Path) {
    // Whatever keeps it there, an empty folder is no reason to fail.
    let _ = fs::remove_dir(folder);
}

/// Writes result.json: to a temporary name first, so that a crash leaves the former one whole.
///
/// # Errors
/// When it cannot be written.
pub fn write_result(folder: &Utf8Path, document: &Document) -> Result<(), FolderError> {
    let path = folder.join(RESULT);
    let partial = folder.join(".result.json.partial");
    let written = (|| {
        let mut file = fs::File::create(&partial)?;
        file.write_all(document.to_json().as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, &path)
    })();
    written.map_err(io("write", &path))
}

/// Writes what was recorded of a cell.
///
/// # Errors
/// When it cannot be written.
pub fn write_cell(folder: &Utf8Path, history: &History) -> Result<(), FolderError> {
    let cell = folder.join(&history.header.scenario).join(&history.header.queue);
    make(&cell)?;
    history::write_parquet(&cell.join("history.parquet"), history)?;
    let path = cell.join("latency.hlog");
    let written = (|| {
        let mut file = std::io::BufWriter::new(fs::File::create(&path)?);
        measure::write_hlog(history, &mut file)?;
        file.flush()
    })();
    written.map_err(io("write", &path))
}

/// Reads the document of a saved run, from its folder or its result.json.
///
/// # Errors
/// When there is none, or it is of another version.
pub fn read_result(run: &Utf8Path) -> Result<Document, FolderError> {
    let path = if run.is_dir() { run.join(RESULT) } else { run.to_owned() };
    let text = fs::read_to_string(&path).map_err(io("read", &path))?;
    let unreadable = |detail: String| FolderError::Format { path: path.clone(), detail };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    match value.get("schema").and_then(serde_json::Value::as_u64) {
        Some(schema) if schema == u64::from(SCHEMA) => {}
        Some(schema) => return Err(unreadable(format!("its schema is {schema}, and this version reads {SCHEMA}"))),
        None => return Err(unreadable("it has no schema".to_owned())),
    }
    serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
}

fn make(folder: &Utf8Path) -> Result<(), FolderError> {
    fs::create_dir_all(folder).map_err(io("make", folder))
}

fn io(verb: &'static str, path: &Utf8Path) -> impl FnOnce(std::io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { verb, path, source }
}
