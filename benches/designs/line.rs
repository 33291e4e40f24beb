//! A line of a fixed depth, and one timed call on it at a time.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use stanchion::model::{BatchId, Dedupe, DedupeKey, Entry, OpKind, Outcome, Token, UserId};
use stanchion::queue::{AnyQueue, CommandError, Design, QueueSettings, WaitingQueue as _};

use crate::server::{PREFIX, Server};

/// Joins on their way at once while a line is filled.
const FILLING_AT_ONCE: usize = 64;

/// A queue in which `depth` users wait, whenever a timed call begins.
pub struct Line<'a> {
    server: &'a Server,
    design: Design,
    queue: AnyQueue,
    depth: u64,
    /// Users below this number have joined since the line was built.
    next_user: u64,
    next_batch: u64,
    /// Entries that left or were admitted since the line was built.
    gone: Gone,
    asked: u64,
}

#[derive(Default)]
struct Gone {
    left: u64,
    admitted: u64,
}

impl<'a> Line<'a> {
    /// Builds the line through the design's own join, so that the server holds what the design would.
    pub fn build(server: &'a Server, design: Design, depth: u64) -> Line<'a> {
        let settings = QueueSettings {
            prefix: PREFIX.to_owned(),
            event: "sale".to_owned(),
            dedupe: Dedupe::User,
            // Without expiry: a line that shrinks while it is measured has no depth.
            ttl: None,
        };
        let queue = design.open(settings);
        let mut line =
            Line { server, design, queue, depth, next_user: 0, next_batch: 0, gone: Gone::default(), asked: 0 };
        server.block_on(async {
            server.load_scripts(design).await;
            line.rebuild().await;
        });
        line
    }

    /// Carries out `calls` calls of this kind and adds up the time of these calls alone: not of what keeps the
    /// depth between them.
    pub fn time(&mut self, kind: OpKind, calls: u64) -> Duration {
        let server = self.server;
        server.block_on(async {
            let mut total = Duration::ZERO;
            for _ in 0..calls {
                total += match kind {
                    OpKind::Join => self.join().await,
                    OpKind::Position => self.position().await,
                    OpKind::Admit => self.admit().await,
                    other => panic!("no benchmark of {} is written", other.name()),
                };
            }
            total
        })
    }

    /// A new user joins, and leaves again when the clock has stopped.
    async fn join(&mut self) -> Duration {
        let entry = self.newcomer();
        let began = Instant::now();
        let answer = self.queue.join(self.server.client(), entry).await;
        let took = began.elapsed();
        self.expect(&answer, "join", |outcome| *outcome == Outcome::Joined);
        let answer = self.queue.leave(self.server.client(), entry).await;
        self.expect(&answer, "leave", |outcome| *outcome == Outcome::Left);
        self.gone.left += 1;
        took
    }

    /// One of those who wait asks for the place. Whom the multiplier picks is spread evenly over the line, also
    /// among few calls: in some designs the cost depends on the place.
    async fn position(&mut self) -> Duration {
        if self.gone.admitted > 0 {
            self.rebuild().await;
        }
        self.asked = self.asked.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let entry = entry(((u128::from(self.asked) * u128::from(self.depth)) >> 64) as u64);
        let began = Instant::now();
        let answer = self.queue.position(self.server.client(), entry).await;
        let took = began.elapsed();
        self.expect(&answer, "position", |outcome| matches!(outcome, Outcome::Position(_)));
        took
    }

    /// The first is let in, and a new user joins when the clock has stopped.
    ///
    /// Designs keep the mark of an admitted user and the record of a batch, and in some of them the cost grows
    /// with these. So the line is built anew when a tenth of it was replaced, and first of all if users left it.
    async fn admit(&mut self) -> Duration {
        if self.gone.left > 0 || self.gone.admitted * 10 >= self.depth {
            self.rebuild().await;
        }
        self.next_batch += 1;
        let batch = BatchId(self.next_batch);
        let began = Instant::now();
        let answer = self.queue.admit(self.server.client(), 1, batch).await;
        let took = began.elapsed();
        self.expect(&answer, "admit", |outcome| matches!(outcome, Outcome::Admitted(tokens) if tokens.len() == 1));
        self.gone.admitted += 1;
        let entry = self.newcomer();
        let answer = self.queue.join(self.server.client(), entry).await;
        self.expect(&answer, "join", |outcome| *outcome == Outcome::Joined);
        took
    }

    fn newcomer(&mut self) -> Entry {
        self.next_user += 1;
        entry(self.next_user - 1)
    }

    async fn rebuild(&mut self) {
        self.server.clear().await;
        let (queue, client) = (&self.queue, self.server.client());
        let mut joins = futures_util::stream::iter(0..self.depth)
            .map(|user| queue.join(client, entry(user)))
            .buffer_unordered(FILLING_AT_ONCE);
        while let Some(answer) = joins.next().await {
            self.expect(&answer, "join", |outcome| *outcome == Outcome::Joined);
        }
        drop(joins);
        self.next_user = self.depth;
        self.gone = Gone::default();
    }

    /// A wrong answer is no measurement: what it took says nothing about the call that was meant.
    fn expect(&self, answer: &Result<Outcome, CommandError>, call: &str, right: impl Fn(&Outcome) -> bool) {
        if !answer.as_ref().is_ok_and(right) {
            let (design, depth) = (self.design.name(), self.depth);
            panic!("{design} with {depth} waiting: {call} was answered {answer:?}, so there is nothing to measure");
        }
    }
}

fn entry(user: u64) -> Entry {
    Entry { user: UserId(user), token: Token(user), dedupe: DedupeKey(user) }
}
