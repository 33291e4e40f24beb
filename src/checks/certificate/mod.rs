//! The proof that a line held: an order of all operations that anybody can replay.
//!
//! The sweep says *that* an order exists; here it is written down. [`certify`] builds it from what the sweep
//! did, [`replay`] carries it out on a plain queue and trusts nothing of the sweep, and it is saved beside the
//! history as text, one operation a line.

mod build;
mod replay;
mod text;

pub use replay::{Flaw, replay};
pub use text::{TextProblem, read, write};

use std::borrow::Cow;

use super::finding::{CheckOutcome, Finding};
use super::lost::{Explained, Taken, explain, suppose};
use super::notation::{Maybe, MaybeCause, NEVER, Trace, ValueId};
use super::sweep::{Breach, FifoClass, Scope, Swept, What, sweep_logged};
use crate::model::Promise;

/// One operation of an order. Numbers are indices into the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A join took effect.
    Join(ValueId),
    /// A removal that was answered.
    Removal(u32),
    /// A possible removal took effect, or found nobody.
    Maybe(u32),
    /// An answer about one entry was true.
    Read(u32),
}

/// An order of all operations in which every answer is right, and which respects real time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What it proves: `global-fifo` or `per-user-fifo`.
    pub promise: Promise,
    /// What lost admissions took; those not named took nobody.
    pub taken: Vec<Taken>,
    /// The order.
    pub steps: Vec<Step>,
}

/// The FIFO class and the scope under which a promise about order is judged; `None` for the others.
#[must_use]
pub fn rules(promise: Promise) -> Option<(FifoClass, Scope)> {
    match promise {
        Promise::GlobalFifo => Some((FifoClass::Everyone, Scope::Everything)),
        Promise::PerUserFifo => Some((FifoClass::User, Scope::OrderOnly)),
        _ => None,
    }
}

/// An order that proves the strongest promise about order among those that held; `None` if none did.
#[must_use]
pub fn certify(trace: &Trace, findings: &[Finding]) -> Option<Certificate> {
    let held = |promise: &Promise| {
        findings
            .iter()
            .any(|finding| finding.promise == *promise && matches!(finding.outcome, CheckOutcome::Holds { .. }))
    };
    prove(trace, [Promise::GlobalFifo, Promise::PerUserFifo].into_iter().find(held)?)
}

/// A proof of a promise about order; `None` if it does not hold, or is not about order.
#[must_use]
pub fn prove(trace: &Trace, promise: Promise) -> Option<Certificate> {
    let rules = rules(promise)?;
    if let Some(steps) = order(trace, rules) {
        return Some(Certificate { promise, taken: Vec::new(), steps });
    }
    if trace.lost.is_empty() {
        return None;
    }
    let first_ns = |part: &Trace| outliving_allowed(part, rules).1.breaches.first().map(|breach| breach.at_ns);
    let Explained::Holds(taken) = explain(trace, rules, first_ns) else { return None };
    let steps = order(&suppose(trace, &taken)?, rules)?;
    Some(Certificate { promise, taken, steps })
}

fn order(trace: &Trace, rules: (FifoClass, Scope)) -> Option<Vec<Step>> {
    let (allowed, swept) = outliving_allowed(trace, rules);
    swept.breaches.is_empty().then(|| build::order(&allowed, rules.0, rules.1, &swept))
}

/// Checks a certificate against the history's trace.
///
/// # Errors
/// The first flaw.
pub fn verify(trace: &Trace, certificate: &Certificate) -> Result<(), Flaw> {
    let Some((class, scope)) = rules(certificate.promise) else { return Err(Flaw::Wrong(0)) };
    let supposed = supposed(trace, &certificate.taken).ok_or(Flaw::Supposed)?;
    replay(&supposed, class, scope, &certificate.steps)
}

/// The trace that the steps are about.
fn supposed<'a>(trace: &'a Trace, taken: &[Taken]) -> Option<Cow<'a, Trace>> {
    if taken.is_empty() { Some(Cow::Borrowed(trace)) } else { suppose(trace, taken).map(Cow::Owned) }
}

/// The trace that the line is judged by, swept: who was seen after the end of its time to live breaks
/// `expiry` and not the line, so its expiry need not have happened.
fn outliving_allowed(trace: &Trace, (class, scope): (FifoClass, Scope)) -> (Cow<'_, Trace>, Swept) {
    let mut allowed = Cow::Borrowed(trace);
    // Each round takes away at least one end of life, and mostly all that matter.
    loop {
        let swept = sweep_logged(&allowed, class, scope);
        let late: Vec<ValueId> = swept.breaches.iter().filter_map(|breach| outlived(breach, &allowed)).collect();
        if late.is_empty() {
            return (allowed, swept);
        }
        let mut is_late = vec![false; trace.values.len()];
        for value in late {
            is_late[value as usize] = true;
        }
        for maybe in &mut allowed.to_mut().maybes {
            if maybe.cause == MaybeCause::Expiry && is_late[maybe.value as usize] {
                maybe.span.ret_ns = NEVER;
            }
        }
    }
}

/// Who outlived its time to live, if the breach is about that.
fn outlived(breach: &Breach, trace: &Trace) -> Option<ValueId> {
    match breach.what {
        What::ReadExpired { read } => Some(trace.reads[read].value).filter(|value| {
            let expires = |maybe: &Maybe| maybe.value == *value && maybe.cause == MaybeCause::Expiry;
            trace.maybes.iter().any(|maybe| expires(maybe) && maybe.span.ret_ns < NEVER)
        }),
        What::Outlived { maybe } => {
            let maybe = &trace.maybes[maybe];
            (maybe.cause == MaybeCause::Expiry && maybe.span.ret_ns < NEVER).then_some(maybe.value)
        }
        _ => None,
    }
}
