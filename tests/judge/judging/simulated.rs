//! What clients would record of a queue that does everything right: a line in memory, whose operations take effect one by
//! one, each at an instant of its own between sending and reply.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use stanchion::history::{History, Record};
use stanchion::model::{
    BatchId, DedupeKey, DuplicateMeans, Entry, Operation, Outcome, Phase, PositionTolerance, Promise, Token,
    UnknownCause, UserId,
};

use super::recorded::Book;

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Requests take up to so long, both ways; operations take effect every 10 µs on average.
    pub overlap_ns: u64,
    /// Users hold several tokens, deduplicated by request.
    pub several: bool,
    pub ttl_ns: Option<u64>,
    /// As many may be let in as are.
    pub capacity: bool,
    pub means: DuplicateMeans,
    /// The most that an admission asks for.
    pub batch: u32,
    /// Replies get lost, and clients try again.
    pub lossy: bool,
    pub tolerance: PositionTolerance,
}

impl Default for Mix {
    fn default() -> Mix {
        Mix {
            overlap_ns: 30_000,
            several: false,
            ttl_ns: None,
            capacity: false,
            means: DuplicateMeans::WaitingNow,
            batch: 4,
            lossy: true,
            tolerance: PositionTolerance::default(),
        }
    }
}

struct Run {
    mix: Mix,
    rng: ChaCha8Rng,
    book: Book,
    now_ns: u64,
    /// First in line first, each with the time at which it expires.
    line: Vec<(Entry, u64)>,
    /// Who was accepted by a key, if that is kept.
    marks: BTreeMap<DedupeKey, Token>,
    tokens: u64,
    /// Every token that was accepted.
    accepted: Vec<Entry>,
}

/// A run of so many operations and the final drain, judged by every promise.
pub fn simulate(seed: u64, operations: usize, mix: Mix) -> History {
    let rng = ChaCha8Rng::seed_from_u64(seed);
    let book = Book::new(Promise::NoLoss);
    let (line, marks, accepted) = (Vec::new(), BTreeMap::new(), Vec::new());
    let mut run = Run { mix, rng, book, now_ns: 1_000_000, line, marks, tokens: 0, accepted };
    for _ in 0..operations {
        run.step();
    }
    // Nobody is on the way any more when the drain begins.
    run.now_ns += 2 * mix.overlap_ns;
    while run.admit(10, Phase::Drain) == 10 {}
    let mut history = run.book.saved();
    history.records.edit().sort_by_key(|record| record.sent_ns);
    let header = &mut history.header;
    header.seed = seed;
    header.terms.promises = Promise::ALL.to_vec();
    header.terms.ttl_ns = mix.ttl_ns;
    header.terms.duplicate_means = mix.means;
    header.terms.position_tolerance = mix.tolerance;
    let in_load = history.records.iter().filter(|record| record.phase == Phase::Load && record.attempt == 0);
    let let_in = in_load.map(|record| if let Outcome::Admitted(list) = &record.outcome { list.len() } else { 0 });
    header.terms.capacity = mix.capacity.then_some(let_in.sum::<usize>() as u64);
    history
}

impl Run {
    fn step(&mut self) {
        match self.rng.random_range(0..100) {
            0..40 => self.join(),
            40..62 => {
                let count = self.rng.random_range(1..=self.mix.batch);
                self.admit(count, Phase::Load);
            }
            62..78 => self.ask(),
            78..84 => self.leave(),
            84..92 => self.renew(),
            _ => self.list(),
        }
    }

    /// The instant at which the next operation takes effect. Whoever's time is over is gone by then.
    fn instant(&mut self) {
        self.now_ns += self.rng.random_range(1..20_000);
        let now_ns = self.now_ns;
        self.line.retain(|(_, expires_ns)| *expires_ns > now_ns);
    }

    fn expires_ns(&self) -> u64 {
        self.mix.ttl_ns.map_or(u64::MAX, |ttl_ns| self.now_ns + ttl_ns)
    }

    /// Writes down what took effect just now.
    fn record(&mut self, call: Operation, outcome: Outcome) -> &mut Record {
        let sent_ns = self.now_ns.saturating_sub(self.rng.random_range(0..=self.mix.overlap_ns));
        let returned_ns = self.now_ns + self.rng.random_range(1..=self.mix.overlap_ns.max(1));
        let record = self.book.add(call, outcome, 0, 0);
        (record.sent_ns, record.returned_ns) = (sent_ns, Some(returned_ns));
        record
    }

    /// The same request again, sent after its first reply was due.
    fn repeat(&mut self, outcome: Outcome) {
        let first = self.book.history.records.last().unwrap().clone();
        let sent_ns = first.returned_ns.unwrap();
        self.now_ns = sent_ns + 1;
        let record = self.record(first.call, outcome);
        (record.op, record.attempt, record.phase) = (first.op, first.attempt + 1, first.phase);
        record.sent_ns = sent_ns;
    }

