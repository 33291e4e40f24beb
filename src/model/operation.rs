//! What a client asks of a waiting queue.

use serde::{Deserialize, Serialize};

use super::{BatchId, Entry, UserId};

/// One call on a waiting queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// Stand in line.
    Join(Entry),
    /// Ask how far: 1 is the front.
    Position(Entry),
    /// Let up to `count` entries in from the front.
    Admit {
        /// How many to let in at the most.
        count: u32,
        /// Names the admission, so that a repeat gets the first answer.
        batch: BatchId,
    },
    /// Give up the place.
    Leave(Entry),
    /// Say "still here": the entry's time to live starts anew.
    Renew(Entry),
    /// List a user's entries, first joined first.
    Entries(UserId),
    /// Remove entries last refreshed (joined or renewed) longer ago than this.
    Sweep {
        /// Age in nanoseconds.
        max_age_ns: u64,
    },
    /// Count users and entries.
    Stats,
}

/// The kind of an operation, for tables and histograms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OpKind {
    /// [`Operation::Join`]
    Join,
    /// [`Operation::Position`]
    Position,
    /// [`Operation::Admit`]
    Admit,
    /// [`Operation::Leave`]
    Leave,
    /// [`Operation::Renew`]
    Renew,
    /// [`Operation::Entries`]
    Entries,
    /// [`Operation::Sweep`]
    Sweep,
    /// [`Operation::Stats`]
    Stats,
}

impl OpKind {
    /// Every kind, in the order tables show them.
    pub const ALL: [OpKind; 8] = [
        OpKind::Join,
        OpKind::Position,
        OpKind::Admit,
        OpKind::Leave,
        OpKind::Renew,
        OpKind::Entries,
        OpKind::Sweep,
        OpKind::Stats,
    ];

    /// The name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OpKind::Join => "join",
            OpKind::Position => "position",
            OpKind::Admit => "admit",
            OpKind::Leave => "leave",
            OpKind::Renew => "renew",
            OpKind::Entries => "entries",
            OpKind::Sweep => "sweep",
            OpKind::Stats => "stats",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<OpKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Operation {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> OpKind {
        match self {
            Operation::Join(_) => OpKind::Join,
            Operation::Position(_) => OpKind::Position,
            Operation::Admit { .. } => OpKind::Admit,
            Operation::Leave(_) => OpKind::Leave,
            Operation::Renew(_) => OpKind::Renew,
            Operation::Entries(_) => OpKind::Entries,
            Operation::Sweep { .. } => OpKind::Sweep,
            Operation::Stats => OpKind::Stats,
        }
    }

    /// The entry it is about, for the kinds that are about one.
    #[must_use]
    pub fn entry(&self) -> Option<Entry> {
        match self {
            Operation::Join(entry) | Operation::Position(entry) | Operation::Leave(entry) | Operation::Renew(entry) => {
                Some(*entry)
            }
            _ => None,
        }
    }
}
