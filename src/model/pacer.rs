//! How a load generator waits until the next operation is due.

use serde::{Deserialize, Serialize};

/// How the generator's loop waits until the next operation is due. Between two operations all three wait for
/// replies, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pacer {
    /// Sleeps until then: late by what the kernel takes to wake up a thread, and nearly free.
    Sleep,
    /// Sleeps until shortly before and spins the rest: precise, for about half a core at ten thousand a second.
    Hybrid,
    /// Never sleeps: a whole core, for machines on which waking up takes long.
    Spin,
}

impl Pacer {
    /// All of them.
    pub const ALL: [Pacer; 3] = [Pacer::Sleep, Pacer::Hybrid, Pacer::Spin];

    /// The name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Pacer::Sleep => "sleep",
            Pacer::Hybrid => "hybrid",
            Pacer::Spin => "spin",
        }
    }
}
