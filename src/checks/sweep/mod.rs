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
mod classes;
mod events;
mod nodes;
mod places;
mod queue;
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

/// What the sweep did, in this order: read together with the joins it is a valid order of the removals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Performed {
    /// A removal that was answered.
    Removal {
        /// Its index in the trace.
        removal: usize,
        /// The event at which nothing forbade it any more, ns.
        at_ns: u64,
    },
    /// A possible removal that happened.
    Maybe {
        /// Its index in the trace.
        maybe: usize,
        /// The event at which nothing forbade it any more, ns.
        at_ns: u64,
    },
}

/// Sweeps over a trace and lists its breaches in the order in which they became certain; none: the trace,
/// without its lost admissions, is a queue.
///
/// Takes O(n log c) time for n operations of which c are under way at once, plus O(n log n) to put into
/// order what is not in order of invocation.
#[must_use]
pub fn sweep(trace: &Trace, class: FifoClass, scope: Scope) -> Vec<Breach> {
    let (mut run, mut events) = Run::new(trace, class, scope);
    run.go(&mut events);
    in_time(run.breaches)
}

/// What a sweep found, and what it did: enough to put the operations in order.
#[derive(Debug)]
pub struct Swept {
    /// As [`sweep`] lists them.
    pub breaches: Vec<Breach>,
    /// The removals in the order performed.
    pub performed: Vec<Performed>,
    /// The earliest that each join can have taken effect, ns, by value: its invocation, or later where
    /// "not waiting" answers say so.
    pub joined_from_ns: Vec<u64>,
}

/// The same as [`sweep`], with what it did.
#[must_use]
pub fn sweep_logged(trace: &Trace, class: FifoClass, scope: Scope) -> Swept {
    let (mut run, mut events) = Run::new(trace, class, scope);
    run.log = Some(Vec::new());
    run.go(&mut events);
    Swept {
        breaches: in_time(run.breaches),
        performed: run.log.unwrap_or_default(),
        joined_from_ns: run.places.inv_ns.into_owned(),
    }
}

fn in_time(mut breaches: Vec<Breach>) -> Vec<Breach> {
    breaches.sort_by_key(|breach| breach.at_ns);
    breaches
}
