//! The resolved scenario: what every later room sees.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::model::{Dedupe, OpKind, PositionTolerance, Promise};
pub use crate::model::{Expectation, Limit, Percentile};

/// One scenario, ready to be planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name: the file's stem unless the file says otherwise. Letters, digits, `-`.
    pub name: String,
    /// What it shows, in one sentence.
    pub about: String,
    /// The text of the file, for provenance.
    pub text: String,
    /// The file, as the user named it or its folder; `None`: built in, or no file.
    pub path: Option<Utf8PathBuf>,
    /// The designs it runs on by default; never empty.
    pub designs: Vec<String>,
    /// The scale that was applied; counts and rates below are already scaled.
    pub scale: f64,
    /// What a join is deduplicated by.
    pub dedupe: Dedupe,
    /// Who joins and how.
    pub load: Load,
    /// Who presses the button twice: joins again while waiting, under the same dedupe key.
    pub repeat: Option<Repeats>,
    /// Who asks for the position.
    pub poll: Option<Polling>,
    /// Who leaves, and how long after joining.
    pub leave: Option<Share>,
    /// Who renews, how often, how many times. The others of a scenario with a TTL abandon their entry.
    pub renew: Option<Polling>,
    /// Who joins again with a new token, so long after the first join (after expiry or leaving).
    pub rejoin: Option<Share>,
    /// Who lists the own entries, so long after the last join.
    pub entries: Option<Share>,
    /// Counting, at a fixed period.
    pub stats_every: Option<Duration>,
    /// Letting in from the front; `None`: only the final drain admits.
    pub admit: Option<Admissions>,
    /// Whose clocks say what.
    pub clock: Clock,
    /// Entries that expire.
    pub ttl: Option<Ttl>,
    /// Clean-up of entries older than a cut-off.
    pub cleanup: Option<Cleanup>,
    /// How long to wait after the load, before the drain.
    pub settle: Duration,
    /// Joins before the load that latency figures leave out.
    pub warm_up_joins: u64,
    /// How long a client waits for a reply.
    pub timeout: Duration,
    /// How many times an operation whose outcome is unknown is tried in all; at least 1.
    pub attempts: u16,
    /// The promises to check; never empty.
    pub promises: Vec<Promise>,
    /// How far positions may be off.
    pub position_tolerance: PositionTolerance,
    /// Limits on latency.
    pub limits: Vec<Limit>,
    /// What is expected of designs known to be wrong, by design and promise; what is not named must hold.
    pub expect: BTreeMap<String, BTreeMap<Promise, Expectation>>,
    /// What goes wrong on purpose.
    pub faults: Vec<Fault>,
}

/// Whose clocks say what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Time passes only when nobody has anything left to do.
    pub is_virtual: bool,
    /// How far each client's clock is ahead of the true time or behind it at the most.
    pub skew: Duration,
}

/// Who joins and how.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Arrivals at planned times, whether or not earlier ones were answered.
    Open(OpenLoad),
    /// Arrivals at the times that a file holds.
    Replay(ReplayLoad),
    /// Clients that each wait for their answer before they go on.
    Closed(ClosedLoad),
    /// Simultaneous joins, released by a barrier, round after round.
    Flood(FloodLoad),
    /// One schedule, command by command.
    Schedule(ScheduleLoad),
}

/// One schedule, command by command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleLoad {
    /// The text of the replay file; what it means is the explorer's business.
    pub text: Arc<str>,
    /// The file, for messages.
    pub path: Utf8PathBuf,
}

/// Open loop.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenLoad {
    /// Gaps between arrivals.
    pub arrivals: Arrivals,
    /// The rate outside of bursts and after the ramp, joins per second.
    pub rate_per_s: f64,
    /// The rate at the start, joins per second; equal to the other without a ramp.
    pub from_per_s: f64,
    /// How long the rate climbs from the one to the other; zero without a ramp.
    pub ramp: Duration,
    /// A higher rate for a while, again and again.
    pub burst: Option<Burst>,
    /// How long joins arrive, ramp included.
    pub duration: Duration,
    /// Connections that share the arrivals; a user always uses the same one.
    pub connections: u32,
    /// Tokens each user asks for, one after the other; 1 unless the dedupe is by request.
    pub tokens_per_user: u32,
}

/// Gaps between arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// Equal gaps.
    Constant,
    /// Exponential gaps: independent users.
    Poisson,
}

