//! The smallest schedule that breaks a promise: fewest faults, then fewest ticks, then fewest changes from client to client.
//!
//! Dijkstra's algorithm over the states of the search and who made the last step.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::error::ExploreError;
use super::exhaust::Limit;
use super::monitor::Monitor;
use super::space::{Node, Space};
use super::steps::{Action, Shape};
use super::world::{Way, World};

/// What a fault costs, a tick, and a change of clients.
const FAULT: u32 = 10_000;
const TICK: u32 = 100;
const CHANGE: u32 = 1;

/// Nobody made a step yet.
const NOBODY: u32 = u32::MAX;

/// The cheapest schedule to a broken promise, if there is one within the limit.
pub(super) fn smallest(
    begin: &[u32],
    shape: Shape,
    world: &mut World,
    monitor: &mut Monitor,
    limit: Limit<'_>,
) -> Result<Option<Vec<Action>>, ExploreError> {
    let width = shape.width();
    let mut space = Space::new(width + 1);
    let mut start = begin.to_vec();
    start.push(NOBODY);
    let (root, _) = space.number(&start);
    let mut costs: Vec<u32> = vec![0];
    let mut from: Vec<(Node, Action)> = vec![(root, Action::Tick)];
    let mut heap = BinaryHeap::from([Reverse((0u32, root))]);
    let mut steps = 0;
    while let Some(Reverse((cost, node))) = heap.pop() {
        if cost > costs[node as usize] {
            continue;
        }
        let mut state = space.at(node).to_vec();
        let last = state.pop().unwrap_or(NOBODY);
        let broken =
            shape.is_broken(&state) || (shape.is_over(&state) && !shape.holds_at_end(&state, world, monitor)?);
        if broken {
            let mut path = Vec::new();
            let mut at = node;
            while at != root {
                path.push(from[at as usize].1);
                at = from[at as usize].0;
            }
            path.reverse();
            return Ok(Some(path));
        }
        steps += 1;
        if limit.is_reached(space.len(), steps) {
            return Ok(None);
        }
        shape.steps(&state, world, monitor, |action, next| {
            let (price, who) = match action {
                Action::Client(client, way) => {
                    let change = if last == NOBODY || last == u32::from(client) { 0 } else { CHANGE };
                    (change + if way == Way::Run { 0 } else { FAULT }, u32::from(client))
                }
                Action::Arrives(_) => (CHANGE, last),
                Action::Tick => (TICK, last),
            };
            let mut next = next.to_vec();
            next.push(who);
            let (child, new) = space.number(&next);
            let total = cost + price;
            if new {
                costs.push(total);
                from.push((node, action));
            } else if total < costs[child as usize] {
                costs[child as usize] = total;
                from[child as usize] = (node, action);
            } else {
                return;
            }
            heap.push(Reverse((total, child)));
        })?;
    }
    Ok(None)
}
