//! Runs that are kept under a name, to compare later ones with: `reports/baselines/NAME`.

use camino::{Utf8Path, Utf8PathBuf};

use super::{FolderError, RESULT, fs, io, make};

/// Where they are kept.
const BASELINES: &str = "reports/baselines";

/// The most bytes of a name.
const NAME_MAX: usize = 64;

/// Whether a text may name a baseline: it becomes part of a path, and `latest` is the newest run.
#[must_use]
pub fn is_baseline_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !name.is_empty() && name.len() <= NAME_MAX && name != "latest" && name.bytes().all(plain)
}

/// The folder of a baseline, whether or not there is one.
#[must_use]
pub fn baseline_path(name: &str) -> Utf8PathBuf {
    Utf8Path::new(BASELINES).join(name)
}

/// The baselines that are there, by name.
///
/// # Errors
/// When their folder cannot be read.
pub fn baselines() -> Result<Vec<Utf8PathBuf>, FolderError> {
    let folder = Utf8Path::new(BASELINES);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = folder.read_dir_utf8().and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut found: Vec<Utf8PathBuf> =
        entries.map_err(io("read", folder))?.into_iter().map(camino::Utf8DirEntry::into_path).collect();
    // Others are on their way in or out.
    found.retain(|path| path.file_name().is_some_and(is_baseline_name) && path.join(RESULT).is_file());
    found.sort();
    Ok(found)
}

/// Keeps a complete run under a name, in the place of an earlier one, which goes only once this one is there. The
/// folder is moved.
///
/// # Errors
/// When it cannot be moved; both runs then are where they were.
pub fn keep_as_baseline(run: &Utf8Path, name: &str) -> Result<Utf8PathBuf, FolderError> {
    let kept = baseline_path(name);
    make(Utf8Path::new(BASELINES))?;
    replace(run, &kept)?;
    Ok(kept)
}

fn replace(run: &Utf8Path, kept: &Utf8Path) -> Result<(), FolderError> {
    if !kept.exists() {
        return fs::rename(run, kept).map_err(io("move the run to", kept));
    }
    let name = kept.file_name().unwrap_or_default();
    let aside = kept.with_file_name(format!(".{name}.replaced-{}", std::process::id()));
    fs::rename(kept, &aside).map_err(io("move", kept))?;
    if let Err(error) = fs::rename(run, kept) {
        fs::rename(&aside, kept).map_err(io("move back", &aside))?;
        return Err(io("move the run to", kept)(error));
    }
    fs::remove_dir_all(&aside).map_err(io("remove", &aside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder_or_stand_for_something_else() {
        for (name, good) in [
            ("main", true),
            ("v1-2_rc", true),
            ("", false),
            ("latest", false),
            ("..", false),
            (".hidden", false),
            ("a/b", false),
            ("a b", false),
            ("é", false),
        ] {
            assert_eq!(is_baseline_name(name), good, "{name}");
        }
        assert!(!is_baseline_name(&"a".repeat(65)));
    }

    #[test]
    fn an_earlier_run_goes_only_when_the_new_one_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let (first, second, kept) = (root.join("first"), root.join("second"), root.join("kept"));
        for (run, text) in [(&first, "1"), (&second, "2")] {
            fs::create_dir(run).unwrap();
            fs::write(run.join(RESULT), text).unwrap();
        }
        let read = || fs::read_to_string(kept.join(RESULT)).unwrap();
        replace(&first, &kept).unwrap();
        assert_eq!(read(), "1");
        replace(&root.join("nowhere"), &kept).unwrap_err();
        assert_eq!(read(), "1", "a run that cannot be moved replaces nothing");
        replace(&second, &kept).unwrap();
        assert_eq!(read(), "2");
        assert_eq!(fs::read_dir(root).unwrap().count(), 1, "nothing is left beside it");
    }
}
