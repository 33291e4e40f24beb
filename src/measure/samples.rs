//! Histories for this room's tests.

use crate::history::samples::header;
use crate::history::{Header, History, LoadFacts, Names, Record, Records};
use crate::model::{ClientId, DedupeKey, Entry, LoadKind, OpId, Operation, Outcome, Pacer, Phase, Token, UserId};

/// A history of nothing.
pub(super) fn history() -> History {
    let header = Header { load_ns: None, offered_joins_per_s: None, ..header() };
    History { header, records: Records::default(), names: Names::default() }
}

/// The facts of a load about which nothing is remarkable.
pub(super) fn load_facts(kind: LoadKind) -> LoadFacts {
    LoadFacts {
        kind,
        pacer: Pacer::Hybrid,
        threads: 1,
        connections: 4,
        spun_ns: 0,
        run_queue_ns: None,
        machine: None,
        changes_until_ns: 0,
        virtual_time: false,
    }
}

/// An accepted join of the load, by a client of its own.
pub(super) fn join(op: u64, due_ns: u64, sent_ns: u64, returned_ns: u64) -> Record {
    Record {
        op: OpId(op),
        attempt: 0,
        client: ClientId(op as u32),
        phase: Phase::Load,
        intended_ns: Some(due_ns),
        sent_ns,
        returned_ns: Some(returned_ns),
        call: Operation::Join(Entry { user: UserId(op), token: Token(op), dedupe: DedupeKey(op) }),
        outcome: Outcome::Joined,
        reply_dropped: false,
        commands: 1,
        round_trips: 1,
        bytes_sent: 100,
        bytes_received: 4,
    }
}
