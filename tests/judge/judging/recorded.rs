//! Histories as a run would record them, written by hand. Times are in ms.

use stanchion::checks::notation::NEVER;
use stanchion::checks::{CheckOutcome, Counterexample, Finding, judge};
use stanchion::history::{Header, History, Names, Record, RunEnd, SCHEMA};
use stanchion::model::{
    BatchId, ClientId, DedupeKey, Entry, OpId, Operation, Outcome, Phase, Promise, Terms, Token, UnknownCause, UserId,
};

use super::{Kind, Op, Users};

pub const MS: u64 = 1_000_000;

/// A history in the making.
pub struct Book {
    pub history: Draft,
}

/// What a history is made of, to be changed freely.
#[derive(Clone)]
pub struct Draft {
    pub header: Header,
    pub records: Vec<Record>,
    pub names: Names,
}

/// User 7's token 12, deduplicated by the user.
pub fn entry(user: u64, token: u64) -> Entry {
    Entry { user: UserId(user), token: Token(token), dedupe: DedupeKey(user) }
}

impl Book {
    pub fn new(promise: Promise) -> Book {
        let terms = Terms { promises: vec![promise], ..Terms::default() };
        let header = Header {
            schema: SCHEMA,
            tool: "test".to_owned(),
            scenario: "by-hand".to_owned(),
            queue: "by-hand".to_owned(),
            seed: 0,
            plan_hash: String::new(),
            terms,
            end: RunEnd::Complete,
            notes: Vec::new(),
            drained: true,
            load_ns: None,
            offered_joins_per_s: None,
            server: None,
            load: None,
            server_series: None,
            schedule: None,
        };
        Book { history: Draft { header, records: Vec::new(), names: Names::default() } }
    }

    /// Any operation; returns its record, to be changed further.
    pub fn add(&mut self, call: Operation, outcome: Outcome, sent_ms: u64, returned_ms: u64) -> &mut Record {
        let op = OpId(self.history.records.len() as u64);
        self.history.records.push(Record {
            op,
            attempt: 0,
            client: ClientId(0),
            phase: Phase::Load,
            intended_ns: None,
            sent_ns: sent_ms * MS,
            returned_ns: Some(returned_ms * MS),
            call,
            outcome,
            reply_dropped: false,
            commands: 1,
            round_trips: 1,
            bytes_sent: 0,
            bytes_received: 0,
        });
        self.history.records.last_mut().expect("just pushed")
    }

    pub fn joined(&mut self, user: u64, token: u64, sent_ms: u64, returned_ms: u64) -> &mut Record {
        self.add(Operation::Join(entry(user, token)), Outcome::Joined, sent_ms, returned_ms)
    }

    pub fn duplicate(&mut self, user: u64, token: u64, of: u64, sent_ms: u64, returned_ms: u64) -> &mut Record {
        self.add(Operation::Join(entry(user, token)), Outcome::Duplicate(Token(of)), sent_ms, returned_ms)
    }

    pub fn admitted(&mut self, asked: u32, tokens: &[u64], sent_ms: u64, returned_ms: u64) -> &mut Record {
        let batch = BatchId(1_000 + self.history.records.len() as u64);
        let tokens = tokens.iter().copied().map(Token).collect();
        self.add(Operation::Admit { count: asked, batch }, Outcome::Admitted(tokens), sent_ms, returned_ms)
    }

    /// An admission of the final drain.
    pub fn drained(&mut self, asked: u32, tokens: &[u64], sent_ms: u64, returned_ms: u64) {
        self.admitted(asked, tokens, sent_ms, returned_ms).phase = Phase::Drain;
    }

    /// The first attempt of the next operation got no reply.
    pub fn unanswered(&mut self, call: Operation, sent_ms: u64) -> &mut Record {
        let record = self.add(call, Outcome::Unknown(UnknownCause::TimedOut), sent_ms, sent_ms);
        record.returned_ns = None;
        record
    }

    /// Makes the last record the next attempt of the one before it.
    pub fn as_retry(&mut self) {
        let last = self.history.records.len() - 1;
        let op = self.history.records[last - 1].op;
        let attempt = self.history.records[last - 1].attempt + 1;
        self.history.records[last].op = op;
        self.history.records[last].attempt = attempt;
    }

    pub fn left(&mut self, token: u64, sent_ms: u64, returned_ms: u64) -> &mut Record {
        self.add(Operation::Leave(entry(token, token)), Outcome::Left, sent_ms, returned_ms)
    }

