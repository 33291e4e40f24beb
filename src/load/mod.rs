//! Runs a plan on a queue and fills the recorder.
//!
//! All clients of a cell are tasks of one thread with a single-threaded runtime: no lock, channel or
//! shared atomic stands between a client and its record. The thread that started the cell keeps its hands
//! free for signals and progress; the two share only a [`Control`].

mod client;
mod clock;
mod control;
mod drain;
mod engine;
mod keys;
mod server;

pub use control::Control;
pub use engine::{CellSetup, LoadError, Recorded, Trouble, run_cell};
pub use server::{settled_memory_bytes, snapshot};
