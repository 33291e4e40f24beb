//! A history into JSON Lines. Reading it again gives the same history up to the numbers behind the names.

use std::io::{self, BufWriter, Write};

use camino::Utf8Path;
use serde::Serialize;

use super::header;
use crate::history::labels::Labels;
use crate::history::replace::replace;
use crate::history::{Header, History, HistoryError, Record};
use crate::model::{BatchId, Operation, Outcome, Phase, Token, UserId};

/// Writes a history as JSON Lines, packed if the name ends in `.gz`. The file appears under its name
/// only when it is complete and on disk.
///
/// # Errors
/// The folder cannot be written, or the disk is full: no file, or the earlier one, stands under the name.
pub fn write(path: &Utf8Path, history: &History) -> Result<(), HistoryError> {
    let gzipped = path.as_str().ends_with(".gz");
    replace(path, |file| {
        let mut file = BufWriter::new(file);
        if gzipped {
            let mut packed = flate2::write::GzEncoder::new(&mut file, flate2::Compression::default());
            write_to(&mut packed, history)?;
            packed.finish()?;
        } else {
            write_to(&mut file, history)?;
        }
        file.flush()
    })
    .map_err(|source| HistoryError::Write { path: path.to_owned(), source })
}

/// The fields of a line, in the order a reader wants them; see [`super::record`].
#[derive(Default, Serialize)]
struct Line<'a> {
    op: &'static str,
    op_id: u64,
    #[serde(skip_serializing_if = "is_default")]
    attempt: u16,
    client: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dedupe: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intended_ns: Option<u64>,
    sent_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    returned_ns: Option<u64>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    swept: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats_users: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats_entries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "is_default")]
    reply_dropped: bool,
    #[serde(skip_serializing_if = "is_default")]
    commands: u32,
    #[serde(skip_serializing_if = "is_default")]
    round_trips: u32,
    #[serde(skip_serializing_if = "is_default")]
    bytes_sent: u32,
    #[serde(skip_serializing_if = "is_default")]
    bytes_received: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn write_to(mut output: impl Write, history: &History) -> io::Result<()> {
    write_header(&mut output, &history.header)?;
    let labels = Labels::of(history);
    for record in &history.records {
        serde_json::to_writer(&mut output, &line(&labels, &record))?;
        output.write_all(b"\n")?;
    }
    Ok(())
}

fn write_header(output: &mut impl Write, header: &Header) -> io::Result<()> {
    let mut object = serde_json::to_value(header)?;
    if let Some(object) = object.as_object_mut()
        && let Some(schema) = object.remove("schema")
    {
        object.insert(header::MARK.to_owned(), schema);
    }
    serde_json::to_writer(&mut *output, &object)?;
    output.write_all(b"\n")
}

/// A record as a line.
fn line<'a>(labels: &'a Labels, record: &'a Record) -> Line<'a> {
    let mut line = Line {
        op: record.call.kind().name(),
        op_id: record.op.0,
        attempt: record.attempt,
        client: record.client.0,
        phase: (record.phase != Phase::Load).then(|| record.phase.name()),
        intended_ns: record.intended_ns,
        sent_ns: record.sent_ns,
        returned_ns: record.returned_ns,
        outcome: record.outcome.name(),
        reply_dropped: record.reply_dropped,
        commands: record.commands,
        round_trips: record.round_trips,
        bytes_sent: record.bytes_sent,
        bytes_received: record.bytes_received,
        ..Line::default()
    };
    if let Some(entry) = record.call.entry() {
        line.user = Some(&labels.users[&entry.user.0]);
        line.token = Some(&labels.tokens[&entry.token.0]);
        line.dedupe = Some(&labels.keys[&entry.dedupe.0]);
    }
    match record.call {
        Operation::Admit { count, batch: BatchId(batch) } => {
            (line.count, line.batch) = (Some(count), Some(labels.batches[&batch].as_str()));
        }
        Operation::Entries(UserId(user)) => line.user = Some(&labels.users[&user]),
        Operation::Sweep { max_age_ns } => line.max_age_ns = Some(max_age_ns),
        _ => {}
    }
    match &record.outcome {
        Outcome::Duplicate(Token(token)) => line.duplicate_of = Some(&labels.tokens[token]),
        Outcome::Position(position) => line.position = Some(*position),
        Outcome::Admitted(tokens) | Outcome::Entries(tokens) => {
            line.tokens = Some(tokens.iter().map(|token| labels.tokens[&token.0].as_str()).collect());
        }
        Outcome::Swept(swept) => line.swept = Some(*swept),
        Outcome::Stats(stats) => (line.stats_users, line.stats_entries) = (Some(stats.users), Some(stats.entries)),
        Outcome::Refused(refusal) => line.reason = Some(refusal.name()),
        Outcome::Unknown(cause) => line.reason = Some(cause.name()),
        Outcome::Joined | Outcome::NotWaiting | Outcome::Left | Outcome::Renewed => {}
    }
    line
}
