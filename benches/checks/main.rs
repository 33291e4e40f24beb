//! What judging costs: every check, and writing and reading the file, on a history of 100,000 operations that keeps
//! all promises and on one that breaks all of them. `docs/benchmarks.md` says how to run and read it.

#[path = "../mode/mod.rs"]
mod mode;

mod synthetic;

use std::hint::black_box;

use camino::Utf8Path;
use criterion::{BenchmarkId, Criterion, Throughput};
use stanchion::checks::{
    CheckOutcome, Finding, Normalised, capacity, expiry, global_fifo, idempotence, judge, no_duplicates, no_loss,
    no_phantoms, normalise, per_user_fifo, position,
};
use stanchion::history::{History, read, write_parquet};
use stanchion::model::Promise;
use synthetic::OPERATIONS;

fn main() {
    let mut criterion = mode::criterion();
    let correct = synthetic::correct();
    let broken = synthetic::broken(&correct);
    for (history, expected) in [(&correct, "holds"), (&broken, "violated")] {
        must_all_be(history, expected);
    }
    for (name, history) in [("correct", &correct), ("broken", &broken)] {
        judging(&mut criterion, name, history);
    }
    files(&mut criterion, &correct);
    criterion.final_summary();
}

/// A check that gives up early is fast; so what is measured is first seen to be judged in full.
fn must_all_be(history: &History, expected: &str) {
    for Finding { promise, outcome } in judge(history) {
        let found = match &outcome {
            CheckOutcome::Holds { .. } => "holds",
            CheckOutcome::Violated { .. } => "violated",
            CheckOutcome::Undecided { .. } => "undecided",
        };
        assert!(found == expected, "{} should be {expected} on this history: {outcome:?}", promise.name());
    }
}

fn judging(criterion: &mut Criterion, name: &str, history: &History) {
    let mut group = criterion.benchmark_group("judge");
    group.throughput(Throughput::Elements(OPERATIONS));
    group.bench_function(BenchmarkId::new(name, OPERATIONS), |bencher| bencher.iter(|| judge(black_box(history))));
    group.finish();

    let mut group = criterion.benchmark_group(format!("check-{name}"));
    group.throughput(Throughput::Elements(OPERATIONS));
    group.bench_function(BenchmarkId::new("normalise", OPERATIONS), |bencher| {
        bencher.iter(|| normalise(black_box(history)));
    });
    let normalised = normalise(history);
    for promise in Promise::ALL {
        group.bench_function(BenchmarkId::new(promise.name(), OPERATIONS), |bencher| {
            bencher.iter(|| check(promise, black_box(history), black_box(&normalised)));
        });
    }
    group.finish();
}

fn check(promise: Promise, history: &History, normalised: &Normalised) -> Finding {
    match promise {
        Promise::NoDuplicates => no_duplicates::check(history, normalised),
        Promise::PerUserFifo => per_user_fifo::check(history, normalised),
        Promise::GlobalFifo => global_fifo::check(history, normalised),
        Promise::NoLoss => no_loss::check(history, normalised),
        Promise::NoPhantoms => no_phantoms::check(history, normalised),
        Promise::Position => position::check(history, normalised),
        Promise::Expiry => expiry::check(history, normalised),
        Promise::Idempotence => idempotence::check(history, normalised),
        Promise::Capacity => capacity::check(history),
        // These look at two numbers of the header.
        Promise::NoLeftovers | Promise::OneSlot => unreachable!("not among those of a history"),
    }
}

/// Writing includes the flush to disk: the file stands under its name only when it would survive a power cut.
fn files(criterion: &mut Criterion, history: &History) {
    let folder = tempfile::tempdir().expect("the system's temporary folder can be written");
    let path = Utf8Path::from_path(folder.path()).expect("the path of a temporary folder is UTF-8");
    let path = path.join("history.parquet");
    let mut group = criterion.benchmark_group("parquet");
    group.throughput(Throughput::Elements(OPERATIONS));
    group.bench_function(BenchmarkId::new("write", OPERATIONS), |bencher| {
        bencher.iter(|| write_parquet(&path, black_box(history)).expect("the temporary folder can be written"));
    });
    // A filter may have left writing out.
    write_parquet(&path, history).expect("the temporary folder can be written");
    assert!(read(&path).expect("what was just written can be read") == *history, "reading gives back what was written");
    group.bench_function(BenchmarkId::new("read", OPERATIONS), |bencher| {
        bencher.iter(|| read(black_box(&path)).expect("what was just written can be read"));
    });
    group.finish();
}
