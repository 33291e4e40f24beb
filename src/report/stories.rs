//! What went wrong, in words: the gravest first, one story for each design and promise.

use super::document::{Cell, Check, Document};
use crate::model::Expectation;
use crate::verdict::Outcome;

/// A broken promise and its story.
pub(super) struct Story<'a> {
    pub(super) cell: &'a Cell,
    pub(super) check: &'a Check,
}

impl Story<'_> {
    /// `streams-naive breaks no-duplicates in race-flood (190 of 2000): …`
    pub(super) fn line(&self) -> String {
        let (cell, check) = (self.cell, self.check);
        let head = format!(
            "{} breaks {} in {} ({} of {})",
            cell.queue, check.name, cell.scenario, check.violations, check.examined
        );
        match &check.counterexample {
            Some(counterexample) => format!("{head}: {}", counterexample.story),
            None => head,
        }
    }
}

/// Broken promises that the scenario did not expect.
pub(super) fn surprises(document: &Document) -> Vec<Story<'_>> {
    broken(document).filter(|story| story.check.expected.is_none()).collect()
}

/// Broken promises that were expected, or may break: the first for each design and promise.
pub(super) fn as_expected(document: &Document) -> Vec<Story<'_>> {
    let mut stories: Vec<Story<'_>> = Vec::new();
    for story in broken(document).filter(|story| story.check.expected.is_some()) {
        let told =
            stories.iter_mut().find(|told| told.cell.queue == story.cell.queue && told.check.name == story.check.name);
        match told {
            // What must break tells more than what may.
            Some(told)
                if story.check.expected == Some(Expectation::Violated)
                    && told.check.expected == Some(Expectation::Either) =>
            {
                *told = story;
            }
            Some(_) => {}
            None => stories.push(story),
        }
    }
    let order = document.queues();
    stories.sort_by_key(|story| order.iter().position(|queue| *queue == story.cell.queue));
    stories
}

fn broken(document: &Document) -> impl Iterator<Item = Story<'_>> {
    document.cells.iter().flat_map(|cell| {
        cell.checks.iter().filter(|check| check.outcome == Outcome::Violated).map(move |check| Story { cell, check })
    })
}

/// Everything that is not as expected or not decided, a sentence each, with its cell.
pub(super) fn open_points(document: &Document) -> Vec<String> {
    let sentences = |pick: fn(&Cell) -> &Vec<String>| {
        document.cells.iter().flat_map(move |cell| {
            pick(cell).iter().map(move |sentence| format!("{} on {}: {sentence}", cell.scenario, cell.queue))
        })
    };
    sentences(|cell| &cell.unexpected).chain(sentences(|cell| &cell.undecided)).collect()
}

/// What no run of this kind can tell, whatever its verdict.
pub(super) const LIMITS: &str = "What this run cannot tell: one server on the same machine as its clients, no replica, \
no cluster, no append-only file, minutes and not days; positions are only ever shown to be impossible, never verified.";
