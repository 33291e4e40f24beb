//! What is measured of one cell. These types are part of result.json: their field names are binding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Fairness;
use crate::model::{OpKind, Phase};

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GeneratorHealth {
    /// Share of one core that this process used over the load phase.
    pub client_cpu_cores: Option<f64>,
    /// Median send lag of joins, µs.
    pub send_lag_p50_us: Option<f64>,
    /// 99th percentile of the send lag of joins, µs.
    pub send_lag_p99_us: Option<f64>,
    /// Operations that were never answered, of all phases: whether they happened is unknown.
    pub unknown: u64,
    /// Operations that were refused and never answered, of all phases; those that the design does not
    /// offer are not among them, since nothing was sent.
    pub refused: u64,
    /// Set when the figures are not to be trusted: why, and what to change.
    pub saturated: Option<String>,
    /// What else a reader of the figures must know of the generator: they are to be trusted, but mean less
    /// than they seem to.
    #[serde(default)]
    pub note: Option<String>,
    /// Why a figure is missing, by its name.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
}

/// Everything measured of one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Measurements {
    /// Latency by operation, phase and clock.
    pub latency: Vec<Latency>,
    /// Joins per second.
    pub throughput: Throughput,
    /// Fairness; `None` with fewer than two admitted tokens.
    pub fairness: Option<Fairness>,
    /// Cost.
    pub cost: Cost,
    /// The generator.
    pub generator: GeneratorHealth,
}
