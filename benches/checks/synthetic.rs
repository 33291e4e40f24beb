//! Histories of 100,000 operations, made without a server: one that a right queue could have produced, and the same
//! with every promise broken.
//!
//! A reference queue in memory answers one operation every 10 µs. What the client sees is a call sent up to 40 µs before
//! that moment and a reply read up to 40 µs after it, so that eight calls or so overlap, and the judge has the
//! same doubts as with a real one.

use std::collections::HashSet;

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stanchion::history::{Header, History, Names, Record, Recorder, RunEnd, SCHEMA};
use stanchion::model::{
    BatchId, ClientId, Dedupe, DedupeKey, DuplicateMeans, Entry, OpId, Operation, Outcome, Phase, Terms, Token, UserId,
};

/// Operations of each history.
pub const OPERATIONS: u64 = 100_000;

/// The last of them drain the line.
const DRAINING: u64 = 100;
const CLIENTS: u64 = 64;
const STEP_NS: u64 = 10_000;
const SLACK_NS: u64 = 40_000;
/// Some 5,000 operations: the line settles where whoever does not renew expires just before the front.
const TTL_NS: u64 = 50_000_000;
/// Few enough that most of them hold several tokens at once.
const USERS: u64 = 500;

/// A history that keeps all promises, each of which finds something to examine in it.
pub fn correct() -> History {
    let mut walk = Walk::new();
    for step in 0..OPERATIONS {
        walk.step(step);
    }
    assert!(walk.line.is_empty(), "the drain must reach the end of the line");
    History { header: header(), records: Recorder::merge(vec![walk.records]).into(), names: Names::default() }
}

struct Waiting {
    entry: Entry,
    refreshed_ns: u64,
}

/// The reference queue, and what it was asked.
struct Walk {
    rng: ChaCha8Rng,
    line: Vec<Waiting>,
    /// Left or expired: these may join again under their key.
    released: Vec<Entry>,
    last_batch: (Operation, Outcome),
    next: u64,
    records: Vec<Record>,
}

impl Walk {
    fn new() -> Walk {
        Walk {
            rng: ChaCha8Rng::seed_from_u64(7),
            line: Vec::new(),
            released: Vec::new(),
            last_batch: (Operation::Admit { count: 0, batch: BatchId(0) }, Outcome::Admitted(Vec::new())),
            next: 0,
            records: Vec::new(),
        }
    }

    fn step(&mut self, step: u64) {
        // Not at zero, so that the first call can be sent before it.
        let now_ns = SLACK_NS + step * STEP_NS;
        let released = &mut self.released;
        self.line.retain(|waiting| {
            let waits = waiting.refreshed_ns + TTL_NS > now_ns;
            if !waits {
                released.push(waiting.entry);
            }
            waits
        });
        let draining = step >= OPERATIONS - DRAINING;
        let (call, outcome) = if draining { self.admit(100) } else { self.any(now_ns) };
        self.records.push(Record {
            op: OpId(step),
            attempt: 0,
            client: ClientId((step % CLIENTS) as u32),
            phase: if draining { Phase::Drain } else { Phase::Load },
            intended_ns: None,
            sent_ns: now_ns - self.rng.random_range(1..SLACK_NS),
            returned_ns: Some(now_ns + self.rng.random_range(1..SLACK_NS)),
            call,
            outcome,
            reply_dropped: false,
            commands: 1,
            round_trips: 1,
            bytes_sent: 200,
            bytes_received: 20,
        });
    }

    /// Slightly more joins than admissions take: the rest expires.
    fn any(&mut self, now_ns: u64) -> (Operation, Outcome) {
        match self.rng.random_range(0..1_000) {
            0..35 => self.admit(8),
            35..40 => self.last_batch.clone(),
            40..70 => self.about_one(now_ns, Operation::Leave),
            70..120 => self.about_one(now_ns, Operation::Renew),
            120..170 => self.ask_too_late(),
            170..200 => self.join_again(),
            200..560 => self.about_one(now_ns, Operation::Position),
            560..600 => self.rejoin(now_ns),
            _ => {
                let user = UserId(self.rng.random_range(0..USERS));
                let dedupe = DedupeKey(self.next);
                self.join(user, dedupe, now_ns)
            }
        }
    }

    fn join(&mut self, user: UserId, dedupe: DedupeKey, now_ns: u64) -> (Operation, Outcome) {
        let entry = self.newcomer(user, dedupe);
        self.line.push(Waiting { entry, refreshed_ns: now_ns });
        (Operation::Join(entry), Outcome::Joined)
    }

    fn newcomer(&mut self, user: UserId, dedupe: DedupeKey) -> Entry {
        self.next += 1;
        Entry { user, token: Token(self.next - 1), dedupe }
    }

    /// Under the key of somebody who left or expired.
    fn rejoin(&mut self, now_ns: u64) -> (Operation, Outcome) {
        if self.released.is_empty() {
            return (Operation::Stats, Outcome::Stats(stanchion::model::QueueStats::default()));
        }
        let index = self.rng.random_range(0..self.released.len());
        let gone = self.released.swap_remove(index);
        self.join(gone.user, gone.dedupe, now_ns)
    }