    pub fn position(&mut self, token: u64, place: Option<u64>, sent_ms: u64, returned_ms: u64) -> &mut Record {
        let outcome = place.map_or(Outcome::NotWaiting, Outcome::Position);
        self.add(Operation::Position(entry(token, token)), outcome, sent_ms, returned_ms)
    }

    pub fn renewed(&mut self, token: u64, sent_ms: u64, returned_ms: u64) -> &mut Record {
        self.add(Operation::Renew(entry(token, token)), Outcome::Renewed, sent_ms, returned_ms)
    }

    /// The history as it would be saved.
    pub fn saved(&self) -> History {
        let Draft { header, records, names } = self.history.clone();
        History { header, records: records.into(), names }
    }

    pub fn terms(&mut self) -> &mut Terms {
        &mut self.history.header.terms
    }

    /// The finding on its only promise.
    pub fn finding(&self) -> Finding {
        let findings = judge(&self.saved());
        assert_eq!(findings.len(), self.history.header.terms.promises.len(), "one finding a promise");
        findings.into_iter().next().expect("one promise")
    }

    /// How many were examined; panics unless it holds.
    pub fn holds(&self) -> u64 {
        match self.finding().outcome {
            CheckOutcome::Holds { examined } => examined.get(),
            other => panic!("expected to hold: {other:?}"),
        }
    }

    /// How many violations, and the proof; panics unless it is violated.
    pub fn violated(&self) -> (u64, Counterexample) {
        match self.finding().outcome {
            CheckOutcome::Violated { examined, violations, counterexample, listed } => {
                assert!(examined >= violations, "no more can break than was examined");
                assert_eq!(listed.len() as u64, violations.get().min(Finding::LISTED as u64), "the first are listed");
                assert!(!counterexample.events.is_empty(), "a proof has events");
                (violations.get(), counterexample)
            }
            other => panic!("expected to be violated: {other:?}"),
        }
    }

    /// Why; panics unless it is undecided.
    pub fn undecided(&self) -> String {
        match self.finding().outcome {
            CheckOutcome::Undecided { why, .. } => why,
            other => panic!("expected to be undecided: {other:?}"),
        }
    }
}

/// Operations as a run would record them, one time unit a ms. "Waiting now" becomes a position and "not
/// waiting" the answer to a question for one; expiry and "accepted before" cannot be recorded like this.
pub fn record(ops: &[Op], users: &Users, promise: Promise) -> Book {
    let mut book = Book::new(promise);
    let mut by_send: Vec<&Op> = ops.iter().collect();
    by_send.sort_by_key(|op| op.inv);
    for op in by_send {
        let of = |value: u8| Entry {
            user: UserId(u64::from(users[usize::from(value)])),
            token: Token(u64::from(value)),
            dedupe: DedupeKey(u64::from(value)),
        };
        let batch = BatchId(book.history.records.len() as u64);
        let admit = Operation::Admit { count: op.asked as u32, batch };
        let tokens = op.values.iter().map(|value| Token(u64::from(*value))).collect();
        let (call, outcome) = match op.kind {
            Kind::E => (Operation::Join(of(op.values[0])), Outcome::Joined),
            Kind::B => (admit, Outcome::Admitted(tokens)),
            Kind::P => (admit, Outcome::Unknown(UnknownCause::ConnectionLost)),
            Kind::L => (Operation::Leave(of(op.values[0])), Outcome::Left),
            Kind::K => (Operation::Leave(of(op.values[0])), Outcome::Unknown(UnknownCause::TimedOut)),
            Kind::F => (Operation::Position(of(op.values[0])), Outcome::NotWaiting),
            Kind::G => (Operation::Position(of(op.values[0])), Outcome::Position(1)),
            Kind::S => (Operation::Position(of(op.values[0])), Outcome::Position(op.asked as u64)),
            Kind::H => panic!("\"accepted before\" is not recorded by itself"),
        };
        let answered = op.ret < NEVER;
        let outcome = if answered || matches!(op.kind, Kind::P | Kind::K | Kind::B) {
            outcome
        } else {
            Outcome::Unknown(UnknownCause::TimedOut)
        };
        let record = book.add(call, outcome, op.inv, if answered { op.ret } else { 0 });
        if !answered {
            record.returned_ns = None;
        }
    }
    book
}
