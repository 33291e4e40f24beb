//! What is measured of one cell. These types are part of result.json: their field names are binding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fairness, Line, Series, Spectrum};
use crate::model::{LoadKind, OpKind, Pacer, Phase};

/// The three clocks of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// From the intended time to the reply: what a user feels.
    Response,
    /// From the send to the reply: what the server and the network took.
    Service,
    /// From the intended time to the send: how late the generator was.
    SendLag,
}

/// The latency of one kind of operation on one clock, in µs. Only operations that were answered count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Latency {
    /// The operation.
    pub op: OpKind,
    /// The phase.
    pub phase: Phase,
    /// The clock.
    pub clock: Clock,
    /// How many were answered; never zero.
    pub count: u64,
    /// Median.
    pub p50_us: f64,
    /// 90th percentile.
    pub p90_us: f64,
    /// 99th percentile.
    pub p99_us: f64,
    /// 99.9th percentile.
    pub p999_us: f64,
    /// Largest.
    pub max_us: f64,
    /// The 95 % interval of the median; under load, on the response and service clocks, where there are enough of them.
    #[serde(default)]
    pub p50_interval_us: Option<[f64; 2]>,
    /// The 95 % interval of the 99th percentile, likewise.
    #[serde(default)]
    pub p99_interval_us: Option<[f64; 2]>,
    /// Why an interval is `null`, by its name.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
}

/// Joins per second in the load phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Throughput {
    /// What the plan offered; `None` for a closed loop, which offers what it gets.
    pub offered_per_s: Option<f64>,
    /// Joins answered per second; `None` when nothing was answered.
    pub achieved_per_s: Option<f64>,
    /// Why a figure is missing.
    pub reason: Option<String>,
}

/// What an operation costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Cost {
    /// Redis commands per operation over the load phase, mean over all operations.
    pub commands_per_op: Option<f64>,
    /// The same by operation.
    pub commands_by_op: BTreeMap<String, f64>,
    /// Round trips per operation, mean, by operation.
    pub round_trips_by_op: BTreeMap<String, f64>,
    /// Bytes on the wire per operation, both ways, mean, by operation.
    pub wire_bytes_by_op: BTreeMap<String, f64>,
    /// Server time per operation over the load phase, µs, all operations together.
    pub server_us_per_op: Option<f64>,
    /// Memory of keys and values per waiting entry at the end of the load, bytes: what all keys of the design take, marks
    /// of those already admitted included.
    pub bytes_per_user: Option<f64>,
    /// Why a figure is missing, by its name.
    pub reasons: BTreeMap<String, String>,
}

/// Whether the generator itself was the limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GeneratorHealth {
    /// Cores that the generator used over the load phase: 1.0 is one core all the time.
    pub client_cpu_cores: Option<f64>,
    /// The same without what its pacer spun until the next request was due: what it worked.
    #[serde(default)]
    pub working_cpu_cores: Option<f64>,
    /// How it drove the load; `null` in foreign and older histories.
    #[serde(default)]
    pub driver: Option<Driver>,
    /// Share of the response time of joins in which the connection was free and the generator had not come round to it.
    #[serde(default)]
    pub own_lag_share: Option<f64>,
    /// Median send lag of joins, µs.
    pub send_lag_p50_us: Option<f64>,
    /// 99th percentile of the send lag of joins, µs.
    pub send_lag_p99_us: Option<f64>,
    /// Operations that were never answered, of all phases: whether they happened is unknown.
    pub unknown: u64,
    /// Operations that were refused and never answered, of all phases; those that the design does not
    /// offer are not among them, since nothing was sent.
    pub refused: u64,
    /// Set when the generator did not drive the load that was asked for: why the figures are not to be trusted, and what to change.
    pub saturated: Option<String>,
    /// Set when others used its machine so much that figures that are bad may not be the queue's: why, and what to change.
    #[serde(default)]
    pub disturbed: Option<String>,
    /// Set when the load that was planned did not happen although the generator was not the limit.
    #[serde(default)]
    pub undelivered: Option<String>,
    /// What else a reader of the figures must know of the generator: they are to be trusted, but mean less
    /// than they seem to.
    #[serde(default)]
    pub note: Option<String>,
    /// What the machine of the generator did meanwhile.
    #[serde(default)]
    pub machine: MachineHealth,
    /// Why a figure is missing, by its name.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
}

/// How the generator drove the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Driver {
    /// Who decided when a request was due.
    pub kind: LoadKind,
    /// How the generator waited for that time.
    pub pacer: Pacer,
    /// Threads that sent requests.
    pub threads: u32,
    /// Connections that the joins were dealt out to.
    pub connections: u32,
}

/// What the machine of the generator did while the load went on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MachineHealth {
    /// Its cores.
    pub cores: Option<u32>,
    /// Share of the time of all cores in which the hypervisor ran somebody else's work.
    pub steal_share: Option<f64>,
    /// Cores that other programs took: neither the generator nor the server.
    pub other_cores: Option<f64>,
    /// Cores that nobody used.
    pub idle_cores: Option<f64>,
    /// Share of the load in which the generator's threads were ready to run and had no core.
    pub run_queue_share: Option<f64>,
    /// Cores that the server used, by its own measure.
    pub server_cores: Option<f64>,
    /// Why a figure is missing, by its name.
    pub reasons: BTreeMap<String, String>,
}

/// How simultaneous a flood was. A round is what was due at one time; those of one request are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Release {
    /// Rounds; never zero.
    pub rounds: u64,
    /// Their requests.
    pub requests: u64,
    /// From the first send of a round to its last: the median over the rounds, by nearest rank, µs.
    pub spread_p50_us: f64,
    /// 99th percentile.
    pub spread_p99_us: f64,
    /// Largest.
    pub spread_max_us: f64,
    /// Share of the rounds in which every request was under way before the first answer came.
    pub all_under_way_share: f64,
}

/// Whether response times came to a steady state (MSER-5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Steady {
    /// `null`: it cannot be told.
    pub reached: Option<bool>,
    /// From when, ms since the load began.
    pub from_ms: Option<f64>,
    /// Joins from then on.
    pub samples: Option<u64>,
    /// Why something above is `null`.
    pub reason: Option<String>,
}

/// Everything measured of one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Measurements {
    /// Latency by operation, phase and clock.
    pub latency: Vec<Latency>,
    /// The latencies of the load at every percentile worth drawing.
    pub spectra: Vec<Spectrum>,
    /// Joins per second.
    pub throughput: Throughput,
    /// Fairness; `None` with fewer than two admitted tokens.
    pub fairness: Option<Fairness>,
    /// Order joined against order admitted; `None` likewise.
    pub line: Option<Line>,
    /// Cost.
    pub cost: Cost,
    /// The generator.
    pub generator: GeneratorHealth,
    /// How simultaneous a flood was, or why there is nothing to tell.
    pub release: Result<Release, String>,
    /// Whether response times came to a steady state.
    pub steady: Steady,
    /// Client and server on one axis of time, or why there is none.
    pub series: Result<Series, String>,
    /// Operations of the warm-up: judged, and left out of every figure.
    pub warm_up_operations: u64,
}
