//! The designs: ways to build the waiting queue on Redis, each written once over the seam [`Commands`].

mod answer;
mod breakable;
mod commands;
mod counted;
mod design;
mod failure;
mod faulty;
mod keys;
mod line;
mod live;
mod reply;
mod resp;
mod retell;
mod script;
mod slowed;
mod streams;
mod streams_naive;

use std::time::Duration;

pub use answer::{name_of_command, no_error, server_error, transaction_results};
pub use breakable::{Breakable, Breaks};
pub use commands::{CommandError, Commands};
pub use counted::{CallCost, CallTally, Counted};
pub use design::{AnyQueue, Design};
pub use failure::outcome_of;
pub use faulty::{Broken, FaultyQueue};
pub use line::LineQueue;
pub use live::Live;
pub use retell::{Attempt, retell};
pub use script::Script;
pub use streams::Streams;
pub use streams_naive::StreamsNaive;

use crate::model::{BatchId, Dedupe, DuplicateMeans, Entry, Operation, Outcome, Promise, UserId};

/// What a design is, in words that `list queues` shows and a report prints.
#[derive(Clone, Debug)]
pub struct DesignFacts {
    /// The binding name.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub summary: &'static str,
    /// What its "duplicate" answers say.
    pub duplicate_means: DuplicateMeans,
    /// The promises its team would claim for it.
    pub claims: &'static [Promise],
    /// The oldest server that knows all its commands, `(major, minor)`.
    pub min_server: (u32, u32),
}

/// What a design is told when a cell opens it.
#[derive(Clone, Debug)]
pub struct QueueSettings {
    /// All keys begin with this; ends with `:`.
    pub prefix: String,
    /// The event; every key carries it as its hash tag.
    pub event: String,
    /// What joins are deduplicated by.
    pub dedupe: Dedupe,
    /// Entries expire so long after their last refresh; `None`: they do not.
    pub ttl: Option<Duration>,
}

/// A waiting queue on Redis. Every method is one operation and answers with its outcome; an `Err`
/// leaves it to the caller to say whether the operation may have happened.
#[expect(async_fn_in_trait, reason = "clients are tasks of one thread, so no future has to be Send")]
pub trait WaitingQueue {
    /// What the design is.
    fn facts(&self) -> &'static DesignFacts;
    /// [`Operation::Join`]: `Joined` or `Duplicate`.
    async fn join<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError>;
    /// [`Operation::Position`]: `Position` (1 is the front) or `NotWaiting`.
    async fn position<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError>;
    /// [`Operation::Admit`]: `Admitted`; a repeated batch gets the first answer.
    async fn admit<C: Commands>(&self, commands: &C, count: u32, batch: BatchId) -> Result<Outcome, CommandError>;
    /// [`Operation::Leave`]: `Left` or `NotWaiting`.
    async fn leave<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError>;
    /// [`Operation::Renew`]: `Renewed` or `NotWaiting`.
    async fn renew<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError>;
    /// [`Operation::Entries`]: `Entries`, or `Refused(NotOffered)` for designs that keep no index by user.
    async fn entries<C: Commands>(&self, commands: &C, user: UserId) -> Result<Outcome, CommandError>;
    /// [`Operation::Sweep`]: `Swept`.
    async fn sweep<C: Commands>(&self, commands: &C, max_age: Duration) -> Result<Outcome, CommandError>;
    /// [`Operation::Stats`]: `Stats`.
    async fn stats<C: Commands>(&self, commands: &C) -> Result<Outcome, CommandError>;
}

/// Carries out one operation on a queue.
///
/// # Errors
/// What the queue's method says.
pub async fn perform<Q: WaitingQueue, C: Commands>(
    queue: &Q,
    commands: &C,
    operation: &Operation,
) -> Result<Outcome, CommandError> {
    match *operation {
        Operation::Join(entry) => queue.join(commands, entry).await,
        Operation::Position(entry) => queue.position(commands, entry).await,
        Operation::Admit { count, batch } => queue.admit(commands, count, batch).await,
        Operation::Leave(entry) => queue.leave(commands, entry).await,
        Operation::Renew(entry) => queue.renew(commands, entry).await,
        Operation::Entries(user) => queue.entries(commands, user).await,
        Operation::Sweep { max_age_ns } => queue.sweep(commands, Duration::from_nanos(max_age_ns)).await,
        Operation::Stats => queue.stats(commands).await,
    }
}
