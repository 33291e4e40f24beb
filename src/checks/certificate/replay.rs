//! The verifier: carries out an order on a plain queue. It knows the notation and nothing of the sweep.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

use super::Step;
use crate::checks::notation::{Maybe, MaybeCause, NEVER, ReadKind, Span, Trace, ValueId};
use crate::checks::numbering::Spread;
use crate::checks::sweep::{FifoClass, Scope};

/// Why an order proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The step of this index took effect after its answer was read.
    TooLate(usize),
    /// The step of this index is there twice, or names what the history does not hold.
    NotOnce(usize),
    /// The answer of the step of this index is not what a queue would have answered.
    Wrong(usize),
    /// Something that certainly happened is missing.
    Missing(Step),
    /// What lost admissions are supposed to have taken is more than they asked for, or is said twice.
    Supposed,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Flaw::TooLate(step) => write!(to, "operation {} of the order comes after its own answer", step + 1),
            Flaw::NotOnce(step) => {
                write!(to, "operation {} of the order is there twice, or not in the history", step + 1)
            }
            Flaw::Wrong(step) => {
                write!(to, "a queue would have answered operation {} of the order otherwise", step + 1)
            }
            Flaw::Missing(step) => {
                write!(to, "an operation that certainly happened is missing from the order: {step:?}")
            }
            Flaw::Supposed => {
                write!(to, "an admission without an answer is supposed to have taken what it cannot have taken")
            }
        }
    }
}

/// Carries out the order: each operation takes effect as early as those before it allow, and not after its
/// answer; a queue with one line for each class gives the same answers; nothing that certainly happened is left out.
///
/// # Errors
/// The first flaw.
pub fn replay(trace: &Trace, class: FifoClass, scope: Scope, steps: &[Step]) -> Result<(), Flaw> {
    let everything = scope == Scope::Everything;
    let class_of = |value: ValueId| match (class, trace.values.user(value)) {
        (FifoClass::Everyone, _) => (0, 0),
        (FifoClass::User, Some(user)) => (0, user.0),
        _ => (1, u64::from(value)),
    };
    // Whether an entry outlives its time is the promise `expiry`'s to judge, not that of the line.
    let ends = |maybe: &Maybe| maybe.span.ret_ns < NEVER && maybe.cause != MaybeCause::Expiry;
    let mut lines: HashMap<(u8, u64), VecDeque<ValueId>, BuildHasherDefault<Spread>> = HashMap::default();
    let mut joined_ns = vec![NEVER; trace.values.len()];
    let mut in_line = vec![false; trace.values.len()];
    let mut done = [vec![false; trace.removals.len()], vec![false; trace.maybes.len()], vec![false; trace.reads.len()]];
    let (mut now_ns, mut waiting) = (0, 0usize);
    for (at, step) in steps.iter().enumerate() {
        let once = |list: &mut Vec<bool>, index: u32| match list.get_mut(index as usize) {
            Some(done) if !*done => {
                *done = true;
                Ok(())
            }
            _ => Err(Flaw::NotOnce(at)),
        };
        let mut take_effect = |span: Span, from_ns: u64| {
            now_ns = span.inv_ns.max(from_ns).max(now_ns);
            if now_ns <= span.ret_ns { Ok(now_ns) } else { Err(Flaw::TooLate(at)) }
        };
        let right = |holds: bool| if holds { Ok(()) } else { Err(Flaw::Wrong(at)) };
        match *step {
            Step::Join(value) => {
                let fresh = joined_ns.get(value as usize) == Some(&NEVER) && trace.values.may_have_joined(value);
                right(fresh).map_err(|_| Flaw::NotOnce(at))?;
                joined_ns[value as usize] = take_effect(trace.values.join(value), 0)?;
                in_line[value as usize] = true;
                waiting += 1;
                lines.entry(class_of(value)).or_default().push_back(value);
            }
            Step::Removal(index) => {
                once(&mut done[0], index)?;
                let removal = trace.removals.at(index as usize);
                take_effect(removal.span, 0)?;
                for &value in removal.values {
                    right(std::mem::replace(&mut in_line[value as usize], false))?;
                    waiting -= 1;
                    if removal.is_batch() {
                        let line = lines.entry(class_of(value)).or_default();
                        while line.front().is_some_and(|first| *first != value && !in_line[*first as usize]) {
                            line.pop_front();
                        }
                        right(line.pop_front() == Some(value))?;
                    }
                }
                right(!(everything && removal.is_short()) || waiting == 0)?;
            }
            Step::Maybe(index) => {
                once(&mut done[1], index)?;
                let maybe = &trace.maybes[index as usize];
                let value = maybe.value as usize;
                let span = Span { ret_ns: if ends(maybe) { maybe.span.ret_ns } else { NEVER }, ..maybe.span };
                if std::mem::replace(&mut in_line[value], false) {
                    take_effect(span, joined_ns[value].saturating_add(maybe.after_join_ns))?;
                    waiting -= 1;
                } else {
                    take_effect(span, 0)?;
                }
            }
            Step::Read(index) => {
                once(&mut done[2], index)?;
                let read = &trace.reads[index as usize];
                take_effect(read.span, 0)?;
                right(match read.kind {
                    ReadKind::Absent => !in_line[read.value as usize],
                    ReadKind::Waiting => in_line[read.value as usize],
                    ReadKind::Accepted => joined_ns[read.value as usize] < NEVER,
                })?;
            }
        }
    }
    let certain = |value: &ValueId| trace.values.may_have_joined(*value) && trace.values.join(*value).ret_ns < NEVER;
    let joins = trace.values.ids().filter(certain).filter(|id| joined_ns[*id as usize] == NEVER).map(Step::Join);
    let undone =
        |list: &[bool]| -> Vec<u32> { (0u32..).zip(list).filter(|(_, done)| !**done).map(|(at, _)| at).collect() };
    let removals = undone(&done[0]).into_iter().map(Step::Removal);
    let over = |index: &u32| ends(&trace.maybes[*index as usize]);
    let maybes = undone(&done[1]).into_iter().filter(over).map(Step::Maybe);
    let reads = undone(&done[2]).into_iter().filter(|_| everything).map(Step::Read);
    joins.chain(removals).chain(maybes).chain(reads).next().map_or(Ok(()), |missing| Err(Flaw::Missing(missing)))
}
