//! What a check answers: holds, violated or undecided, never a bare yes.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::model::Promise;

/// What a check found of one promise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The promise.
    pub promise: Promise,
    /// The answer.
    pub outcome: CheckOutcome,
}

/// Holds, violated or undecided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It held wherever it could have been broken.
    Holds {
        /// How many things were examined: never zero, since a check that looked at nothing proves nothing.
        examined: NonZeroU64,
    },
    /// It was broken.
    Violated {
        /// How many things were examined.
        examined: NonZeroU64,
        /// How many of them broke it.
        violations: NonZeroU64,
        /// The smallest proof.
        counterexample: Counterexample,
        /// The first violations, one sentence each (at most [`Finding::LISTED`]).
        listed: Vec<String>,
    },
    /// Neither can be said.
    Undecided {
        /// How many things were examined.
        examined: u64,
        /// Why, in one sentence, and what would decide it.
        why: String,
    },
}

/// The smallest history that breaks a promise, in words and as events to draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Counterexample {
    /// What happened, in one or two sentences with users and times.
    pub story: String,
    /// The operations it takes, in order of their invocation.
    pub events: Vec<Event>,
    /// How far the clocks would have to be off to void it, in ns; `None` where no clock matters.
    pub margin_ns: Option<u64>,
}

/// One operation of a counterexample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Event {
    /// The index of its record in the history.
    pub record: u64,
    /// The client, as in the history.
    pub client: u32,
    /// Invocation, ns since the run began.
    pub invoked_ns: u64,
    /// Reply, ns since the run began; `None`: none.
    pub returned_ns: Option<u64>,
    /// The operation and its answer: `join u12 t31 → joined`.
    pub text: String,
    /// The Redis commands that it sent, as its design writes them; empty where the design is not known.
    #[serde(default)]
    pub commands: Vec<String>,
}

impl Finding {
    /// How many violations are listed one by one.
    pub const LISTED: usize = 10;

    /// Holds if anything was examined, else undecided with the reason given.
    #[must_use]
    pub fn holds_or_undecided(promise: Promise, examined: u64, nothing: &str) -> Finding {
        let outcome = match NonZeroU64::new(examined) {
            Some(examined) => CheckOutcome::Holds { examined },
            None => CheckOutcome::Undecided { examined: 0, why: nothing.to_owned() },
        };
        Finding { promise, outcome }
    }
}
