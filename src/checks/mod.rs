//! One promise a file, each opening with the promise in one sentence. Pure functions of a history.
//!
//! [`judge`] brings a history into the [notation] once and asks every promise in turn. What each promise
//! means, and what its check can and cannot see, is told at the head of its file and in `docs/checking.md`.

pub mod capacity;
pub mod certificate;
pub mod expiry;
mod fenwick;
mod finding;
pub mod global_fifo;
mod grouped;
pub mod idempotence;
mod judge;
mod lifetimes;
mod line;
pub mod lost;
pub mod mutation;
pub mod no_duplicates;
mod no_leftovers;
pub mod no_loss;
pub mod no_phantoms;
mod normalise;
pub mod notation;
mod numbering;
mod one_slot;
pub mod per_user_fifo;
pub mod position;
mod shrink;
mod stay;
mod story;
pub mod sweep;
mod tally;
mod token_ids;
mod words;

pub use finding::{CheckOutcome, Counterexample, Event, Finding};
pub use judge::{Judged, judge, judge_all};
pub use normalise::{Normalised, normalise};
