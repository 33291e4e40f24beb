//! What is looked at from the begin of a load to its end, beside the load itself: the machine, and the server.

use super::clock::RunClock;
use super::machine::{Machine, run_queue_ns};
use super::sampler::Sampler;
use crate::history::{LoadFacts, MachineFacts, ServerSeries};
use crate::model::{LoadKind, Pacer};
use crate::plan::{Plan, Program, nanos};
use crate::scenario::{Load, Scenario};
use crate::target::Endpoint;

/// A watch over a load that goes on.
pub(super) struct Watch {
    sampler: Sampler,
    machine: Option<Machine>,
    run_queue_ns: Option<u64>,
    server_is_here: bool,
}

/// What was seen.
pub(super) struct Watched {
    pub(super) run_queue_ns: Option<u64>,
    pub(super) machine: Option<MachineFacts>,
    pub(super) series: ServerSeries,
}

impl Watch {
    /// Begins; to be called by the thread that drives the load, just before it begins.
    pub(super) async fn begin(endpoint: &Endpoint, clock: RunClock) -> Watch {
        let sampler = Sampler::start(endpoint, clock).await;
        Watch { sampler, machine: Machine::look(), run_queue_ns: run_queue_ns(), server_is_here: endpoint.is_here() }
    }

    /// The load is over. By the same thread.
    pub(super) async fn end(self) -> Watched {
        let (machine, waited_ns) = (Machine::look(), run_queue_ns());
        let (before, waited_before_ns, here) = (self.machine, self.run_queue_ns, self.server_is_here);
        watched((before, machine), (waited_before_ns, waited_ns), here, self.sampler.end().await)
    }

    /// The load was cut short. By the same thread.
    pub(super) fn cut_short(self) -> Watched {
        let (machine, waited_ns) = (Machine::look(), run_queue_ns());
        let (before, waited_before_ns, here) = (self.machine, self.run_queue_ns, self.server_is_here);
        watched((before, machine), (waited_before_ns, waited_ns), here, self.sampler.cut_short())
    }
}

fn watched(
    machine: (Option<Machine>, Option<Machine>),
    waited_ns: (Option<u64>, Option<u64>),
    server_is_here: bool,
    series: ServerSeries,
) -> Watched {
    let server_ns = if server_is_here { server_cpu_ns(&series) } else { Some(0) };
    Watched {
        run_queue_ns: waited_ns.0.zip(waited_ns.1).map(|(before, after)| after.saturating_sub(before)),
        machine: machine.0.zip(machine.1).map(|(before, after)| after.since(&before, server_ns)),
        series,
    }
}

/// What the server took over the load; `None` where its samples do not reach from the begin to the end.
fn server_cpu_ns(series: &ServerSeries) -> Option<u64> {
    if series.reasons.contains_key("samples") {
        return None;
    }
    let [first, .., last] = series.samples.as_slice() else { return None };
    last.cpu_ns.checked_sub(first.cpu_ns)
}

/// What is saved of how the load was driven.
pub(super) fn load_facts(scenario: &Scenario, plan: &Plan, watched: &Watched) -> LoadFacts {
    let joining = plan.clients.iter().filter(|client| matches!(client.program, Program::Steps { .. })).count();
    let (kind, changes_until_ns) = match &scenario.load {
        Load::Open(load) if load.from_per_s != load.rate_per_s => (LoadKind::Open, nanos(load.ramp.min(load.duration))),
        Load::Open(_) => (LoadKind::Open, 0),
        Load::Closed(_) => (LoadKind::Closed, 0),
        Load::Flood(_) => (LoadKind::Flood, 0),
    };
    LoadFacts {
        kind,
        pacer: Pacer::Hybrid,
        threads: 1,
        connections: u32::try_from(joining).unwrap_or(u32::MAX),
        spun_ns: 0,
        run_queue_ns: watched.run_queue_ns,
        machine: watched.machine.clone(),
        changes_until_ns,
    }
}
