//! Schedules by chance, for programs that are too large to go through; and a found one made small.
//!
//! Half are drawn step by step, each possible step as likely as any other: small races are found soonest so. Half are PCT (Burckhardt et al.
//! 2010): clients have priorities, the first always runs, and at d − 1 points drawn beforehand the running client falls to the end: a race
//! that needs a client to stand still for long is found so, and hardly ever by the other half.

use std::time::{Duration, Instant};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::error::ExploreError;
use super::monitor::Monitor;
use super::steps::{Action, Shape};
use super::world::{Way, World};

/// What drawing came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sampled {
    /// Schedules that were drawn.
    pub schedules: u64,
    /// Which of them was the first that breaks a promise, from 1.
    pub first_violating: Option<u64>,
}

/// How steps are chosen.
trait Choice {
    /// One of these.
    fn choose(&mut self, step: usize, actions: &[Action]) -> usize;
}

/// Each as likely as any other; what goes wrong no likelier than one step in ten.
struct Uniform<'a>(&'a mut ChaCha8Rng);

/// The running client is the first in the order, which changes at some steps.
struct Pct<'a> {
    rng: &'a mut ChaCha8Rng,
    /// Clients, the first first.
    order: Vec<u8>,
    changes: Vec<usize>,
    faults: Vec<usize>,
}

fn runs(actions: &[Action]) -> Vec<usize> {
    let is_run = |at: &usize| matches!(actions[*at], Action::Client(_, Way::Run));
    (0..actions.len()).filter(is_run).collect()
}

fn one_of(rng: &mut ChaCha8Rng, of: &[usize]) -> Option<usize> {
    (!of.is_empty()).then(|| of[rng.random_range(0..of.len())])
}

fn wrongs(actions: &[Action]) -> Vec<usize> {
    let runs = runs(actions);
    (0..actions.len()).filter(|at| !runs.contains(at)).collect()
}

impl Choice for Uniform<'_> {
    fn choose(&mut self, _: usize, actions: &[Action]) -> usize {
        let wrong = self.0.random_range(0..10) == 0;
        let (runs, wrongs) = (runs(actions), wrongs(actions));
        let (first, second) = if wrong { (wrongs, runs) } else { (runs, wrongs) };
        one_of(self.0, &first).or_else(|| one_of(self.0, &second)).unwrap_or(0)
    }
}

impl Choice for Pct<'_> {
    fn choose(&mut self, step: usize, actions: &[Action]) -> usize {
        if self.faults.contains(&step)
            && let Some(at) = one_of(self.rng, &wrongs(actions))
        {
            return at;
        }
        let of = |client: u8| actions.iter().position(|action| *action == Action::Client(client, Way::Run));
        if self.changes.contains(&step)
            && let Some(at) = self.order.iter().position(|client| of(*client).is_some())
        {
            let client = self.order.remove(at);
            self.order.push(client);
        }
        self.order.iter().find_map(|client| of(*client)).unwrap_or(0)
    }
}

/// Everything that a schedule is drawn in.
pub(super) struct Ground<'a> {
    pub begin: &'a [u32],
    pub shape: Shape,
    pub world: &'a mut World,
    pub monitor: &'a mut Monitor,
}

