//! The answered joins of the load phase, in the order in which they were due: what the figures over time are made of.

use std::collections::HashSet;

use super::latency::{Attempt, answered, firsts};
use crate::history::History;
use crate::model::{OpId, OpKind, Phase};

/// A join that was due at a time and ended by an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Join {
    /// ns since the run began.
    pub(super) due_ns: u64,
    /// From then to the answer, ns.
    pub(super) response_ns: u64,
}

/// Those that have a response time, as in the figures of latency; in order of their time due.
pub(super) fn joins(history: &History) -> Vec<Join> {
    let firsts = firsts(history);
    let mut ended: HashSet<OpId> = HashSet::new();
    let mut joins = Vec::new();
    for record in history.records.rows().filter(|record| record.kind() == OpKind::Join && answered(record)) {
        let first = match firsts.get(&record.op()) {
            Some(_) if !ended.insert(record.op()) => continue,
            Some(first) => *first,
            None => Attempt::of(record),
        };
        let (Phase::Load, Some(due_ns), Some(returned_ns)) = (first.phase, first.intended_ns, record.returned_ns())
        else {
            continue;
        };
        if let Some(response_ns) = returned_ns.checked_sub(due_ns) {
            joins.push(Join { due_ns, response_ns });
        }
    }
    joins.sort_by_key(|join| join.due_ns);
    joins
}
