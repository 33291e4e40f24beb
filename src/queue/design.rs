//! The table of designs: their names, what they are, and how to open one.

use std::future::Future;
use std::time::Duration;

use futures_util::future::Either;

use super::faulty::{Broken, FaultyQueue};
use super::line::{Composite, LineQueue, LineScripts, Placing};
use super::slowed;
use super::streams::{self, Streams};
use super::streams_naive::StreamsNaive;
use super::{CommandError, Commands, DesignFacts, QueueSettings, Script, WaitingQueue};
use crate::model::Promise::{
    Capacity, Expiry, GlobalFifo, Idempotence, NoDuplicates, NoLoss, NoPhantoms, PerUserFifo, Position,
};
use crate::model::{BatchId, DuplicateMeans, Entry, Outcome, Promise, UserId};

/// One way to build the queue on Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Design {
    /// `streams-naive`
    StreamsNaive,
    /// `streams`
    Streams,
    /// `stream-shared`
    StreamShared,
    /// `zset-ms`
    ZsetMs,
    /// `zset-seq`
    ZsetSeq,
    /// `composite-shift`
    CompositeShift,
    /// `composite-decimal`
    CompositeDecimal,
    /// `composite-centi`
    CompositeCenti,
    /// `composite-rebased`
    CompositeRebased,
    /// `list`
    List,
    /// `zset-seq-slowed`
    ZsetSeqSlowed,
    /// One of the broken designs of the self-test.
    Broken(Broken),
}

impl Design {
    /// Every design that scenarios run on, in the order tables show them; the broken ones are [`Broken::all`].
    pub const ALL: &'static [Design] = &[
        Design::StreamsNaive,
        Design::Streams,
        Design::StreamShared,
        Design::ZsetMs,
        Design::ZsetSeq,
        Design::CompositeShift,
        Design::CompositeDecimal,
        Design::CompositeCenti,
        Design::CompositeRebased,
        Design::List,
    ];

    /// Designs that are there to try this program on. Like the broken ones they run only where they are asked for.
    pub const TO_TRY: &'static [Design] = &[Design::ZsetSeqSlowed];

    /// Whether scenarios run on it without being asked to.
    #[must_use]
    pub fn is_usual(self) -> bool {
        Self::ALL.contains(&self)
    }

    /// The name in files, tables and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The design of this name, be it a broken one or one to try this program on.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Design> {
        let broken = || Broken::all().into_iter().map(Design::Broken);
        Self::ALL.iter().chain(Self::TO_TRY).copied().chain(broken()).find(|design| design.name() == name)
    }

    /// What it is.
    #[must_use]
    pub fn facts(self) -> &'static DesignFacts {
        match self {
            Design::StreamsNaive => &STREAMS_NAIVE,
            Design::Streams => &STREAMS,
            Design::StreamShared => &STREAM_SHARED,
            Design::ZsetMs => &ZSET_MS,
            Design::ZsetSeq => &ZSET_SEQ,
            Design::CompositeShift => &COMPOSITE_SHIFT,
            Design::CompositeDecimal => &COMPOSITE_DECIMAL,
            Design::CompositeCenti => &COMPOSITE_CENTI,
            Design::CompositeRebased => &COMPOSITE_REBASED,
            Design::List => &LIST,
            Design::ZsetSeqSlowed => &slowed::FACTS,
            Design::Broken(broken) => broken.facts(),
        }
    }

    /// Opens the queue of one event. This touches no server; clients may each open it, or share one.
    #[must_use]
    pub fn open(self, settings: QueueSettings) -> AnyQueue {
        if let Design::Broken(broken) = self {
            return broken.open(settings);
        }
        match (self.placing(), self) {
            (Some(placing), _) => {
                let scripts = self.line_scripts(placing);
                AnyQueue::Line(LineQueue::with_scripts(self.facts(), placing, scripts, &settings))
            }
            (None, Design::StreamsNaive) => AnyQueue::StreamsNaive(StreamsNaive::open(self.facts(), settings)),
            (None, _) => AnyQueue::Streams(Streams::open(self.facts(), settings)),
        }
    }

    /// Its scripts, so that a runner can load them once. Without that the first call of each costs one
    /// round trip more.
    #[must_use]
    pub fn scripts(self) -> Vec<&'static Script> {
        if let Design::Broken(broken) = self {
            return broken.scripts();
        }
        match (self.placing(), self) {
            (Some(placing), _) => self.line_scripts(placing).all().to_vec(),
            (None, Design::StreamsNaive) => Vec::new(),
            (None, _) => streams::scripts(),
        }
    }

    fn line_scripts(self, placing: Placing) -> &'static LineScripts {
        if self == Design::ZsetSeqSlowed { &slowed::SCRIPTS } else { placing.scripts() }
    }

    /// How designs with one line per event place a member; `None` for those with a stream per user.
    fn placing(self) -> Option<Placing> {
        match self {
            Design::StreamsNaive | Design::Streams | Design::Broken(_) => None,
            Design::StreamShared => Some(Placing::Stream),
            Design::ZsetMs => Some(Placing::ClientMs),
            Design::ZsetSeq | Design::ZsetSeqSlowed => Some(Placing::Sequence),
            Design::CompositeShift => Some(Placing::Composite(Composite::Shift)),
            Design::CompositeDecimal => Some(Placing::Composite(Composite::Decimal)),
            Design::CompositeCenti => Some(Placing::Composite(Composite::Centi)),
            Design::CompositeRebased => Some(Placing::Composite(Composite::Rebased)),
            Design::List => Some(Placing::List),
        }
    }
}

