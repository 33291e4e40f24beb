//! What recording costs a client: one attempt written down before it is sent and completed after its reply, and
//! the merging of all clients' records at the end. `docs/benchmarks.md` says how to run and read it.

mod mode;

use std::hint::black_box;
use std::time::Instant;

use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use stanchion::history::{Answer, Record, Recorder};
use stanchion::model::{ClientId, DedupeKey, Entry, OpId, Operation, Outcome, Phase, Token, UnknownCause, UserId};

const ATTEMPTS: u64 = 10_000;
const CLIENTS: u32 = 64;

fn main() {
    let mut criterion = mode::criterion();
    attempts(&mut criterion);
    merging(&mut criterion);
    criterion.final_summary();
}

fn attempts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recorder/attempt");
    group.throughput(Throughput::Elements(ATTEMPTS));
    // Time stands still in these two, so that they show the recorder and not the clock.
    record(&mut group, "reserved", || Recorder::with_capacity(ATTEMPTS as usize), || 0);
    record(&mut group, "growing", Recorder::default, || 0);
    // As a client does it, with the clock read before and after.
    let began = Instant::now();
    record(&mut group, "growing-with-clock", Recorder::default, || began.elapsed().as_nanos() as u64);
    group.finish();
}

/// Times begin and end of [`ATTEMPTS`] attempts; an empty recorder is made before and dropped after the clock runs.
fn record(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, empty: fn() -> Recorder, now_ns: impl Fn() -> u64) {
    group.bench_function(name, |bencher| {
        let run = |mut recorder: Recorder| {
            for number in 0..ATTEMPTS {
                let place = recorder.begin(black_box(attempt(ClientId(1), number, now_ns())));
                let returned_ns = now_ns();
                let (outcome, returned_ns) = (black_box(Outcome::Joined), Some(returned_ns));
                recorder.end(place, Answer { commands: 1, round_trips: 1, ..Answer::unsent(returned_ns, outcome) });
            }
            recorder
        };
        bencher.iter_batched(empty, run, BatchSize::LargeInput);
    });
}

/// 100,000 records of 64 clients, each in order of its own sending, brought into one order.
fn merging(criterion: &mut Criterion) {
    const RECORDS: u64 = 100_000;
    let mut clients: Vec<Vec<Record>> = vec![Vec::new(); CLIENTS as usize];
    for number in 0..RECORDS {
        let client = (number % u64::from(CLIENTS)) as u32;
        clients[client as usize].push(attempt(ClientId(client), number, number * 10_000));
    }
    let mut group = criterion.benchmark_group("recorder/merge");
    group.throughput(Throughput::Elements(RECORDS));
    group.bench_function(format!("{CLIENTS}-clients/{RECORDS}"), |bencher| {
        bencher.iter_batched(|| clients.clone(), Recorder::merge, BatchSize::LargeInput);
    });
    group.finish();
}

/// A join that is about to be sent.
fn attempt(client: ClientId, number: u64, sent_ns: u64) -> Record {
    Record {
        op: OpId(number),
        attempt: 0,
        client,
        phase: Phase::Load,
        intended_ns: Some(sent_ns),
        sent_ns,
        returned_ns: None,
        call: Operation::Join(Entry { user: UserId(number), token: Token(number), dedupe: DedupeKey(number) }),
        outcome: Outcome::Unknown(UnknownCause::Interrupted),
        reply_dropped: false,
        commands: 0,
        round_trips: 0,
        bytes_sent: 0,
        bytes_received: 0,
    }
}
