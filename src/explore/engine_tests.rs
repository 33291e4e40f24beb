//! The search against going through everything one by one, and its memory against the server.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::again::Again;
use super::enumerate::Scope;
use super::exhaust::{Bound, Limit, exhaust};
use super::monitor::{Monitor, Rules};
use super::program::Program;
use super::replayer::Replayer;
use super::replays::{draw, generator, replay};
use super::server::SIDE_BY_SIDE;
use super::space::Space;
use super::steps::{Adversity, Shape};
use super::trail::follow;
use super::world::{Time, World};
use crate::model::{Dedupe, Operation};
use crate::queue::{Broken, Design};

/// All schedules from a state, one by one, and those of them that break a promise.
fn one_by_one(state: &[u32], shape: Shape, world: &mut World, monitor: &mut Monitor) -> (u128, u128) {
    let mut next = Vec::new();
    shape.steps(state, world, monitor, |_, state| next.push(state.to_vec())).unwrap();
    let mut sum = (0, 0);
    if shape.is_over(state) {
        sum = (1, u128::from(!shape.holds_at_end(state, world, monitor).unwrap()));
    }
    for state in next {
        let (all, bad) = one_by_one(&state, shape, world, monitor);
        sum = (sum.0 + all, sum.1 + bad);
    }
    sum
}

fn designs() -> Vec<Design> {
    let all = Design::ALL.iter().copied();
    all.chain(Broken::all().into_iter().map(Design::Broken)).collect()
}

fn programs(dedupe: Dedupe) -> Vec<Program> {
    Scope { operations: 2, clients: 2, expires: true }.programs(dedupe)
}

proptest! {
    // Each case starts a server.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn counting_is_enumerating_and_remembering_is_executing(
        design in prop::sample::select(designs()),
        dedupe in prop::sample::select(vec![Dedupe::User, Dedupe::Request]),
        which in any::<prop::sample::Index>(),
        faults in 0..2u8,
        ticks in 0..2u8,
        ticks_a_life in 1..3u8,
        time in prop::sample::select(vec![Time::Frozen, Time::Stepping]),
        seed in any::<u64>(),
    ) {
        let programs = programs(dedupe);
        let program = which.get(&programs);
        let adversity = Adversity { faults, ticks, ticks_a_life };
        let rules = Rules::new(design.facts().claims, adversity.lives_ticks(), design.facts().duplicate_means);
        let mut monitor = Monitor::new(rules);
        for operation in program.operations() {
            if let Operation::Join(entry) = operation {
                monitor.know(*entry).unwrap();
            }
        }
        let mut world = World::new(design, dedupe, faults, adversity.lives_ticks(), time).unwrap();
        let shape = Shape::new(program, adversity);
        let begin = shape.begin(&mut world, program, adversity);
        let mut space = Space::new(shape.width());
        let stop = AtomicBool::new(false);
        let limit = Limit::of(Bound::default(), &stop);
        let counts = exhaust(&begin, shape, &mut world, &mut monitor, &mut space, limit).unwrap();
        prop_assert!(counts.complete);
        if counts.schedules < 200_000 {
            let counted = one_by_one(&begin, shape, &mut world, &mut monitor);
            prop_assert_eq!((counts.schedules, counts.violating), counted, "{} {}", design.name(), program);
        }
        world.transitions.stop_watching();
        let mut rng = generator(seed, 0);
        let mut trails = Vec::new();
        for _ in 0..SIDE_BY_SIDE {
            let actions = draw(&begin, shape, &mut world, &mut monitor, &mut space, &mut rng).unwrap();
            trails.push(follow(&begin, shape, &mut world, &actions).unwrap());
        }
        replay(&trails, &mut world).unwrap();
    }
}

#[test]
fn a_memory_that_is_wrong_is_noticed() {
    let program = Program::parse("join u1 t1 | join u2 t2", Dedupe::User).unwrap();
    let mut world = World::new(Design::ZsetSeq, Dedupe::User, 0, 0, Time::Frozen).unwrap();
    let shape = Shape::new(&program, Adversity::default());
    let begin = shape.begin(&mut world, &program, Adversity::default());
    let go = |client: u8| super::steps::Action::Client(client, super::world::Way::Run);
    let mut trail = follow(&begin, shape, &mut world, &[go(0), go(1)]).unwrap();
    assert!(replay(std::slice::from_ref(&trail), &mut world).is_ok());
    // As if the second join had been told what the first was.
    let last = trail.len() - 1;
    trail[0].reply = trail[last].reply;
    let error = replay(std::slice::from_ref(&trail), &mut world).unwrap_err().to_string();
    assert!(error.contains("a replay differs: step 0"), "{error}");
    // And so beside the search, where it comes out at the latest when that asks; what comes after is executed again.
    let scripts = Design::ZsetSeq.scripts();
    let mut replayer = Replayer::new(Time::Frozen);
    replayer.submit(vec![Again::of(&trail, &world)], &scripts).unwrap();
    assert_eq!(replayer.settle().unwrap_err().to_string(), error);
    let right = follow(&begin, shape, &mut world, &[go(0), go(1)]).unwrap();
    replayer.submit(vec![Again::of(&right, &world)], &scripts).unwrap();
    replayer.settle().unwrap();
}

#[test]
fn states_are_small() {
    let program = Program::parse("join u1 t1 | join u2 t2 | join u3 t3 | join u4 t4", Dedupe::User).unwrap();
    let mut world = World::new(Design::StreamsNaive, Dedupe::User, 0, 0, Time::Frozen).unwrap();
    let mut monitor = Monitor::new(Rules::new(&[], 0, Design::StreamsNaive.facts().duplicate_means));
    let shape = Shape::new(&program, Adversity::default());
    let begin = shape.begin(&mut world, &program, Adversity::default());
    let mut space = Space::new(shape.width());
    let stop = AtomicBool::new(false);
    let limit = Limit::of(Bound::default(), &stop);
    let counts = exhaust(&begin, shape, &mut world, &mut monitor, &mut space, limit).unwrap();
    assert!(counts.states > 500, "{counts:?}");
    assert!(counts.bytes <= counts.states * 2 * 100, "vectors hold up to twice what they need: {counts:?}");
}
