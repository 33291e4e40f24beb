//! Removing old runs: the newest stay, baselines and the example always, and whatever is not certainly an ended run of
//! this program.

use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Content, FolderError, RESULT, SWEEP, Saved, fs, io, saved};

/// A run that is not over may be under way as long as its result is younger than this; no cell takes so long.
const UNDER_WAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What would be removed, and what is left alone.
#[derive(Debug, Default)]
pub struct Pruning {
    /// The folders to remove, oldest first, with the length of their files in bytes.
    pub remove: Vec<(Utf8PathBuf, u64)>,
    /// What would be old enough but is left alone, and why.
    pub left: Vec<(Utf8PathBuf, String)>,
}

/// Says what goes if the newest `keep` runs and sweeps in `reports/` stay.
///
/// # Errors
/// When the folder cannot be read.
pub fn pruning(keep: usize) -> Result<Pruning, FolderError> {
    Ok(sorted_out(saved()?, keep, SystemTime::now()))
}

fn sorted_out(mut all: Vec<Saved>, keep: usize, now: SystemTime) -> Pruning {
    all.retain(|saved| !saved.is_baseline);
    let old = all.len().saturating_sub(keep);
    let mut pruning = Pruning::default();
    for saved in all.into_iter().take(old) {
        match reason_to_leave(&saved, now) {
            Some(why) => pruning.left.push((saved.path, why)),
            None => pruning.remove.push((saved.path, saved.bytes)),
        }
    }
    pruning
}

/// Removes a folder that [`pruning`] named.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(folder: &Utf8Path) -> Result<(), FolderError> {
    fs::remove_dir_all(folder).map_err(io("remove", folder))
}

fn reason_to_leave(saved: &Saved, now: SystemTime) -> Option<String> {
    if saved.path.is_symlink() {
        return Some("it is a link, and where it leads is not this folder".to_owned());
    }
    if let Content::Unreadable(error) = &saved.content {
        return Some(error.to_string());
    }
    let young = saved.written.is_none_or(|written| now.duration_since(written).unwrap_or_default() < UNDER_WAY);
    if !saved.is_over() && young {
        return Some("it is not over: it may be under way".to_owned());
    }
    stranger(&saved.path).map(|file| format!("it holds {file}, which no run writes"))
}

/// A file or folder that no run writes.
fn stranger(run: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut folders = vec![(run.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let Ok(entries) = folder.read_dir_utf8() else { return Some(folder) };
        for entry in entries {
            let Ok(entry) = entry else { return Some(folder) };
            let path = entry.path().to_owned();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < 2 => folders.push((path, depth + 1)),
                Ok(kind) if kind.is_file() && is_written(entry.file_name(), depth) => {}
                _ => return Some(path),
            }
        }
    }
    None
}

/// Whether a run writes a file of this name: into its folder, or into that of a cell, `<scenario>/<queue>/`.
fn is_written(name: &str, depth: usize) -> bool {
    let name = match name.strip_prefix('.').and_then(|rest| rest.strip_suffix(".partial")) {
        Some(whole) => whole,
        None => name.trim_end_matches(".partial"),
    };
    match depth {
        0 => [RESULT, SWEEP, "junit.xml", "report.html"].contains(&name) || name.ends_with(".png"),
        2 => name.starts_with("history.") || name == "latency.hlog",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Document, Run};
    use crate::run_folder::{history_path, prepare, write_report, write_result};

    const DAY: Duration = Duration::from_secs(86_400);

    fn document(over: bool) -> Document {
        let mut document = Document::new(Run { started: Some("2026-01-02".to_owned()), ..Run::default() }, Vec::new());
        document.duration_s = over.then_some(1.0);
        document
    }

    /// A run folder as a run leaves it, looked at.
    fn run(root: &Utf8Path, name: &str, over: bool) -> Saved {
        let path = root.join(name);
        prepare(&path).unwrap();
        write_result(&path, &document(over)).unwrap();
        write_report(&path, &path, &document(over)).unwrap();
        let history = history_path(&path, "sale", "list");
        fs::create_dir_all(history.parent().unwrap()).unwrap();
        fs::write(&history, "").unwrap();
        fs::write(history.with_file_name("history.order.txt.gz"), "").unwrap();
        let content = Content::Run(Box::new(document(over)));
        Saved { path, is_baseline: false, content, bytes: 5, written: Some(SystemTime::now()) }
    }

    fn names(folders: &[(Utf8PathBuf, impl Sized)]) -> Vec<&str> {
        folders.iter().filter_map(|(path, _)| path.file_name()).collect()
    }

    #[test]
    fn the_newest_runs_and_all_baselines_stay() {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(guard.path()).unwrap();
        let all = || {
            let mut all =
                ["a", "b", "c"].map(|name| run(&root.join(name), "run", true)).into_iter().collect::<Vec<_>>();
            all[0].is_baseline = true;
            all
        };
        let first = sorted_out(all(), 1, SystemTime::now());
        assert_eq!(first.remove, [(root.join("b/run"), 5)]);
        assert!(first.left.is_empty(), "{first:?}");
    }

    #[test]
    fn what_is_not_certainly_an_ended_run_is_left_alone() {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(guard.path()).unwrap();
        let under_way = run(root, "under-way", false);
        let with_notes = run(root, "with-notes", true);
        fs::write(with_notes.path.join("notes.txt"), "mine").unwrap();
        let with_more = run(root, "with-more", true);
        fs::create_dir_all(with_more.path.join("sale/list/deeper")).unwrap();
        let torn = Saved {
            content: Content::Unreadable(FolderError::Format { path: root.join("torn"), detail: "torn".to_owned() }),
            ..run(root, "torn", true)
        };
        let elsewhere = run(root, "elsewhere", true);
        std::os::unix::fs::symlink(&elsewhere.path, root.join("link")).unwrap();
        let link = Saved { path: root.join("link"), ..elsewhere };
        let pruning = sorted_out(vec![under_way, with_notes, with_more, torn, link], 0, SystemTime::now());
        assert_eq!(pruning.remove, []);
        assert_eq!(names(&pruning.left), ["under-way", "with-notes", "with-more", "torn", "link"]);
        assert!(pruning.left[1].1.contains("notes.txt, which no run writes"), "{pruning:?}");
    }

    #[test]
    fn a_run_that_was_killed_goes_when_it_cannot_be_under_way_any_more() {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(guard.path()).unwrap();
        let killed = run(root, "killed", false);
        let empty = Saved { content: Content::Nothing, ..run(root, "empty", false) };
        let pruning = sorted_out(vec![killed, empty], 0, SystemTime::now() + 2 * DAY);
        assert_eq!(names(&pruning.remove), ["killed", "empty"]);
        for (path, _) in &pruning.remove {
            remove(path).unwrap();
            assert!(!path.exists());
        }
    }
}
