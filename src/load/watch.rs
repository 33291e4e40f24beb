//! What is looked at from the begin of a load to its end, beside the load itself: the machine, and the server.

use super::driving::Driven;
use super::machine::Machine;
use super::sampler::Sampler;
use super::usage::Usage;
use crate::history::{LoadFacts, MachineFacts, ServerSeries};
use crate::model::LoadKind;
use crate::plan::{Plan, Program, nanos};
use crate::scenario::{Load, Scenario};
use crate::target::Endpoint;
use crate::wire::Clock;

/// A watch over a load that goes on.
pub(super) struct Watch {
    sampler: Sampler,
    machine: Option<Machine>,
    server_is_here: bool,
}

/// What was seen.
pub(super) struct Watched {
    pub(super) machine: Option<MachineFacts>,
    pub(super) series: ServerSeries,
}

impl Watch {
    /// Begins, just before the load does.
    pub(super) async fn begin(endpoint: &Endpoint, clock: Clock) -> Watch {
        let sampler = Sampler::start(endpoint, clock).await;
        Watch { sampler, machine: Machine::look(), server_is_here: endpoint.is_here() }
    }

    /// The load is over.
    pub(super) async fn end(self) -> Watched {
        let machine = (self.machine, Machine::look());
        watched(machine, self.server_is_here, self.sampler.end().await)
    }

    /// The load was cut short.
    pub(super) fn cut_short(self) -> Watched {
        let machine = (self.machine, Machine::look());
        watched(machine, self.server_is_here, self.sampler.cut_short())
    }
}

fn watched(machine: (Option<Machine>, Option<Machine>), server_is_here: bool, series: ServerSeries) -> Watched {
    let server_ns = if server_is_here { server_cpu_ns(&series) } else { Some(0) };
    Watched { machine: machine.0.zip(machine.1).map(|(before, after)| after.since(&before, server_ns)), series }
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
pub(super) fn load_facts(
    scenario: &Scenario,
    plan: &Plan,
    driven: Driven,
    usage: Usage,
    machine: Option<MachineFacts>,
) -> LoadFacts {
    let joining = plan.clients.iter().filter(|client| matches!(client.program, Program::Steps { .. })).count();
    let (kind, changes_until_ns) = match &scenario.load {
        // Bursts, and the arrivals of a file, change it to the end.
        Load::Open(load) if load.burst.is_some() => (LoadKind::Open, nanos(load.duration)),
        Load::Replay(load) => (LoadKind::Open, nanos(load.duration())),
        Load::Open(load) if load.from_per_s != load.rate_per_s => (LoadKind::Open, nanos(load.ramp.min(load.duration))),
        Load::Open(_) => (LoadKind::Open, 0),
        Load::Closed(_) => (LoadKind::Closed, 0),
        Load::Flood(_) => (LoadKind::Flood, 0),
        // Executed command by command, and never by this room.
        Load::Schedule(_) => (LoadKind::Closed, 0),
    };
    LoadFacts {
        kind,
        pacer: driven.pacer,
        threads: driven.threads,
        connections: u32::try_from(joining).unwrap_or(u32::MAX),
        spun_ns: usage.spun_ns,
        run_queue_ns: usage.run_queue_ns,
        machine,
        changes_until_ns,
        virtual_time: false,
    }
}