    fn lost(&mut self) -> bool {
        self.mix.lossy && self.rng.random_bool(0.2)
    }

    fn join(&mut self) {
        self.instant();
        let user = self.rng.random_range(0..12);
        let token = Token(self.tokens);
        self.tokens += 1;
        let again = self.accepted.iter().rev().find(|entry| entry.user == UserId(user)).map(|entry| entry.dedupe);
        let dedupe = match again.filter(|_| !self.mix.several || self.rng.random_bool(0.3)) {
            Some(key) if self.mix.several => key,
            _ if self.mix.several => DedupeKey(1_000 + token.0),
            _ if self.mix.means == DuplicateMeans::AcceptedBefore && self.rng.random_bool(0.7) => {
                DedupeKey(1_000 + token.0)
            }
            _ => DedupeKey(user),
        };
        let entry = Entry { user: UserId(user), token, dedupe };
        let standing = self.line.iter().find(|(entry, _)| entry.dedupe == dedupe).map(|(entry, _)| entry.token);
        let marked = self.marks.get(&dedupe).copied().filter(|_| self.mix.means == DuplicateMeans::AcceptedBefore);
        if let Some(stands) = standing.or(marked) {
            self.record(Operation::Join(entry), Outcome::Duplicate(stands));
            return;
        }
        self.line.push((entry, self.expires_ns()));
        self.marks.insert(dedupe, token);
        self.accepted.push(entry);
        self.record(Operation::Join(entry), Outcome::Joined);
        if self.lost() {
            let read = self.rng.random_bool(0.5);
            let first = self.book.history.records.last_mut().unwrap();
            first.reply_dropped = read;
            let sent_ns = first.returned_ns.unwrap();
            self.repeat(Outcome::Duplicate(token));
            if !read {
                let records = &mut self.book.history.records;
                let first = records.len() - 2;
                records[first].returned_ns = None;
                records[first].outcome = Outcome::Unknown(UnknownCause::TimedOut);
                records[first + 1].sent_ns = sent_ns;
            }
        }
    }

    fn admit(&mut self, count: u32, phase: Phase) -> usize {
        self.instant();
        let batch = BatchId(self.book.history.records.len() as u64);
        let let_in = self.line.drain(..self.line.len().min(count as usize));
        let tokens: Vec<Token> = let_in.map(|(entry, _)| entry.token).collect();
        let admitted = tokens.len();
        let answer = Outcome::Admitted(tokens);
        self.record(Operation::Admit { count, batch }, answer.clone()).phase = phase;
        if phase == Phase::Load && self.lost() {
            self.book.history.records.last_mut().unwrap().reply_dropped = true;
            self.repeat(answer);
        }
        // The drain goes on when it has its answer.
        if phase == Phase::Drain {
            self.now_ns = self.book.history.records.last().unwrap().returned_ns.unwrap() + self.mix.overlap_ns;
        }
        admitted
    }

    /// Somebody who was accepted, mostly of late.
    fn somebody(&mut self) -> Option<Entry> {
        let late = self.accepted.len().saturating_sub(15);
        (!self.accepted.is_empty()).then(|| self.accepted[self.rng.random_range(late..self.accepted.len())])
    }

    fn place(&self, token: Token) -> Option<usize> {
        self.line.iter().position(|(entry, _)| entry.token == token)
    }

    fn ask(&mut self) {
        self.instant();
        let Some(entry) = self.somebody() else { return };
        let place = self.place(entry.token).map(|place| Outcome::Position(place as u64 + 1));
        self.record(Operation::Position(entry), place.unwrap_or(Outcome::NotWaiting));
    }

    fn leave(&mut self) {
        self.instant();
        let Some(entry) = self.somebody() else { return };
        let place = self.place(entry.token);
        if let Some(place) = place {
            self.line.remove(place);
        }
        // A key that was given up may be used again.
        self.marks.retain(|_, token| place.is_none() || *token != entry.token);
        self.record(Operation::Leave(entry), if place.is_some() { Outcome::Left } else { Outcome::NotWaiting });
    }

    fn renew(&mut self) {
        self.instant();
        let Some(entry) = self.somebody() else { return };
        let expires_ns = self.expires_ns();
        let place = self.place(entry.token);
        if let Some(place) = place {
            self.line[place].1 = expires_ns;
        }
        self.record(Operation::Renew(entry), if place.is_some() { Outcome::Renewed } else { Outcome::NotWaiting });
    }

    fn list(&mut self) {
        self.instant();
        let user = UserId(self.rng.random_range(0..12));
        let tokens = self.line.iter().filter(|(entry, _)| entry.user == user).map(|(entry, _)| entry.token);
        let tokens: Vec<Token> = tokens.collect();
        self.record(Operation::Entries(user), Outcome::Entries(tokens));
    }
}
