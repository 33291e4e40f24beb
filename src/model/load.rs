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

/// How the generator waits until the next request is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pacer {
    /// It sleeps: cheap, and late by what the timer and the scheduler take to wake it.
    Sleep,
    /// It sleeps for most of the time and spins for the rest.
    Hybrid,
    /// It spins all the time: a core each thread, whatever the rate.
    Spin,
}

impl Pacer {
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
        for pacer in [Pacer::Sleep, Pacer::Hybrid, Pacer::Spin] {
            assert_eq!(serde_json::to_value(pacer).unwrap(), pacer.name());
        }
    }
}
