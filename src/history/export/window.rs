//! A stretch of a history that stands by itself.
//!
//! Cutting away a beginning loses who waited then, and a checker that starts with an empty line would see people
//! admitted out of nowhere. So a stretch may begin only where nobody can be waiting and nothing is under way, and end
//! only where nothing is under way that others could have seen.

use std::collections::HashSet;
use std::ops::Range;

use crate::history::{History, Records, Row};
use crate::model::{BatchId, Operation, Outcome, Token};

/// Why a stretch does not stand by itself. Records are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// It holds nothing, or reaches beyond the end.
    #[error(
        "a window of the {records} records 0..{records} begins before it ends and holds at least one; {from}..{to} does not"
    )]
    Empty {
        /// Its first record.
        from: usize,
        /// The first one behind it.
        to: usize,
        /// How many there are.
        records: usize,
    },
    /// Somebody may be waiting when it begins.
    #[error(
        "at record {from} somebody may be waiting, or a request is under way, so a checker that begins there with an empty line would be told something false; the nearest begins that are safe: {}",
        nearest(.safe)
    )]
    Begin {
        /// Its first record.
        from: usize,
        /// The nearest safe begins before and after, as far as there are any.
        safe: Vec<usize>,
    },
    /// Something is under way when it ends.
    #[error(
        "when record {to} is sent, a request of the window is still under way, so its answer may tell of what comes later; the nearest ends that are safe: {}",
        nearest(.safe)
    )]
    End {
        /// The first record behind it.
        to: usize,
        /// The nearest safe ends before and after, as far as there are any.
        safe: Vec<usize>,
    },
    /// It speaks of something from before.
    #[error(
        "record {record} speaks of a token or a batch of which a record before the window speaks too, so the window does not stand by itself; choose a wider one"
    )]
    Known {
        /// The record inside.
        record: usize,
    },
}

fn nearest(safe: &[usize]) -> String {
    safe.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

/// The records `range` of a history, as a history of its own.
///
/// # Errors
/// When they do not stand by themselves.
pub fn window(history: &History, range: Range<usize>) -> Result<History, WindowError> {
    let records = &history.records;
    let Range { start: from, end: to } = range;
    if from >= to || to > records.len() {
        return Err(WindowError::Empty { from, to, records: records.len() });
    }
    let begins = begins(records);
    if !begins.contains(&from) {
        return Err(WindowError::Begin { from, safe: around(&begins, from, 0..records.len()) });
    }
    let ends = ends(records);
    if !ends.contains(&to) {
        return Err(WindowError::End { to, safe: around(&ends, to, from + 1..records.len() + 1) });
    }
    let mut before = Named::default();
    records.rows().take(from).for_each(|row| {
        before.meets(row);
    });
    let strange = |index: &usize| before.knows(records.row(*index));
    if let Some(record) = (from..to).find(strange) {
        return Err(WindowError::Known { record });
    }
    let records = (from..to).map(|index| records.at(index)).collect();
    Ok(History { header: history.header.clone(), records, names: history.names.clone() })
}

/// The last of some numbers before a place, and the first after it.
fn around(safe: &[usize], place: usize, within: Range<usize>) -> Vec<usize> {
    let at = safe.partition_point(|safe| *safe < place);
    let near = [at.checked_sub(1).and_then(|before| safe.get(before)), safe.get(at)];
    near.into_iter().flatten().copied().filter(|safe| within.contains(safe)).collect()
}

/// Before which records nobody can be waiting and nothing is under way; ascending.
fn begins(records: &Records) -> Vec<usize> {
    let (mut waiting, mut gone, mut lost) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut answered: HashSet<BatchId> = HashSet::new();
    let mut latest_ns = None;
    let mut safe = Vec::new();
    for (index, row) in records.rows().enumerate() {
        if waiting.is_empty() && lost.is_empty() && latest_ns.is_none_or(|latest| latest < row.sent_ns()) {
            safe.push(index);
        }
        latest_ns = latest_ns.max(row.returned_ns());
        let outcome = row.outcome();
        match (row.call(), &outcome) {
            (_, Outcome::Refused(_)) => {}
            (Operation::Join(entry), Outcome::Duplicate(token)) if *token != entry.token => {}
            (Operation::Join(entry), _) if !gone.contains(&entry.token) => {
                waiting.insert(entry.token);
            }
            (Operation::Admit { batch, .. }, Outcome::Admitted(tokens)) => {
                answered.insert(batch);
                lost.remove(&batch);
                for token in tokens {
                    waiting.remove(token);
                    gone.insert(*token);
                }
            }
            (Operation::Admit { batch, .. }, _) if !answered.contains(&batch) => {
                lost.insert(batch);
            }
            (Operation::Leave(entry), Outcome::Left) => {
                waiting.remove(&entry.token);
                gone.insert(entry.token);
            }
            // After a leave without an answer somebody counts as waiting until something certain is said.
            _ => {}
        }
    }
    safe
}

/// Behind which records everything before was answered, unless it never was; ascending, the end included.
fn ends(records: &Records) -> Vec<usize> {
    let mut latest_ns = None;
    let mut safe = Vec::new();
    for (index, row) in records.rows().enumerate() {
        if latest_ns.is_none_or(|latest| latest < row.sent_ns()) {
            safe.push(index);
        }
        latest_ns = latest_ns.max(row.returned_ns());
    }
    safe.push(records.len());
    safe
}

/// The tokens and batches that some records speak of.
#[derive(Default)]
struct Named {
    tokens: HashSet<Token>,
    batches: HashSet<BatchId>,
}

impl Named {
    fn meets(&mut self, row: Row<'_>) {
        self.tokens.extend(tokens(row));
        if let Operation::Admit { batch, .. } = row.call() {
            self.batches.insert(batch);
        }
    }

    fn knows(&self, row: Row<'_>) -> bool {
        let batch = matches!(row.call(), Operation::Admit { batch, .. } if self.batches.contains(&batch));
        batch || tokens(row).iter().any(|token| self.tokens.contains(token))
    }
}

/// The tokens that a record speaks of.
fn tokens(row: Row<'_>) -> Vec<Token> {
    let mut tokens: Vec<Token> = row.tokens().into_iter().flatten().collect();
    tokens.extend(row.call().entry().map(|entry| entry.token));
    if let Outcome::Duplicate(token) = row.outcome() {
        tokens.push(token);
    }
    tokens
}
