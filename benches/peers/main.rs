//! The same requests through Stanchion and through its peers, in turn, on one server: operations a second, and the CPU
//! time that each costs the client. `docs/benchmarks.md` says how to run and read it.

mod contender;
mod cpu;
mod measure;
mod ours;
mod output;
mod request;
mod result;
mod server;
mod server_count;
mod statistics;

use std::io::Write as _;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::Parser;

use contender::{Contender, Peer};
use measure::Run;
use request::{Way, Workload};
use result::Results;
use server::Server;

/// Joins and SETs through Stanchion and its peers: throughput and client CPU.
#[derive(Parser)]
#[command(name = "peers")]
struct Arguments {
    /// Where to write the results as JSON.
    #[arg(long, value_name = "FILE", default_value = "target/peers.json")]
    json: Utf8PathBuf,
    /// Rounds: in each, every contender runs once for each workload. Default: 5, short 2.
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=1000))]
    rounds: Option<u32>,
    /// Requests of one run. Default: 300000, short 5000. A multiple of 50, since memtier_benchmark counts by connection.
    #[arg(long, value_parser = clap::value_parser!(u64).range(50..=10_000_000))]
    requests: Option<u64>,
    /// Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be one of Stanchion's contenders instead: a child of this program, described in JSON.
    #[arg(long, hide = true)]
    ours: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.ours {
        Some(described) => ours::run_and_tell(described),
        None => compare(&arguments),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(4)
        }
    }
}

fn compare(arguments: &Arguments) -> Result<ExitCode, String> {
    let short = std::env::var("STANCHION_BENCH_SHORT").is_ok_and(|value| !value.is_empty() && value != "0");
    let rounds = arguments.rounds.unwrap_or(if short { 2 } else { 5 });
    let requests = arguments.requests.unwrap_or(if short { 5_000 } else { 300_000 });
    if !requests.is_multiple_of(u64::from(request::CONNECTIONS)) {
        return Err(format!(
            "--requests {requests} is no multiple of {}, and memtier_benchmark counts by connection: choose another",
            request::CONNECTIONS
        ));
    }
    let server = Server::start()?;
    eprintln!("measuring on {}", server.shown());
    let (peers, missing) = Peer::found();
    for name in &missing {
        eprintln!("{name} was not found on the PATH: it is left out");
    }
    let contenders: Vec<Contender> =
        peers.into_iter().map(Contender::Peer).chain(ours::Ours::ALL.map(Contender::Ours)).collect();
    let ways = server.ways();
    if !ways.contains(&Way::Unix) {
        eprintln!("this server has no unix socket: only TCP is measured");
    }

    let mut results = Results::new(&server, rounds, requests, missing);
    for round in 0..rounds as usize {
        for &way in &ways {
            for workload in Workload::ALL {
                // Each contender comes first, second, … in turn: whatever drifts meets all of them alike.
                for place in 0..contenders.len() {
                    let contender = &contenders[(place + round) % contenders.len()];
                    let run = Run { contender, workload, way, requests, seed: round as u64 };
                    let row = measure::measure(&server, &run)?;
                    eprintln!("round {} of {rounds}: {}", round + 1, row.shown());
                    results.add(row);
                }
            }
        }
    }
    server.flush()?;
    write!(std::io::stdout(), "{}", results.table())
        .map_err(|error| format!("the table cannot be written: {error}"))?;
    results.save(&arguments.json)?;
    eprintln!("all runs are in {}", arguments.json);
    // A row that says that it is no measurement must not look like a success.
    Ok(if results.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
