//! What the server said of itself while the load went on, asked beside the load on a connection of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The server's side of a load.
///
/// Commands are not broken down over time: INFO commandstats has a line for each command, and what they come to over
/// the load stands in [`ServerCost`](super::ServerCost).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerSeries {
    /// The period of the samples, ns: it began at 100 ms and doubled whenever there were too many of them.
    pub every_ns: u64,
    /// In order of time, the first just before the load began, the last just after it ended.
    pub samples: Vec<ServerSample>,
    /// How long commands took by the server's own measure, by command in lower case, without those that asked for this;
    /// `None`: it did not say.
    #[serde(default)]
    pub latency: Option<BTreeMap<String, CommandLatency>>,
    /// Commands that it found slow; `None`: it did not say.
    #[serde(default)]
    pub slowlog: Option<Slowlog>,
    /// Questions that the server was asked for all this.
    pub asked: u64,
    /// Server time that those kinds of questions took over the load, µs, by whomever they were asked; `None`: it did not
    /// say.
    #[serde(default)]
    pub cost_usec: Option<u64>,
    /// Why something above is missing or incomplete, by its name.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
}

/// One look at INFO. Counters count from the server's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSample {
    /// When the answer was read, ns on the run's clock.
    pub at_ns: u64,
    /// `used_memory`: data and overhead.
    pub used_memory_bytes: u64,
    /// CPU time of the server's process, ns, user and system.
    pub cpu_ns: u64,
    /// `total_commands_processed`; what scripts call counts, too.
    pub commands_processed: u64,
    /// `connected_clients`, the asking one included.
    pub connected_clients: u64,
    /// Keys in all databases; `None`: it did not say.
    #[serde(default)]
    pub keys: Option<u64>,
}

/// How long the calls of a command took over the load, by the server's own measure: from LATENCY HISTOGRAM before and
/// after. (INFO latencystats has finer percentiles, but of all calls since the server's start.)
///
/// Its buckets double, so a percentile is the upper end of a bucket: the true one is at most this and more than half of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CommandLatency {
    /// Calls over the load; never zero.
    pub calls: u64,
    /// Half of them took at most so long, µs.
    pub p50_us: u64,
    /// 99 % of them.
    pub p99_us: u64,
    /// 99.9 % of them.
    pub p999_us: u64,
}

/// What the load added to the server's slow log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Slowlog {
    /// What takes longer than this is logged, µs: `slowlog-log-slower-than`. Negative: nothing is. `null`: the server does
    /// not tell (CONFIG is forbidden).
    pub over_us: Option<i64>,
    /// Entries that were added.
    pub added: u64,
    /// The latest of them, newest first; fewer than were added if there are many or the server kept fewer.
    pub entries: Vec<SlowlogEntry>,
}

/// One entry of the slow log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SlowlogEntry {
    /// Its number in the log.
    pub id: u64,
    /// When, in whole seconds since 1970 on the server's clock.
    pub at_unix_s: u64,
    /// How long it took, µs.
    pub took_us: u64,
    /// The command and its first arguments, cut short. Of commands that may carry a password only the name.
    pub command: String,
}
