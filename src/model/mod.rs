//! The words every other room speaks: who waits, what was asked, what came back, what must hold.
//!
//! This room imports nothing of the crate. Times are nanoseconds of one monotonic clock since the
//! run began; ids are plain integers whose text form on the wire is defined here and nowhere else.

mod ids;
mod load;
mod numbers;
mod operation;
mod outcome;
mod promise;
mod rules;
mod schema;
mod story;
mod terms;

pub use ids::{BatchId, ClientId, DedupeKey, Entry, OpId, Token, UserId};
pub use load::{LoadKind, Pacer};
pub use numbers::grouped;
pub use operation::{OpKind, Operation};
pub use outcome::{Outcome, QueueStats, Refusal, UnknownCause};
pub use promise::Promise;
pub use rules::{Expectation, Limit, Percentile};
pub use schema::schema_of;
pub use story::{Actor, Schedule, StoryStep};
pub use terms::{Dedupe, DuplicateMeans, Phase, PositionTolerance, Terms};
