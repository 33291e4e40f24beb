//! Saved runs by name: `latest`, a baseline, a run folder or its result.json.

use camino::{Utf8Path, Utf8PathBuf};

use super::exit::{Error, Exit};
use crate::report::Document;
use crate::run_folder::{self, Content};

/// The newest run in `reports/`.
pub(super) const LATEST: &str = "latest";

/// The folder and document of a run.
pub(super) fn find(name: &str) -> Result<(Utf8PathBuf, Document), Error> {
    let usage = |why: String| Error::new(Exit::Usage, why);
    if name == LATEST {
        let newest = run_folder::saved()?.into_iter().rev().find_map(|saved| match saved.content {
            Content::Run(document) => Some((saved.path, *document)),
            _ => None,
        });
        let none = "there is no run in reports/ yet: `stanchion run` makes one, or name a run folder";
        return newest.ok_or_else(|| usage(none.to_owned()));
    }
    let baseline = run_folder::baseline_path(name);
    let folder =
        if run_folder::is_baseline_name(name) && baseline.is_dir() { baseline } else { Utf8PathBuf::from(name) };
    if !folder.exists() {
        return Err(usage(format!("{name} is neither a baseline nor a run folder; {}", kept())));
    }
    // What cannot be read was named by a slip of the one who typed it.
    let document = run_folder::read_result(&folder).map_err(|error| usage(error.to_string()))?;
    // A name of result.json itself stands for its folder.
    let folder = if folder.is_file() { parent(&folder) } else { folder };
    Ok((folder, document))
}

/// Whether a name stands for a saved run, and not for a file.
pub(super) fn is_run(name: &Utf8Path) -> bool {
    let baseline = || run_folder::is_baseline_name(name.as_str()) && run_folder::baseline_path(name.as_str()).is_dir();
    !name.is_file() && (name == LATEST || name.is_dir() || baseline())
}

fn parent(file: &Utf8Path) -> Utf8PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder.to_owned(),
        _ => Utf8PathBuf::from("."),
    }
}

/// The names that there are.
fn kept() -> String {
    let kept = run_folder::baselines().unwrap_or_default();
    let kept: Vec<&str> = kept.iter().filter_map(|path| path.file_name()).collect();
    if kept.is_empty() {
        "there is no baseline yet: stanchion run --save-baseline NAME keeps one".to_owned()
    } else {
        format!("the baselines are {}", kept.join(", "))
    }
}
