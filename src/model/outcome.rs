//! What came back. Every outcome is typed: "an error" is not one of them.

use serde::{Deserialize, Serialize};

use super::Token;

/// The answer to one attempt of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The join was accepted: its token is in line.
    Joined,
    /// The join was not accepted, since this token stands for the same dedupe key.
    Duplicate(Token),
    /// 1 is the front: so many minus one are ahead.
    Position(u64),
    /// The token is not in line (never was, admitted, left or expired).
    NotWaiting,
    /// These left from the front, in this order. Fewer than asked for means that nobody else waited.
    Admitted(Vec<Token>),
    /// The entry was in line and is not any more.
    Left,
    /// The entry was in line and its time to live starts anew.
    Renewed,
    /// A user's entries, first joined first.
    Entries(Vec<Token>),
    /// So many entries were removed.
    Swept(u64),
    /// Counts at one moment.
    Stats(QueueStats),
    /// Definitely no effect.
    Refused(Refusal),
    /// May have happened, may not.
    Unknown(UnknownCause),
}

/// What [`super::Operation::Stats`] answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStats {
    /// Users with at least one entry.
    pub users: u64,
    /// Entries in line.
    pub entries: u64,
}

/// Why an operation definitely had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The design does not offer this operation.
    NotOffered,
    /// The request never left this machine: no connection could be made.
    NotSent,
    /// `-OOM`: the server's memory limit is reached.
    OutOfMemory,
    /// `-READONLY`: the server is a replica.
    ReadOnly,
    /// `-LOADING`: the server is reading its data set.
    Loading,
    /// `-NOAUTH`, `-WRONGPASS` or `-NOPERM`.
    NotPermitted,
    /// `-NOSCRIPT` that loading the script did not cure.
    NoScript,
    /// `-CROSSSLOT`, `-MOVED`, `-ASK`, `-CLUSTERDOWN`, `-TRYAGAIN`.
    Slot,
    /// Another error reply to the first command of the operation.
    Other,
}

/// Why it is not known whether an operation happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownCause {
    /// No reply within the time-out.
    TimedOut,
    /// The connection ended before the reply.
    ConnectionLost,
    /// An error reply after an effect may have taken place (a script that failed midway, a later command).
    FailedMidway,
    /// The run was interrupted while it was in flight.
    Interrupted,
    /// The client ended in the middle of the operation.
    ClientCrashed,
}

/// Gives an enum of unit variants its table of names, used by files and tables alike.
macro_rules! names {
    ($type:ident { $($variant:ident => $name:literal),* $(,)? }) => {
        impl $type {
            /// Every variant.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];
            /// The name in files and tables.
            #[must_use]
            pub fn name(self) -> &'static str { match self { $($type::$variant => $name),* } }
            /// The variant of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<$type> { match name { $($name => Some($type::$variant),)* _ => None } }
        }
    };
}

names!(Refusal {
    NotOffered => "not-offered",
    NotSent => "not-sent",
    OutOfMemory => "out-of-memory",
    ReadOnly => "read-only",
    Loading => "loading",
    NotPermitted => "not-permitted",
    NoScript => "no-script",
    Slot => "slot",
    Other => "other",
});

names!(UnknownCause {
    TimedOut => "timed-out",
    ConnectionLost => "connection-lost",
    FailedMidway => "failed-midway",
    Interrupted => "interrupted",
    ClientCrashed => "client-crashed",
});

impl Outcome {
    /// The name in files and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Joined => "joined",
            Outcome::Duplicate(_) => "duplicate",
            Outcome::Position(_) => "position",
            Outcome::NotWaiting => "not-waiting",
            Outcome::Admitted(_) => "admitted",
            Outcome::Left => "left",
            Outcome::Renewed => "renewed",
            Outcome::Entries(_) => "entries",
            Outcome::Swept(_) => "swept",
            Outcome::Stats(_) => "stats",
            Outcome::Refused(_) => "refused",
            Outcome::Unknown(_) => "unknown",
        }
    }
}
