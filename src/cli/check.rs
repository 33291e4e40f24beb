//! `stanchion check`: judges saved or foreign histories.

use super::arguments::CheckArguments;
use super::exit::{Error, Exit};
use super::output;
use crate::pipeline;
use crate::report::Run;

pub(super) fn check(arguments: &CheckArguments) -> Result<Exit, Error> {
    let names: Vec<&str> = arguments.histories.iter().map(|path| path.as_str()).collect();
    let about = Run { repeat: format!("stanchion check {}", names.join(" ")), ..Run::default() };
    let document = pipeline::check(&arguments.histories, about)?;
    output::document(&document, arguments.format)?;
    Ok(document.verdict.into())
}
