//! The sweep against the oracle, for as long as wanted: `make oracle CASES=1000000`. Every disagreement is shrunk, printed
//! and saved in `tests/judge/regressions/`, whose files are replayed with all other tests from then on.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::judging::random::{Step, coarse, simulate, steps, users};
use crate::judging::{Kind, ONE_USER, Op, Users, oracle, parse, show, trace};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use stanchion::checks::certificate::{prove, rules, verify};
use stanchion::checks::lost::{Explained, explain};
use stanchion::checks::notation::Trace;
use stanchion::checks::sweep::{FifoClass, Scope, sweep};
use stanchion::model::Promise;

/// What may occur besides joins and admissions, whose order counts, and whether anything else does.
const MIXES: &[(&str, &[Kind], Rule)] = &[
    ("admissions", &[], ONE_LINE),
    ("leaves and lost leaves", &[Kind::L, Kind::K], ONE_LINE),
    ("answers about entries", &[Kind::F, Kind::G, Kind::H], ONE_LINE),
    ("everything, one line", &ALL, ONE_LINE),
    ("everything, a line for each user", &ALL, (FifoClass::User, Scope::Everything)),
    ("everything, no order", &ALL, (FifoClass::Token, Scope::Everything)),
    ("each user's order alone", &[Kind::L], EACH_USER),
    ("each user's order alone, lost leaves", &[Kind::L, Kind::K, Kind::F], EACH_USER),
    ("lost admissions", &[Kind::P, Kind::P, Kind::K, Kind::F, Kind::L], ONE_LINE),
];
type Rule = (FifoClass, Scope);
const ONE_LINE: Rule = (FifoClass::Everyone, Scope::Everything);
const EACH_USER: Rule = (FifoClass::User, Scope::OrderOnly);
const ALL: [Kind; 5] = [Kind::L, Kind::K, Kind::F, Kind::G, Kind::H];

/// Says where sweep and oracle disagree about a history; `Ok` says whether it is legal.
fn compare(ops: &[Op], (class, scope): Rule, users: &Users) -> Result<bool, String> {
    let legal = match scope {
        Scope::Everything => oracle::is_legal(ops, class, users),
        Scope::OrderOnly => oracle::is_legal(&order_only(ops), class, users),
    };
    let trace = trace(ops, users);
    let mut holds = sweep(&trace, class, scope).is_empty();
    if !holds && !trace.lost.is_empty() {
        let first_ns = |trace: &Trace| sweep(trace, class, scope).first().map(|breach| breach.at_ns);
        match explain(&trace, (class, scope), first_ns) {
            Explained::Holds(_) if legal => holds = true,
            Explained::Violated(_) | Explained::Exhausted if !legal => {}
            other => return Err(format!("the oracle says legal: {legal}, the search: {other:?}")),
        }
    }
    if holds != legal {
        return Err(format!("the oracle says legal: {legal}, the sweep holds: {holds}"));
    }
    let promises = [Promise::GlobalFifo, Promise::PerUserFifo];
    if let Some(promise) = promises.into_iter().find(|promise| legal && rules(*promise) == Some((class, scope))) {
        let proof = prove(&trace, promise).ok_or("it holds, and no order was found")?;
        verify(&trace, &proof).map_err(|flaw| format!("its order is flawed: {flaw}"))?;
    }
    Ok(legal)
}

/// What is left of a history where only order counts: no answers about entries, and no short admissions.
pub fn order_only(ops: &[Op]) -> Vec<Op> {
    ops.iter()
        .filter(|op| !matches!(op.kind, Kind::F | Kind::G | Kind::H))
        .map(|op| Op { asked: op.asked.min(op.values.len()), ..op.clone() })
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge/regressions")
}

/// What a file of the folder says: class and scope, the users of values 0 to 7, the history.
fn line((class, scope): Rule, users: &Users, ops: &[Op]) -> String {
    let users = users.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    format!("{class:?} {scope:?} | {users} | {}\n", show(ops))
}

fn parse_line(text: &str) -> (Rule, Users, Vec<Op>) {
    let fields: Vec<&str> = text.trim().split(" | ").collect();
    let mut rules = MIXES.iter().map(|(_, _, rule)| *rule);
    let rule = rules.find(|(class, scope)| format!("{class:?} {scope:?}") == fields[0]).expect("a class and a scope");
    let users: Vec<u8> = fields[1].split(',').map(|user| user.parse().expect("a user")).collect();
    (rule, users.try_into().expect("eight users"), parse(fields[2]))
}

