//! The trials: the smallest scenarios that show the bugs, embedded in the program.

use crate::queue::{Broken, Design};
use crate::scenario::{Scenario, parse};

/// Name and text of each.
const TRIALS: &[(&str, &str)] = &[
    ("crowd", include_str!("trials/crowd.toml")),
    ("rejoin", include_str!("trials/rejoin.toml")),
    ("several-tokens", include_str!("trials/several-tokens.toml")),
    ("held-joins", include_str!("trials/held-joins.toml")),
    ("lost-replies", include_str!("trials/lost-replies.toml")),
    ("crashed-joins", include_str!("trials/crashed-joins.toml")),
    ("late-admission", include_str!("trials/late-admission.toml")),
    ("held-admissions", include_str!("trials/held-admissions.toml")),
    ("held-cleanup", include_str!("trials/held-cleanup.toml")),
    ("forgotten-scripts", include_str!("trials/forgotten-scripts.toml")),
    ("large-batch", include_str!("trials/large-batch.toml")),
    ("crashed-admissions", include_str!("trials/crashed-admissions.toml")),
    ("positions", include_str!("trials/positions.toml")),
    ("leave-and-return", include_str!("trials/leave-and-return.toml")),
    ("expiry", include_str!("trials/expiry.toml")),
    ("held-sweeps", include_str!("trials/held-sweeps.toml")),
    ("keys", include_str!("trials/keys.toml")),
];

/// Every trial.
///
/// # Errors
/// What a file says does not make sense; a test keeps that from happening.
pub(super) fn trials() -> Result<Vec<Scenario>, String> {
    let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
    let read =
        |(name, text): &(&str, &str)| parse(name, text, None, &designs).map_err(|problems| problems.render(false));
    TRIALS.iter().map(read).collect()
}

/// The text of the trial that shows a broken design, to be saved and run by hand.
#[must_use]
pub fn text_of(broken: Broken) -> &'static str {
    TRIALS.iter().find(|(name, _)| *name == broken.trial()).map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trial_can_be_read_and_every_broken_design_has_one_that_checks_its_promise() {
        let trials = trials().unwrap_or_else(|problems| panic!("{problems}"));
        for broken in Broken::all() {
            let trial = trials.iter().find(|trial| trial.name == broken.trial());
            let trial = trial.unwrap_or_else(|| panic!("{} has no trial", broken.facts().name));
            assert!(trial.promises.contains(&broken.breaks()), "{} in {}", broken.breaks().name(), trial.name);
        }
        for trial in &trials {
            assert!(Broken::all().iter().any(|broken| broken.trial() == trial.name), "{} shows nothing", trial.name);
        }
    }
}