impl Ground<'_> {
    /// Goes on until a promise is broken (the steps so far) or all is over (`None`).
    fn go(
        &mut self,
        mut choose: impl FnMut(usize, &[Action]) -> Option<usize>,
        length: &mut usize,
    ) -> Result<Option<Vec<Action>>, ExploreError> {
        let Ground { begin, shape, world, monitor } = self;
        let (mut state, mut done) = (begin.to_vec(), Vec::new());
        loop {
            if shape.is_broken(&state) {
                return Ok(Some(done));
            }
            let (mut actions, mut states) = (Vec::new(), Vec::new());
            shape.steps(&state, world, monitor, |action, next| {
                actions.push(action);
                states.push(next.to_vec());
            })?;
            let chosen = if actions.is_empty() { None } else { choose(done.len(), &actions) };
            let over = shape.is_over(&state);
            *length = done.len().max(*length);
            match chosen {
                // When the program is over, time may pass or not.
                Some(at) if !over || actions[at] == Action::Tick => {
                    done.push(actions[at]);
                    state = states.swap_remove(at);
                }
                _ if over => return Ok((!shape.holds_at_end(&state, world, monitor)?).then_some(done)),
                _ => return Err(ExploreError::internal("a schedule ends before its program")),
            }
        }
    }

    /// Draws schedules until one breaks a promise, or the time is up.
    pub(super) fn draw(
        &mut self,
        rng: &mut ChaCha8Rng,
        time: Duration,
    ) -> Result<(Sampled, Option<Vec<Action>>), ExploreError> {
        let end = Instant::now() + time;
        let mut sampled = Sampled::default();
        // How many steps a schedule has is known from those before.
        let mut length = 1;
        while Instant::now() < end {
            sampled.schedules += 1;
            let found = if sampled.schedules % 2 == 1 {
                let mut uniform = Uniform(rng);
                self.go(|step, actions| Some(uniform.choose(step, actions)), &mut length)?
            } else {
                let mut order: Vec<u8> = (0..self.shape.clients()).collect();
                for at in (1..order.len()).rev() {
                    order.swap(at, rng.random_range(0..=at));
                }
                let depth = 2 + (sampled.schedules / 2 % 4) as usize;
                let changes = (1..depth).map(|_| rng.random_range(0..length)).collect();
                let faults = (0..2).map(|_| rng.random_range(0..length)).collect();
                let mut pct = Pct { rng, order, changes, faults };
                self.go(|step, actions| Some(pct.choose(step, actions)), &mut length)?
            };
            if let Some(found) = found {
                sampled.first_violating = Some(sampled.schedules);
                return Ok((sampled, Some(self.smaller(found)?)));
            }
        }
        Ok((sampled, None))
    }

    /// The same schedule with less going wrong and fewer changes from client to client, as long as it breaks a promise.
    fn smaller(&mut self, mut best: Vec<Action>) -> Result<Vec<Action>, ExploreError> {
        loop {
            let mut better = None;
            for wish in simpler(&best) {
                let mut left = wish.into_iter();
                // What cannot happen any more is left out; when nothing is wished, the first client that can goes on.
                let follow = |_: usize, actions: &[Action]| {
                    let wished = left.by_ref().find_map(|wish| actions.iter().position(|action| *action == wish));
                    wished.or_else(|| runs(actions).first().copied()).or(Some(0))
                };
                if let Some(done) = self.go(follow, &mut 0)?
                    && cost(&done) < cost(&best)
                {
                    better = Some(done);
                    break;
                }
            }
            match better {
                Some(done) => best = done,
                None => return Ok(best),
            }
        }
    }
}

/// Faults, then ticks, then changes from client to client, then length.
fn cost(actions: &[Action]) -> (usize, usize, usize, usize) {
    let faults = actions.iter().filter(|action| matches!(action, Action::Client(_, way) if *way != Way::Run)).count();
    let ticks = actions.iter().filter(|action| **action == Action::Tick).count();
    let clients = actions.iter().filter_map(|action| match action {
        Action::Client(client, _) => Some(*client),
        _ => None,
    });
    let clients: Vec<u8> = clients.collect();
    let changes = clients.windows(2).filter(|pair| pair[0] != pair[1]).count();
    (faults, ticks, changes, actions.len())
}

/// Schedules that may be simpler: without a fault or a tick, or with a client's next step moved to its last.
fn simpler(actions: &[Action]) -> Vec<Vec<Action>> {
    let mut all = Vec::new();
    for (at, action) in actions.iter().enumerate() {
        let mut other = actions.to_vec();
        match action {
            Action::Client(client, way) if *way != Way::Run => {
                other[at] = Action::Client(*client, Way::Run);
                other.retain(|action| !matches!(action, Action::Arrives(_)));
                all.push(other);
            }
            Action::Tick => {
                other.remove(at);
                all.push(other);
            }
            _ => {}
        }
    }
    for (at, action) in actions.iter().enumerate() {
        let Action::Client(client, _) = action else { continue };
        let own = |action: &Action| matches!(action, Action::Client(other, _) if other == client);
        let Some(next) = actions[at + 1..].iter().position(own).filter(|next| *next > 0) else { continue };
        let mut sooner = actions.to_vec();
        let moved = sooner.remove(at + 1 + next);
        sooner.insert(at + 1, moved);
        all.push(sooner);
        let mut later = actions.to_vec();
        let moved = later.remove(at);
        later.insert(at + next, moved);
        all.push(later);
    }
    all
}