#[test]
fn what_was_ever_found_stays_found() {
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        for text in std::fs::read_to_string(&path).unwrap().lines() {
            let (rule, users, ops) = parse_line(text);
            compare(&ops, rule, &users).unwrap_or_else(|why| panic!("{}: {text}: {why}", path.display()));
        }
    }
}

#[test]
fn a_history_is_written_as_it_is_read() {
    let text = "User Everything | 0,1,0,1,0,1,0,1 | E0[0,1] B0.1/3[4,inf] K0[2,inf] P/3[5,inf] F1[6,7]";
    let (rule, users, ops) = parse_line(text);
    let (again_rule, again_users, mut again) = parse_line(&line(rule, &users, &ops));
    again.sort_by_key(|op| ops.iter().position(|other| other == op));
    assert_eq!((again_rule, again_users, again), (rule, users, ops));
}

/// The disagreement found, if any, and how many histories were legal and not.
fn run(mix: &(&str, &[Kind], Rule), cases: u32, seed: u64) -> (u64, u64, Option<String>) {
    let (_, kinds, rule) = *mix;
    let class = rule.0;
    let mut seed_bytes = [0; 32];
    seed_bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes));
    let (legal, illegal) = (Cell::new(0), Cell::new(0));
    let history = |steps: &[Step], users: &Users| {
        let ops = simulate(steps, kinds, |a, b| match class {
            FifoClass::Everyone => true,
            FifoClass::User => users[usize::from(a)] == users[usize::from(b)],
            FifoClass::Token => false,
        });
        // Every other portion has a coarse clock.
        if seed >> 8 & 1 == 1 { coarse(&ops) } else { ops }
    };
    let found = runner.run(&(steps(13), users()), |(steps, users)| {
        let users = if class == FifoClass::User { users } else { ONE_USER };
        let is_legal = compare(&history(&steps, &users), rule, &users).map_err(TestCaseError::fail)?;
        let count = if is_legal { &legal } else { &illegal };
        count.set(count.get() + 1);
        Ok(())
    });
    let found = match found {
        Ok(()) => None,
        Err(TestError::Fail(why, (steps, users))) => {
            let users = if class == FifoClass::User { users } else { ONE_USER };
            let text = line(rule, &users, &history(&steps, &users));
            let path = folder().join(format!("seed-{seed}.txt"));
            std::fs::write(&path, &text).unwrap();
            Some(format!("{why}: {text}saved as {}", path.display()))
        }
        Err(TestError::Abort(why)) => Some(why.to_string()),
    };
    (legal.get(), illegal.get(), found)
}

#[test]
#[ignore = "as long as STANCHION_ORACLE_CASES says: make oracle CASES=1000000"]
fn the_sweep_agrees_with_the_oracle_for_as_long_as_wanted() {
    let number =
        |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (cases, seed) = (number("STANCHION_ORACLE_CASES", 100_000), number("STANCHION_ORACLE_SEED", 1));
    // In small portions, so that both cores have work to the end and progress can be told.
    const PORTION: u64 = 20_000;
    let portions_each = (cases / MIXES.len() as u64).div_ceil(PORTION).max(1);
    let left: Mutex<Vec<(usize, u64)>> = Mutex::new(
        (0..portions_each).rev().flat_map(|portion| (0..MIXES.len()).rev().map(move |mix| (mix, portion))).collect(),
    );
    let results = Mutex::new(vec![(0u64, 0u64, Vec::new()); MIXES.len()]);
    let portion_cases = (cases / MIXES.len() as u64).clamp(1, PORTION) as u32;
    let work = || {
        loop {
            let Some((mix, portion)) = left.lock().unwrap().pop() else { return };
            let seed = (seed << 32) + (portion << 8) + mix as u64;
            let (legal, illegal, found) = run(&MIXES[mix], portion_cases, seed);
            let mut results = results.lock().unwrap();
            results[mix].0 += legal;
            results[mix].1 += illegal;
            results[mix].2.extend(found);
            if mix == 0 {
                eprintln!("portion {} of {portions_each}", portion + 1);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(work);
        }
    });
    let results = results.into_inner().unwrap();
    println!("| mix | cases | legal | illegal | disagreements |\n|---|---|---|---|---|");
    for ((name, ..), (legal, illegal, found)) in MIXES.iter().zip(&results) {
        println!("| {name} | {} | {legal} | {illegal} | {} |", legal + illegal, found.len());
    }
    let found: Vec<&String> = results.iter().flat_map(|(.., found)| found).collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(results.iter().all(|(legal, illegal, _)| *legal > 0 && *illegal > 0), "a mix showed only one kind");
}
