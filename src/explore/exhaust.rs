//! All schedules of a program, each state once; schedules are counted by adding up, not by going through them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::error::ExploreError;
use super::monitor::Monitor;
use super::space::{Node, Space};
use super::steps::Shape;
use super::world::World;

/// Where to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The most states that are held.
    pub states: usize,
    /// The longest that is searched.
    pub time: Duration,
}

impl Default for Bound {
    /// Ten million states (less than a gigabyte), ten minutes.
    fn default() -> Self {
        Bound { states: 10_000_000, time: Duration::from_secs(600) }
    }
}

/// When the searches of one program are to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit<'a> {
    states: usize,
    end: Option<Instant>,
    stop: &'a AtomicBool,
}

impl<'a> Limit<'a> {
    /// From now on.
    pub(super) fn of(bound: Bound, stop: &'a AtomicBool) -> Limit<'a> {
        // A time that no clock will show is none.
        Limit { states: bound.states, end: Instant::now().checked_add(bound.time), stop }
    }

    /// Whether a search with so many states is to end in its step of this number.
    pub(super) fn is_reached(&self, states: usize, step: u64) -> bool {
        // Looking at a clock takes as long as a step of the search.
        states >= self.states || (step.is_multiple_of(1024) && self.is_over())
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.end.is_some_and(|end| Instant::now() > end)
    }
}

/// What all schedules came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Schedules: from the first step to the last. A lower bound where the search was not completed.
    pub schedules: u128,
    /// Those of them that break a promise.
    pub violating: u128,
    /// Distinct states.
    pub states: usize,
    /// Distinct ends.
    pub ends: u64,
    /// Which end was the first that breaks a promise, from 1.
    pub first_violating_end: Option<u64>,
    /// Whether every schedule was covered.
    pub complete: bool,
    /// The most memory that the states took, bytes.
    pub bytes: usize,
}

/// Goes through everything that can happen from a state on.
pub(super) fn exhaust(
    begin: &[u32],
    shape: Shape,
    world: &mut World,
    monitor: &mut Monitor,
    space: &mut Space,
    limit: Limit<'_>,
) -> Result<Counts, ExploreError> {
    space.reset(shape.width());
    let mut counts = Counts { complete: true, ..Counts::default() };
    let (root, _) = space.number(begin);
    // What each state on the way leads to lies in one stack; a frame is a state and how much of it is its own.
    let (mut children, mut frames): (Vec<Node>, Vec<(Node, usize, usize)>) = (Vec::new(), Vec::new());
    let mut state = begin.to_vec();
    let mut entered = Some(root);
    let mut steps = 0u64;
    loop {
        if let Some(node) = entered.take() {
            steps += 1;
            if limit.is_reached(space.len(), steps) {
                counts.complete = false;
                break;
            }
            state.copy_from_slice(space.at(node));
            let first = children.len();
            shape.steps(&state, world, monitor, |_, next| children.push(space.number(next).0))?;
            frames.push((node, first, first));
        }
        let Some(frame) = frames.last_mut() else { break };
        let (node, first, at) = *frame;
        if let Some(&child) = children.get(at) {
            frame.2 += 1;
            if space.counts(child).0 == 0 {
                entered = Some(child);
            }
            continue;
        }
        let mut sum = (0u128, 0u128);
        for child in children.drain(first..) {
            let (all, bad) = space.counts(child);
            sum = (sum.0.saturating_add(all), sum.1.saturating_add(bad));
        }
        state.copy_from_slice(space.at(node));
        if shape.is_over(&state) {
            counts.ends += 1;
            let holds = shape.holds_at_end(&state, world, monitor)?;
            sum = (sum.0.saturating_add(1), sum.1.saturating_add(u128::from(!holds)));
            if !holds {
                counts.first_violating_end.get_or_insert(counts.ends);
            }
        }
        space.set_counts(node, sum);
        frames.pop();
    }
    (counts.schedules, counts.violating) = space.counts(root);
    if !counts.complete {
        // What is known of the states on the way, lower bounds all.
        let mut known = (0u128, 0u128);
        for child in &children {
            let (all, bad) = space.counts(*child);
            known = (known.0.saturating_add(all), known.1.saturating_add(bad));
        }
        (counts.schedules, counts.violating) = known;
    }
    counts.states = space.len();
    counts.bytes = space.bytes();
    Ok(counts)
}
