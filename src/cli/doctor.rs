//! `stanchion doctor`: which Redis would be used, and why.

use super::arguments::DoctorArguments;
use super::exit::{Error, Exit};
use super::output;
use crate::target::{AutoChoice, TargetOptions, survey};

pub(super) fn doctor(arguments: &DoctorArguments) -> Result<Exit, Error> {
    let options =
        TargetOptions { image: arguments.target.image.clone(), allow_non_empty: arguments.target.allow_non_empty };
    let survey = super::run::runtime()?.block_on(survey(&options));
    output::result(&format!("{survey}\n"))?;
    Ok(if survey.choice == AutoChoice::Nothing { Exit::Environment } else { Exit::Expected })
}
