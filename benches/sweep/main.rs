//! What the exact check costs: the sweep over one line, the order that proves it, and its replay, on 100,000 to 10 million
//! operations of 32 clients with 1,000 waiting and admissions of 1 to 16. `docs/benchmarks.md` says how to run and read it.

#[path = "../crowd/mod.rs"]
mod crowd;
#[path = "../memory/mod.rs"]
mod memory;
#[path = "../mode/mod.rs"]
mod mode;

use std::hint::black_box;

use criterion::{BenchmarkId, Throughput};
use memory::measured;
use stanchion::checks::certificate::{prove, verify};
use stanchion::checks::normalise;
use stanchion::checks::notation::Trace;
use stanchion::checks::sweep::{FifoClass, Scope, sweep};
use stanchion::model::Promise;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn main() {
    let mut criterion = mode::criterion();
    let sizes: &[u64] = if mode::short() { &[10_000] } else { &[100_000, 1_000_000, 10_000_000] };
    for &operations in sizes {
        let history = crowd::history(operations);
        let (trace, _, trace_bytes) = measured(|| normalise(&history).trace);
        drop(history);
        let (breaches, sweep_bytes, _) = measured(|| verdict(&trace));
        assert_eq!(breaches, 0, "the crowd is let in in order");
        let per_operation = |bytes: usize| bytes as f64 / operations as f64;
        eprintln!(
            "memory/{operations}: {:.1} bytes an operation for the trace, {:.1} more for the sweep",
            per_operation(trace_bytes),
            per_operation(sweep_bytes)
        );
        let mut group = criterion.benchmark_group("line");
        if operations >= 1_000_000 {
            // The fewest that criterion takes: one lasts up to seconds.
            group.sample_size(10);
        }
        group.throughput(Throughput::Elements(operations));
        group.bench_function(BenchmarkId::new("sweep", operations), |bencher| {
            bencher.iter(|| verdict(black_box(&trace)));
        });
        group.bench_function(BenchmarkId::new("sweep-and-order", operations), |bencher| {
            bencher.iter(|| prove(black_box(&trace), Promise::GlobalFifo));
        });
        let proof = prove(&trace, Promise::GlobalFifo).expect("the crowd is let in in order");
        group.bench_function(BenchmarkId::new("replay", operations), |bencher| {
            bencher.iter(|| verify(black_box(&trace), &proof));
        });
        group.finish();
    }
    criterion.final_summary();
}

fn verdict(trace: &Trace) -> usize {
    sweep(trace, FifoClass::Everyone, Scope::Everything).len()
}
