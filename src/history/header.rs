//! What a history file says of itself: enough to judge it again without the scenario.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{LoadFacts, ServerSeries};
use crate::model::{Schedule, Terms};

/// The version of the history format.
pub const SCHEMA: u32 = 1;

/// The head of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Format version, [`SCHEMA`].
    pub schema: u32,
    /// Who recorded it: `stanchion 0.1.0`.
    pub tool: String,
    /// The scenario's name.
    pub scenario: String,
    /// The design's name.
    pub queue: String,
    /// The seed of the plan.
    pub seed: u64,
    /// The hash of the plan, lower-case hex; empty for a foreign history.
    pub plan_hash: String,
    /// What it is judged under.
    pub terms: Terms,
    /// How the run ended.
    pub end: RunEnd,
    /// Why it ended so, and what else a reader must know: one sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Whether the final drain went through: only then "still waiting" is known.
    pub drained: bool,
    /// Begin and end of the load phase in ns since the run began; `None` for a foreign history.
    pub load_ns: Option<(u64, u64)>,
    /// Offered rate of joins per second in the load phase; `None` for a closed loop.
    pub offered_joins_per_s: Option<f64>,
    /// What the server said of its own cost; `None` with a foreign history.
    pub server: Option<ServerCost>,
    /// How the load was driven, and what the generator's machine did meanwhile; `None` in foreign and older histories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadFacts>,
    /// The schedule that it was executed by, command by command; `None` where clients sent what they had to at their own time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What the server said of itself meanwhile; `None` in foreign and older histories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_series: Option<ServerSeries>,
}

impl Header {
    /// What keeps the history from being conclusive: its notes, and that it ends early if they do not say so.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let early = match self.end {
            RunEnd::Complete => None,
            RunEnd::Interrupted => Some("the history ends early: the run was interrupted"),
            RunEnd::ServerLost => Some("the history ends early: the server went away"),
        };
        let early = early.filter(|_| self.notes.is_empty()).map(str::to_owned);
        self.notes.iter().cloned().chain(early).collect()
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunEnd {
    /// The plan was carried out.
    Complete,
    /// Ctrl-C or a signal: what was recorded until then.
    Interrupted,
    /// The server went away: what was recorded until then.
    ServerLost,
}

/// What the server said of its own cost, over the load phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerCost {
    /// Differences of INFO commandstats by command.
    pub commands: BTreeMap<String, CommandStat>,
    /// Calls that the clients sent themselves, by command in lower case as in commandstats (`evalsha`,
    /// `script|load`): those of a pipeline one by one, those inside MULTI left out, since EXEC's time holds
    /// theirs. Commandstats also counts what scripts call: only with this can the two be told apart.
    /// Empty: nobody counted.
    #[serde(default)]
    pub direct_calls: BTreeMap<String, u64>,
    /// Memory in use (`used_memory` less scripts) before the clients connected, bytes.
    pub used_memory_before_bytes: u64,
    /// The same at the end of the load, when the joining clients are gone, bytes; `None`: the server did not say.
    pub used_memory_after_bytes: Option<u64>,
    /// Entries in line then; `None`: the design cannot count them.
    pub waiting_after: Option<u64>,
    /// CPU time of this process over the load phase, in ns.
    pub client_cpu_ns: u64,
    /// What the keys of the run looked like; `None`: nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeyFacts>,
}

/// What the keys of a run looked like. Lists hold the first ten in order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    /// Keys of the run when the load had ended.
    pub found: u64,
    /// Those of them without the event's hash tag, or with another.
    pub untagged: u64,
    /// Some of those.
    pub untagged_names: Vec<String>,
    /// Keys that no request had declared: a script made up their names.
    pub undeclared: u64,
    /// Some of those.
    pub undeclared_names: Vec<String>,
    /// Keys without a time to live after the final drain; `None`: it did not go through.
    pub left: Option<u64>,
    /// Some of those.
    pub left_names: Vec<String>,
}

/// One line of INFO commandstats, as a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandStat {
    /// Calls.
    pub calls: u64,
    /// Microseconds of server time.
    pub usec: u64,
}

#[cfg(test)]
mod tests {
    use super::super::samples::header;
    use super::*;

    #[test]
    fn a_history_that_ends_early_is_remarked_on_although_nobody_noted_it() {
        assert_eq!(header().remarks(), Vec::<String>::new());
        for end in [RunEnd::Interrupted, RunEnd::ServerLost] {
            assert_eq!(Header { end, ..header() }.remarks().len(), 1, "{end:?}");
        }
        let noted = Header { end: RunEnd::Interrupted, notes: vec!["why".to_owned()], ..header() };
        assert_eq!(noted.remarks(), ["why"]);
    }
}
