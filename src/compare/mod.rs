//! Two sides, A and B, compared honestly about noise: an effect with its interval, and a word for what may be said.
//!
//! Two ways to compare. *Saved* runs were made at different times: the interval comes from the histories
//! (`measure::blocks`), and what the machine may have changed between them is allowed for. *Interleaved* rounds were
//! made in turns on one server: each round is a pair, and what the machine did to both cancels out (`paired`).
//!
//! Read in this order: `quantity` (what is compared), `effect` (what an interval may be called), `paired` and
//! `saved` and `rounds` (the two ways), `document` and its renderers. `sides` is
//! the one file that runs anything. How to read a comparison, and the sources: docs/compare.md.

mod differences;
mod document;
mod effect;
mod figure;
mod markdown;
mod page;
mod paired;
mod quantity;
mod rounds;
#[cfg(test)]
mod sample;
mod saved;
mod schema;
mod sentence;
mod sides;
mod text;
mod trial;

pub use document::{CellComparison, Comparison, Outcome, SCHEMA, Side, Way};
pub use effect::{Effect, Size};
pub use figure::{Figure, Rule, Word};
pub use markdown::markdown;
pub use page::page;
pub use paired::{ROUNDS_MAX, ROUNDS_MIN, paired_effect};
pub use quantity::{Quantile, Quantity};
pub use rounds::{Rounds, compare_rounds, order};
pub use saved::{SavedError, SavedRun, compare_saved};
pub use schema::schema;
pub use sides::{Course, Runner, SideError, Turn, take_turns};
pub use text::text;
pub use trial::{TRIAL_NAME, TRIAL_TEXT, trial};

/// Rounds that count, unless another number is asked for; one more is made first and left out. Many short rounds tell more
/// than few long ones: a disturbance then spoils a smaller part of them.
pub const ROUNDS_DEFAULT: usize = 40;
