//! What a plan is made of.

use serde::Serialize;

use crate::model::{BatchId, ClientId, OpId, OpKind, Operation};

/// Every intended operation and fault of a cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The seed it was made from.
    pub seed: u64,
    /// The clients, by id.
    pub clients: Vec<ClientPlan>,
    /// Faults that are planned for a moment.
    pub faults: Vec<PlannedFault>,
    /// Whose reply is kept from the client.
    pub drop_reply: Option<Share>,
    /// Who stops for a while between two requests.
    pub hold: Option<Hold>,
    /// Who ends between two requests.
    pub crash: Option<Crash>,
    /// Joins per second that an open loop or a replay offers, mean over its duration, without second clicks and
    /// returns; `None` for other loads.
    pub offered_joins_per_s: Option<f64>,
    /// How long to wait between the load and the drain, ns.
    pub settle_ns: u64,
    /// How far each client's wall clock is ahead of the true time or behind it at the most, ns.
    #[serde(skip_serializing_if = "no_skew")]
    pub skew_ns: u64,
    /// What a schedule's file says, where that is the load; there are no clients then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// The hash of all of the above, lower-case hex.
    #[serde(skip)]
    pub hash: String,
}

/// Some of the operations, chosen by the plan's seed; a fault happens to their first attempts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// How many of them, 0 to 1.
    pub share: f64,
    /// Of these operations.
    pub ops: Vec<OpKind>,
}

/// Clients that stop for a while between two requests of one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hold {
    /// Which operations.
    pub of: Share,
    /// After so many answered requests; 0: before the first.
    pub after: u32,
    /// How long, ns.
    pub for_ns: u64,
}

/// Clients that end between two requests of one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Crash {
    /// Which operations.
    pub of: Share,
    /// After so many answered requests; 0: before the first.
    pub after: u32,
    /// Whether the user comes back and asks again.
    pub again: bool,
}

/// One client: a sequential process with a connection of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientPlan {
    /// Its id, the index in the plan.
    pub client: ClientId,
    /// What it does.
    pub program: Program,
}

/// What a client does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Program {
    /// Steps one after the other.
    Steps {
        /// Before the load; left out of latency figures.
        warm_up: Vec<Step>,
        /// The load.
        load: Vec<Step>,
    },
    /// One operation again and again.
    Periodic(Periodic),
}

/// One intended operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its id; unique in the run.
    pub op: OpId,
    /// When it is due.
    pub when: When,
    /// What to ask.
    pub call: Operation,
}

/// When a step is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum When {
    /// At this time since the load began, ns, whether or not earlier operations were answered.
    At(u64),
    /// So long after the client's previous step, ns.
    After(u64),
    /// When every client of the flood has reached this round.
    Round(u32),
}

/// One operation again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Periodic {
    /// What to ask; each admission gets a batch id of its own.
    pub call: Operation,
    /// First due at this time since the load began, ns.
    pub start_ns: u64,
    /// Period, ns; never zero.
    pub every_ns: u64,
    /// Ends after so many, whatever the load does.
    pub times_max: Option<u64>,
    /// How many the last of them admits, where the capacity is not a multiple of the batch.
    pub last_count: Option<u32>,
    /// Ends with…
    pub until: Until,
}

/// What ends a periodic program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Until {
    /// …the last step of the last joining client.
    LoadEnd,
    /// …the time to settle after the load.
    SettleEnd,
}

/// A fault that is planned for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PlannedFault {
    /// SCRIPT FLUSH.
    ScriptFlush {
        /// Since the load began, ns.
        at_ns: u64,
    },
}

/// Ids are dealt out by client, so that a periodic program needs no table: the client's number is in
/// the upper bits, the number of its operation in the lower.
const OPS_PER_CLIENT_BITS: u32 = 40;

/// The id of a client's n-th operation.
#[must_use]
pub fn op_id(client: ClientId, number: u64) -> OpId {
    OpId(u64::from(client.0) << OPS_PER_CLIENT_BITS | number)
}

impl Periodic {
    /// The n-th operation of the program: its due time since the load began (ns) and its call.
    /// `None` after the last.
    #[must_use]
    pub fn nth(&self, op: OpId, number: u64) -> Option<(u64, Operation)> {
        if self.times_max.is_some_and(|most| number >= most) {
            return None;
        }
        let last = self.times_max.is_some_and(|most| number + 1 == most);
        let call = match self.call {
            Operation::Admit { count, .. } => {
                let count = if last { self.last_count.unwrap_or(count) } else { count };
                Operation::Admit { count, batch: BatchId(op.0) }
            }
            other => other,
        };
        Some((self.start_ns.saturating_add(number.saturating_mul(self.every_ns)), call))
    }
}

impl Plan {
    /// All steps that are planned one by one, the warm-up's first for each client.
    pub fn planned(&self) -> impl Iterator<Item = &Step> {
        self.clients.iter().flat_map(|client| match &client.program {
            Program::Steps { warm_up, load } => warm_up.iter().chain(load.as_slice()),
            Program::Periodic(_) => [].iter().chain([].as_slice()),
        })
    }

    /// Whether the reply to the first attempt of this operation is kept from its client.
    #[must_use]
    pub fn drops_reply(&self, op: OpId, kind: OpKind) -> bool {
        self.drop_reply.as_ref().is_some_and(|share| share.takes(self.seed, op, kind))
    }

    /// How the client of this operation is held in its first attempt, if it is.
    #[must_use]
    pub fn holds(&self, op: OpId, kind: OpKind) -> Option<&Hold> {
        self.hold.as_ref().filter(|hold| hold.of.takes(self.seed ^ HOLD, op, kind))
    }

    /// How far a client's wall clock is ahead of the true time, ns, or behind it where that is below zero: drawn evenly
    /// from what the scenario allows, and the same for the whole run.
    #[must_use]
    pub fn clock_ahead_ns(&self, client: ClientId) -> i64 {
        let reach_ns = i64::try_from(self.skew_ns).unwrap_or(i64::MAX / 2);
        let share = drawn(self.seed ^ SKEW, u64::from(client.0) + 1);
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a clock needs no 53 bits")]
        let ahead_ns = ((2.0 * share - 1.0) * reach_ns as f64).round() as i64;
        ahead_ns
    }

    /// How the client of this operation ends in its first attempt, if it does.
    #[must_use]
    pub fn crashes(&self, op: OpId, kind: OpKind) -> Option<&Crash> {
        self.crash.as_ref().filter(|crash| crash.of.takes(self.seed ^ CRASH, op, kind))
    }
}

/// Each kind of fault makes its own choice, and so do clocks.
const HOLD: u64 = 0x686f_6c64;
const CRASH: u64 = 0x6372_6173;
const SKEW: u64 = 0x736b_6577;

impl Share {
    /// Whether an operation is one of them. A pure function of seed and id, so that a periodic program can be
    /// asked too.
    fn takes(&self, seed: u64, op: OpId, kind: OpKind) -> bool {
        if self.share <= 0.0 || !self.ops.contains(&kind) {
            return false;
        }
        drawn(seed, op.0) < self.share
    }
}

/// A number of 0 to 1, without 1: a well-mixed function of (seed, id), SplitMix64 (Steele, Lea, Flood 2014).
fn drawn(seed: u64, id: u64) -> f64 {
    let mut x = seed ^ id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^= x >> 31;
    #[expect(clippy::cast_precision_loss, reason = "no more than 53 bits are kept")]
    let share = (x >> 11) as f64 / (1u64 << 53) as f64;
    share
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn no_skew(skew_ns: &u64) -> bool {
    *skew_ns == 0
}
