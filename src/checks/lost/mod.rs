//! Lost admissions: the server was asked to admit n and nobody knows what it did.
//!
//! Which values each of them took, if any, would explain the history or not; a choice of them is a
//! [supposition](Taken), and under a supposition the sweep decides exactly. Whether there is one that
//! explains the history is NP-complete in general (3-partition), so the answer is three-valued:
//!
//! 1. the likely supposition: whenever something is in the way, the next lost admission took the oldest
//!    that nobody saw again. If the sweep accepts it, the history holds, and the supposition is part of
//!    the proof;
//! 2. the [relaxation]: more than any real queue could do. If that is not enough, the history is violated;
//! 3. the [search](mod@search) through all suppositions, as long as its work is bounded: it finds one, or
//!    proves that there is none. Beyond the bound the history is undecided.
//!
//! [relaxation]: relaxed

mod relaxed;
mod search;
mod supposed;

pub use relaxed::relaxed;
pub use supposed::{Taken, suppose};

use super::notation::Trace;
use super::sweep::{FifoClass, Scope};
use search::{Found, Search};

/// What lost admissions may have done.
#[derive(Debug)]
pub enum Explained {
    /// The history is right if they took this. Those not named took nobody.
    Holds(Vec<Taken>),
    /// It is wrong even in this relaxation, which has no lost admissions any more.
    Violated(Box<Trace>),
    /// Every choice of what they took was tried or ruled out, and none is right.
    Exhausted,
    /// Too many choices to try them all.
    Undecided,
}

/// Whether lost admissions explain a trace. `first_breach_ns` judges a trace without them and says when the
/// first breach became certain; `None`: it holds.
#[must_use]
pub fn explain(
    trace: &Trace,
    (class, scope): (FifoClass, Scope),
    first_breach_ns: impl Fn(&Trace) -> Option<u64>,
) -> Explained {
    let mut search = Search::new(trace, (class, scope), &first_breach_ns);
    if let Some(taken) = search.likely() {
        return Explained::Holds(taken);
    }
    let relaxed = relaxed(trace, class);
    if first_breach_ns(&relaxed).is_some() {
        return Explained::Violated(Box::new(relaxed));
    }
    match search.all() {
        Found::Yes => Explained::Holds(search.taken()),
        Found::No => Explained::Exhausted,
        Found::OutOfBounds => Explained::Undecided,
    }
}
