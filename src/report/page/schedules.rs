//! Schedules that were executed command by command: clients as columns, one command with its reply a line, and the moment at
//! which a promise broke.

use serde::Serialize;

use super::super::document::{Cell, Document};
use crate::model::{Actor, Schedule, StoryStep};
use crate::verdict::Outcome;

/// More schedules than these are left to result.json, so that the page stays small.
const SHOWN_MAX: usize = 40;

#[derive(Serialize)]
pub(super) struct Schedules {
    words: String,
    list: Vec<Lanes>,
}

/// A schedule as a table: clients as columns, one command with its reply a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lanes {
    head: String,
    /// Whether it breaks a promise: then it is shown at once.
    open: bool,
    sentence: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// Where the design did not do what the schedule asks for.
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Row {
    number: usize,
    /// The place of the column that has something in it, from 0.
    place: usize,
    operation: Option<String>,
    command: Option<String>,
    reply: String,
    answer: Option<String>,
    breaks: bool,
}

pub(super) fn schedules(document: &Document) -> Option<Schedules> {
    let with = document.cells.iter().filter_map(|cell| Some((cell, cell.schedule.as_ref()?)));
    let all = with.clone().count();
    let more = if all > SHOWN_MAX { format!(" The first {SHOWN_MAX} are shown.") } else { String::new() };
    let words = format!(
        "{} executed command by command, in an order that was found by exploring.{more}",
        if all == 1 { "1 schedule was".to_owned() } else { format!("{all} schedules were") }
    );
    let list = with.take(SHOWN_MAX).map(|(cell, schedule)| of_cell(cell, schedule)).collect();
    (all > 0).then_some(Schedules { words, list })
}

fn of_cell(cell: &Cell, schedule: &Schedule) -> Lanes {
    let broken: Vec<_> = cell.checks.iter().filter(|check| check.outcome == Outcome::Violated).collect();
    let names: Vec<&str> = broken.iter().map(|check| check.name.as_str()).collect();
    let head = match names[..] {
        [] => format!("{} in {}", cell.queue, cell.scenario),
        _ => format!("{} breaks {} in {}", cell.queue, names.join(" and "), cell.scenario),
    };
    let told = broken.iter().find_map(|check| Some(check.counterexample.as_ref()?.story.clone()));
    let sentence = told.unwrap_or_else(|| "Every promise that was checked holds in this schedule.".to_owned());
    Lanes::of(head, sentence, !broken.is_empty(), schedule)
}

impl Lanes {
    /// The lanes of a schedule under a heading, with what it shows in one sentence. One that breaks a promise is shown at once.
    #[must_use]
    pub fn of(head: String, sentence: String, broken: bool, schedule: &Schedule) -> Lanes {
        let mut columns: Vec<Actor> = (1..=schedule.clients).map(Actor::Client).collect();
        for step in &schedule.steps {
            if !columns.contains(&step.who) {
                columns.push(step.who);
            }
        }
        let place = |step: &StoryStep| columns.iter().position(|column| *column == step.who).unwrap_or(0);
        let rows = schedule.steps.iter().enumerate().map(|(index, step)| Row {
            number: index + 1,
            place: place(step),
            operation: step.operation.clone(),
            command: step.command.clone(),
            reply: step.reply.clone(),
            answer: step.answer.clone(),
            breaks: step.breaks,
        });
        let rows = rows.collect();
        let columns = columns.iter().map(|column| column.text()).collect();
        let note = (schedule.left_out + schedule.added > 0).then(|| {
        format!(
            "This design sends other commands than the one that the schedule was found with: {} of its steps could not be made, and {} were made at the end so that everybody is done.",
            schedule.left_out, schedule.added
        )
    });
        Lanes { head, open: broken, sentence, columns, rows, note }
    }
}
