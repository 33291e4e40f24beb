//! What stands behind a verdict, in words: how unfair a line was, and what the checks notice.

use std::collections::BTreeMap;

use super::document::Document;
use crate::verdict::Outcome;

/// How much of what was asked could be decided; nothing where nothing was asked.
pub(super) fn decided(document: &Document) -> Option<String> {
    let checks = || document.cells.iter().flat_map(|cell| &cell.checks);
    let count = |outcome: Outcome| checks().filter(|check| check.outcome == outcome).count();
    let (all, open) = (checks().count(), count(Outcome::Undecided));
    (all > 0).then(|| {
        format!(
            "Decided: {} of {all} promises checked, cell by cell ({} held, {} broken); {}.",
            all - open,
            count(Outcome::Holds),
            count(Outcome::Violated),
            if open == 0 { "none is open".to_owned() } else { format!("{open} left open, see below") }
        )
    })
}

/// What the checks noticed of faults put into the histories, design by design; nothing where none was tried.
pub(super) fn faults(document: &Document) -> Option<String> {
    let mut designs: Vec<(&str, u64, u64)> = document.queues().into_iter().map(|queue| (queue, 0, 0)).collect();
    // By promise: the cells that check it, and those in which there was nothing to alter.
    let mut none: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for cell in &document.cells {
        for check in &cell.checks {
            let Some(tried) = &check.could_have_failed else { continue };
            if let Some((_, noticed, all)) = designs.iter_mut().find(|(queue, ..)| *queue == cell.queue) {
                *noticed += tried.noticed;
                *all += tried.tried;
            }
            let (cells, without) = none.entry(&check.name).or_default();
            *cells += 1;
            *without += u64::from(tried.tried == 0);
        }
    }
    let noticed: Vec<String> = designs
        .into_iter()
        .filter(|(.., all)| *all > 0)
        .map(|(queue, noticed, all)| format!("{queue} {noticed} of {all}"))
        .collect();
    let none: Vec<String> = none
        .into_iter()
        .filter(|(_, (_, without))| *without > 0)
        .map(|(name, (cells, without))| format!("{name} in {without} of {cells} cells"))
        .collect();
    let without = if none.is_empty() { String::new() } else { format!(" Nothing to alter: {}.", none.join(", ")) };
    let noticed = match noticed.is_empty() {
        true if without.is_empty() => return None,
        true => "No history had what it takes to put a fault in.".to_owned(),
        false => format!(
            "Faults were put into slices of each history (admissions swapped, repeated, left out, and so on), and the same checks noticed: {}.",
            noticed.join(", ")
        ),
    };
    Some(format!("Could this have failed? {noticed}{without}"))
}

/// How unfair each design was in the scenario in which it wronged most users; designs that certainly wronged
/// nobody are left out.
pub(super) fn overtaken(document: &Document) -> Vec<String> {
    let line = |queue: &str| {
        let cells = document.cells.iter().filter(|cell| cell.queue == queue);
        let unfair = cells.filter_map(|cell| Some((cell, cell.fairness.as_ref()?)));
        // The first of those that are equal.
        let (cell, fairness) = unfair.rev().max_by_key(|(_, fairness)| fairness.overtaken_users)?;
        let overtakes = fairness.overtakes.as_ref()?;
        let mut line = format!(
            "{queue} in {}: {} users were overtaken, by {} in the median and {} at most",
            cell.scenario, fairness.overtaken_users, overtakes.p50, fairness.max_overtakes
        );
        if let Some(lost) = &fairness.wait_lost {
            let [sum, max] = [lost.sum_ns, lost.max_ns].map(length);
            line.push_str(&format!("; that cost them {sum} of waiting in all, {max} at most"));
        }
        if let Some(slack_ns) = fairness.clock_slack_ns {
            line.push_str(&format!("; the clocks would have to be {} off to void it", length(slack_ns)));
        }
        Some(line)
    };
    document.queues().into_iter().filter_map(line).collect()
}

