//! Every interleaving of a small program's commands, on a real Redis, with faults and the passing of time.
//!
//! A run samples: it finds a race of a microsecond by luck. Here a program of a few clients with a few operations each goes
//! through *all* orders in which their commands can reach the server, with requests and replies lost, clients that end in the
//! middle, requests that arrive late, and times to live that pass, at every point where they can. What then holds is no sample:
//! it is proved of that program, that design and that server, within the bounds that are stated.
//!
//! The designs run as they are: the explorer implements the seam, parks each command, and decides whose comes next. It would
//! take years to execute 2.3 × 10¹² schedules; but most of what they do is the same again. So both sides are remembered: what a command does
//! in a state of the server (`transitions`), and what an operation sends after the replies that it got (`attempts`). A step
//! is two look-ups, and the server is asked only for what is new: a few hundred commands.
//!
//! What keeps it honest:
//! - A state of the server is what DUMP and PEXPIRETIME say of every key, not a digest that misses some of it (`states`).
//! - Whether promises hold depends on which operation returned before which began. The search joins two paths only if every promise's
//!   `monitor` is in the same state, and prunes nothing.
//! - The clock is the explorer's own, so that the same command at the same time gives the same stream id and expiry.
//! - A share of the schedules, chosen by chance, is executed for real from an empty server, and every reply compared; the
//!   monitors are held against the judge's checks. Any difference ends the exploration (`replays`).
//!
//! Read in this order: `program`, `attempts`, `server`, `transitions`, `world` (one step), `steps` (all that can
//! happen next), `exhaust`, `smallest`, `monitor`, `replays`, `explorer`.

mod again;
mod attempts;
mod document;
#[cfg(test)]
mod engine_tests;
mod enumerate;
mod error;
mod exhaust;
mod exploration;
mod explorer;
mod footprint;
mod intern;
mod monitor;
mod program;
mod recorded;
mod replay_file;
mod replayer;
mod replays;
mod sample;
mod server;
mod smallest;
mod space;
mod states;
mod steps;
mod story;
mod trail;
mod transitions;
mod wire_commands;
mod world;

pub use crate::model::{Actor, StoryStep};
pub use document::{BrokenPromise, EXPLORE_SCHEMA, Summary, schema};
pub use enumerate::Scope;
pub use error::ExploreError;
pub use exhaust::{Bound, Counts};
pub use exploration::{Expected, Exploration, Found, explore};
pub use explorer::{Broken, Explored, Explorer, KeyTrouble, Options};
pub use program::{CLIENTS_MAX, OPERATIONS_MAX, Program, ProgramError, TTL, operation_text};
pub use replay_file::{REPLAY_SCHEMA, ReplayFile};
pub use replays::Replays;
pub use sample::Sampled;
pub use steps::Adversity;
pub use story::lanes;
pub use world::Time;
