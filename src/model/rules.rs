//! What a cell is measured against besides its promises: limits on latency, and what is expected of a
//! design known to be wrong. Saved with the history, so that judging it again gives the same verdict.

use serde::{Deserialize, Serialize};

use super::OpKind;

/// A limit on latency, on the response clock (from the intended time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Of which operation.
    pub op: OpKind,
    /// Which percentile.
    pub percentile: Percentile,
    /// The most it may be, ns.
    pub max_ns: u64,
}

/// A percentile that limits and tables name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Percentile {
    /// `p50`
    P50,
    /// `p90`
    P90,
    /// `p99`
    P99,
    /// `p999`
    P999,
    /// `max`
    Max,
}

impl Percentile {
    /// Every percentile, ascending.
    pub const ALL: [Percentile; 5] =
        [Percentile::P50, Percentile::P90, Percentile::P99, Percentile::P999, Percentile::Max];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Percentile::P50 => "p50",
            Percentile::P90 => "p90",
            Percentile::P99 => "p99",
            Percentile::P999 => "p999",
            Percentile::Max => "max",
        }
    }
}

/// What is expected of a promise on a design known to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// The check must find it broken; holding is a surprise and fails the run.
    Violated,
    /// Depends on timing: shown, never a reason to fail.
    Either,
}
