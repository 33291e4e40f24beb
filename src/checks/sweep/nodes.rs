//! Removals as the sweep sees them: an admission has one part for each FIFO class.

use super::Scope;
use super::classes::{ALONE, Classes};
use super::places::Places;
use crate::checks::notation::{Trace, ValueId};

/// How far a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartState {
    /// Its admission is not ready.
    Early,
    /// Somebody outside the admission is in line before its cut, or nobody has looked yet.
    Waiting,
    /// Nobody of its class forbids it.
    Satisfied,
}

/// The values of one admission in one FIFO class.
pub(super) struct Part {
    /// The largest invocation among its joins: who returned before was in line before one of them.
    pub(super) cut_ns: u64,
    pub(super) class: u32,
    pub(super) node: u32,
    /// Everybody in line before this place is the admission's own.
    pub(super) scanned_to: u32,
    pub(super) state: PartState,
}

/// One removal.
#[derive(Clone, Copy)]
pub(super) struct Node {
    pub(super) first_part: u32,
    pub(super) unsatisfied: u32,
    /// How many of its own values are in line.
    pub(super) own_waiting: u32,
    pub(super) ready: bool,
    pub(super) done: bool,
    pub(super) batch: bool,
    /// A short batch, and short batches count.
    pub(super) short: bool,
    /// Its list contradicts the order of joining: never performed of its own.
    pub(super) disordered: bool,
}

/// Every removal, the parts of those that are admissions, and when each may take effect at the earliest.
pub(super) struct Nodes {
    /// With one more at the end, which says where the parts of the last end.
    pub(super) nodes: Vec<Node>,
    pub(super) parts: Vec<Part>,
    pub(super) ready_ns: Vec<u64>,
}

impl Nodes {
    pub(super) fn new(trace: &Trace, places: &Places<'_>, scope: Scope) -> Nodes {
        let count = trace.removals.len();
        let mut nodes = Nodes { nodes: Vec::with_capacity(count + 1), parts: Vec::new(), ready_ns: Vec::new() };
        nodes.ready_ns.reserve_exact(count);
        if let Classes::One = places.classes {
            // One part each.
            nodes.parts.reserve_exact(trace.removals.iter().filter(|removal| removal.is_batch()).count());
        }
        let mut by_class: Vec<(u32, u64)> = Vec::new();
        for (index, removal) in trace.removals.iter().enumerate() {
            // Numbers fit: `Removals` holds fewer than 2^32, and there are no more parts than removed values.
            let (number, first_part) = (index as u32, nodes.parts.len() as u32);
            let mut ready_ns = removal.span.inv_ns;
            let batch = removal.is_batch();
            by_class.clear();
            for value in places.taken(number) {
                ready_ns = ready_ns.max(places.removable_ns(value));
                let class = places.classes.of(value);
                if batch && class != ALONE {
                    by_class.push((class, places.inv_ns[value as usize]));
                }
            }
            if !matches!(places.classes, Classes::One) {
                by_class.sort_unstable();
            }
            for part in by_class.chunk_by(|a, b| a.0 == b.0) {
                let cut_ns = part.iter().map(|(_, inv_ns)| *inv_ns).fold(0, u64::max);
                let (class, state) = (part[0].0, PartState::Early);
                nodes.parts.push(Part { cut_ns, class, node: number, scanned_to: 0, state });
            }
            nodes.nodes.push(Node {
                first_part,
                unsatisfied: nodes.parts.len() as u32 - first_part,
                own_waiting: 0,
                ready: false,
                done: false,
                batch,
                short: removal.is_short() && scope == Scope::Everything,
                disordered: false,
            });
            nodes.ready_ns.push(ready_ns);
        }
        let first_part = nodes.parts.len() as u32;
        nodes.nodes.push(Node {
            first_part,
            unsatisfied: 0,
            own_waiting: 0,
            ready: false,
            done: true,
            batch: false,
            short: false,
            disordered: false,
        });
        nodes
    }

    /// The parts of a removal.
    pub(super) fn parts_of(&self, number: u32) -> std::ops::Range<u32> {
        self.nodes[number as usize].first_part..self.nodes[number as usize + 1].first_part
    }

    /// The part of a removal in a class.
    pub(super) fn part_in(&self, number: u32, class: u32) -> Option<u32> {
        let parts = self.parts_of(number);
        let of_node = &self.parts[parts.start as usize..parts.end as usize];
        of_node.binary_search_by_key(&class, |part| part.class).ok().map(|at| parts.start + at as u32)
    }
}

/// A pair of one class that a list names in one order and that joined in the other: `(first, second)`.
pub(super) fn disorder(
    values: impl Iterator<Item = ValueId> + Clone,
    places: &Places<'_>,
) -> Option<(ValueId, ValueId)> {
    if let Classes::One = places.classes {
        return disorder_of_class(values, places);
    }
    let mut by_class: Vec<(u32, usize, ValueId)> = values
        .enumerate()
        .map(|(at, value)| (places.classes.of(value), at, value))
        .filter(|(class, ..)| *class != ALONE)
        .collect();
    by_class.sort_unstable();
    let mut classes = by_class.chunk_by(|a, b| a.0 == b.0);
    classes.find_map(|class| disorder_of_class(class.iter().map(|(_, _, value)| *value), places))
}

fn disorder_of_class(values: impl Iterator<Item = ValueId>, places: &Places<'_>) -> Option<(ValueId, ValueId)> {
    let mut latest: Option<(u64, ValueId)> = None;
    for value in values {
        let (inv_ns, ret_ns) = (places.inv_ns[value as usize], places.ret_ns[value as usize]);
        match latest {
            Some((latest_ns, first)) if ret_ns < latest_ns => return Some((first, value)),
            Some((latest_ns, _)) if latest_ns >= inv_ns => {}
            _ => latest = Some((inv_ns, value)),
        }
    }
    None
}
