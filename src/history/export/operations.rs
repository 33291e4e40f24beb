//! What both formats share: which attempts are told, how each ended, and which process did it.

use std::collections::HashMap;

use crate::history::{History, Record};
use crate::model::{DuplicateMeans, OpKind, Operation, Outcome, Refusal, UnknownCause};

/// One attempt, as another checker is told of it.
#[derive(Debug)]
pub(super) struct Told {
    /// A process that does one thing at a time. The client's own number as long as that is true of it.
    pub process: u64,
    /// What was recorded.
    pub record: Record,
    /// How it ended.
    pub end: End,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With an answer, at this time; `None`: the answer is known and its time is not.
    Answered(Option<u64>),
    /// Without any effect, at this time (that of sending if no other was noted).
    Refused(Refusal, u64),
    /// Nobody knows.
    Unknown(UnknownCause),
}

impl End {
    /// When the process can go on; `None`: never.
    fn free_ns(self) -> Option<u64> {
        match self {
            End::Answered(at_ns) => at_ns,
            End::Refused(_, at_ns) => Some(at_ns),
            End::Unknown(_) => None,
        }
    }
}

/// What "duplicate of" says of the token it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Waiting,
    Accepted,
}

/// What a duplicate's answer says. A repeated attempt that hears of its own token learns only that an earlier
/// attempt went through.
pub(super) fn stands(history: &History, record: &Record) -> Option<Stands> {
    let (Operation::Join(entry), Outcome::Duplicate(token)) = (&record.call, &record.outcome) else { return None };
    let own_retry = *token == entry.token && record.attempt > 0;
    Some(match history.header.terms.duplicate_means {
        DuplicateMeans::WaitingNow if !own_retry => Stands::Waiting,
        _ => Stands::Accepted,
    })
}

/// How many operations an export of this history holds.
#[must_use]
pub fn operations(history: &History) -> usize {
    history.records.rows().filter(|row| is_told(row.kind())).count()
}

fn is_told(kind: OpKind) -> bool {
    matches!(kind, OpKind::Join | OpKind::Admit | OpKind::Leave | OpKind::Position | OpKind::Renew)
}

/// Every attempt that a model of the line can judge, in order of sending.
pub(super) fn told(history: &History) -> Vec<Told> {
    let rows = history.records.rows().filter(|row| is_told(row.kind()));
    let mut records: Vec<Record> = rows.map(crate::history::Row::record).collect();
    records.sort_by_key(|record| record.sent_ns);
    let mut processes = Processes::of(&records);
    records
        .into_iter()
        .map(|record| {
            let end = end(&record);
            Told { process: processes.take(&record, end), record, end }
        })
        .collect()
}

/// An answer that does not fit the question leaves everything open; only a file that was edited holds one.
fn end(record: &Record) -> End {
    let returned_ns = record.returned_ns.map(|returned| returned.max(record.sent_ns));
    match (&record.call, &record.outcome) {
        (_, Outcome::Refused(refusal)) => End::Refused(*refusal, returned_ns.unwrap_or(record.sent_ns)),
        (_, Outcome::Unknown(cause)) => End::Unknown(*cause),
        (Operation::Join(_), Outcome::Joined | Outcome::Duplicate(_))
        | (Operation::Position(_), Outcome::Position(_) | Outcome::NotWaiting)
        | (Operation::Admit { .. }, Outcome::Admitted(_))
        | (Operation::Leave(_), Outcome::Left | Outcome::NotWaiting)
        | (Operation::Renew(_), Outcome::Renewed | Outcome::NotWaiting) => End::Answered(returned_ns),
        _ => End::Unknown(UnknownCause::FailedMidway),
    }
}

/// Deals out processes. A client whose operation ended in the dark goes on as another process, and so does one
/// that (in a foreign history) asks for two things at a time.
struct Processes {
    /// By client: its processes that may be free again, and from when.
    of: HashMap<u32, Vec<(u64, u64)>>,
    fresh: u64,
}

impl Processes {
    fn of(records: &[Record]) -> Processes {
        let highest = records.iter().map(|record| u64::from(record.client.0)).max();
        Processes { of: HashMap::new(), fresh: highest.map_or(0, |highest| highest + 1) }
    }

    fn take(&mut self, record: &Record, end: End) -> u64 {
        let client = record.client.0;
        // The first process of a client bears its number, which is nobody else's.
        let first = !self.of.contains_key(&client);
        let processes = self.of.entry(client).or_default();
        // At equal times nobody knows which came first, so a process is free only after its answer.
        let free = processes.iter().position(|(_, free_ns)| *free_ns < record.sent_ns);
        let process = match free {
            Some(free) => processes.swap_remove(free).0,
            None if first => client.into(),
            None => {
                self.fresh += 1;
                self.fresh - 1
            }
        };
        if let Some(free_ns) = end.free_ns() {
            processes.push((process, free_ns));
        }
        process
    }
}
