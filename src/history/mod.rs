//! The waist: all operations of a run. Everything to the right of it is a pure function of what is saved here.

mod codes;
mod error;
pub mod export;
mod extent;
mod file;
mod header;
mod jsonl;
mod labels;
mod load_facts;
mod parquet;
mod record;
mod recorder;
mod records;
mod replace;
#[cfg(test)]
pub(crate) mod samples;
mod server_series;

pub use error::{HistoryError, LineProblem};
pub use extent::{Extent, extent};
pub use file::read;
pub use header::{CommandStat, Header, KeyFacts, RunEnd, SCHEMA, ServerCost};
pub use jsonl::write_jsonl;
pub use load_facts::{LoadFacts, MachineFacts};
pub use parquet::write_parquet;
pub use record::Record;
pub use recorder::{Answer, Place, Recorder};
pub use records::{Records, Row};
pub use server_series::{CommandLatency, ServerSample, ServerSeries, Slowlog, SlowlogEntry};

use serde::{Deserialize, Serialize};

/// All operations of one cell, immutable once recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What was run, and the terms it is judged under.
    pub header: Header,
    /// One record an attempt, in order of `sent_ns`.
    pub records: Records,
    /// The names of a foreign history; empty for Stanchion's own, whose ids have a text form.
    pub names: Names,
}

/// The texts that a foreign history used for its ids: the id is the index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// By `UserId`.
    pub users: Vec<String>,
    /// By `Token`.
    pub tokens: Vec<String>,
    /// By `DedupeKey`.
    pub dedupe_keys: Vec<String>,
    /// By `BatchId`.
    pub batches: Vec<String>,
}

impl Names {
    /// What to call a user in a sentence.
    #[must_use]
    pub fn user(&self, user: crate::model::UserId) -> String {
        usize::try_from(user.0).ok().and_then(|index| self.users.get(index)).cloned().unwrap_or_else(|| user.wire())
    }

    /// What to call a token in a sentence: its number for our own, its text for a foreign one.
    #[must_use]
    pub fn token(&self, token: crate::model::Token) -> String {
        usize::try_from(token.0).ok().and_then(|index| self.tokens.get(index)).cloned().unwrap_or_else(|| {
            if token.is_alien() { format!("alien-{:016x}", token.0) } else { format!("t{}", token.0) }
        })
    }
}
