//! What judging a saved history costs: reading the Parquet file, bringing it into the notation, and all promises together
//! on the cores there are; and how much memory that takes. `docs/benchmarks.md` says how to run and read it.

#[path = "../crowd/mod.rs"]
mod crowd;
#[path = "../memory/mod.rs"]
mod memory;
#[path = "../mode/mod.rs"]
mod mode;

use camino::Utf8Path;
use criterion::{BenchmarkId, Throughput};
use memory::measured;
use stanchion::checks::{CheckOutcome, judge, normalise};
use stanchion::history::{self, History, write_parquet};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn main() {
    let mut criterion = mode::criterion();
    let sizes: &[u64] = if mode::short() { &[10_000] } else { &[100_000, 1_000_000, 10_000_000] };
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8Path::from_path(folder.path()).expect("a name in UTF-8").join("history.parquet");
    for &operations in sizes {
        write_parquet(&path, &crowd::history(operations)).expect("the file");
        let (history, read_bytes, history_bytes) = measured(|| read(&path));
        let ((), judge_bytes, _) = measured(|| all_hold(&history));
        let per_operation = |bytes: usize| bytes as f64 / operations as f64;
        eprintln!(
            "memory/{operations}: {:.1} bytes an operation for the history ({:.1} while it is read), {:.1} more while it is judged",
            per_operation(history_bytes),
            per_operation(read_bytes),
            per_operation(judge_bytes)
        );
        let mut group = criterion.benchmark_group("saved");
        if operations >= 1_000_000 {
            // The fewest that criterion takes: one lasts up to seconds.
            group.sample_size(10);
        }
        group.throughput(Throughput::Elements(operations));
        group.bench_function(BenchmarkId::new("read", operations), |bencher| bencher.iter(|| read(&path)));
        group.bench_function(BenchmarkId::new("normalise", operations), |bencher| bencher.iter(|| normalise(&history)));
        group.bench_function(BenchmarkId::new("judge", operations), |bencher| bencher.iter(|| judge(&history)));
        drop(history);
        group.bench_function(BenchmarkId::new("read-and-judge", operations), |bencher| {
            bencher.iter(|| judge(&read(&path)));
        });
        group.finish();
    }
    criterion.final_summary();
}

fn read(path: &Utf8Path) -> History {
    history::read(path).expect("a sound file")
}

fn all_hold(history: &History) {
    for finding in judge(history) {
        let undecided = matches!(finding.outcome, CheckOutcome::Undecided { .. });
        assert!(undecided || matches!(finding.outcome, CheckOutcome::Holds { .. }), "{finding:?}");
    }
}
