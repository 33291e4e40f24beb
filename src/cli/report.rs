//! `stanchion report`: shows a saved run again.

use super::arguments::{Format, ReportArguments};
use super::exit::{Error, Exit};
use super::{list, output};
use crate::report::Document;
use crate::run_folder;

pub(super) fn report(arguments: &ReportArguments) -> Result<Exit, Error> {
    let document = if arguments.run == "latest" {
        latest()?
    } else {
        // A name that leads nowhere is a slip of the one who typed it.
        run_folder::read_result(&arguments.run).map_err(|error| Error::new(Exit::Usage, error.to_string()))?
    };
    output::document(&document, arguments.format)?;
    if let (Format::Text, Some(seed)) = (arguments.format, document.seed) {
        output::result(&format!("\nSeed {seed}; repeat with: {}\n", document.repeat))?;
    }
    Ok(document.verdict.into())
}

fn latest() -> Result<Document, Error> {
    let readable = list::runs_by_age()?.into_iter().filter_map(|(_, document)| document.ok());
    readable.last().ok_or_else(|| {
        Error::new(Exit::Usage, "there is no run in reports/ yet: `stanchion run` makes one, or name a run folder")
    })
}
