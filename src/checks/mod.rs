//! One promise a file, each opening with the promise in one sentence. Pure functions of a history.

mod finding;

pub use finding::{CheckOutcome, Counterexample, Event, Finding};
