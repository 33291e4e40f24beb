//! `stanchion check`: judges saved or foreign histories.

use super::arguments::CheckArguments;
use super::exit::{Error, Exit};
use super::{output, repeat};
use crate::pipeline;
use crate::report::Run;

pub(super) fn check(arguments: &CheckArguments) -> Result<Exit, Error> {
    let repeat = repeat::check(&arguments.histories, arguments.certificate);
    let about = Run { repeat, ..Run::default() };
    let document = pipeline::check(&arguments.histories, arguments.certificate, about)?;
    output::document(&document, arguments.format)?;
    Ok(document.verdict.into())
}
