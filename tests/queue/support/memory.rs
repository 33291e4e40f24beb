//! What a client remembers while it runs a program, and so what a step of it asks for.

use std::collections::HashMap;
use std::time::Duration;

use super::program::Step;
use stanchion::model::{BatchId, Dedupe, DedupeKey, Entry, OpId, Operation, Token, UserId};

/// Longer than any test: what is to expire or to be swept at this age stays.
pub const HOUR: Duration = Duration::from_secs(3600);

/// One attempt that a client makes.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub op: OpId,
    pub attempt: u16,
    pub call: Operation,
}

impl Request {
    fn again(&mut self) -> Request {
        self.attempt += 1;
        *self
    }
}

/// What one client remembers: its last join of each key and its last admission.
pub struct Memory {
    dedupe: Dedupe,
    /// Counts operations; tokens and batches are numbered by theirs, so that no two clients share one.
    next: u64,
    joins: HashMap<u64, Request>,
    admission: Option<Request>,
}

impl Memory {
    pub fn new(dedupe: Dedupe, client: u64) -> Memory {
        Memory { dedupe, next: client * 1_000, joins: HashMap::new(), admission: None }
    }

    /// What a step asks for.
    pub fn request(&mut self, step: Step) -> Request {
        match step {
            Step::Join(who) => self.join(who),
            Step::JoinAgain(who) => match self.joins.get_mut(&who) {
                Some(join) => join.again(),
                None => self.join(who),
            },
            Step::Position(who) => self.first(Operation::Position(self.latest(who))),
            Step::Leave(who) => self.first(Operation::Leave(self.latest(who))),
            Step::Renew(who) => self.first(Operation::Renew(self.latest(who))),
            Step::Admit(count) => self.admit(count),
            Step::AdmitAgain => match &mut self.admission {
                Some(admission) => admission.again(),
                None => self.admit(1),
            },
            Step::Entries(who) => self.first(Operation::Entries(user_of(self.dedupe, who))),
            Step::Sweep(everybody) => {
                let age = if everybody { Duration::ZERO } else { HOUR };
                self.first(Operation::Sweep { max_age_ns: age.as_nanos() as u64 })
            }
            Step::Stats => self.first(Operation::Stats),
        }
    }

    /// Forgets the last join of a key, so that it is not repeated.
    pub fn forget(&mut self, who: u64) {
        self.joins.remove(&who);
    }

    fn first(&mut self, call: Operation) -> Request {
        self.next += 1;
        Request { op: OpId(self.next), attempt: 0, call }
    }

    fn join(&mut self, who: u64) -> Request {
        let call = Operation::Join(entry(self.dedupe, who, Token(self.next + 1)));
        let join = self.first(call);
        self.joins.insert(who, join);
        join
    }

    fn admit(&mut self, count: u32) -> Request {
        let call = Operation::Admit { count, batch: BatchId(self.next + 1) };
        let admission = self.first(call);
        *self.admission.insert(admission)
    }

    /// The last entry asked for with a key; one that nobody knows if there is none.
    fn latest(&self, who: u64) -> Entry {
        let last = self.joins.get(&who).and_then(|join| join.call.entry());
        last.unwrap_or_else(|| entry(self.dedupe, who, Token(900_000 + who)))
    }
}

/// Who stands behind a dedupe key: itself, or with several requests a user, one of four users.
fn user_of(dedupe: Dedupe, who: u64) -> UserId {
    match dedupe {
        Dedupe::User => UserId(who),
        Dedupe::Request => UserId(who % 4),
    }
}

/// The entry of a key under a token.
fn entry(dedupe: Dedupe, who: u64, token: Token) -> Entry {
    Entry { user: user_of(dedupe, who), token, dedupe: DedupeKey(who) }
}
