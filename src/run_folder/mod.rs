//! A run on disk: `result.json`, what is rendered from it, and for each cell `<scenario>/<queue>/history.parquet`,
//! `latency.hlog` and, where the line held, `history.order.txt.gz`.

mod baselines;
mod order;
mod prune;
mod saved;
mod views;

pub use baselines::{baseline_path, baselines, is_baseline_name, keep_as_baseline};
pub use order::{OrderError, order_path, replay_order, write_order};
pub use prune::{Pruning, pruning, remove};
pub use saved::{Content, Saved, saved};
pub use views::write_report;

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
    /// The folder holds another run.
    #[error("{path} holds a run already, which would be lost: name another folder with --out, or remove it first")]
    Occupied {
        /// The folder.
        path: Utf8PathBuf,
    },
    /// A history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The page or a picture cannot be made.
    #[error("the report in {path} cannot be made, which is an error of this program: {detail}")]
    Rendering {
        /// The folder.
        path: Utf8PathBuf,
        /// Why.
        detail: String,
    },
    /// Not a result.json that this version can read.
    #[error("{path} is not a result that this version can read: {detail}")]
    Format {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        detail: String,
    },
}

const RESULT: &str = "result.json";

/// The page of a run.
pub const REPORT: &str = "report.html";

/// What a sweep writes instead.
pub const SWEEP: &str = "sweep.json";

/// Makes the folder and takes it, before anything is started: a result.json that is empty so far says that it
/// can be written to, and keeps a second run from taking it too.
///
/// # Errors
/// When it cannot be written to, or is taken.
pub fn prepare(folder: &Utf8Path) -> Result<(), FolderError> {
    take(folder, RESULT)
}

/// The same by another file than result.json.
///
/// # Errors
/// When it cannot be written to, or is taken.
pub fn take(folder: &Utf8Path, file: &str) -> Result<(), FolderError> {
    make(folder)?;
    match fs::File::create_new(folder.join(file)) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(FolderError::Occupied { path: folder.to_owned() })
        }
        made => made.map(drop).map_err(io("write to", folder)),
    }
}

/// Removes a folder that nothing was written to after all; one that holds something stays.
pub fn discard(folder: &Utf8Path) {
    give_up(folder, RESULT);
}

/// The same of a folder that was taken by another file than result.json.
pub fn give_up(folder: &Utf8Path, file: &str) {
    // Whatever keeps it there, an empty folder is no reason to fail.
    if fs::metadata(folder.join(file)).is_ok_and(|result| result.len() == 0) {
        let _ = fs::remove_file(folder.join(file));
        let _ = fs::remove_dir(folder);
    }
}

/// Writes result.json: to a temporary name first, so that a crash leaves the former one whole.
///
/// # Errors
/// When it cannot be written.
pub fn write_result(folder: &Utf8Path, document: &Document) -> Result<(), FolderError> {
    write_whole(folder, RESULT, document.to_json().as_bytes())
}

/// Writes a file of the folder, in the same way.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(folder: &Utf8Path, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
    let path = folder.join(name);
    let partial = folder.join(format!(".{name}.partial"));
    let written = (|| {
        let mut file = fs::File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, &path)
    })();
    written.map_err(io("write", &path))
}

/// Writes a page into a folder, which is made if need be.
///
/// # Errors
/// When it cannot be written.
pub fn write_page(folder: &Utf8Path, name: &str, page: &str) -> Result<(), FolderError> {
    make(folder)?;
    write_whole(folder, name, page.as_bytes())
}

/// Where the history of a cell is saved.
#[must_use]
pub fn history_path(folder: &Utf8Path, scenario: &str, queue: &str) -> Utf8PathBuf {
    folder.join(scenario).join(queue).join("history.parquet")
}

/// Writes what was recorded of a cell.
///
/// # Errors
/// When it cannot be written.
pub fn write_cell(folder: &Utf8Path, history: &History) -> Result<(), FolderError> {
    let path = history_path(folder, &history.header.scenario, &history.header.queue);
    let cell = path.parent().unwrap_or(folder);
    make(cell)?;
    history::write_parquet(&path, history)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        (folder, path)
    }

    #[test]
    fn a_prepared_folder_is_taken_once_and_one_that_was_not_used_goes_again() {
        let (_guard, root) = folder();
        let run = root.join("reports/run");
        prepare(&run).unwrap();
        assert!(matches!(prepare(&run), Err(FolderError::Occupied { .. })), "a second run may not take it too");
        discard(&run);
        assert!(!run.exists());
        prepare(&run).unwrap();
        fs::write(run.join("notes"), "mine").unwrap();
        discard(&run);
        assert!(run.join("notes").exists(), "what holds something stays");
    }

    #[test]
    fn a_result_replaces_the_former_one_and_leaves_nothing_beside_it() {
        let (_guard, root) = folder();
        for seed in [1, 2] {
            let document = Document::new(Run { seed: Some(seed), ..Run::default() }, Vec::new());
            write_result(&root, &document).unwrap();
            assert_eq!(read_result(&root).unwrap(), document);
            assert_eq!(read_result(&root.join(RESULT)).unwrap(), document);
        }
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_named_once_with_the_reason() {
        let (_guard, root) = folder();
        let file = root.join("file");
        fs::write(&file, "").unwrap();
        let error = prepare(&file.join("run")).unwrap_err().to_string();
        assert_eq!(error, format!("cannot make {file}/run: Not a directory (os error 20)"));
    }

    #[test]
    fn a_result_of_another_version_is_refused_by_its_number() {
        let (_guard, root) = folder();
        for (text, why) in [
            (r#"{"schema": 2}"#, "its schema is 2, and this version reads 1"),
            (r#"{"schema": "1"}"#, "it has no schema"),
            (r#"{"schema": 1}"#, "missing field"),
            ("{", "EOF"),
        ] {
            fs::write(root.join(RESULT), text).unwrap();
            let error = read_result(&root).unwrap_err().to_string();
            assert!(error.contains("is not a result that this version can read: ") && error.contains(why), "{error}");
        }
    }
}
