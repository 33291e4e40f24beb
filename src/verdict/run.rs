//! The verdict of a run: over all cells.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::Verdict;

/// What the verdict of a run needs to know of a cell.
#[derive(Clone, Copy, Debug)]
pub struct CellSummary<'a> {
    /// The scenario.
    pub scenario: &'a str,
    /// The design.
    pub queue: &'a str,
    /// Whether something was broken that should hold, or held that should be broken.
    pub unexpected: bool,
    /// Whether something could not be decided.
    pub undecided: bool,
    /// Whether every promise that was checked was found to hold.
    pub kept_all: bool,
}

/// The verdict of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunVerdict {
    /// Pass when every cell did as expected.
    pub verdict: Verdict,
    /// The verdict in words: what a person reads first.
    pub sentence: String,
}

/// Judges a run. `early` says why it ended before all cells were run.
#[must_use]
pub fn judge_run(cells: &[CellSummary<'_>], early: Option<&str>) -> RunVerdict {
    let surprising: Vec<&CellSummary<'_>> = cells.iter().filter(|cell| cell.unexpected).collect();
    let open = cells.iter().filter(|cell| cell.undecided && !cell.unexpected).count();
    let verdict = if !surprising.is_empty() {
        Verdict::Fail
    } else if open > 0 || early.is_some() || cells.is_empty() {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    };
    let mut sentence = match verdict {
        Verdict::Pass => format!("PASS: {} behaved as expected.", count(cells.len(), "cell")),
        Verdict::Fail => format!(
            "FAIL: {} of {} did not behave as expected ({}).",
            surprising.len(),
            count(cells.len(), "cell"),
            listed(&surprising)
        ),
        Verdict::Inconclusive if cells.is_empty() => "INCONCLUSIVE: no cell was run.".to_owned(),
        Verdict::Inconclusive => format!(
            "INCONCLUSIVE: nothing unexpected, but {open} of {} could not be decided.",
            count(cells.len(), "cell")
        ),
    };
    if let Some(early) = early {
        sentence.push_str(&format!(" The run ended early: {early}."));
    }
    sentence.push_str(&designs(cells));
    RunVerdict { verdict, sentence }
}

/// Which designs kept every promise that was checked, and which did not.
fn designs(cells: &[CellSummary<'_>]) -> String {
    let mut broken: BTreeMap<&str, bool> = BTreeMap::new();
    for cell in cells {
        let bad = !cell.kept_all;
        *broken.entry(cell.queue).or_default() |= bad;
    }
    let names = |bad: bool| {
        let names: Vec<&str> = broken.iter().filter(|(_, is_bad)| **is_bad == bad).map(|(name, _)| *name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let kept = names(false).map(|names| format!(" Every promise checked was kept by {names}."));
    let not = names(true).map(|names| format!(" Not by {names}."));
    match (kept, not) {
        (Some(kept), Some(not)) => kept + &not,
        (Some(kept), None) => kept,
        (None, Some(_)) => " No design kept every promise checked.".to_owned(),
        (None, None) => String::new(),
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn listed(cells: &[&CellSummary<'_>]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> =
        cells.iter().take(SHOWN).map(|cell| format!("{} on {}", cell.scenario, cell.queue)).collect();
    if cells.len() > SHOWN {
        names.push(format!("{} more", cells.len() - SHOWN));
    }
    names.join(", ")
}
