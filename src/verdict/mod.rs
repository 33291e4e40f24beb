//! Findings + measurements + limits + expectations → pass, fail or inconclusive, with reasons.
//!
//! A cell's verdict says whether its promises and limits held. Whether that was *expected* is a second
//! question: a design known to be wrong fails as expected, and does not fail the run; one that does
//! better or worse than expected does.

mod cell;
mod choice;
mod run;

pub use cell::{CellVerdict, LimitVerdict, Outcome, PromiseVerdict, Verdict, judge_cell, limit_sentence};
pub use choice::{Candidate, Choice, choose};
pub use run::{CellSummary, RunVerdict, Standing, judge_run};
