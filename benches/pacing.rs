//! How late operations are sent: the three pacers under Poisson arrivals on a real Redis, beside `tokio::time::sleep_until`.
//! `docs/benchmarks.md` says how to run and read it.
#![allow(clippy::print_stdout, reason = "the table is the result")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use stanchion::load::{CellSetup, Control, Driving, run_cell};
use stanchion::model::{OpKind, Pacer, Phase};
use stanchion::plan::{Plan, Program, When, plan};
use stanchion::queue::Design;
use stanchion::scenario::{Scenario, parse};
use stanchion::target::{Target, TargetChoice, TargetOptions};

/// How late the operations of one round were sent, ns, ascending; and the cores that sending took.
struct Lags {
    lags_ns: Vec<u64>,
    cores: f64,
}

impl Lags {
    fn quantile_us(&self, share: f64) -> f64 {
        let place = (share * self.lags_ns.len() as f64) as usize;
        self.lags_ns[place.min(self.lags_ns.len() - 1)] as f64 / 1e3
    }
}

const ROWS: [(&str, Option<Pacer>); 4] = [
    ("tokio sleep_until", None),
    ("sleep", Some(Pacer::Sleep)),
    ("hybrid", Some(Pacer::Hybrid)),
    ("spin", Some(Pacer::Spin)),
];

const RATES: [u32; 3] = [5_000, 10_000, 20_000];

fn main() -> ExitCode {
    let short = std::env::var("STANCHION_BENCH_SHORT").is_ok_and(|value| !value.is_empty() && value != "0");
    let (rounds, seconds) = if short { (1, 1) } else { (5, 3) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let target = match runtime.block_on(Target::start(&TargetChoice::Local, &TargetOptions::default())) {
        Ok(target) => target,
        Err(error) => {
            eprintln!("no Redis to measure on: {error}");
            return ExitCode::from(4);
        }
    };
    println!(
        "Send lag in µs, Poisson arrivals on 500 connections, joins of zset-seq; medians of {rounds} rounds of {seconds} s"
    );
    println!("{:>8}  {:<18} {:>9} {:>9} {:>9} {:>9} {:>6}", "joins/s", "pacer", "p50", "p99", "p99.9", "max", "cores");
    for rate in RATES {
        let scenario = scenario(rate, seconds);
        let mut measured: [Vec<Lags>; 4] = Default::default();
        for round in 0..rounds {
            let plan = plan(&scenario, round);
            for (row, (_, pacer)) in ROWS.iter().enumerate() {
                measured[row].push(match pacer {
                    None => by_tokio(&runtime, &plan),
                    Some(pacer) => {
                        let lags = by_engine(&target, &scenario, &plan, *pacer);
                        runtime.block_on(target.flush()).expect("the server is there");
                        lags
                    }
                });
            }
        }
        for ((name, _), rounds) in ROWS.iter().zip(&measured) {
            let of = |figure: &dyn Fn(&Lags) -> f64| median(rounds.iter().map(figure).collect());
            let [p50, p99, p999, max] = [0.5, 0.99, 0.999, 1.0].map(|share| of(&|lags| lags.quantile_us(share)));
            let cores = of(&|lags| lags.cores);
            println!("{rate:>8}  {name:<18} {p50:>9.1} {p99:>9.1} {p999:>9.1} {max:>9.1} {cores:>6.2}");
        }
    }
    ExitCode::SUCCESS
}

fn scenario(rate: u32, seconds: u32) -> Scenario {
    let text = format!(
        "about = \"pacing\"\n[load.open]\nrate = {rate}\nduration = \"{seconds}s\"\nconnections = 500\n\
         [promises]\ncheck = [\"no-duplicates\"]\n"
    );
    let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
    parse("pacing", &text, None, &designs).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn by_engine(target: &Target, scenario: &Scenario, plan: &Plan, pacer: Pacer) -> Lags {
    let driving = Driving { pacer: Some(pacer), threads: Some(1) };
    let (design, prefix) = (Design::ZsetSeq, "bench:".to_owned());
    let setup = CellSetup { scenario, design, plan, endpoint: target.endpoint(), clock: None, prefix, driving };
    let recorded = run_cell(&setup, &Control::default()).expect("a cell");
    let history = recorded.history;
    let joins = history.records.rows().filter(|row| row.kind() == OpKind::Join && row.phase() == Phase::Load);
    let lags_ns = joins.map(|row| row.sent_ns() - row.intended_ns().expect("an open loop plans")).collect();
    let (begin_ns, end_ns) = history.header.load_ns.expect("a load");
    let cpu_ns = history.header.server.expect("a complete cell").client_cpu_ns;
    sorted(lags_ns, cpu_ns as f64 / (end_ns - begin_ns) as f64)
}

/// The same times, and a task for each connection that does nothing else: what the timer of the runtime can do at best.
fn by_tokio(runtime: &tokio::runtime::Runtime, plan: &Plan) -> Lags {
    let began = tokio::time::Instant::now();
    let cpu_before = thread_cpu();
    let lags_ns = tokio::task::LocalSet::new().block_on(runtime, async {
        let mut tasks = Vec::new();
        for client in &plan.clients {
            let Program::Steps { load, .. } = &client.program else { continue };
            let times: Vec<u64> = load
                .iter()
                .filter_map(|step| match step.when {
                    When::At(at_ns) => Some(at_ns),
                    _ => None,
                })
                .collect();
            tasks.push(tokio::task::spawn_local(async move {
                let mut lags_ns = Vec::with_capacity(times.len());
                for at_ns in times {
                    let due = began + Duration::from_nanos(at_ns);
                    tokio::time::sleep_until(due).await;
                    lags_ns.push(Instant::now().duration_since(due.into_std()).as_nanos() as u64);
                }
                lags_ns
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.expect("a task that only sleeps"));
        }
        all
    });
    let cores = (thread_cpu() - cpu_before).as_secs_f64() / began.elapsed().as_secs_f64();
    sorted(lags_ns, cores)
}

fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn sorted(mut lags_ns: Vec<u64>, cores: f64) -> Lags {
    lags_ns.sort_unstable();
    Lags { lags_ns, cores }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
