//! The terms under which a history is judged: everything a check must know besides the operations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Expectation, Limit, Promise};

/// What a join is deduplicated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dedupe {
    /// One place for each user.
    User,
    /// One place for each request: a user may hold several tokens, in order.
    Request,
}

/// What a "duplicate of t" answer says about t.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DuplicateMeans {
    /// t is in line now: the design forgets the mark on admission.
    WaitingNow,
    /// t was accepted at some time before: the design keeps the mark after admission.
    AcceptedBefore,
}

/// The part of a run an operation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the load: judged, but left out of every latency figure.
    WarmUp,
    /// The load that the scenario describes.
    Load,
    /// The final drain, which decides what was lost.
    Drain,
}

impl Phase {
    /// Every phase, in order of time.
    pub const ALL: [Phase; 3] = [Phase::WarmUp, Phase::Load, Phase::Drain];

    /// The name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phase::WarmUp => "warm-up",
            Phase::Load => "load",
            Phase::Drain => "drain",
        }
    }

    /// The phase of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Phase> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

/// How far a reported position may lie outside the bounds that the history proves.
/// The larger of the two applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PositionTolerance {
    /// Places.
    pub absolute: u64,
    /// Share of the true position, 0.1 for ±10 %.
    pub relative: f64,
}

/// The terms of one cell; saved with its history, so that judging needs nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The promises to check.
    pub promises: Vec<Promise>,
    /// What a join is deduplicated by.
    pub dedupe: Dedupe,
    /// What a "duplicate" answer says.
    pub duplicate_means: DuplicateMeans,
    /// An entry expires so long after its last refresh, in ns; `None`: entries do not expire.
    pub ttl_ns: Option<u64>,
    /// Expiry may come this much too early or too late, in ns (clock resolution and delivery).
    pub ttl_tolerance_ns: u64,
    /// Expiry may come this much later again, in ns (the period of the sweep).
    pub ttl_lag_ns: u64,
    /// Whether only joining starts the time to live (clean-up by age), so that renewing does not prolong it.
    pub ttl_from_join_only: bool,
    /// How far positions may be off.
    pub position_tolerance: PositionTolerance,
    /// How many may be admitted in all, if the scenario limits it.
    pub capacity: Option<u64>,
    /// Limits on latency.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// What is expected of this design where it is known to be wrong; what is not named must hold.
    #[serde(default)]
    pub expect: BTreeMap<Promise, Expectation>,
}

impl Default for Terms {
    /// Every promise, one place for each user, marks forgotten on admission, no expiry, exact positions, no capacity.
    fn default() -> Self {
        Terms {
            promises: Promise::ALL.to_vec(),
            dedupe: Dedupe::User,
            duplicate_means: DuplicateMeans::WaitingNow,
            ttl_ns: None,
            ttl_tolerance_ns: 0,
            ttl_lag_ns: 0,
            ttl_from_join_only: false,
            position_tolerance: PositionTolerance::default(),
            capacity: None,
            limits: Vec::new(),
            expect: BTreeMap::new(),
        }
    }
}
