//! What a sweep finds.

use crate::checks::notation::{Maybe, MaybeCause, Trace, ValueId};

/// One place where the history leaves the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The reply that made it certain, ns; [`super::super::notation::NEVER`] for what became certain only at the end.
    pub at_ns: u64,
    /// What was wrong.
    pub what: What,
}

/// What was wrong. Numbers are indices into the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A removal names a value that did not join.
    NeverJoined {
        /// The removal.
        removal: usize,
        /// The value.
        value: ValueId,
    },
    /// A removal names a value that another removal took before.
    RemovedTwice {
        /// The later removal.
        removal: usize,
        /// The value.
        value: ValueId,
    },
    /// A removal cannot have happened by its reply.
    Late {
        /// The removal.
        removal: usize,
        /// What forbade it.
        why: Late,
    },
    /// "Waiting" or "accepted" was answered before the value joined, or although it never did.
    ReadTooSoon {
        /// The read.
        read: usize,
    },
    /// "Waiting" was answered after the value was removed.
    ReadTooLate {
        /// The read.
        read: usize,
    },
    /// "Waiting" was answered after the value must have expired.
    ReadExpired {
        /// The read.
        read: usize,
    },
    /// "Not waiting" was answered although the value waited.
    NotAbsent {
        /// The read.
        read: usize,
    },
    /// The value was still there when its possible removal was over: it outlived its time to live.
    Outlived {
        /// The possible removal.
        maybe: usize,
    },
}

/// Why a removal could not be performed by its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// This value joined, or was read as waiting, only after the reply.
    NotReady(ValueId),
    /// `overtaken` was in line before `overtaker` and is still there.
    Overtook {
        /// Who should have come first.
        overtaken: ValueId,
        /// Who came first.
        overtaker: ValueId,
    },
    /// The list names `second` after `first`, yet `second` joined before.
    Disordered {
        /// Earlier in the list, later in line.
        first: ValueId,
        /// Later in the list, earlier in line.
        second: ValueId,
    },
    /// Fewer came than were asked for, and this value was left waiting.
    LeftBehind(ValueId),
}

impl What {
    /// Whether this is about the order of values, and nothing else.
    #[must_use]
    pub fn is_order(&self) -> bool {
        matches!(self, What::Late { why: Late::Overtook { .. } | Late::Disordered { .. }, .. })
    }

    /// Whether this is about the time to live and not about the line.
    #[must_use]
    pub fn is_expiry(&self, trace: &Trace) -> bool {
        match self {
            What::ReadExpired { .. } => true,
            What::Outlived { maybe } => {
                matches!(trace.maybes[*maybe], Maybe { cause: MaybeCause::Expiry, .. })
            }
            _ => false,
        }
    }

    /// The removal it is about, if it is about one.
    #[must_use]
    pub fn removal(&self) -> Option<usize> {
        match *self {
            What::NeverJoined { removal, .. } | What::RemovedTwice { removal, .. } | What::Late { removal, .. } => {
                Some(removal)
            }
            _ => None,
        }
    }

    /// The values it names.
    #[must_use]
    pub fn values(&self, trace: &Trace) -> Vec<ValueId> {
        match *self {
            What::NeverJoined { value, .. } | What::RemovedTwice { value, .. } => vec![value],
            What::Late { why, .. } => match why {
                Late::NotReady(value) | Late::LeftBehind(value) => vec![value],
                Late::Overtook { overtaken, overtaker } => vec![overtaken, overtaker],
                Late::Disordered { first, second } => vec![first, second],
            },
            What::ReadTooSoon { read }
            | What::ReadTooLate { read }
            | What::ReadExpired { read }
            | What::NotAbsent { read } => vec![trace.reads[read].value],
            What::Outlived { maybe } => vec![trace.maybes[maybe].value],
        }
    }
}