/// A length of time in the unit that suits it, with three digits or so.
pub(super) fn length(ns: u64) -> String {
    // Exact to 2^53 ns, 104 days.
    let ns = ns as f64;
    match ns {
        ..1e3 => format!("{ns:.0} ns"),
        ..1e6 => format!("{:.1} µs", ns / 1e3),
        ..1e9 => format!("{:.1} ms", ns / 1e6),
        _ => format!("{:.1} s", ns / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Cell;
    use super::super::sample::{found, sample_cell, sample_run, unfair};
    use super::*;
    use crate::checks::mutation::CouldHaveFailed;
    use crate::model::{Promise, Terms};

    fn cell(scenario: &str, queue: &str) -> Cell {
        sample_cell(scenario, queue, vec![found(Promise::NoLoss, '+')], Terms::default(), (0, 0.0, None))
    }

    #[test]
    fn what_is_left_open_is_counted() {
        let judged = |outcomes: &[char]| {
            let findings = outcomes.iter().map(|outcome| found(Promise::NoLoss, *outcome)).collect();
            sample_cell("one", "a", findings, Terms::default(), (0, 0.0, None))
        };
        assert_eq!(decided(&sample_run(Vec::new())), None);
        let all = decided(&sample_run(vec![judged(&['+', '-']), judged(&['+'])]));
        let line = "Decided: 3 of 3 promises checked, cell by cell (2 held, 1 broken); none is open.";
        assert_eq!(all.as_deref(), Some(line));
        let some = decided(&sample_run(vec![judged(&['+', '?'])]));
        let line = "Decided: 1 of 2 promises checked, cell by cell (1 held, 0 broken); 1 left open, see below.";
        assert_eq!(some.as_deref(), Some(line));
    }

    #[test]
    fn what_was_noticed_is_summed_by_design_and_what_could_not_be_tried_is_counted_by_promise() {
        let mut document = sample_run(vec![cell("one", "a"), cell("two", "a"), cell("one", "b"), cell("one", "c")]);
        assert_eq!(faults(&document), None, "nobody tried");
        for (cell, (noticed, tried)) in document.cells.iter_mut().zip([(20, 20), (4, 5), (3, 3), (0, 0)]) {
            let reason = (tried == 0).then(|| "nothing there".to_owned());
            cell.tried(vec![CouldHaveFailed { tried, noticed, what: Vec::new(), missed: None, reason }]);
        }
        let line = "Could this have failed? Faults were put into slices of each history (admissions swapped, repeated, left out, and so on), and the same checks noticed: a 24 of 25, b 3 of 3. Nothing to alter: no-loss in 1 of 4 cells.";
        assert_eq!(faults(&document).as_deref(), Some(line));
        document.cells.drain(..3);
        let none = "Could this have failed? No history had what it takes to put a fault in. Nothing to alter: no-loss in 1 of 1 cells.";
        assert_eq!(faults(&document).as_deref(), Some(none));
    }

    #[test]
    fn how_unfair_a_design_was_is_told_once_where_it_was_worst() {
        let mut document = sample_run(vec![cell("one", "a"), cell("two", "a"), cell("three", "a"), cell("one", "b")]);
        for (cell, users) in document.cells.iter_mut().zip([3, 7, 7, 0]) {
            cell.fairness = Some(unfair(users));
        }
        let line = "a in two: 7 users were overtaken, by 2 in the median and 5 at most; that cost them 1.2 s of waiting in all, 40.0 ms at most; the clocks would have to be 1.5 µs off to void it";
        assert_eq!(overtaken(&document), [line]);
        document.cells.iter_mut().for_each(|cell| cell.fairness = None);
        assert_eq!(overtaken(&document), Vec::<String>::new());
    }

    #[test]
    fn a_length_of_time_has_the_unit_that_suits_it() {
        let lengths = [0, 999, 1_000, 999_900, 1_000_000, 2_500_000_000].map(length);
        assert_eq!(lengths, ["0 ns", "999 ns", "1.0 µs", "999.9 µs", "1.0 ms", "2.5 s"]);
    }
}
