//! Histories for this room's tests.

use super::{Header, History, Names, Record, RunEnd, SCHEMA};
use crate::model::{ClientId, DedupeKey, Entry, OpId, Operation, Outcome, Phase, Terms, Token, UserId};

/// A header as a short run would have.
pub(crate) fn header() -> Header {
    Header {
        schema: SCHEMA,
        tool: "stanchion 0.1.0".to_owned(),
        scenario: "sample".to_owned(),
        queue: "zset-seq".to_owned(),
        seed: 7,
        plan_hash: "00ff".to_owned(),
        terms: Terms::default(),
        end: RunEnd::Complete,
        notes: Vec::new(),
        drained: true,
        load_ns: Some((0, 1_000)),
        offered_joins_per_s: Some(0.1 + 0.2),
        server: None,
        load: None,
        server_series: None,
        schedule: None,
    }
}

/// A hundred joins.
pub(crate) fn small() -> History {
    let records = (0..100)
        .map(|n| Record {
            op: OpId(n),
            attempt: 0,
            client: ClientId(1),
            phase: Phase::Load,
            intended_ns: Some(n * 10),
            sent_ns: n * 10 + 1,
            returned_ns: Some(n * 10 + 6),
            call: Operation::Join(Entry { user: UserId(n), token: Token(n), dedupe: DedupeKey(n) }),
            outcome: Outcome::Joined,
            reply_dropped: false,
            commands: 1,
            round_trips: 1,
            bytes_sent: 100,
            bytes_received: 4,
        })
        .collect();
    History { header: header(), records, names: Names::default() }
}
