//! From records to the notation: attempts are merged, and every answer becomes what it says.
//!
//! - The attempts of one join, and of all joins of one token, are one join: it begins with the first
//!   attempt that may be the accepted one (a crashed attempt keeps its invocation) and ends with the first
//!   reply that says accepted. "Duplicate" naming the operation's own token says so too.
//! - A reply that the harness kept from the client was read by the harness: it counts like any other.
//! - An admission whose batch id was answered before with the same list is a read of that answer. A
//!   different list is a removal of its own (and breaks the promise of idempotence).
//! - What was refused had no effect. What is unknown may have had one.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::lifetimes;
use super::notation::{
    Acceptance, LostAdmission, Maybe, MaybeCause, NEVER, Read, ReadKind, Removal, RemovalKind, Span, Trace, Value,
    ValueId,
};
use super::stay::{Facts, Stays};
use super::token_ids::TokenIds;
use crate::history::{History, Record, Row};
use crate::model::{DuplicateMeans, Entry, OpKind, Operation, Outcome, Token};

/// A history in the notation, with the way back from tokens to values.
#[derive(Debug)]
pub struct Normalised {
    /// The history in the notation.
    pub trace: Trace,
    ids: TokenIds,
    /// Several promises look at the stays, and none if none of those is judged.
    stays: OnceLock<Facts>,
}

impl Normalised {
    /// The value of a token that the history names.
    #[must_use]
    pub fn id(&self, token: Token) -> Option<ValueId> {
        self.ids.get(token)
    }

    /// How long each value was in line.
    pub(super) fn stays(&self) -> Stays<'_> {
        Stays::new(&self.trace, Cow::Borrowed(self.stays.get_or_init(|| Facts::of(&self.trace))))
    }
}

/// The time of one attempt.
#[must_use]
pub fn span(record: &Record) -> Span {
    Span { inv_ns: record.sent_ns, ret_ns: record.returned_ns.unwrap_or(NEVER) }
}

/// The same, of a record in its columns.
pub(super) fn span_of(row: Row<'_>) -> Span {
    Span { inv_ns: row.sent_ns(), ret_ns: row.returned_ns().unwrap_or(NEVER) }
}

/// Whether this answer leaves open whether the operation happened. An answer that does not fit the
/// question (only a foreign history can hold one) leaves it open too.
#[must_use]
pub fn is_unknown(record: &Record) -> bool {
    !matches!(
        (&record.call, &record.outcome),
        (_, Outcome::Refused(_))
            | (Operation::Join(_), Outcome::Joined | Outcome::Duplicate(_))
            | (Operation::Position(_), Outcome::Position(_) | Outcome::NotWaiting)
            | (Operation::Admit { .. }, Outcome::Admitted(_))
            | (Operation::Leave(_), Outcome::Left | Outcome::NotWaiting)
            | (Operation::Renew(_), Outcome::Renewed | Outcome::NotWaiting)
            | (Operation::Entries(_), Outcome::Entries(_))
            | (Operation::Sweep { .. }, Outcome::Swept(_))
            | (Operation::Stats, Outcome::Stats(_))
    )
}

/// Brings a history into the notation.
#[must_use]
pub fn normalise(history: &History) -> Normalised {
    let mut building = Building::with_room(history);
    let (mut batches, mut leaves) = (Vec::new(), Vec::new());
    for (index, row) in history.records.rows().enumerate() {
        match row.call() {
            Operation::Join(entry) => building.join(index, row, entry, history.header.terms.duplicate_means),
            Operation::Admit { batch, .. } => batches.push((batch.0, index as u32)),
            Operation::Leave(entry) => {
                building.id(entry.token);
                leaves.push((row.op().0, index as u32));
            }
            Operation::Position(entry) | Operation::Renew(entry) => building.ask(index, row, entry),
            Operation::Entries(_) => row.tokens().into_iter().flatten().for_each(|token| {
                building.id(token);
            }),
            Operation::Sweep { .. } | Operation::Stats => {}
        }
    }
    // In order of the first attempt, so that the same history gives the same bytes.
    by_first(batches, |attempts| building.admit(history, attempts));
    by_first(leaves, |attempts| building.leave(history, attempts));
    let Building { mut trace, ids, .. } = building;
    lifetimes::add_possible_removals(history, &mut trace, &ids);
    Normalised { trace, ids, stays: OnceLock::new() }
}

