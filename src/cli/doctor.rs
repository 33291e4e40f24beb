//! `stanchion doctor`: which Redis would be used, and why.

use super::arguments::DoctorArguments;
use super::exit::{Error, Exit};
use super::output;
use crate::target::{AutoChoice, survey};

pub(super) fn doctor(arguments: &DoctorArguments) -> Result<Exit, Error> {
    arguments.target.choice()?;
    let survey = super::run::runtime()?.block_on(survey(&arguments.target.options()));
    output::result(&format!("{survey}\n"))?;
    Ok(if survey.choice == AutoChoice::Nothing { Exit::Environment } else { Exit::Expected })
}
