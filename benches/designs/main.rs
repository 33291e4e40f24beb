//! What one call costs one client: join, position and admit of every design, with 100, 10,000 and 100,000 users
//! waiting, on a real Redis. `docs/benchmarks.md` says how to run and read it.

#[path = "../mode/mod.rs"]
mod mode;

mod line;
mod server;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use line::Line;
use server::Server;
use stanchion::queue::{Commands as _, Design};
use stanchion::sweep::Call;

/// The longest that all samples of one benchmark may be expected to take. One that would take longer is left out,
/// and says so.
const BUDGET: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let server = match Server::start() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("no Redis to measure on: {error}");
            return ExitCode::from(4);
        }
    };
    eprintln!("measuring on {}", server.shown());
    let mut criterion = mode::criterion();
    round_trip(&mut criterion, &server);
    let depths: &[u64] = if mode::short() { &[100, 10_000] } else { &[100, 10_000, 100_000] };
    for &depth in depths {
        for &design in Design::ALL {
            measure(&mut criterion, &server, design, depth);
        }
    }
    server.block_on(server.clear());
    criterion.final_summary();
    ExitCode::SUCCESS
}

/// PING: what any call costs before a design has done anything.
fn round_trip(criterion: &mut Criterion, server: &Server) {
    criterion.bench_function("round-trip/ping", |bencher| {
        bencher.iter_custom(|calls| {
            server.block_on(async {
                let mut total = Duration::ZERO;
                for _ in 0..calls {
                    let began = Instant::now();
                    let answer = server.client().command(redis::cmd("PING")).await;
                    total += began.elapsed();
                    assert!(answer.is_ok(), "PING was answered {answer:?}");
                }
                total
            })
        });
    });
}

/// What a benchmark that takes too long unwinds with.
struct TooSlow {
    once: Duration,
}

fn measure(criterion: &mut Criterion, server: &Server, design: Design, depth: u64) {
    // Built by the first benchmark that is really run: a filter on the command line may leave out all of them.
    let mut built: Option<Line<'_>> = None;
    for call in Call::ALL {
        let mut group = criterion.benchmark_group(call.name());
        // The same number of calls in each sample: growing numbers would make a slow call slower still.
        group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(1));
        let mut tried = false;
        let benched = catch_unwind(AssertUnwindSafe(|| {
            group.bench_function(BenchmarkId::new(design.name(), depth), |bencher| {
                let line = built.get_or_insert_with(|| Line::build(server, design, depth));
                if !std::mem::replace(&mut tried, true) {
                    let once = line.time(call, 1);
                    if once * mode::samples() > BUDGET {
                        // Criterion has no way to give up a benchmark that has begun. This way out is silent, and
                        // it is caught right below.
                        resume_unwind(Box::new(TooSlow { once }));
                    }
                }
                bencher.iter_custom(|calls| line.time(call, calls));
            });
        }));
        if let Err(cause) = benched {
            match cause.downcast::<TooSlow>() {
                Ok(slow) => eprintln!(
                    "\n{}/{}/{depth}: skipped: one call took {:.1?}, so {} samples would take longer than {BUDGET:?}",
                    call.name(),
                    design.name(),
                    slow.once,
                    mode::samples(),
                ),
                Err(other) => resume_unwind(other),
            }
        }
        group.finish();
    }
}