/// What a further attempt tells of a value, or the first one of a value that an answer named before.
fn merged(known: Value, told: Value) -> Value {
    let mut value = Value { user: told.user, dedupe: told.dedupe, ..known };
    if !known.may_have_joined() && (told.may_have_joined() || known.acceptance == Acceptance::Never) {
        (value.acceptance, value.record) = (told.acceptance, told.record);
    }
    if told.join.inv_ns < value.join.inv_ns {
        (value.join.inv_ns, value.record) = (told.join.inv_ns, told.record);
    }
    if told.acceptance == Acceptance::Accepted {
        value.acceptance = Acceptance::Accepted;
    }
    value.join.ret_ns = value.join.ret_ns.min(told.join.ret_ns);
    value
}

/// Hands over the records of each key, in order of the first of them.
fn by_first(mut pairs: Vec<(u64, u32)>, mut each: impl FnMut(&[(u64, u32)])) {
    pairs.sort_unstable();
    let mut groups: Vec<&[(u64, u32)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
    groups.sort_by_key(|group| group[0].1);
    groups.into_iter().for_each(&mut each);
}

#[derive(Default)]
struct Building {
    trace: Trace,
    ids: TokenIds,
    /// Room for the values of one admission.
    values: Vec<ValueId>,
}

impl Building {
    /// Joins and removals are many: room for just so many keeps a large history from being copied as it grows.
    fn with_room(history: &History) -> Building {
        let (mut joins, mut removals, mut removed) = (0, 0, 0);
        for row in history.records.rows() {
            match row.kind() {
                OpKind::Join => joins += 1,
                OpKind::Admit => {
                    removals += 1;
                    removed += row.admitted().map_or(0, |tokens| tokens.len());
                }
                OpKind::Leave => {
                    removals += 1;
                    removed += 1;
                }
                _ => {}
            }
        }
        let mut building = Building { ids: TokenIds::with_room(joins + 1), ..Building::default() };
        building.trace.values.reserve(joins);
        building.trace.removals.reserve(removals, removed);
        building
    }

    fn id(&mut self, token: Token) -> ValueId {
        let values = &mut self.trace.values;
        self.ids.get_or_insert(token, || values.push(Value::named(token)))
    }

    fn read(&mut self, kind: ReadKind, value: ValueId, index: usize, row: Row<'_>) {
        self.trace.reads.push(Read { kind, value, span: span_of(row), record: index });
    }

    fn join(&mut self, index: usize, row: Row<'_>, entry: Entry, means: DuplicateMeans) {
        let span = span_of(row);
        let outcome = row.outcome();
        let says = match outcome {
            Outcome::Joined => Acceptance::Accepted,
            Outcome::Duplicate(token) if token == entry.token => Acceptance::Accepted,
            Outcome::Duplicate(_) | Outcome::Refused(_) => Acceptance::Refused,
            _ => Acceptance::Unknown,
        };
        let told = Value {
            user: Some(entry.user),
            dedupe: Some(entry.dedupe),
            acceptance: says,
            join: Span {
                inv_ns: if says == Acceptance::Refused { NEVER } else { span.inv_ns },
                ret_ns: if says == Acceptance::Accepted { span.ret_ns } else { NEVER },
            },
            record: Some(index),
            ..Value::named(entry.token)
        };
        let Building { trace, ids, .. } = self;
        let mut first = false;
        let id = ids.get_or_insert(entry.token, || {
            first = true;
            trace.values.push(told)
        });
        if !first {
            trace.values.set(id, merged(trace.value(id), told));
        }
        if let Outcome::Duplicate(token) = outcome {
            // To a repeated attempt, the own token says only that the first one went through.
            let own_retry = token == entry.token && row.attempt() > 0;
            let kind = match means {
                DuplicateMeans::WaitingNow if !own_retry => ReadKind::Waiting,
                _ => ReadKind::Accepted,
            };
            let stands = self.id(token);
            self.read(kind, stands, index, row);
        }
    }

    fn ask(&mut self, index: usize, row: Row<'_>, entry: Entry) {
        let id = self.id(entry.token);
        match row.outcome() {
            Outcome::Position(_) | Outcome::Renewed => self.read(ReadKind::Waiting, id, index, row),
            Outcome::NotWaiting => self.read(ReadKind::Absent, id, index, row),
            _ => {}
        }
    }

    /// All attempts at one batch, in order of sending.
    fn admit(&mut self, history: &History, attempts: &[(u64, u32)]) {
        let record = |(_, index): &(u64, u32)| (*index as usize, history.records.at(*index as usize));
        if let [(_, index)] = attempts {
            let row = history.records.row(*index as usize);
            if let (Operation::Admit { count, .. }, Some(tokens)) = (row.call(), row.admitted()) {
                return self.admitted(*index as usize, span_of(row), count, tokens);
            }
        }
        let records: Vec<(usize, Record)> = attempts.iter().map(record).collect();
        let mut answers: Vec<(usize, &Record, &[Token])> = records
            .iter()
            .filter_map(|(index, record)| match &record.outcome {
                Outcome::Admitted(tokens) => Some((*index, record, tokens.as_slice())),
                _ => None,
            })
            .collect();
        let unanswered = || records.iter().filter(|(_, record)| is_unknown(record));
        if answers.is_empty() {
            if let Some((index, first)) = unanswered().min_by_key(|(index, _)| *index)
                && let Operation::Admit { count, .. } = first.call
            {
                self.trace.lost.push(LostAdmission { asked: count, inv_ns: first.sent_ns, record: *index });
            }
            return;
        }
        answers.sort_by_key(|(index, record, _)| (span(record).ret_ns, *index));
        // An unanswered attempt may be the one that removed what a later one answered.
        let unanswered_ns = unanswered().map(|(_, record)| record.sent_ns).min().unwrap_or(NEVER);
        let first_sent_ns = records
            .iter()
            .filter(|(_, record)| !matches!(record.outcome, Outcome::Refused(_)))
            .map(|(_, record)| record.sent_ns)
            .min()
            .unwrap_or(NEVER);
        let mut seen: Vec<&[Token]> = Vec::new();
        for (index, record, tokens) in answers {
            if seen.contains(&tokens) {
                continue;
            }
            let inv_ns = if seen.is_empty() { first_sent_ns } else { record.sent_ns.min(unanswered_ns) };
            seen.push(tokens);
            if let Operation::Admit { count, .. } = record.call {
                let span = Span { inv_ns, ret_ns: span(record).ret_ns };
                self.admitted(index, span, count, tokens.iter().copied());
            }
        }
    }

    /// An admission that was answered.
    fn admitted(&mut self, record: usize, span: Span, asked: u32, tokens: impl Iterator<Item = Token>) {
        let mut values = std::mem::take(&mut self.values);
        values.clear();
        values.extend(tokens.map(|token| self.id(token)));
        let kind = RemovalKind::Batch { short: values.len() < asked as usize };
        self.trace.removals.push(Removal { kind, values: &values, span, record });
        self.values = values;
    }

    /// All attempts of one leave, in order of sending.
    fn leave(&mut self, history: &History, attempts: &[(u64, u32)]) {
        let records = || attempts.iter().map(|(_, index)| (*index as usize, history.records.at(*index as usize)));
        let Some(entry) = records().next().and_then(|(_, first)| first.call.entry()) else { return };
        let value = self.id(entry.token);
        for (index, _) in records().filter(|(_, record)| record.outcome == Outcome::NotWaiting) {
            self.read(ReadKind::Absent, value, index, history.records.row(index));
        }
        let unanswered = records().find(|(_, record)| is_unknown(record));
        let left = records()
            .filter(|(_, record)| record.outcome == Outcome::Left)
            .min_by_key(|(index, record)| (span(record).ret_ns, *index));
        match (left, unanswered) {
            (Some((index, record)), lost) => {
                let inv_ns = lost.map_or(record.sent_ns, |(_, lost)| lost.sent_ns.min(record.sent_ns));
                let span = Span { inv_ns, ret_ns: span(&record).ret_ns };
                self.trace.removals.push(Removal { kind: RemovalKind::Leave, values: &[value], span, record: index });
            }
            (None, Some((index, record))) => {
                let span = Span { inv_ns: record.sent_ns, ret_ns: NEVER };
                self.trace.maybes.push(Maybe { value, span, after_join_ns: 0, cause: MaybeCause::LostLeave(index) });
            }
            (None, None) => {}
        }
    }
}
