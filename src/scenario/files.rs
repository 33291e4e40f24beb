//! Scenario files and folders, and the shipped files that the program carries along.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};

use super::name::did_you_mean;
use super::parse::parse_file;
use super::problem::{Found, Problem, Problems};
use super::resolved::Scenario;

/// A file larger than this is no scenario.
const BYTES_MAX: u64 = 1 << 20;

/// Embeds the files of `scenarios/`.
macro_rules! embed {
    ($($stem:literal),* $(,)?) => {
        &[$( ($stem, include_str!(concat!("../../scenarios/", $stem, ".toml"))) ),*]
    };
}

const SHIPPED: &[(&str, &str)] =
    embed!["cleanup", "concurrent-joins", "on-sale", "per-user-fifo", "position", "race-flood", "ttl-expiry",];

/// The shipped scenario files, (name, text) each, sorted by name: what `scenarios/` of the repository holds.
#[must_use]
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    SHIPPED
}

/// The shipped scenarios, for where there is no folder of files.
///
/// # Errors
/// The problems of a bad `scale`.
pub fn load_shipped(scale: Option<f64>, known_designs: &[&str]) -> Result<Vec<Scenario>, Problems> {
    let mut all = Collected::default();
    for (name, text) in SHIPPED {
        all.add(&format!("{name}.toml"), name, text, false, scale, known_designs);
    }
    all.finish()
}

/// The scenarios of files, and of folders (every `*.toml` in it, by name). `scale` replaces the files' own.
///
/// # Errors
/// All problems of all files.
pub fn load(paths: &[Utf8PathBuf], scale: Option<f64>, known_designs: &[&str]) -> Result<Vec<Scenario>, Problems> {
    let mut all = Collected::default();
    for path in paths {
        for file in all.files_of(path) {
            if let Some(text) = all.text_of(&file) {
                let stem = file.file_stem().unwrap_or_default();
                all.add(file.as_str(), stem, &text, true, scale, known_designs);
            }
        }
    }
    all.finish()
}

/// Scenarios and problems, over all files.
#[derive(Default)]
struct Collected {
    scenarios: Vec<Scenario>,
    problems: Vec<Problem>,
    /// The file that first had a name.
    first_with: BTreeMap<String, String>,
}

impl Collected {
    fn finish(self) -> Result<Vec<Scenario>, Problems> {
        Problems::or(self.problems, self.scenarios)
    }

    /// Notes a problem of a file as a whole.
    fn note(&mut self, path: &str, what: String, why: String, fix: String) {
        self.note_at(path, "", None, what, why, fix);
    }

    fn note_at(&mut self, path: &str, text: &str, span: Option<Range<usize>>, what: String, why: String, fix: String) {
        let mut found = Found::default();
        found.note(span, what, why, fix);
        self.problems.extend(found.problems(path, text));
    }

    /// `path` names the text in messages; of a text that is built in there is no file of that name.
    fn add(&mut self, path: &str, stem: &str, text: &str, is_file: bool, scale: Option<f64>, known_designs: &[&str]) {
        match parse_file(path, stem, text, scale, known_designs) {
            Err(problems) => self.problems.extend(problems.into_vec()),
            Ok((mut scenario, name_span)) => match self.first_with.get(&scenario.name) {
                Some(first) => {
                    let what = format!("a second scenario is named `{}`", scenario.name);
                    let why = format!("{first} has that name, and results are stored by name");
                    let fix = "rename one of the files, or write another name = \"…\" at its top".to_owned();
                    self.note_at(path, text, name_span, what, why, fix);
                }
                None => {
                    self.first_with.insert(scenario.name.clone(), path.to_owned());
                    scenario.path = is_file.then(|| Utf8PathBuf::from(path));
                    self.scenarios.push(scenario);
                }
            },
        }
    }

    /// The path itself, or the `*.toml` files of the folder.
    fn files_of(&mut self, path: &Utf8Path) -> Vec<Utf8PathBuf> {
        if !path.is_dir() {
            return vec![path.to_owned()];
        }
        let entries = path.read_dir_utf8().and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let fix = "check its permissions and the names in it".to_owned();
                self.note(path.as_str(), "the folder cannot be read".to_owned(), error.to_string(), fix);
                return Vec::new();
            }
        };
        let mut files: Vec<_> = entries.into_iter().map(|entry| entry.into_path()).collect();
        files.retain(|file| file.extension() == Some("toml") && !file.is_dir());
        files.sort();
        if files.is_empty() {
            let why = "scenarios are files that end in .toml".to_owned();
            let fix = "name another folder, or put a scenario file into this one".to_owned();
            self.note(path.as_str(), "the folder holds no scenario".to_owned(), why, fix);
        }
        files
    }

    fn text_of(&mut self, path: &Utf8Path) -> Option<String> {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let what = if missing { "there is no such file" } else { "the file cannot be read" };
            let why = if missing { String::new() } else { error.to_string() };
            self.note(path.as_str(), what.to_owned(), why, sibling(path, ".toml"));
            return None;
        }
        if bytes.len() as u64 > BYTES_MAX {
            let why = "it is larger than 1 MiB".to_owned();
            let fix = "name a TOML file that describes a scenario".to_owned();
            self.note(path.as_str(), "this is no scenario file".to_owned(), why, fix);
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
                let why = format!("line {line} holds a byte that is not UTF-8");
                let fix = "save the file as UTF-8".to_owned();
                self.note(path.as_str(), "the file is not text".to_owned(), why, fix);
                None
            }
        }
    }
}

/// What to do about a file that cannot be opened: perhaps a neighbour was meant, whose name ends in the same way.
pub(super) fn sibling(path: &Utf8Path, ending: &str) -> String {
    let folder = match path.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        _ => Utf8Path::new("."),
    };
    let entries = folder.read_dir_utf8().map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let mut names: Vec<_> =
        entries.iter().map(|entry| entry.file_name()).filter(|name| name.ends_with(ending)).collect();
    names.sort_unstable();
    match did_you_mean(path.file_name().unwrap_or_default(), names) {
        Some(guess) if Some(guess) != path.file_name() => format!("did you mean {}?", path.with_file_name(guess)),
        _ => "check the path and the permissions".to_owned(),
    }
}
