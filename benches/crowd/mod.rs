//! A history as large as wanted, made without a server: a crowd joins a waiting room that lets them in by batches.
//!
//! A reference queue in memory carries out one operation a microsecond. Each of the clients has one call under way at a
//! time, sent up to 15 µs before that moment and answered up to 15 µs after it, so some fifteen calls overlap.

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stanchion::history::{Header, History, Names, Record, Recorder, RunEnd, SCHEMA};
use stanchion::model::{
    BatchId, ClientId, Dedupe, DedupeKey, Entry, OpId, Operation, Outcome, Phase, Promise, Terms, Token, UserId,
};
use std::collections::VecDeque;

/// Who asks at the same time.
pub const CLIENTS: u64 = 32;
/// How many wait when it has settled.
pub const DEPTH: usize = 1_000;
const STEP_NS: u64 = 1_000;
const SLACK_NS: u64 = 15_000;
/// Admissions ask for 1 to so many.
const BATCH: u32 = 16;

/// So many operations: joins until [`DEPTH`] wait, then joins and admissions that keep it there, then a drain.
pub fn history(operations: u64) -> History {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut line: VecDeque<Token> = VecDeque::new();
    let mut records = Vec::with_capacity(operations as usize);
    let mut next = 0;
    for step in 0..operations {
        let now_ns = SLACK_NS + step * STEP_NS;
        // A hundred admissions are more than enough for the last thousand.
        let draining = step + 200 >= operations;
        let admits = draining || line.len() > DEPTH && rng.random_range(0..2) == 0;
        let (call, outcome) = if admits {
            let count = if draining { BATCH } else { rng.random_range(1..=BATCH) };
            let tokens = line.drain(..line.len().min(count as usize)).collect();
            (Operation::Admit { count, batch: BatchId(step) }, Outcome::Admitted(tokens))
        } else {
            next += 1;
            line.push_back(Token(next));
            // Users are not numbered in the order in which they come, and come four times on average.
            let user = next * 61_803_391 % 99_999_989 % (operations / 4 + 1);
            (
                Operation::Join(Entry { user: UserId(user), token: Token(next), dedupe: DedupeKey(next) }),
                Outcome::Joined,
            )
        };
        let client = step % CLIENTS;
        records.push(Record {
            op: OpId((client << 40) | (step / CLIENTS)),
            attempt: 0,
            client: ClientId(client as u32),
            phase: if draining { Phase::Drain } else { Phase::Load },
            intended_ns: Some(now_ns - SLACK_NS),
            sent_ns: now_ns - rng.random_range(0..SLACK_NS),
            returned_ns: Some(now_ns + rng.random_range(1..SLACK_NS)),
            call,
            outcome,
            reply_dropped: false,
            commands: 1,
            round_trips: 1,
            bytes_sent: 200,
            bytes_received: 20,
        });
    }
    assert!(line.is_empty(), "the drain must reach the end of the line");
    History { header: header(), records: Recorder::merge(vec![records]).into(), names: Names::default() }
}

fn header() -> Header {
    let promises = vec![
        Promise::NoDuplicates,
        Promise::PerUserFifo,
        Promise::GlobalFifo,
        Promise::NoLoss,
        Promise::NoPhantoms,
        Promise::Idempotence,
        Promise::Capacity,
    ];
    Header {
        schema: SCHEMA,
        tool: "synthetic".to_owned(),
        scenario: "crowd".to_owned(),
        queue: "reference".to_owned(),
        seed: 11,
        plan_hash: String::new(),
        terms: Terms { promises, dedupe: Dedupe::Request, ..Terms::default() },
        end: RunEnd::Complete,
        notes: Vec::new(),
        drained: true,
        load_ns: None,
        offered_joins_per_s: None,
        server: None,
        load: None,
        server_series: None,
        schedule: None,
    }
}