/// Bursts: from `start` on, the first part of every period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// From the begin of a burst to the begin of the next.
    pub every: Duration,
    /// How long each lasts; shorter than `every`. The end of the load cuts the last one off.
    pub lasts: Duration,
    /// When the first begins, since the load began.
    pub start: Duration,
    /// How high they are.
    pub height: BurstHeight,
}

/// How high a burst is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BurstHeight {
    /// So many joins per second.
    PerS(f64),
    /// So many times the rate that there would be without it, also while that climbs.
    Times(f64),
}

/// Open loop of arrivals that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayLoad {
    /// The times of the file, ns since the first of them, the speed applied; in order, never empty.
    pub times_ns: Arc<[u64]>,
    /// How many arrivals the plan makes of one, on average: the scale. The plan's seed says of which.
    pub scale: f64,
    /// Connections that share the arrivals; a user always uses the same one.
    pub connections: u32,
    /// Tokens each user asks for, one after the other; 1 unless the dedupe is by request.
    pub tokens_per_user: u32,
}

impl ReplayLoad {
    /// From the first arrival of the file to the last.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.times_ns.last().copied().unwrap_or(0))
    }

    /// How many arrivals the plan makes of the file's: times the scale, to the nearest, and at least 1.
    #[must_use]
    pub fn arrivals(&self) -> u64 {
        ((self.times_ns.len() as f64 * self.scale).round() as u64).max(1)
    }
}

/// Closed loop.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedLoad {
    /// Clients; users are dealt out to them.
    pub clients: u32,
    /// Who joins; never empty.
    pub groups: Vec<Group>,
    /// Pause between a client's users.
    pub think: Duration,
}

/// Users of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in the file.
    pub name: String,
    /// How many users.
    pub users: u64,
    /// Tokens each user asks for, one after the other; 1 unless the dedupe is by request.
    pub tokens_per_user: u32,
}

/// Simultaneous joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloodLoad {
    /// Joins released together.
    pub joins: u32,
    /// How many times; every round has a dedupe key (or keys) of its own.
    pub rounds: u32,
    /// Whether all joins of a round carry one dedupe key, so that exactly one may succeed.
    pub same_key: bool,
}

/// Some of the users, some time later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Share of users, 0 to 1.
    pub share: f64,
    /// How long after their join.
    pub after: Duration,
}

/// Double clicks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeats {
    /// Share of users, 0 to 1.
    pub share: f64,
    /// How long after their join.
    pub after: Duration,
}

/// Something that a share of the users does again and again after joining.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polling {
    /// Share of users, 0 to 1.
    pub share: f64,
    /// Period.
    pub every: Duration,
    /// How many times.
    pub times: u32,
}

/// Letting in from the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admissions {
    /// How many at once.
    pub batch: u32,
    /// Period of each admitting client.
    pub every: Duration,
    /// Admitting clients.
    pub clients: u32,
    /// When the first batch goes out, since the load began.
    pub start: Duration,
    /// How many may be let in during the load; `None`: no limit.
    pub capacity: Option<u64>,
}

/// Entries that expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl {
    /// Time to live since the last refresh.
    pub after: Duration,
    /// How much too early or too late is accepted.
    pub tolerance: Duration,
    /// Period of the sweep that removes what expired.
    pub sweep_every: Duration,
}

/// Clean-up by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleanup {
    /// Entries that joined longer ago are removed.
    pub older_than: Duration,
    /// Period.
    pub every: Duration,
    /// How much too early or too late is accepted.
    pub tolerance: Duration,
}

/// What goes wrong on purpose.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The server forgets all scripts.
    ScriptFlush {
        /// When, since the load began.
        at: Duration,
    },
    /// A share of the replies is kept from the client, which tries again.
    DropReply {
        /// Share of the operations, 0 to 1.
        share: f64,
        /// Which operations.
        ops: Vec<OpKind>,
    },
    /// Clients stop for a while between two requests of one operation.
    Hold {
        /// Share of the operations, 0 to 1.
        share: f64,
        /// Which operations.
        ops: Vec<OpKind>,
        /// After so many answered requests.
        after: u32,
        /// How long.
        length: Duration,
    },
    /// Clients end between two requests of one operation.
    Crash {
        /// Share of the operations, 0 to 1.
        share: f64,
        /// Which operations.
        ops: Vec<OpKind>,
        /// After so many answered requests.
        after: u32,
        /// Whether the user comes back and asks again.
        again: bool,
    },
}
