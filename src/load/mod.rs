//! Runs a plan on a queue and fills the recorder.
//!
//! The clients of a cell are tasks of a few threads, each with a loop of its own (see [`crate::wire`]): no lock, channel or
//! shared atomic stands between a client and its record. One more thread watches: it tells the others when a phase begins,
//! asks the server between phases, and listens to the [`Control`] that it shares with whoever waits for the cell.

mod client;
mod control;
mod drain;
mod driving;
mod engine;
mod flood;
mod header;
mod keys;
mod machine;
mod sampler;
mod server;
mod shared;
mod usage;
mod warden;
mod watch;
mod worker;

pub use control::Control;
pub use driving::Driving;
pub use engine::{CellSetup, EVENT, LoadError, Recorded, Trouble, run_cell, run_cell_on, settings};
pub use server::{settled_memory_bytes, snapshot};
