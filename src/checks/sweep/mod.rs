//! One left-to-right sweep that decides, exactly, whether a history is a linearizable FIFO queue.
//!
//! Two rules make it exact. *Removals are eager*: a removal is performed at the first instant at which
//! nothing forbids it. *Joins are lazy*: a value counts as in line only when its join has returned. So at
//! every instant the sweep has performed at least the removals that any valid order has performed, and
//! has at most its waiting values: if a removal's reply arrives and the sweep could not perform it, no
//! order could.
//!
//! What forbids a removal X at an instant:
//! - X is not *ready*: not invoked, or one of its values is not joined, or is read as waiting later;
//! - a full batch: a value a outside X, of the same FIFO class as some value b of X, is in line and joined
//!   before b (`ret E(a) < inv E(b)`); the largest such `inv E(b)` is the *cut* of X in that class;
//! - a short batch: any value outside X is in line, of whichever class;
//! - any batch: its own list contradicts the order of joining.
//!
//! Leaves and possible removals (lost leaves, expiry) are forbidden by readiness alone.
//!
//! A sweep that finds a breach performs the offending removal by force and goes on, so that breaches are
//! counted and not only found. The first one is exact; later ones are judged as if those before had been
//! allowed.

mod breach;
mod build;
mod live;
mod parts;
mod run;
mod why;

pub use breach::{Breach, Late, What};
use run::Run;

use super::notation::Trace;

/// Among which values the order of joining must be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FifoClass {
    /// Among all: one line.
    Everyone,
    /// Among those of one user.
    User,
    /// No order at all: only losses, duplicates, phantoms and wrong "nobody waits" answers remain.
    Token,
}

/// What of a trace the sweep takes into account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Everything,
    /// Joins, removals and possible removals only: short batches count as full ones and reads are left
    /// out. Leaving out keeps every legal history legal.
    OrderOnly,
}

/// Sweeps over a trace and lists its breaches in the order in which they became certain; none: the trace,
/// without its lost admissions, is a queue.
///
/// Takes O(n log n) time for n operations as long as the number of admissions in flight at once is bounded.
#[must_use]
pub fn sweep(trace: &Trace, class: FifoClass, scope: Scope) -> Vec<Breach> {
    let mut run = Run::new(trace, class, scope);
    run.go();
    let mut breaches = run.breaches;
    breaches.sort_by_key(|breach| breach.at_ns);
    breaches
}
