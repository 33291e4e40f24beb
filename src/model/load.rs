//! How a load was driven: who decides when a request is due, and how its time was waited for.

use serde::{Deserialize, Serialize};

/// Who decides when a request is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoadKind {
    /// The plan, whether or not earlier requests were answered.
    Open,
    /// The answer to the client's request before.
    Closed,
    /// A release that is the same for all.
    Flood,
}

impl LoadKind {
    /// The name in files and sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LoadKind::Open => "open",
            LoadKind::Closed => "closed",
            LoadKind::Flood => "flood",
        }
    }
}

/// How the generator's loop waits until the next operation is due. Between two operations all three look at the replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pacer {
    /// Sleeps until then: late by what the kernel takes to wake up a thread, and nearly free.
    Sleep,
    /// Sleeps until shortly before and spins the rest: precise, for about half a core at ten thousand a second.
    Hybrid,
    /// Never sleeps: a core each thread, whatever the rate; for machines on which waking up takes long.
    Spin,
}

impl Pacer {
    /// All of them.
    pub const ALL: [Pacer; 3] = [Pacer::Sleep, Pacer::Hybrid, Pacer::Spin];

    /// The name in files and sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Pacer::Sleep => "sleep",
            Pacer::Hybrid => "hybrid",
            Pacer::Spin => "spin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_stands_in_files() {
        for kind in [LoadKind::Open, LoadKind::Closed, LoadKind::Flood] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        for pacer in Pacer::ALL {
            assert_eq!(serde_json::to_value(pacer).unwrap(), pacer.name());
        }
    }
}
