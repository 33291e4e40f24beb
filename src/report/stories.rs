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

/// What a reader must know of the figures shown: of the generator in the scenario that they are of, and of
/// the server.
pub(super) fn notes(document: &Document, timed_in: Option<&str>) -> Vec<String> {
    let timed = document.cells.iter().filter(|cell| Some(cell.scenario.as_str()) == timed_in);
    let generator = timed.filter_map(|cell| Some(format!("{}: {}", cell.queue, cell.generator.note.as_ref()?)));
    let warnings = document.target.as_ref().and_then(|target| target.get("warnings")?.as_array());
    let server = warnings.into_iter().flatten().filter_map(|warning| warning.as_str().map(str::to_owned));
    generator.chain(server).collect()
}

/// What no run of this kind can tell, whatever its verdict.
pub(super) fn caveats(document: &Document) -> String {
    let kind = document.target.as_ref().and_then(|target| target.get("kind")?.as_str());
    let server = match kind {
        Some("local") => "one server on the same machine as its clients, no replica, no cluster, no append-only file",
        Some("docker") => "one server in a container, no replica, no cluster, no append-only file",
        Some(_) => "one server as it was found, no cluster",
        None => return format!("What histories cannot tell: anything that was not recorded; {POSITIONS}."),
    };
    format!("What this run cannot tell: {server}, minutes and not days; {POSITIONS}.")
}

const POSITIONS: &str = "positions are only ever shown to be impossible, never verified";
