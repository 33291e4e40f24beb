//! Runs random programs with proptest: until none fails, or until one does.

use std::cell::Cell;

use super::program::Program;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() }
}

/// Runs programs, a random seed each time; a failure prints the smallest program that fails.
pub fn hold(cases: u32, programs: &impl Strategy<Value = Program>, run: impl Fn(&Program) -> Result<(), String>) {
    let mut runner = TestRunner::new(config(cases));
    let examined = Cell::new(0);
    let result = runner.run(programs, |program| {
        examined.set(examined.get() + program.steps().len());
        run(&program).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => assert!(examined.get() > cases as usize, "programs of {} steps in all prove nothing", examined.get()),
        Err(TestError::Fail(reason, program)) => {
            let (reason, program) = shorten(reason.message().to_owned(), program, run);
            panic!("{reason}\nthe smallest program found:{program:?}")
        }
        Err(TestError::Abort(reason)) => panic!("proptest gave up: {reason}"),
    }
}

/// Runs programs from a fixed seed until one fails, and shrinks it. The race may spare a run, so each
/// program gets many chances: what is found must be a bug, what is missed may be luck.
pub fn find(
    programs: &impl Strategy<Value = Program>,
    run: impl Fn(&Program) -> Result<(), String>,
) -> (String, Program) {
    let chances = |program: &Program| (0..20).try_for_each(|_| run(program));
    let mut runner = TestRunner::new_with_rng(config(500), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(programs, |program| chances(&program).map_err(TestCaseError::fail));
    match result {
        Err(TestError::Fail(reason, program)) => shorten(reason.message().to_owned(), program, chances),
        Ok(()) => panic!("500 programs, and none showed a bug that is known to be there"),
        Err(TestError::Abort(reason)) => panic!("proptest gave up: {reason}"),
    }
}

/// Takes steps away until the program fails with no step less. Proptest tries each step once, front to back;
/// but a race may need a step of one client until one of another is gone, so that the two still meet.
fn shorten(
    mut reason: String,
    mut program: Program,
    run: impl Fn(&Program) -> Result<(), String>,
) -> (String, Program) {
    while let Some((why, shorter)) =
        program.without_one_step().into_iter().find_map(|shorter| Some((run(&shorter).err()?, shorter)))
    {
        (reason, program) = (why, shorter);
    }
    (reason, program)
}
