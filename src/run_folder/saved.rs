//! What lies in `reports/`: runs, baselines and sweeps, and how much room each takes.

use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

use super::{FolderError, RESULT, SWEEP, baselines, fs, io, read_result};
use crate::report::Document;

/// Where runs are kept unless they are put elsewhere.
const REPORTS: &str = "reports";

/// The run that comes with the sources: not one of this machine.
const EXAMPLE: &str = "example";

/// A folder of this program.
#[derive(Debug)]
pub struct Saved {
    /// The folder.
    pub path: Utf8PathBuf,
    /// Whether it is kept under a name.
    pub is_baseline: bool,
    /// What it holds.
    pub content: Content,
    /// The length of all its files, bytes.
    pub bytes: u64,
    /// When its result was written last, if the file system knows.
    pub written: Option<SystemTime>,
}

/// What a folder of this program holds.
#[derive(Debug)]
pub enum Content {
    /// A run.
    Run(Box<Document>),
    /// A sweep.
    Sweep {
        /// When it began, RFC 3339, UTC.
        began: Option<String>,
        /// Why it ended early.
        ended_early: Option<String>,
    },
    /// Taken by a run or a sweep that has not written anything yet, or was killed before it did.
    Nothing,
    /// Something that this version cannot read.
    Unreadable(FolderError),
}

impl Saved {
    /// When it began, RFC 3339, UTC.
    #[must_use]
    pub fn began(&self) -> Option<&str> {
        match &self.content {
            Content::Run(document) => document.started.as_deref(),
            Content::Sweep { began, .. } => began.as_deref(),
            Content::Nothing | Content::Unreadable(_) => None,
        }
    }

    /// Whether it came to its end, be it an early one; a sweep is written when it has.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match &self.content {
            Content::Run(document) => document.duration_s.is_some() || document.ended_early.is_some(),
            Content::Sweep { .. } => true,
            Content::Nothing | Content::Unreadable(_) => false,
        }
    }
}

/// The runs, baselines and sweeps in `reports/`, those without a beginning first, then the oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub fn saved() -> Result<Vec<Saved>, FolderError> {
    let reports = Utf8Path::new(REPORTS);
    if !reports.is_dir() {
        return Ok(Vec::new());
    }
    let mut found: Vec<Saved> = baselines()?.into_iter().map(|path| look(path, true)).collect();
    for entry in reports.read_dir_utf8().map_err(io("read", reports))? {
        let path = entry.map_err(io("read", reports))?.into_path();
        let holds = |file: &str| path.join(file).is_file();
        if path.file_name() != Some(EXAMPLE) && (holds(RESULT) || holds(SWEEP)) {
            found.push(look(path, false));
        }
    }
    // RFC 3339 in UTC sorts by time as text does; a name is the users' own and may say anything.
    found.sort_by_cached_key(|saved| (saved.began().map(str::to_owned), saved.path.clone()));
    Ok(found)
}

fn look(path: Utf8PathBuf, is_baseline: bool) -> Saved {
    let result = [RESULT, SWEEP].map(|file| path.join(file)).into_iter().find(|file| file.is_file());
    let about = result.as_ref().and_then(|file| fs::metadata(file).ok());
    let content = match (&result, &about) {
        (Some(_), Some(about)) if about.len() == 0 => Content::Nothing,
        (Some(file), _) if file.file_name() == Some(SWEEP) => sweep(file),
        _ => match read_result(&path) {
            Ok(document) => Content::Run(Box::new(document)),
            Err(error) => Content::Unreadable(error),
        },
    };
    let bytes = bytes_of(&path);
    Saved { path, is_baseline, content, bytes, written: about.and_then(|about| about.modified().ok()) }
}

fn sweep(file: &Utf8Path) -> Content {
    let read = || -> Result<Content, FolderError> {
        let text = fs::read_to_string(file).map_err(io("read", file))?;
        let value: serde_json::Value = serde_json::from_str(&text)
            .map_err(|error| FolderError::Format { path: file.to_owned(), detail: error.to_string() })?;
        let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        Ok(Content::Sweep { began: text("started"), ended_early: text("ended_early") })
    };
    read().unwrap_or_else(Content::Unreadable)
}

/// The length of all files below a folder. What cannot be looked at counts nothing: it is a hint, not an account.
fn bytes_of(folder: &Utf8Path) -> u64 {
    let mut folders = vec![folder.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
            match entry.metadata() {
                // Of a link, this is the link itself: nothing outside is counted.
                Ok(about) if about.is_dir() => folders.push(entry.into_path()),
                Ok(about) => bytes += about.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}
