//! `stanchion list`: queues, scenarios, runs.

use camino::{Utf8Path, Utf8PathBuf};

use super::arguments::{ListArguments, Listed};
use super::exit::{Error, Exit};
use super::{output, run};
use crate::queue::{Broken, Design};
use crate::report::Document;
use crate::run_folder::{self, FolderError};

pub(super) fn list(arguments: &ListArguments) -> Result<Exit, Error> {
    let lines = match arguments.what {
        Listed::Queues if arguments.broken => broken(),
        Listed::Queues => queues(),
        Listed::Scenarios => scenarios()?,
        Listed::Runs => runs()?,
    };
    output::result(&lines)?;
    Ok(Exit::Expected)
}

fn queues() -> String {
    let line = |design: &Design| {
        let facts = design.facts();
        let claims: Vec<&str> = facts.claims.iter().map(|promise| promise.name()).collect();
        format!("{:<19} {}\n{:<19} claims {}\n", facts.name, facts.summary, "", claims.join(", "))
    };
    Design::ALL.iter().map(line).collect()
}

fn broken() -> String {
    let line = |broken: Broken| {
        let facts = broken.facts();
        let (name, breaks) = (facts.name, broken.breaks().name());
        format!("{name:<29} {}\n{:<29} breaks {breaks} in the trial {}\n", facts.summary, "", broken.trial())
    };
    let to_try = |design: &Design| {
        let facts = design.facts();
        format!("{:<29} {}\n{:<29} breaks nothing\n", facts.name, facts.summary, "")
    };
    Broken::all().into_iter().map(line).chain(Design::TO_TRY.iter().map(to_try)).collect()
}

fn scenarios() -> Result<String, Error> {
    let scenarios = run::scenarios(&[], None)?;
    Ok(scenarios.iter().map(|scenario| format!("{:<19} {}\n", scenario.name, scenario.about)).collect())
}

fn runs() -> Result<String, Error> {
    let mut lines = String::new();
    for (folder, document) in runs_by_age()? {
        let line = document.map_or_else(|error| error.to_string(), |document| document.sentence);
        lines.push_str(&format!("{folder}  {line}\n"));
    }
    Ok(lines)
}

/// A run folder and what is in it.
type SavedRun = (Utf8PathBuf, Result<Document, FolderError>);

/// The runs in reports/, baselines included, those that cannot be read first, then the oldest first. The example that comes with
/// the sources is not a run of this machine.
pub(super) fn runs_by_age() -> Result<Vec<SavedRun>, Error> {
    let reports = Utf8Path::new("reports");
    if !reports.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = run_folder::baselines()?;
    for entry in reports.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.join("result.json").is_file() && path.file_name() != Some("example") {
            paths.push(path);
        }
    }
    let read = |path: Utf8PathBuf| {
        let document = run_folder::read_result(&path);
        (path, document)
    };
    let mut runs: Vec<SavedRun> = paths.into_iter().map(read).collect();
    // RFC 3339 in UTC sorts by time as text does; a name is the users' own and may say anything.
    let age = |(path, document): &SavedRun| (document.as_ref().ok().and_then(|run| run.started.clone()), path.clone());
    runs.sort_by_cached_key(age);
    Ok(runs)
}
