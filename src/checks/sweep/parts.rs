//! Batches as the sweep sees them: one part for each FIFO class.

use std::ops::Range;

use super::Scope;
use super::build::Places;
use crate::checks::notation::{Trace, ValueId};

/// No part.
pub(super) const NONE: u32 = u32::MAX;

/// The values of one batch in one FIFO class. It is *satisfied* when nobody outside the batch is in line
/// before its cut; until then it watches one who is, and is looked at again only when that one goes.
pub(super) struct Part {
    pub(super) node: u32,
    /// The bounds of its class among the ranks.
    pub(super) class: (u32, u32),
    /// In the order of the batch's list.
    pub(super) values: Vec<ValueId>,
    /// The largest invocation among its joins.
    pub(super) cut_ns: u64,
    /// Everybody between here and the cut is gone or its own; `None` before the first look.
    pub(super) scanned_to: Option<u32>,
    /// The next part that watches the same value.
    pub(super) next_watcher: u32,
    pub(super) satisfied: bool,
}

#[derive(Clone, Default)]
pub(super) struct Node {
    pub(super) parts: Range<u32>,
    pub(super) unsatisfied: u32,
    pub(super) ready: bool,
    pub(super) done: bool,
    /// Its list contradicts the order of joining: never performed.
    pub(super) disordered: Option<(ValueId, ValueId)>,
    /// How many of its own values wait.
    pub(super) own_waiting: usize,
    /// A short batch, and short batches count.
    pub(super) short: bool,
}

/// Every removal, and the parts of those that are batches.
#[derive(Default)]
pub(super) struct Batches {
    pub(super) nodes: Vec<Node>,
    pub(super) parts: Vec<Part>,
    /// The part that holds a value, or [`NONE`].
    pub(super) part_of: Vec<u32>,
}

impl Batches {
    /// `order` holds the values by class, `taken` what each removal takes.
    pub(super) fn new(
        trace: &Trace,
        places: &Places,
        order: &[ValueId],
        taken: &[Vec<ValueId>],
        scope: Scope,
    ) -> Batches {
        let class_of = |value: ValueId| places.class[value as usize] as usize;
        let mut bounds = vec![(0u32, 0u32); places.class.iter().max().map_or(0, |max| *max as usize + 1)];
        for (at, value) in (0u32..).zip(order) {
            let class = &mut bounds[class_of(*value)];
            *class = if class.1 == 0 { (at, at + 1) } else { (class.0, at + 1) };
        }
        let nodes = vec![Node::default(); trace.removals.len()];
        let mut batches = Batches { nodes, parts: Vec::new(), part_of: vec![NONE; trace.values.len()] };
        for (index, removal) in trace.removals.iter().enumerate().filter(|(_, removal)| removal.is_batch()) {
            // Numbers fit in u32: there are no more removals and parts than values, or than memory holds.
            let first = batches.parts.len() as u32;
            let mut values = taken[index].clone();
            values.sort_by_key(|value| class_of(*value));
            for group in values.chunk_by(|a, b| class_of(*a) == class_of(*b)) {
                for value in group {
                    batches.part_of[*value as usize] = batches.parts.len() as u32;
                }
                batches.parts.push(Part {
                    node: index as u32,
                    class: bounds[class_of(group[0])],
                    cut_ns: group.iter().map(|value| places.inv_ns[*value as usize]).fold(0, u64::max),
                    values: group.to_vec(),
                    scanned_to: None,
                    next_watcher: NONE,
                    satisfied: false,
                });
            }
            let parts = first..batches.parts.len() as u32;
            let short = removal.is_short() && scope == Scope::Everything;
            batches.nodes[index] = Node { unsatisfied: parts.end - parts.start, parts, short, ..Node::default() };
        }
        batches
    }
}
