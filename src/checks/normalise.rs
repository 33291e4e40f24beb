//! From records to the notation: attempts are merged, and every answer becomes what it says.
//!
//! - The attempts of one join, and of all joins of one token, are one join: it begins with the first
//!   attempt that may be the accepted one (a crashed attempt keeps its invocation) and ends with the first
//!   reply that says accepted. "Duplicate" naming the operation's own token says so too.
//! - A reply that the harness kept from the client was read by the harness: it counts like any other.
//! - An admission whose batch id was answered before with the same list is a read of that answer. A
//!   different list is a removal of its own (and breaks the promise of idempotence).
//! - What was refused had no effect. What is unknown may have had one.

use std::collections::HashMap;

use super::lifetimes;
use super::notation::{
    Acceptance, LostAdmission, Maybe, MaybeCause, NEVER, Read, ReadKind, Removal, RemovalKind, Span, Trace, Value,
    ValueId,
};
use crate::history::{History, Record};
use crate::model::{BatchId, DuplicateMeans, Entry, OpId, Operation, Outcome, Token};

/// A history in the notation, with the way back from tokens to values.
#[derive(Debug)]
pub struct Normalised {
    /// The history in the notation.
    pub trace: Trace,
    ids: HashMap<Token, ValueId>,
}

impl Normalised {
    /// The value of a token that the history names.
    #[must_use]
    pub fn id(&self, token: Token) -> Option<ValueId> {
        self.ids.get(&token).copied()
    }
}

/// The time of one attempt.
#[must_use]
pub fn span(record: &Record) -> Span {
    Span { inv_ns: record.sent_ns, ret_ns: record.returned_ns.unwrap_or(NEVER) }
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
    let mut building = Building::default();
    let mut batches: HashMap<BatchId, Vec<usize>> = HashMap::new();
    let mut leaves: HashMap<OpId, Vec<usize>> = HashMap::new();
    let (mut batch_order, mut leave_order) = (Vec::new(), Vec::new());
    for (index, record) in history.records.iter().enumerate() {
        match &record.call {
            Operation::Join(entry) => building.join(index, record, *entry, history.header.terms.duplicate_means),
            Operation::Admit { batch, .. } => {
                batches
                    .entry(*batch)
                    .or_insert_with(|| {
                        batch_order.push(*batch);
                        Vec::new()
                    })
                    .push(index);
            }
            Operation::Leave(entry) => {
                building.id(entry.token);
                leaves
                    .entry(record.op)
                    .or_insert_with(|| {
                        leave_order.push(record.op);
                        Vec::new()
                    })
                    .push(index);
            }
            Operation::Position(entry) | Operation::Renew(entry) => building.ask(index, record, *entry),
            Operation::Entries(_) => {
                if let Outcome::Entries(tokens) = &record.outcome {
                    for token in tokens {
                        building.id(*token);
                    }
                }
            }
            Operation::Sweep { .. } | Operation::Stats => {}
        }
    }
    // In order of the first attempt, so that the same history gives the same bytes.
    for batch in batch_order {
        building.admit(history, &batches[&batch]);
    }
    for op in leave_order {
        building.leave(history, &leaves[&op]);
    }
    let Building { mut trace, ids } = building;
    lifetimes::add_possible_removals(history, &mut trace, &ids);
    Normalised { trace, ids }
}

#[derive(Default)]
struct Building {
    trace: Trace,
    ids: HashMap<Token, ValueId>,
}

impl Building {
    fn id(&mut self, token: Token) -> ValueId {
        let values = &mut self.trace.values;
        *self.ids.entry(token).or_insert_with(|| {
            values.push(Value {
                token,
                user: None,
                dedupe: None,
                acceptance: Acceptance::Never,
                join: Span { inv_ns: NEVER, ret_ns: NEVER },
                record: None,
            });
            u32::try_from(values.len() - 1).expect("2^32 tokens do not fit in memory")
        })
    }

    fn read(&mut self, kind: ReadKind, value: ValueId, index: usize, record: &Record) {
        self.trace.reads.push(Read { kind, value, span: span(record), record: index });
    }

