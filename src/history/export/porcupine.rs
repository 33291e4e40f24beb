//! A JSON array of `porcupine.Operation`: client, input, call, output, return.
//!
//! Porcupine knows no operation without an answer. One that may have happened returns after everything else, with an
//! output that the model accepts whatever it did: at the end it harms nobody, so "never happened" is among the
//! orders tried.

use std::io::{self, Write};

use serde::Serialize;

use super::operations::{End, Stands, Told, stands, told};
use crate::history::History;
use crate::history::labels::Labels;
use crate::model::{Operation, Outcome};

/// After everything: the largest number that Go's `int64` holds.
const LAST: u64 = i64::MAX as u64;

#[derive(Serialize)]
struct Line<'a> {
    client_id: u64,
    input: Input<'a>,
    call: u64,
    output: Output<'a>,
    r#return: u64,
}

#[derive(Default, Serialize)]
struct Input<'a> {
    op: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<&'a str>,
}

#[derive(Default, Serialize)]
struct Output<'a> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stands: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Vec<&'a str>>,
}

pub(super) fn write(history: &History, output: &mut impl Write) -> io::Result<()> {
    let labels = Labels::of(history);
    let told = told(history);
    // Only differences matter; a clock that counts beyond what Go's numbers hold is set back.
    let latest = told.iter().flat_map(|told| [Some(told.record.sent_ns), told.record.returned_ns]).flatten().max();
    let origin_ns = match told.first() {
        Some(first) if latest.is_some_and(|latest| latest >= LAST) => first.record.sent_ns,
        _ => 0,
    };
    let time = |ns: u64| (ns - origin_ns.min(ns)).min(LAST - 1);
    output.write_all(b"[")?;
    for (index, told) in told.iter().enumerate() {
        output.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        let line = Line {
            client_id: told.process,
            input: input(&labels, told),
            call: time(told.record.sent_ns),
            output: answer(history, &labels, told),
            r#return: match told.end {
                End::Answered(Some(at_ns)) | End::Refused(_, at_ns) => time(at_ns),
                End::Answered(None) | End::Unknown(_) => LAST,
            },
        };
        serde_json::to_writer(&mut *output, &line)?;
    }
    output.write_all(b"\n]\n")
}

fn input<'a>(labels: &'a Labels, told: &Told) -> Input<'a> {
    let mut input = Input { op: told.record.call.kind().name(), ..Input::default() };
    if let Some(entry) = told.record.call.entry() {
        input.user = Some(&labels.users[&entry.user.0]);
        input.token = Some(&labels.tokens[&entry.token.0]);
    }
    if let Operation::Admit { count, batch } = told.record.call {
        input.count = Some(count);
        input.batch = Some(&labels.batches[&batch.0]);
    }
    input
}

fn answer<'a>(history: &History, labels: &'a Labels, told: &Told) -> Output<'a> {
    if let End::Unknown(_) = told.end {
        return Output { outcome: "unknown", ..Output::default() };
    }
    let mut output = Output { outcome: told.record.outcome.name(), ..Output::default() };
    match &told.record.outcome {
        Outcome::Duplicate(token) => {
            output.duplicate_of = Some(&labels.tokens[&token.0]);
            output.stands = stands(history, &told.record).map(|stands| match stands {
                Stands::Waiting => "waiting",
                Stands::Accepted => "accepted",
            });
        }
        Outcome::Position(position) => output.position = Some(*position),
        Outcome::Admitted(tokens) => {
            output.tokens = Some(tokens.iter().map(|token| labels.tokens[&token.0].as_str()).collect());
        }
        _ => {}
    }
    output
}
