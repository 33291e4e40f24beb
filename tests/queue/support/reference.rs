//! The reference queue: what a correct queue answers, in memory, one operation after the other.

use std::collections::{BTreeSet, HashMap};

use stanchion::model::{BatchId, Dedupe, DedupeKey, Entry, Outcome, QueueStats, Refusal, Token, UserId};
use stanchion::queue::Design;

/// How much of the order a design claims, and so how closely it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One line: admissions and positions are those of the joins.
    Exact,
    /// Each user's own tokens; whose turn it is among users is left open, and so is the position.
    PerUser,
    /// None: only who is in line.
    Open,
}

/// What order each design keeps, by what joins are deduplicated.
pub fn claimed(design: Design, dedupe: Dedupe) -> Order {
    match design {
        Design::StreamShared
        | Design::ZsetSeq
        | Design::ZsetSeqSlowed
        | Design::CompositeCenti
        | Design::CompositeRebased
        | Design::List => Order::Exact,
        Design::Streams | Design::StreamsNaive => Order::PerUser,
        Design::Broken(_) => Order::Open,
        // They tie within a millisecond, in which one user may well join twice.
        Design::ZsetMs | Design::CompositeShift | Design::CompositeDecimal => match dedupe {
            Dedupe::User => Order::PerUser,
            Dedupe::Request => Order::Open,
        },
    }
}

/// A correct queue.
#[derive(Debug, Default)]
pub struct Reference {
    line: Vec<Entry>,
    marks: HashMap<DedupeKey, Token>,
    /// The last token of each key that gave up its place; a join of it that is repeated does not bring it back.
    left: HashMap<DedupeKey, Token>,
    forgets_who_left: bool,
    batches: HashMap<BatchId, Vec<Token>>,
}

impl Reference {
    /// What a design of this name should answer.
    pub fn of(name: &str) -> Reference {
        Reference { forgets_who_left: name == "streams-naive", ..Reference::default() }
    }

    pub fn join(&mut self, entry: Entry) -> Outcome {
        if let Some(standing) = self.marks.get(&entry.dedupe) {
            return Outcome::Duplicate(*standing);
        }
        if self.left.get(&entry.dedupe) == Some(&entry.token) {
            return Outcome::Duplicate(entry.token);
        }
        self.left.remove(&entry.dedupe);
        self.marks.insert(entry.dedupe, entry.token);
        self.line.push(entry);
        Outcome::Joined
    }

    fn place(&self, entry: Entry) -> Option<usize> {
        self.line.iter().position(|waiting| *waiting == entry)
    }

    pub fn position(&self, entry: Entry) -> Outcome {
        self.place(entry).map_or(Outcome::NotWaiting, |place| Outcome::Position(place as u64 + 1))
    }

    pub fn leave(&mut self, entry: Entry) -> Outcome {
        let Some(place) = self.place(entry) else { return Outcome::NotWaiting };
        self.line.remove(place);
        self.marks.remove(&entry.dedupe);
        if !self.forgets_who_left {
            self.left.insert(entry.dedupe, entry.token);
        }
        Outcome::Left
    }

    pub fn renew(&self, entry: Entry) -> Outcome {
        self.place(entry).map_or(Outcome::NotWaiting, |_| Outcome::Renewed)
    }

    pub fn entries(&self, user: UserId) -> Outcome {
        Outcome::Entries(self.line.iter().filter(|entry| entry.user == user).map(|entry| entry.token).collect())
    }

    pub fn sweep(&mut self, everybody: bool) -> Outcome {
        if !everybody {
            return Outcome::Swept(0);
        }
        for entry in &self.line {
            self.marks.remove(&entry.dedupe);
        }
        Outcome::Swept(self.line.drain(..).count() as u64)
    }

    pub fn stats(&self) -> Outcome {
        let users: BTreeSet<UserId> = self.line.iter().map(|entry| entry.user).collect();
        Outcome::Stats(QueueStats { users: users.len() as u64, entries: self.line.len() as u64 })
    }

    /// Takes over what was admitted if the claimed order allows it, and says what is wrong otherwise.
    pub fn admit(&mut self, order: Order, count: u32, batch: BatchId, admitted: &[Token]) -> Result<(), String> {
        if let Some(first) = self.batches.get(&batch) {
            return same(first.as_slice(), admitted, "the repeated batch");
        }
        let wanted = self.line.len().min(count as usize);
        if admitted.len() != wanted {
            return Err(format!("{} admitted, {wanted} wait and are asked for", admitted.len()));
        }
        for token in admitted {
            let Some(place) = self.line.iter().position(|entry| entry.token == *token) else {
                return Err(format!("{token:?} admitted, but it does not wait"));
            };
            let user = self.line[place].user;
            let overtaken = match order {
                Order::Exact => place > 0,
                Order::PerUser => self.line[..place].iter().any(|entry| entry.user == user),
                Order::Open => false,
            };
            if overtaken {
                return Err(format!("{token:?} admitted before those who came first: {:?}", &self.line[..place]));
            }
            self.line.remove(place);
        }
        self.batches.insert(batch, admitted.to_vec());
        Ok(())
    }
}

fn same<T: PartialEq + std::fmt::Debug>(expected: T, answered: T, what: &str) -> Result<(), String> {
    if expected == answered { Ok(()) } else { Err(format!("{what}: {answered:?} answered, {expected:?} is right")) }
}

/// Compares an answer with the right one, as closely as the claimed order allows.
pub fn compare(order: Order, right: &Outcome, answered: &Outcome) -> Result<(), String> {
    let agree = match (right, answered) {
        (Outcome::Position(_), Outcome::Position(place)) if order != Order::Exact => *place > 0,
        // Offered by some designs only.
        (Outcome::Entries(_) | Outcome::Stats(_), Outcome::Refused(Refusal::NotOffered)) => true,
        _ => right == answered,
    };
    if agree { Ok(()) } else { Err(format!("{answered:?} answered, {right:?} is right")) }
}