    /// Under the key of somebody who waits.
    fn join_again(&mut self) -> (Operation, Outcome) {
        let Some(index) = self.pick() else { return self.admit(1) };
        let standing = self.line[index].entry;
        let entry = self.newcomer(standing.user, standing.dedupe);
        (Operation::Join(entry), Outcome::Duplicate(standing.token))
    }

    fn ask_too_late(&mut self) -> (Operation, Outcome) {
        match self.released.last() {
            Some(gone) => (Operation::Position(*gone), Outcome::NotWaiting),
            None => self.admit(1),
        }
    }

    fn about_one(&mut self, now_ns: u64, call: fn(Entry) -> Operation) -> (Operation, Outcome) {
        let Some(index) = self.pick() else { return self.admit(1) };
        let entry = self.line[index].entry;
        let call = call(entry);
        let outcome = match call {
            Operation::Leave(_) => {
                self.line.remove(index);
                self.released.push(entry);
                Outcome::Left
            }
            Operation::Renew(_) => {
                self.line[index].refreshed_ns = now_ns;
                Outcome::Renewed
            }
            _ => Outcome::Position(index as u64 + 1),
        };
        (call, outcome)
    }

    fn pick(&mut self) -> Option<usize> {
        (!self.line.is_empty()).then(|| self.rng.random_range(0..self.line.len()))
    }

    fn admit(&mut self, count: u32) -> (Operation, Outcome) {
        let BatchId(last) = match self.last_batch.0 {
            Operation::Admit { batch, .. } => batch,
            _ => BatchId(0),
        };
        let most = self.line.len().min(count as usize);
        let tokens = self.line.drain(..most).map(|waiting| waiting.entry.token).collect();
        self.last_batch = (Operation::Admit { count, batch: BatchId(last + 1) }, Outcome::Admitted(tokens));
        self.last_batch.clone()
    }
}

/// The same history with every promise broken, here and there over its whole length.
pub fn broken(correct: &History) -> History {
    let mut history = correct.clone();
    let mut records = history.records.edit();
    let admissions: Vec<usize> = (0..records.len())
        .filter(|index| matches!(&records[*index].outcome, Outcome::Admitted(tokens) if tokens.len() == 8))
        .collect();
    // Order: somebody from far behind changes places with somebody at the front.
    for pair in admissions.chunks_exact(100) {
        swap_first(&mut records, pair[0], pair[50]);
    }
    for (number, &index) in admissions.iter().enumerate() {
        let earlier = records[admissions[number.saturating_sub(10)]].outcome.clone();
        let Outcome::Admitted(tokens) = &mut records[index].outcome else { continue };
        match (number % 200, earlier) {
            // Admitted twice.
            (100, Outcome::Admitted(earlier)) => tokens[7] = earlier[7],
            // Nobody joined as this one.
            (120, _) => tokens[6] = Token(Token::ALIEN + number as u64),
            _ => {}
        }
    }
    let mut answered = HashSet::new();
    let mut asked = 0;
    for record in records.iter_mut() {
        match (&record.call, &mut record.outcome) {
            // The second answer to a batch is not the first.
            (Operation::Admit { batch, .. }, Outcome::Admitted(tokens)) if !answered.insert(*batch) => {
                tokens.truncate(tokens.len() / 2);
            }
            (Operation::Position(_), outcome) => {
                asked += 1;
                match outcome {
                    // Expired, and yet in line.
                    Outcome::NotWaiting if asked % 7 == 0 => *outcome = Outcome::Position(1),
                    Outcome::Position(place) if asked % 50 == 0 => *place += 5_000,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    // Lost for certain are only those whom the drain should have found: whoever is missed earlier may have expired.
    let full = |record: &&mut Record| matches!(&record.outcome, Outcome::Admitted(tokens) if tokens.len() == 100);
    if let Some(Outcome::Admitted(tokens)) = records.iter_mut().rfind(full).map(|record| &mut record.outcome) {
        tokens.truncate(95);
    }
    drop(records);
    history.header.terms.capacity = Some(OPERATIONS / 10);
    history
}

fn swap_first(records: &mut [Record], one: usize, other: usize) {
    let (head, tail) = records.split_at_mut(other);
    if let (Outcome::Admitted(one), Outcome::Admitted(other)) = (&mut head[one].outcome, &mut tail[0].outcome) {
        std::mem::swap(&mut one[0], &mut other[0]);
    }
}

fn header() -> Header {
    let terms = Terms {
        dedupe: Dedupe::Request,
        duplicate_means: DuplicateMeans::AcceptedBefore,
        ttl_ns: Some(TTL_NS),
        ttl_tolerance_ns: 1_000_000,
        capacity: Some(OPERATIONS),
        ..Terms::default()
    };
    Header {
        schema: SCHEMA,
        tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
        scenario: "synthetic".to_owned(),
        queue: "reference".to_owned(),
        seed: 7,
        plan_hash: String::new(),
        terms,
        end: RunEnd::Complete,
        notes: Vec::new(),
        drained: true,
        load_ns: Some((0, SLACK_NS + (OPERATIONS - DRAINING) * STEP_NS)),
        offered_joins_per_s: None,
        server: None,
        load: None,
        server_series: None,
        schedule: None,
    }
}
