//! `stanchion report`: shows a saved run again.

use camino::Utf8PathBuf;

use super::arguments::ReportArguments;
use super::exit::{Error, Exit};
use super::{list, output};
use crate::run_folder;

pub(super) fn report(arguments: &ReportArguments) -> Result<Exit, Error> {
    let run = if arguments.run == "latest" { latest()? } else { arguments.run.clone() };
    let document = run_folder::read_result(&run)?;
    output::document(&document, arguments.format)?;
    Ok(document.verdict.into())
}

fn latest() -> Result<Utf8PathBuf, Error> {
    list::run_folders()?.pop().ok_or_else(|| {
        Error::new(Exit::Usage, "there is no run in reports/ yet: `stanchion run` makes one, or name a run folder")
    })
}
