//! Counting what a check examined and what broke, and keeping the plainest proof.

use std::num::NonZeroU64;

use super::finding::{CheckOutcome, Counterexample, Event, Finding};
use crate::model::Promise;

/// What a check has found so far.
#[derive(Default)]
pub(super) struct Tally {
    examined: u64,
    violations: u64,
    listed: Vec<String>,
    plainest: Option<Counterexample>,
}

impl Tally {
    /// One more thing that could have broken the promise.
    pub(super) fn examine(&mut self, count: usize) {
        self.examined += count as u64;
    }

    pub(super) fn examined(&self) -> u64 {
        self.examined
    }

    pub(super) fn violations(&self) -> u64 {
        self.violations
    }

    /// One violation. The proof with the widest margin is kept; among equals the first.
    pub(super) fn violation(
        &mut self,
        story: impl FnOnce() -> String,
        margin_ns: Option<u64>,
        events: impl FnOnce() -> Vec<Event>,
    ) {
        self.violations += 1;
        let plainer = self.plainest.as_ref().is_none_or(|plainest| margin_ns > plainest.margin_ns);
        if !plainer && self.listed.len() >= Finding::LISTED {
            return;
        }
        let story = story();
        if self.listed.len() < Finding::LISTED {
            self.listed.push(story.clone());
        }
        if plainer {
            self.plainest = Some(Counterexample { story, events: events(), margin_ns });
        }
    }

    /// Violated with this proof, whatever was kept before.
    pub(super) fn with_proof(mut self, proof: Counterexample) -> Tally {
        self.plainest = Some(proof);
        self
    }

    /// The finding: violated if anything broke, else holds if anything was examined, else undecided.
    pub(super) fn finding(self, promise: Promise, nothing: &str) -> Finding {
        let (Some(violations), Some(counterexample)) = (NonZeroU64::new(self.violations), self.plainest) else {
            return Finding::holds_or_undecided(promise, self.examined, nothing);
        };
        let examined = violations.max(NonZeroU64::new(self.examined).unwrap_or(violations));
        let outcome = CheckOutcome::Violated { examined, violations, counterexample, listed: self.listed };
        Finding { promise, outcome }
    }

    /// Undecided with this reason, unless something broke.
    pub(super) fn undecided(self, promise: Promise, why: String) -> Finding {
        if self.violations > 0 {
            return self.finding(promise, &why);
        }
        Finding { promise, outcome: CheckOutcome::Undecided { examined: self.examined, why } }
    }
}
