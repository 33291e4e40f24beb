//! One broken promise for the terminal: its story, its operations drawn, and whether the check can be trusted.

use super::document::{Check, Document};
use super::evidence::length;
use super::lanes::lanes;
use super::lines::{visible, wrapped};
use super::stories::{Story, broken};
use crate::model::Expectation;

/// A broken promise of a document.
#[derive(Clone, Copy, Debug)]
pub struct Violation<'a> {
    /// Its number among all, in the order of result.json, from 1.
    pub number: usize,
    /// The scenario of its cell.
    pub scenario: &'a str,
    /// The design of its cell.
    pub queue: &'a str,
    /// The promise.
    pub promise: &'a str,
    /// Its number among those of its cell: what `stanchion export --violation` takes.
    pub number_in_cell: usize,
    /// How many operations its cell recorded.
    pub operations: u64,
    check: &'a Check,
}

/// The broken promises, in the order of result.json, whether they were expected or not.
#[must_use]
pub fn violations(document: &Document) -> Vec<Violation<'_>> {
    let violation = |Story { cell, check, number, number_in_cell }| Violation {
        number,
        scenario: &cell.scenario,
        queue: &cell.queue,
        promise: &check.name,
        number_in_cell,
        operations: cell.operations,
        check,
    };
    broken(document).map(violation).collect()
}

impl Violation<'_> {
    /// Whether the scenario expects the promise to be broken, or lets it be.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        self.check.expected.is_some()
    }

    /// The page for a terminal of this width (`None`: as wide as it gets).
    #[must_use]
    pub fn text(&self, width: Option<u16>) -> String {
        let mut out = String::new();
        let check = self.check;
        let paragraph = |text: &str| wrapped(&visible(text), width, 0) + "\n";
        out += &paragraph(&format!(
            "Violation {}: {} breaks {} in {} ({} of {}). {}",
            self.number,
            self.queue,
            self.promise,
            self.scenario,
            check.violations,
            check.examined,
            match check.expected {
                None => "The scenario does not expect it.",
                Some(Expectation::Violated) => "The scenario expects it.",
                Some(Expectation::Either) => "The scenario leaves open whether it is.",
            }
        ));
        if let Some(proof) = &check.counterexample {
            out += "\n";
            out += &paragraph(&format!("{}.", proof.story.trim_end_matches('.')));
            let drawing = lanes(&proof.events, width);
            if !drawing.is_empty() {
                out += &format!("\n{drawing}");
            }
            if let Some(margin_ns) = proof.margin_ns {
                out += "\n";
                out += &paragraph(&format!("The clocks would have to be {} off to void it.", length(margin_ns)));
            }
        }
        if check.listed.len() > 1 {
            out += &format!("\nThe first {} of {}:\n", check.listed.len(), check.violations);
            for line in &check.listed {
                out += &wrapped(&format!("  • {}", visible(line)), width, 4);
                out += "\n";
            }
        }
        out += "\n";
        out += &paragraph(&could_have_failed(check));
        out
    }
}

/// Whether the check would have noticed a fault, in words.
fn could_have_failed(check: &Check) -> String {
    let Some(tried) = &check.could_have_failed else {
        return "Could this have failed? The result is of an older version and does not say.".to_owned();
    };
    if let Some(reason) = &tried.reason {
        return format!("Could this have failed? Nothing was tried: {reason}.");
    }
    let what: Vec<String> =
        tried.what.iter().map(|way| format!("{} ({} of {})", way.name, way.noticed, way.tried)).collect();
    let missed = tried.missed.as_ref().map(|missed| format!(" Missed first: {missed}.")).unwrap_or_default();
    format!(
        "Could this have failed? Faults were put into {} slices of this history, and the same check noticed {}: {}.{missed}",
        tried.tried,
        tried.noticed,
        what.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::super::sample::{found, sample, sample_cell, sample_run};
    use super::*;
    use crate::checks::mutation::{Alteration, CouldHaveFailed};
    use crate::checks::{CheckOutcome, Event, Finding};
    use crate::model::{Promise, Terms};

    /// A run in which the third cell breaks two promises unexpectedly; the second breaks one as expected.
    fn document() -> Document {
        let mut document = sample();
        let mut finding = found(Promise::NoLoss, '-');
        if let CheckOutcome::Violated { violations, counterexample, listed, .. } = &mut finding.outcome {
            let event = |client, invoked_ns, returned_ns, text: &str| Event {
                record: 0,
                client,
                invoked_ns,
                returned_ns,
                text: text.to_owned(),
                commands: Vec::new(),
            };
            counterexample.events = vec![
                event(1, 1_000_000, Some(2_000_000), "join u1 t1 → joined"),
                event(2, 3_000_000, Some(5_000_000), "admit 5 → none"),
            ];
            counterexample.margin_ns = Some(1_000_000);
            *violations = NonZeroU64::new(2).unwrap();
            listed.extend(["t1 of u1 is gone".to_owned(), "t2 of u2 is gone".to_owned()]);
        }
        let findings = |first: Finding| vec![found(Promise::GlobalFifo, '-'), first];
        let cell = sample_cell("race", "late", findings(finding), Terms::default(), (9, 1.0, None));
        document.cells.insert(2, cell);
        let what = vec![Alteration { name: "an admission left out".to_owned(), tried: 12, noticed: 12 }];
        let tried = CouldHaveFailed { tried: 12, noticed: 12, what, missed: None, reason: None };
        let none =
            CouldHaveFailed { tried: 0, noticed: 0, what: Vec::new(), missed: None, reason: Some("no join".into()) };
        document.cells[2].tried(vec![none, tried]);
        document
    }

    #[test]
    fn broken_promises_are_numbered_over_the_run_and_within_their_cell() {
        let document = document();
        let all: Vec<_> = violations(&document)
            .iter()
            .map(|v| (v.number, v.queue, v.promise, v.number_in_cell, v.is_expected()))
            .collect();
        let expected = [
            (1, "naive", "no-duplicates", 1, true),
            (2, "late", "global-fifo", 1, false),
            (3, "late", "no-loss", 2, false),
        ];
        assert_eq!(all, expected);
        assert!(violations(&sample_run(Vec::new())).is_empty());
    }

    #[test]
    fn a_violation_is_told_drawn_and_weighed() {
        let document = document();
        insta::assert_snapshot!("violation_wide", violations(&document)[2].text(None));
        insta::assert_snapshot!("violation_48_columns", violations(&document)[2].text(Some(48)));
    }

    #[test]
    fn what_was_not_tried_is_said_as_such() {
        let document = document();
        assert!(violations(&document)[1].text(None).ends_with("Could this have failed? Nothing was tried: no join.\n"));
    }
}
