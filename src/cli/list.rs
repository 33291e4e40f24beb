//! `stanchion list`: queues, scenarios, runs.

use camino::{Utf8Path, Utf8PathBuf};

use super::arguments::{ListArguments, Listed};
use super::exit::{Error, Exit};
use super::{output, run};
use crate::queue::Design;
use crate::run_folder;

pub(super) fn list(arguments: &ListArguments) -> Result<Exit, Error> {
    let lines = match arguments.what {
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

fn scenarios() -> Result<String, Error> {
    let scenarios = run::scenarios(&[], None)?;
    Ok(scenarios.iter().map(|scenario| format!("{:<19} {}\n", scenario.name, scenario.about)).collect())
}

fn runs() -> Result<String, Error> {
    let mut lines = String::new();
    for folder in run_folders()? {
        let line = match run_folder::read_result(&folder) {
            Ok(document) => document.sentence,
            Err(error) => error.to_string(),
        };
        lines.push_str(&format!("{folder}  {line}\n"));
    }
    Ok(lines)
}

/// The run folders in reports/, oldest first: their names begin with the time.
pub(super) fn run_folders() -> Result<Vec<Utf8PathBuf>, Error> {
    let reports = Utf8Path::new("reports");
    if !reports.is_dir() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in reports.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.join("result.json").is_file() && path.file_name() != Some("example") {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
