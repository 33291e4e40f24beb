//! `stanchion report`: shows a saved run again.

use camino::{Utf8Path, Utf8PathBuf};

use super::arguments::{Format, ReportArguments};
use super::exit::{Error, Exit};
use super::{list, output};
use crate::report::Document;
use crate::run_folder;

pub(super) fn report(arguments: &ReportArguments) -> Result<Exit, Error> {
    let (folder, document) = if arguments.run == "latest" {
        latest()?
    } else {
        // A name that leads nowhere is a slip of the one who typed it.
        let document =
            run_folder::read_result(&arguments.run).map_err(|error| Error::new(Exit::Usage, error.to_string()))?;
        (folder_of(&arguments.run), document)
    };
    let to = arguments.out.as_ref().unwrap_or(&folder);
    run_folder::write_report(&folder, to, &document).map_err(|error| {
        Error::new(Exit::Environment, format!("{error}. Name a folder that can be written with --out"))
    })?;
    output::say(&format!("rendered {}", to.join(run_folder::REPORT)));
    output::document(&document, arguments.format)?;
    if let (Format::Text, Some(seed)) = (arguments.format, document.seed) {
        output::result(&format!("\nSeed {seed}; repeat with: {}\n", document.repeat))?;
    }
    Ok(document.verdict.into())
}

/// The folder of a run that is named by it or by its result.json.
fn folder_of(run: &Utf8Path) -> Utf8PathBuf {
    if run.is_dir() {
        return run.to_owned();
    }
    let parent = run.parent().filter(|parent| !parent.as_str().is_empty());
    parent.unwrap_or(Utf8Path::new(".")).to_owned()
}

fn latest() -> Result<(Utf8PathBuf, Document), Error> {
    let readable = list::runs_by_age()?.into_iter().filter_map(|(folder, document)| Some((folder, document.ok()?)));
    readable.last().ok_or_else(|| {
        Error::new(Exit::Usage, "there is no run in reports/ yet: `stanchion run` makes one, or name a run folder")
    })
}
