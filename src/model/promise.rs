//! The promises a waiting queue can be held to. The names are part of the file formats.

use serde::{Deserialize, Serialize};

/// What must hold of a recorded history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// A dedupe key holds at most one entry, and no token is admitted twice.
    NoDuplicates,
    /// A user's tokens are admitted in the order joined.
    PerUserFifo,
    /// The history is a linearizable FIFO queue.
    GlobalFifo,
    /// Every acknowledged join is admitted, left, expired or still waiting at the final drain.
    NoLoss,
    /// Nothing is admitted that nobody joined.
    NoPhantoms,
    /// Every reported position is possible, and within the stated tolerance.
    Position,
    /// An entry is gone by its TTL plus tolerance, not before, and may join again then.
    Expiry,
    /// A repeated request gets the first answer.
    Idempotence,
    /// No more are admitted than allowed.
    Capacity,
    /// What is left on the server when nobody waits any more does not grow with the users.
    NoLeftovers,
    /// All keys of an event are in one hash slot, and scripts write to no others than those declared.
    OneSlot,
}

impl Promise {
    /// Every promise, in the order tables show them.
    pub const EVERY: [Promise; 11] = [
        Promise::NoDuplicates,
        Promise::PerUserFifo,
        Promise::GlobalFifo,
        Promise::NoLoss,
        Promise::NoPhantoms,
        Promise::Position,
        Promise::Expiry,
        Promise::Idempotence,
        Promise::Capacity,
        Promise::NoLeftovers,
        Promise::OneSlot,
    ];

    /// Those that a history of operations is enough to judge; the other two are about keys on the server.
    pub const ALL: [Promise; 9] = [
        Promise::NoDuplicates,
        Promise::PerUserFifo,
        Promise::GlobalFifo,
        Promise::NoLoss,
        Promise::NoPhantoms,
        Promise::Position,
        Promise::Expiry,
        Promise::Idempotence,
        Promise::Capacity,
    ];

    /// The name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Promise::NoDuplicates => "no-duplicates",
            Promise::PerUserFifo => "per-user-fifo",
            Promise::GlobalFifo => "global-fifo",
            Promise::NoLoss => "no-loss",
            Promise::NoPhantoms => "no-phantoms",
            Promise::Position => "position",
            Promise::Expiry => "expiry",
            Promise::Idempotence => "idempotence",
            Promise::Capacity => "capacity",
            Promise::NoLeftovers => "no-leftovers",
            Promise::OneSlot => "one-slot",
        }
    }

    /// The promise of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Promise> {
        Self::EVERY.into_iter().find(|promise| promise.name() == name)
    }
}