    fn join(&mut self, index: usize, record: &Record, entry: Entry, means: DuplicateMeans) {
        let id = self.id(entry.token);
        let span = span(record);
        let value = &mut self.trace.values[id as usize];
        value.user = Some(entry.user);
        value.dedupe = Some(entry.dedupe);
        let says = match &record.outcome {
            Outcome::Joined => Acceptance::Accepted,
            Outcome::Duplicate(token) if *token == entry.token => Acceptance::Accepted,
            _ if is_unknown(record) => Acceptance::Unknown,
            _ => Acceptance::Refused,
        };
        if says == Acceptance::Refused {
            if value.acceptance == Acceptance::Never {
                value.acceptance = Acceptance::Refused;
                value.record = Some(index);
            }
        } else {
            if !value.may_have_joined() {
                value.acceptance = says;
                value.record = Some(index);
            }
            if span.inv_ns < value.join.inv_ns {
                value.join.inv_ns = span.inv_ns;
                value.record = Some(index);
            }
            if says == Acceptance::Accepted {
                value.acceptance = Acceptance::Accepted;
                value.join.ret_ns = value.join.ret_ns.min(span.ret_ns);
            }
        }
        if let Outcome::Duplicate(token) = record.outcome {
            // To a repeated attempt, the own token says only that the first one went through.
            let own_retry = token == entry.token && record.attempt > 0;
            let kind = match means {
                DuplicateMeans::WaitingNow if !own_retry => ReadKind::Waiting,
                _ => ReadKind::Accepted,
            };
            let stands = self.id(token);
            self.read(kind, stands, index, record);
        }
    }

    fn ask(&mut self, index: usize, record: &Record, entry: Entry) {
        let id = self.id(entry.token);
        match record.outcome {
            Outcome::Position(_) | Outcome::Renewed => self.read(ReadKind::Waiting, id, index, record),
            Outcome::NotWaiting => self.read(ReadKind::Absent, id, index, record),
            _ => {}
        }
    }

    /// All attempts at one batch, in order of sending.
    fn admit(&mut self, history: &History, attempts: &[usize]) {
        let records = || attempts.iter().map(|index| (*index, &history.records[*index]));
        let mut answers: Vec<(usize, &Vec<Token>)> = records()
            .filter_map(|(index, record)| match &record.outcome {
                Outcome::Admitted(tokens) => Some((index, tokens)),
                _ => None,
            })
            .collect();
        let unanswered = records().filter(|(_, record)| is_unknown(record)).map(|(index, _)| index);
        if answers.is_empty() {
            if let Some(first) = unanswered.min()
                && let Operation::Admit { count, .. } = history.records[first].call
            {
                self.trace.lost.push(LostAdmission {
                    asked: count,
                    inv_ns: history.records[first].sent_ns,
                    record: first,
                });
            }
            return;
        }
        answers.sort_by_key(|(index, _)| (span(&history.records[*index]).ret_ns, *index));
        // An unanswered attempt may be the one that removed what a later one answered.
        let unanswered_ns = unanswered.map(|index| history.records[index].sent_ns).min().unwrap_or(NEVER);
        let first_sent_ns = records()
            .filter(|(_, record)| !matches!(record.outcome, Outcome::Refused(_)))
            .map(|(_, record)| record.sent_ns)
            .min()
            .unwrap_or(NEVER);
        let mut seen: Vec<&Vec<Token>> = Vec::new();
        for (index, tokens) in answers {
            if seen.contains(&tokens) {
                continue;
            }
            let record = &history.records[index];
            let inv_ns = if seen.is_empty() { first_sent_ns } else { record.sent_ns.min(unanswered_ns) };
            seen.push(tokens);
            let asked = match record.call {
                Operation::Admit { count, .. } => count as usize,
                _ => 0,
            };
            let values = tokens.iter().map(|token| self.id(*token)).collect();
            self.trace.removals.push(Removal {
                kind: RemovalKind::Batch { short: tokens.len() < asked },
                values,
                span: Span { inv_ns, ret_ns: span(record).ret_ns },
                record: index,
            });
        }
    }

    /// All attempts of one leave, in order of sending.
    fn leave(&mut self, history: &History, attempts: &[usize]) {
        let records = || attempts.iter().map(|index| (*index, &history.records[*index]));
        let Some(entry) = history.records[attempts[0]].call.entry() else { return };
        let value = self.id(entry.token);
        for (index, record) in records().filter(|(_, record)| record.outcome == Outcome::NotWaiting) {
            self.read(ReadKind::Absent, value, index, record);
        }
        let unanswered = records().find(|(_, record)| is_unknown(record));
        let left = records()
            .filter(|(_, record)| record.outcome == Outcome::Left)
            .min_by_key(|(index, record)| (span(record).ret_ns, *index));
        match (left, unanswered) {
            (Some((index, record)), lost) => {
                let inv_ns = lost.map_or(record.sent_ns, |(_, lost)| lost.sent_ns.min(record.sent_ns));
                let span = Span { inv_ns, ret_ns: span(record).ret_ns };
                self.trace.removals.push(Removal {
                    kind: RemovalKind::Leave,
                    values: vec![value],
                    span,
                    record: index,
                });
            }
            (None, Some((index, record))) => {
                let span = Span { inv_ns: record.sent_ns, ret_ns: NEVER };
                self.trace.maybes.push(Maybe { value, span, cause: MaybeCause::LostLeave(index) });
            }
            (None, None) => {}
        }
    }
}
