//! A schedule as a story: who sent what, what came back, and the moment at which the promise broke.

use redis::Value;

use super::monitor::{BEGIN, BROKEN, Book, Event, Monitor};
use super::program::operation_text;
use super::steps::Action;
use super::trail::{DRAINER, TrailStep};
use super::world::{Way, World};
use crate::model::{Actor, Outcome, StoryStep};
use crate::queue::Script;

/// Tells a schedule.
pub(super) fn tell(trail: &[TrailStep], world: &World, monitor: &mut Monitor, scripts: &[&Script]) -> Vec<StoryStep> {
    let book = Book { operations: &world.operations, attempts: &world.attempts };
    let mut situation = BEGIN;
    let mut steps = Vec::new();
    for step in trail {
        let before = situation;
        situation = step.events.iter().fold(situation, |situation, event| monitor.step(situation, *event, &book));
        let who = match step.action {
            Action::Client(DRAINER, _) => Actor::Drain,
            Action::Client(client, _) => Actor::Client(client + 1),
            Action::Arrives(_) => Actor::Late,
            Action::Tick => Actor::Time,
        };
        let operation = step.operation.filter(|_| step.begins).map(|(op, attempt)| {
            let text = operation_text(&world.operations[usize::from(op)]);
            if attempt == 0 { text } else { format!("{text} (again)") }
        });
        let command = step.command.map(|command| {
            let sent = world.commands.at(command).words.iter().map(|words| typed(words, scripts));
            sent.collect::<Vec<_>>().join("; ")
        });
        let answered = step.reply.map(|reply| reply_text(world.attempts.reply(reply)));
        let reply = match step.action {
            Action::Tick => format!("{} s pass", world.tick_us() as f64 / 1e6),
            Action::Client(_, Way::RequestLost) => "the request is lost".to_owned(),
            Action::Client(_, Way::Delayed) => "the request is late, and the client waits in vain".to_owned(),
            Action::Client(_, Way::Dies) => "the client ends here".to_owned(),
            Action::Client(_, Way::ReplyLost) => {
                format!("{}, and the reply is lost", answered.unwrap_or_default())
            }
            Action::Client(_, Way::Run) | Action::Arrives(_) => answered.unwrap_or_else(|| "goes on".to_owned()),
        };
        let answer = step.events.iter().find_map(|event| match event {
            Event::Answer { outcome, heard: true, .. } => Some(outcome_text(world.attempts.outcome(*outcome))),
            _ => None,
        });
        steps.push(StoryStep {
            who,
            operation,
            command,
            reply,
            answer,
            breaks: before != BROKEN && situation == BROKEN,
        });
    }
    steps
}

/// A command as one types it, a script by the name of its file.
fn typed(words: &[Vec<u8>], scripts: &[&Script]) -> String {
    const SHOWN: usize = 110;
    let mut text = words.iter().map(|word| word.escape_ascii().to_string()).collect::<Vec<_>>();
    if let [verb, sha1, ..] = &mut text[..]
        && verb == "EVALSHA"
        && let Some(script) = scripts.iter().find(|script| script.sha1() == sha1)
    {
        *sha1 = format!("{}.lua", script.name);
    }
    let text = text.join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn reply_text(value: &Value) -> String {
    match value {
        Value::Nil => "(nil)".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::BulkString(bytes) => bytes.escape_ascii().to_string(),
        Value::SimpleString(text) => text.clone(),
        Value::Okay => "OK".to_owned(),
        Value::Array(values) => {
            format!("[{}]", values.iter().map(reply_text).collect::<Vec<_>>().join(", "))
        }
        Value::ServerError(error) => {
            format!("-{} {}", error.code(), error.details().unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}

/// An outcome in a few words.
fn outcome_text(outcome: &Outcome) -> String {
    let tokens =
        |tokens: &[crate::model::Token]| tokens.iter().map(|token| token_text(*token)).collect::<Vec<_>>().join(" ");
    match outcome {
        Outcome::Duplicate(token) => format!("duplicate of {}", token_text(*token)),
        Outcome::Position(place) => format!("place {place}"),
        Outcome::Admitted(admitted) if admitted.is_empty() => "nobody waits".to_owned(),
        Outcome::Admitted(admitted) => format!("admitted {}", tokens(admitted)),
        Outcome::Entries(entries) => format!("entries {}", tokens(entries)),
        Outcome::Swept(count) => format!("{count} swept"),
        Outcome::NotWaiting => "not waiting".to_owned(),
        other => other.name().to_owned(),
    }
}

fn token_text(token: crate::model::Token) -> String {
    if token.is_alien() { "a token that nobody was given".to_owned() } else { format!("t{}", token.0) }
}

/// The lanes of a story: a column for each client, a line for each step.
#[must_use]
pub fn lanes(steps: &[StoryStep], clients: usize) -> String {
    let mut out = String::new();
    for (at, step) in steps.iter().enumerate() {
        let bar = |client: usize| if step.who == Actor::Client(client as u8 + 1) { "●" } else { "│" };
        let lane = (0..clients).map(bar).collect::<Vec<_>>().join(" ");
        let who = step.who.text();
        let mut text = String::new();
        if let Some(operation) = &step.operation {
            text.push_str(&format!("{operation}: "));
        }
        if let Some(command) = &step.command {
            text.push_str(&format!("{command} → "));
        }
        text.push_str(&step.reply);
        if let Some(answer) = &step.answer {
            text.push_str(&format!("  ⇒ {answer}"));
        }
        if step.breaks {
            text.push_str("  ✗ the promise breaks here");
        }
        out.push_str(&format!("{:>4}  {lane}  {who:<8}  {text}\n", at + 1));
    }
    out
}
