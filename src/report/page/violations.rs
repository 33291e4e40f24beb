//! Each broken promise with an anchor of its own: in words, drawn, and how to see it again.

use serde::Serialize;

use super::super::charts::{grouped, lanes};
use super::super::document::{Check, Document};
use super::super::drawing::svg;
use super::super::stories::{Story, broken};
use super::view::capital;
use crate::checks::{Counterexample, Event};
use crate::model::Expectation;
use crate::verdict::Outcome;

/// More violations than these are told without a picture, so that the page stays small.
const DRAWN_MAX: usize = 60;

/// Operations in one picture, at most.
const EVENTS_MAX: usize = 24;

#[derive(Serialize)]
pub(super) struct Violations {
    words: String,
    list: Vec<Violation>,
}

#[derive(Serialize)]
struct Violation {
    /// Its place among all violations of result.json, from 1.
    number: usize,
    head: String,
    /// What the scenario expected, if it did.
    expected: Option<&'static str>,
    open: bool,
    story: String,
    picture: Option<String>,
    /// Its operations, where their commands are known.
    commands: Vec<Event>,
    more_words: String,
    more: Vec<String>,
    could: String,
    replay: String,
}

/// The link to the first violation of a promise by a design.
pub(super) fn anchor_of(document: &Document, queue: &str, promise: &str) -> Option<String> {
    let found = broken(document).find(|story| story.cell.queue == queue && story.check.name == promise);
    found.map(|story| format!("#violation-{}", story.number))
}

pub(super) fn violations(document: &Document) -> Option<Violations> {
    // What nobody expected comes first; the numbers stay those of result.json.
    let (surprises, expected): (Vec<_>, Vec<_>) = broken(document).partition(|story| story.check.expected.is_none());
    let (surprising, all) = (surprises.len(), surprises.len() + expected.len());
    let list: Vec<Violation> = surprises
        .into_iter()
        .chain(expected)
        .enumerate()
        .map(|(place, story)| violation(&story, place < DRAWN_MAX))
        .collect();
    let words = format!(
        "{} broken in {} of {} cells; {}. Each is the smallest proof that was found.{}",
        if all == 1 { "1 promise is".to_owned() } else { format!("{all} promises are") },
        document.cells.iter().filter(|cell| cell.checks.iter().any(|check| check.outcome == Outcome::Violated)).count(),
        document.cells.len(),
        match surprising {
            0 => "all as the scenarios expect".to_owned(),
            some => format!("{some} of them nobody expects, and those come first"),
        },
        if all > DRAWN_MAX { format!(" The first {DRAWN_MAX} are drawn.") } else { String::new() }
    );
    (all > 0).then_some(Violations { words, list })
}

fn violation(story: &Story<'_>, drawn: bool) -> Violation {
    let Story { cell, check, number, number_in_cell } = *story;
    let counterexample = check.counterexample.as_ref();
    let picture = counterexample
        .filter(|counterexample| drawn && counterexample.events.len() <= EVENTS_MAX)
        .and_then(|counterexample| lanes(counterexample, check.name.ends_with("-fifo"), 1080.0, &number.to_string()))
        .map(|scene| svg(&scene, &format!("v-{number}")));
    let expected = check.expected.map(|expected| match expected {
        Expectation::Violated => "broken, as expected",
        Expectation::Either => "may break",
    });
    let head = format!(
        "{} breaks {} in {} ({} of {})",
        cell.queue,
        check.name,
        cell.scenario,
        grouped(check.violations),
        grouped(check.examined)
    );
    let listed = check.listed.len();
    let more_words = if (listed as u64) < check.violations {
        format!("The first {listed} of {}", grouped(check.violations))
    } else {
        format!("All {listed}")
    };
    Violation {
        number,
        head,
        expected,
        open: expected.is_none(),
        story: counterexample.map_or_else(|| story.line(), |found| found.story.clone()),
        picture,
        commands: commands(counterexample, drawn),
        more_words,
        more: if listed > 1 { check.listed.clone() } else { Vec::new() },
        could: could(check),
        replay: format!(
            "stanchion check {0}/{1}/history.parquet\nstanchion export {0}/{1}/history.parquet --to porcupine --violation {number_in_cell}",
            cell.scenario, cell.queue
        ),
    }
}

/// The operations whose commands are told; those of a long proof would fill the page.
fn commands(counterexample: Option<&Counterexample>, drawn: bool) -> Vec<Event> {
    let events = counterexample.map_or(&[][..], |counterexample| &counterexample.events);
    let told = events.iter().filter(|event| !event.commands.is_empty());
    if drawn { told.take(EVENTS_MAX).cloned().collect() } else { Vec::new() }
}

/// What this check noticed of faults put into slices of this very history.
fn could(check: &Check) -> String {
    match &check.could_have_failed {
        None => "This result does not say.".to_owned(),
        Some(tried) if tried.tried == 0 => capital(tried.reason.as_deref().unwrap_or("there was nothing to alter")),
        Some(tried) => {
            let what: Vec<&str> = tried.what.iter().map(|alteration| alteration.name.as_str()).collect();
            format!(
                "Of {} faults put into slices of this history ({}) the check noticed {}.",
                tried.tried,
                what.join(", "),
                tried.noticed
            )
        }
    }
}
