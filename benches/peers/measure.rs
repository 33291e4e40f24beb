//! One run of one contender, in a child process.

use std::process::Stdio;
use std::time::Duration;

use super::contender::{Contender, Peer, PeerKind};
use super::ours::{Ours, Task, Told};
use super::request::{Way, Workload};
use super::result::Row;
use super::server::Server;
use super::{cpu, output, server_count};

/// What is to be run.
pub struct Run<'r> {
    pub contender: &'r Contender,
    pub workload: Workload,
    pub way: Way,
    pub requests: u64,
    pub seed: u64,
}

/// What a contender said of itself.
struct Said {
    ops_per_s: Option<f64>,
    /// Why that is no measurement.
    objection: Option<String>,
    told: Option<Told>,
}

/// Empties the server, lets the contender run, and looks at what the server counted.
pub fn measure(server: &Server, run: &Run<'_>) -> Result<Row, String> {
    let url = server.url(run.way).ok_or(format!("this server has no address for {}", run.way.name()))?;
    server.prepare()?;
    let cpu_before = cpu::of_children()?;
    let said = match run.contender {
        Contender::Peer(peer) => run_peer(peer, run, &url)?,
        Contender::Ours(ours) => run_ours(*ours, run, &url)?,
    };
    let cpu: Duration = cpu::of_children()? - cpu_before;
    let info = server.info()?;
    let counted = server_count::counted(&info, run.workload.command());
    let greetings = said.told.as_ref().map_or(0, |told| told.refused_greetings);
    let error_replies = server_count::error_replies(&info).saturating_sub(greetings);
    let objection = said.objection.or_else(|| server_count::objection(run.requests, counted, error_replies));
    let per_op = |us: f64| us / run.requests as f64;
    Ok(Row {
        contender: run.contender.name().to_owned(),
        workload: run.workload,
        way: run.way,
        ops_per_s: said.ops_per_s,
        cpu_us_per_op: per_op(cpu.as_secs_f64() * 1e6),
        load_thread_cpu_us_per_op: said.told.as_ref().map(|told| per_op(told.load_cpu_us)),
        service_p50_us: said.told.as_ref().and_then(|told| told.p50_us),
        service_p99_us: said.told.as_ref().and_then(|told| told.p99_us),
        objection,
    })
}

/// Its output and, of a failure, what it said last. An exit code other than 0 is an objection and not the end of the
/// comparison: the other contenders still count.
fn output_of(mut command: std::process::Command, name: &str) -> Result<(String, Option<String>), String> {
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("{name} cannot be started: {error}"))?;
    let stderr = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    let stdout = String::from_utf8_lossy(&done.stdout).into_owned();
    let last = |text: &str| text.lines().next_back().unwrap_or_default().chars().take(200).collect::<String>();
    let objection = if !done.status.success() {
        Some(format!("{name} ended with {}: {}", done.status, last(if stderr.is_empty() { &stdout } else { &stderr })))
    } else {
        output::error_line(&stdout).or_else(|| output::error_line(&stderr)).map(str::to_owned)
    };
    Ok((stdout, objection))
}

fn run_peer(peer: &Peer, run: &Run<'_>, url: &str) -> Result<Said, String> {
    let report = tempfile::NamedTempFile::new().map_err(|error| format!("no temporary file can be made: {error}"))?;
    let command = peer.command(run.workload, url, run.requests, report.path())?;
    let (stdout, objection) = output_of(command, peer.name())?;
    let rate = match peer.kind() {
        PeerKind::RedisBenchmark(_) => output::csv_ops_per_s(&stdout),
        PeerKind::Memtier => {
            let text = fs_err::read_to_string(report.path()).map_err(|error| error.to_string())?;
            output::json_ops_per_s(&text)
        }
    };
    let (ops_per_s, unread) = match rate {
        Ok(rate) => (Some(rate), None),
        Err(error) => (None, Some(error)),
    };
    Ok(Said { ops_per_s, objection: objection.or(unread), told: None })
}

fn run_ours(ours: Ours, run: &Run<'_>, url: &str) -> Result<Said, String> {
    let task = Task { ours, workload: run.workload, url: url.to_owned(), requests: run.requests, seed: run.seed };
    let (stdout, objection) = output_of(task.command()?, ours.name())?;
    if objection.is_some() {
        return Ok(Said { ops_per_s: None, objection, told: None });
    }
    let told: Told = serde_json::from_str(stdout.trim())
        .map_err(|error| format!("{} did not say how its run went: {error}", ours.name()))?;
    let asked = run.requests;
    let wrong = |what: &str, count: Option<u64>| {
        count.filter(|count| *count != asked).map(|count| format!("{count} {what}, asked were {asked}"))
    };
    let objection = told.error.clone();
    let objection = objection.or_else(|| wrong("requests were answered", Some(told.answered)));
    let objection = objection.or_else(|| wrong("requests were recorded", told.records));
    let objection = objection.or_else(|| wrong("requests were timed", told.timed));
    Ok(Said { ops_per_s: Some(told.answered as f64 / told.load_s), objection, told: Some(told) })
}
