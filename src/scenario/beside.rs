//! A file that lies beside a scenario and belongs to it.

use std::fs::File;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};

use super::files::sibling;
use super::problem::Found;

/// What is looked for, in the words of a message.
pub(super) struct Beside {
    /// `the arrivals`: what is not in a file where the path leads somewhere else.
    pub what: &'static str,
    /// What to do then.
    pub name: &'static str,
}

impl Beside {
    /// Opens the file that a scenario names; `path` is the scenario's own. `None` where that cannot be, which is noted.
    pub fn open(
        &self,
        path: &str,
        named: &str,
        span: Option<Range<usize>>,
        found: &mut Found,
    ) -> Option<(Utf8PathBuf, File)> {
        let file = Utf8Path::new(path).parent().unwrap_or(Utf8Path::new("")).join(named);
        let opened = File::open(&file).and_then(|opened| Ok((opened.metadata()?.is_file(), opened)));
        match opened {
            Ok((true, opened)) => Some((file, opened)),
            Ok((false, _)) => {
                let why = format!("{file} is something else, such as a folder");
                let verb = if self.what.ends_with('s') { "are" } else { "is" };
                found.note(span, format!("{} {verb} not in a file", self.what), why, self.name);
                None
            }
            Err(error) => {
                let missing = error.kind() == std::io::ErrorKind::NotFound;
                let what = if missing { "there is no such file" } else { "the file cannot be read" };
                let why = if missing { format!("looked for {file}") } else { format!("{file}: {error}") };
                let ending = file.extension().map(|extension| format!(".{extension}")).unwrap_or_default();
                found.note(span, what, why, sibling(&file, &ending));
                None
            }
        }
    }
}
