//! How fast interleavings are explored: races, all small programs, a program of 2.3 × 10¹² schedules, schedules executed for real.
//! `docs/explore.md` says what is done.
#![allow(clippy::print_stdout, reason = "the table is the result")]

use std::process::ExitCode;
use std::time::Instant;

use stanchion::explore::{Adversity, ExploreError, Explorer, Options, Program, Scope};
use stanchion::model::{Dedupe, Promise};
use stanchion::queue::Design;

fn main() -> ExitCode {
    let short = std::env::var("STANCHION_BENCH_SHORT").is_ok_and(|value| !value.is_empty() && value != "0");
    match races(if short { 3 } else { 15 })
        .and_then(|()| scopes(short))
        .and_then(|()| many())
        .and_then(|()| real(short))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(4)
        }
    }
}

const ONE_FAULT: Adversity = Adversity { faults: 1, ticks: 0, ticks_a_life: 1 };
const ONE_TICK: Adversity = Adversity { faults: 0, ticks: 1, ticks_a_life: 1 };
const AS_IT_IS: Adversity = Adversity { faults: 0, ticks: 0, ticks_a_life: 1 };
const HARSH: Adversity = Adversity { faults: 1, ticks: 1, ticks_a_life: 1 };

/// Races of the broken designs, each with the promise that it breaks.
const RACES: [(&str, &str, Adversity, Promise); 8] = [
    ("check-then-set", "join u1 t1 | join u1 t2", AS_IT_IS, Promise::NoDuplicates),
    ("read-then-remove", "join u1 t1; admit 1 | admit 1", AS_IT_IS, Promise::NoDuplicates),
    ("grant-before-removal", "join u1 t1 | admit 1", ONE_FAULT, Promise::NoDuplicates),
    ("removal-before-grant", "join u1 t1 | admit 1", ONE_FAULT, Promise::NoLoss),
    ("sweep-beside-renewal", "join u1 t1; renew t1 | sweep", ONE_TICK, Promise::Expiry),
    ("cleanup-of-the-empty", "join u1 t1 | admit 1", AS_IT_IS, Promise::NoLoss),
    ("crash-before-the-line", "join u1 t1", ONE_FAULT, Promise::NoLoss),
    ("resent-join", "join u1 t1", ONE_FAULT, Promise::NoDuplicates),
];

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// All schedules, the smallest story among them, one schedule executed for real; the server is started before.
fn races(rounds: usize) -> Result<(), ExploreError> {
    println!(
        "Races: all schedules and the smallest story, ms, medians of {rounds}, on a server that was asked nothing before"
    );
    println!("{:<22} {:>9} {:>9} {:>9} {:>8}", "broken design", "schedules", "breaking", "first at", "ms");
    for (queue, text, adversity, promise) in RACES {
        let Some(design) = Design::from_name(queue) else { continue };
        let program = Program::parse(text, Dedupe::User)?;
        let (mut times_ms, mut counts) = (Vec::new(), None);
        for _ in 0..rounds {
            let options = Options { adversity, promises: Some(vec![promise]), ..Options::default() };
            let mut explorer = Explorer::new(design, options)?;
            let begin = Instant::now();
            let explored = explorer.explore(&program)?;
            times_ms.push(begin.elapsed().as_secs_f64() * 1e3);
            counts = Some(explored.counts);
        }
        let Some(counts) = counts else { continue };
        let first = counts.first_violating_end.map_or("never".to_owned(), |end| end.to_string());
        let ms = median(times_ms);
        println!("{queue:<22} {:>9} {:>9} {first:>9} {ms:>8.2}", counts.schedules, counts.violating);
    }
    Ok(())
}

/// All programs of a scope on an atomic design: the search alone, and with 1 % of the schedules executed for real.
fn scopes(short: bool) -> Result<(), ExploreError> {
    println!("\nAll programs on zset-seq, 3 clients, 1 fault, 1 tick");
    println!(
        "{:>10} {:>9} {:>12} {:>11} {:>9} {:>8} {:>13}",
        "operations", "programs", "schedules", "states", "replayed", "s", "states/s"
    );
    for (operations, replays_max) in [(3, 0), (3, 1000), (4, 0), (4, 1000), (5, 0)] {
        if short && operations > 3 {
            break;
        }
        let replays_beside = replays_max > 0;
        let options = Options { adversity: HARSH, replays_max, replays_beside, ..Options::default() };
        let mut explorer = Explorer::new(Design::ZsetSeq, options)?;
        let programs = Scope { operations, clients: 3, expires: true }.programs(Dedupe::User);
        let (mut schedules, mut states, mut replayed) = (0, 0, 0);
        let begin = Instant::now();
        for program in &programs {
            let explored = explorer.explore(program)?;
            schedules += explored.counts.schedules;
            states += explored.counts.states;
            replayed += explored.replays.schedules;
        }
        explorer.settle()?;
        let seconds = begin.elapsed().as_secs_f64();
        let rate = states as f64 / seconds;
        println!(
            "{operations:>10} {:>9} {schedules:>12} {states:>11} {replayed:>9} {seconds:>8.2} {rate:>13.0}",
            programs.len()
        );
    }
    Ok(())
}

/// Four clients of six commands each, none of which another touches: 24! / (6!)^4 schedules.
fn many() -> Result<(), ExploreError> {
    let client = |user: u64| format!("join u{user} t{user}; entries u{user}; entries u{user}");
    let program = Program::parse(&(1..=4).map(client).collect::<Vec<_>>().join(" | "), Dedupe::User)?;
    let mut explorer = Explorer::new(Design::StreamsNaive, Options { replays_max: 0, ..Options::default() })?;
    let begin = Instant::now();
    let counts = explorer.explore(&program)?.counts;
    println!(
        "\nFour clients of six commands: {} schedules, {} states of {} bytes, {} commands asked in {} round trips, {:.2} s",
        counts.schedules,
        counts.states,
        counts.bytes / counts.states.max(1),
        explorer.asked(),
        explorer.round_trips(),
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Schedules drawn by chance and executed from an empty server.
fn real(short: bool) -> Result<(), ExploreError> {
    let replays_max = if short { 5_000 } else { 1_000_000 };
    let program = Program::parse("join u1 t1; leave t1 | join u1 t2; position t2 | join u2 t3; admit 1", Dedupe::User)?;
    let replayed_share = 1e6;
    let options = Options { adversity: HARSH, replays_max, replayed_share, replays_beside: true, ..Options::default() };
    let mut explorer = Explorer::new(Design::ZsetSeq, options)?;
    let begin = Instant::now();
    let replays = explorer.explore(&program)?.replays;
    explorer.settle()?;
    println!(
        "\nExecuted for real: {} schedules, {} replies and {} verdicts compared, 0 differences, {:.1} s",
        replays.schedules,
        replays.replies,
        replays.verdicts,
        begin.elapsed().as_secs_f64()
    );
    Ok(())
}
