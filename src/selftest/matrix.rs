//! The kill matrix: which check noticed which bug.

use serde::Serialize;

use super::{CORRECT, is_violated};
use crate::checks::{CheckOutcome, Finding};
use crate::model::Promise;
use crate::queue::Design;

/// A broken design and who noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caught {
    /// The broken design.
    pub design: &'static str,
    /// What is wrong with it.
    pub because: &'static str,
    /// The trial that shows it.
    pub trial: String,
    /// The promise that it breaks.
    pub breaks: Promise,
    /// How often that was found broken; 0: it got away.
    pub violations: u64,
    /// Why nothing was found, where that was undecided.
    pub undecided: Option<String>,
    /// What else was found broken.
    pub also: Vec<Promise>,
}

/// A correct design in one trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// The correct design.
    pub design: &'static str,
    /// The trial.
    pub trial: String,
    /// How many promises were found to hold.
    pub held: usize,
    /// What was found broken although it is not, with the story.
    pub false_alarms: Vec<(Promise, String)>,
    /// What could not be decided, and why.
    pub undecided: Vec<(Promise, String)>,
}

/// Broken designs against checks, and correct designs against the same trials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The broken ones.
    pub broken: Vec<Caught>,
    /// The correct ones.
    pub correct: Vec<Cleared>,
}

impl Matrix {
    /// Adds what was found in a cell.
    pub(super) fn add(&mut self, trial: &str, design: Design, findings: &[Finding]) {
        match design {
            Design::Broken(broken) => {
                let named = findings.iter().find(|finding| finding.promise == broken.breaks());
                let (violations, undecided) = match named.map(|finding| &finding.outcome) {
                    Some(CheckOutcome::Violated { violations, .. }) => (violations.get(), None),
                    Some(CheckOutcome::Undecided { why, .. }) => (0, Some(why.clone())),
                    Some(CheckOutcome::Holds { .. }) | None => (0, None),
                };
                let others = findings.iter().filter(|finding| finding.promise != broken.breaks());
                self.broken.push(Caught {
                    design: design.name(),
                    because: broken.facts().summary,
                    trial: trial.to_owned(),
                    breaks: broken.breaks(),
                    violations,
                    undecided,
                    also: others.filter(|finding| is_violated(finding)).map(|finding| finding.promise).collect(),
                });
            }
            _ => {
                let excused =
                    CORRECT.iter().find(|(known, _)| *known == design).map_or(&[][..], |(_, excused)| excused);
                let mut cleared = Cleared {
                    design: design.name(),
                    trial: trial.to_owned(),
                    held: 0,
                    false_alarms: Vec::new(),
                    undecided: Vec::new(),
                };
                for finding in findings.iter().filter(|finding| !excused.contains(&finding.promise)) {
                    match &finding.outcome {
                        CheckOutcome::Holds { .. } => cleared.held += 1,
                        CheckOutcome::Violated { counterexample, .. } => {
                            cleared.false_alarms.push((finding.promise, counterexample.story.clone()));
                        }
                        CheckOutcome::Undecided { why, .. } => cleared.undecided.push((finding.promise, why.clone())),
                    }
                }
                self.correct.push(cleared);
            }
        }
    }

    /// The broken designs that got away.
    pub fn survivors(&self) -> impl Iterator<Item = &Caught> {
        self.broken.iter().filter(|caught| caught.violations == 0)
    }

    /// The correct designs that were accused, or not cleared.
    pub fn not_cleared(&self) -> impl Iterator<Item = &Cleared> {
        let clear = |cleared: &Cleared| cleared.false_alarms.is_empty() && cleared.undecided.is_empty();
        self.correct.iter().filter(move |cleared| !clear(cleared) || cleared.held == 0)
    }

    /// Whether every broken design was caught and every correct one cleared.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.broken.is_empty() && self.survivors().next().is_none() && self.not_cleared().next().is_none()
    }

    /// The result in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (survivors, not_cleared) = (self.survivors().count(), self.not_cleared().count());
        let count = self.broken.len();
        let cells = self.correct.len();
        if self.passed() {
            return format!(
                "PASS: {count} of {count} broken designs caught, no false alarm in {cells} runs of correct ones"
            );
        }
        format!(
            "FAIL: {survivors} of {count} broken designs got away, {not_cleared} of {cells} runs of correct ones were not cleared"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::queue::Broken;

    fn holds(promise: Promise) -> Finding {
        Finding { promise, outcome: CheckOutcome::Holds { examined: NonZeroU64::MIN } }
    }

    fn undecided(promise: Promise) -> Finding {
        Finding { promise, outcome: CheckOutcome::Undecided { examined: 0, why: "nobody came".to_owned() } }
    }

    #[test]
    fn a_broken_design_that_gets_away_fails_the_test() {
        let broken = Broken::all()[0];
        for finding in [holds(broken.breaks()), undecided(broken.breaks())] {
            let mut matrix = Matrix::default();
            matrix.add("crowd", Design::Broken(broken), &[finding]);
            assert!(!matrix.passed());
            assert_eq!(matrix.survivors().count(), 1);
        }
    }

    #[test]
    fn a_correct_design_that_is_not_cleared_fails_the_test() {
        for findings in [vec![undecided(Promise::NoLoss)], Vec::new()] {
            let mut matrix = Matrix::default();
            matrix.add("crowd", Design::ZsetSeq, &findings);
            assert_eq!(matrix.not_cleared().count(), 1);
            assert!(!matrix.passed());
        }
    }

    #[test]
    fn what_a_design_is_known_not_to_keep_is_no_false_alarm() {
        let mut matrix = Matrix::default();
        matrix.add("crowd", Design::Streams, &[undecided(Promise::GlobalFifo), holds(Promise::NoLoss)]);
        assert_eq!(matrix.not_cleared().count(), 0);
    }
}
