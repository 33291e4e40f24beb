//! Trust, but replay: schedules executed for real from an empty server, and judged by the checks that judge runs.
//!
//! Which ones is chosen by chance among all schedules, each as likely as any other, since the search knows how many go on from
//! every state.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::again::{Again, execute};
use super::error::ExploreError;
use super::monitor::{BEGIN, BROKEN, Book, Monitor};
use super::recorded::recorded;
use super::space::Space;
use super::steps::{Action, Shape};
use super::trail::TrailStep;
use super::world::World;
use crate::checks::{CheckOutcome, judge};
use crate::model::{Promise, Terms};

/// What replaying came to. Differences end the exploration, so there are none in here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replays {
    /// Schedules executed from an empty server.
    pub schedules: u64,
    /// Replies that were compared.
    pub replies: u64,
    /// Verdicts of the monitors that were compared with the checks'.
    pub verdicts: u64,
    /// Of those, verdicts of a check that was undecided, or looks at pairs only, where the monitor found the promise broken.
    pub milder: u64,
}

impl Replays {
    pub(super) fn add(&mut self, other: Replays) {
        self.schedules += other.schedules;
        self.replies += other.replies;
        self.verdicts += other.verdicts;
        self.milder += other.milder;
    }
}

/// Draws a schedule from those that were counted.
pub(super) fn draw(
    begin: &[u32],
    shape: Shape,
    world: &mut World,
    monitor: &mut Monitor,
    space: &mut Space,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Action>, ExploreError> {
    let mut state = begin.to_vec();
    let mut actions = Vec::new();
    let missing = || ExploreError::internal("a state was not counted");
    loop {
        let (node, new) = space.number(&state);
        let (total, _) = space.counts(node);
        if new || total == 0 {
            return Err(missing());
        }
        let drawn = rng.next_u64() as u128 | (rng.next_u64() as u128) << 64;
        let mut left = drawn % total;
        if shape.is_over(&state) {
            if left == 0 {
                return Ok(actions);
            }
            left -= 1;
        }
        let mut chosen = None;
        shape.steps(&state, world, monitor, |action, next| {
            if chosen.is_some() {
                return;
            }
            let (node, _) = space.number(next);
            let (here, _) = space.counts(node);
            if left < here {
                chosen = Some((action, next.to_vec()));
            } else {
                left -= here;
            }
        })?;
        let (action, next) = chosen.ok_or_else(missing)?;
        actions.push(action);
        state = next;
    }
}

/// A generator for the schedules of one program.
pub(super) fn generator(seed: u64, program: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(program);
    rng
}

/// Executes schedules for real and compares each reply and the keys at the end with what is remembered.
///
/// # Panics
/// With more of them than [`SIDE_BY_SIDE`](super::server::SIDE_BY_SIDE).
pub(super) fn replay(trails: &[impl AsRef<[TrailStep]>], world: &mut World) -> Result<(), ExploreError> {
    let schedules: Vec<Again> = trails.iter().map(|trail| Again::of(trail.as_ref(), world)).collect();
    execute(&schedules, &mut world.server)
}

/// What a monitor says of a schedule.
pub(super) fn watch(trail: &[TrailStep], world: &World, monitor: &mut Monitor) -> bool {
    let book = Book { operations: &world.operations, attempts: &world.attempts };
    let events = trail.iter().flat_map(|step| &step.events);
    events.fold(BEGIN, |situation, event| monitor.step(situation, *event, &book)) != BROKEN
}

/// Compares the monitors' verdicts on a schedule with those of the checks, and names the promises that a check finds broken
/// although the promise's own monitor forgives it.
///
/// What the monitor of all promises together lets pass no check may find broken: else the search would call promises kept that a
/// run would not. The monitor of a single promise forgives whatever breaks another, and may then have to guess what the line looks
/// like; where the check sees more, the check is right. Where a check is exact the monitor must not accuse what it lets pass.
pub(super) fn compare(
    trail: &[TrailStep],
    world: &World,
    (together, alone): (&mut Monitor, &mut [(Promise, Monitor)]),
    (queue, terms): (&str, &Terms),
) -> Result<(Replays, Vec<Promise>), ExploreError> {
    let history = recorded(trail, world, queue, terms.clone());
    let mut compared = Replays::default();
    let mut also = Vec::new();
    let all_hold = watch(trail, world, together);
    for finding in judge(&history) {
        let Some((_, monitor)) = alone.iter_mut().find(|(promise, _)| *promise == finding.promise) else { continue };
        let holds = all_hold || watch(trail, world, monitor);
        compared.verdicts += 1;
        let agree = match &finding.outcome {
            CheckOutcome::Holds { .. } => holds || !is_exact(finding.promise, terms),
            CheckOutcome::Violated { .. } => !all_hold,
            CheckOutcome::Undecided { .. } => true,
        };
        if !agree {
            let says = if holds { "holds" } else { "is broken" };
            let lines: Vec<String> = history.records.iter().map(|record| format!("{record:?}")).collect();
            return Err(ExploreError::internal(format!(
                "the monitor says that {} {says} and the check says {:?} of:\n{}",
                finding.promise.name(),
                finding.outcome,
                lines.join("\n")
            )));
        }
        let violated = matches!(finding.outcome, CheckOutcome::Violated { .. });
        compared.milder += u64::from(!holds && !violated);
        if holds && violated {
            also.push(finding.promise);
        }
    }
    Ok((compared, also))
}

/// Whether the check decides exactly what the monitor does. Of an entry that outlives its time to live, the checks of order leave
/// the blame to `expiry`.
fn is_exact(promise: Promise, terms: &Terms) -> bool {
    matches!(promise, Promise::GlobalFifo | Promise::PerUserFifo) && terms.ttl_ns.is_none()
        || promise == Promise::Capacity
}