/// What the team behind a single line per event claims, right or wrong: everything.
pub(super) const EVERYTHING: &[Promise] =
    &[NoDuplicates, PerUserFifo, GlobalFifo, NoLoss, NoPhantoms, Position, Expiry, Idempotence, Capacity];

/// What the team behind a stream per user claims: its own order for each user, and a position within ±10 %.
const PER_USER: &[Promise] = &[NoDuplicates, PerUserFifo, NoLoss, NoPhantoms, Position, Expiry, Idempotence, Capacity];

/// LPOP with a count, ZMSCORE and XTRIM MINID are the youngest commands used (LPOS is of 6.0.6); all of 6.2.
const SINCE_6_2: (u32, u32) = (6, 2);

pub(super) const fn facts(name: &'static str, claims: &'static [Promise], summary: &'static str) -> DesignFacts {
    // Every design keeps its mark after admission: a join repeated because its reply was lost must not
    // enter again although its entry was let in meanwhile.
    DesignFacts { name, summary, duplicate_means: DuplicateMeans::AcceptedBefore, claims, min_server: SINCE_6_2 }
}

static STREAMS_NAIVE: DesignFacts = facts(
    "streams-naive",
    PER_USER,
    "one stream per user; EXISTS, XADD and SETEX as separate calls, position by KEYS and XLEN",
);
static STREAMS: DesignFacts = facts(
    "streams",
    PER_USER,
    "one stream per user; dedupe, XADD and TTL in one script, position by SCAN and XLEN, admission by smallest stream id",
);
static STREAM_SHARED: DesignFacts =
    facts("stream-shared", EVERYTHING, "one stream per event with ids from INCR, dedupe hash, holes counted");
static ZSET_MS: DesignFacts =
    facts("zset-ms", EVERYTHING, "sorted set scored by the client's clock in ms; ties are ordered by member bytes");
static ZSET_SEQ: DesignFacts = facts("zset-seq", EVERYTHING, "sorted set scored by an INCR sequence");
static COMPOSITE_SHIFT: DesignFacts =
    facts("composite-shift", EVERYTHING, "sorted set scored by ts_ms << 24 | counter as float64");
static COMPOSITE_DECIMAL: DesignFacts =
    facts("composite-decimal", EVERYTHING, "sorted set scored by ts_ms + counter * 1e-6 as float64");
static COMPOSITE_CENTI: DesignFacts = facts(
    "composite-centi",
    EVERYTHING,
    "sorted set scored by ts_ms + counter * 0.01 as float64; right up to 100 joins a ms",
);
static COMPOSITE_REBASED: DesignFacts = facts(
    "composite-rebased",
    EVERYTHING,
    "sorted set scored by (ts_ms - epoch) << 20 | counter; exact for 99 days from the midnight (UTC) before the first join",
);
static LIST: DesignFacts =
    facts("list", EVERYTHING, "list with a dedupe hash; exact order, position and leaving cost O(n)");

/// What an operation comes to.
type Answer = Result<Outcome, CommandError>;

/// A queue of any design. An enum and not a boxed trait: its methods are generic over the seam.
#[derive(Clone, Debug)]
pub enum AnyQueue {
    /// `streams-naive`
    StreamsNaive(StreamsNaive),
    /// `streams`
    Streams(Streams),
    /// All the others.
    Line(LineQueue),
    /// One that does in several requests what should be one.
    Faulty(FaultyQueue),
}

/// The design's own future, whichever it is, and none around it: a layer less on the way of every reply.
macro_rules! dispatch {
    ($self:ident, $queue:ident => $call:expr) => {
        match $self {
            AnyQueue::Line($queue) => Either::Left($call),
            AnyQueue::Streams($queue) => Either::Right(Either::Left($call)),
            AnyQueue::StreamsNaive($queue) => Either::Right(Either::Right(Either::Left($call))),
            AnyQueue::Faulty($queue) => Either::Right(Either::Right(Either::Right($call))),
        }
    };
}

impl WaitingQueue for AnyQueue {
    fn facts(&self) -> &'static DesignFacts {
        match self {
            AnyQueue::StreamsNaive(queue) => queue.facts(),
            AnyQueue::Streams(queue) => queue.facts(),
            AnyQueue::Line(queue) => queue.facts(),
            AnyQueue::Faulty(queue) => queue.facts(),
        }
    }

    #[inline]
    fn join<C: Commands>(&self, commands: &C, entry: Entry) -> impl Future<Output = Answer> {
        dispatch!(self, queue => queue.join(commands, entry))
    }

    #[inline]
    fn position<C: Commands>(&self, commands: &C, entry: Entry) -> impl Future<Output = Answer> {
        dispatch!(self, queue => queue.position(commands, entry))
    }

    fn admit<C: Commands>(&self, commands: &C, count: u32, batch: BatchId) -> impl Future<Output = Answer> {
        dispatch!(self, queue => queue.admit(commands, count, batch))
    }

    fn leave<C: Commands>(&self, commands: &C, entry: Entry) -> impl Future<Output = Answer> {
        dispatch!(self, queue => queue.leave(commands, entry))
    }

    fn renew<C: Commands>(&self, commands: &C, entry: Entry) -> impl Future<Output = Answer> {
        dispatch!(self, queue => queue.renew(commands, entry))
    }

    fn entries<C: Commands>(&self, commands: &C, user: UserId) -> impl Future<Output = Answer> {
        dispatch!(self, queue => queue.entries(commands, user))
    }

    fn sweep<C: Commands>(&self, commands: &C, max_age: Duration) -> impl Future<Output = Answer> {
        dispatch!(self, queue => queue.sweep(commands, max_age))
    }

    fn stats<C: Commands>(&self, commands: &C) -> impl Future<Output = Answer> {
        dispatch!(self, queue => queue.stats(commands))
    }
}
