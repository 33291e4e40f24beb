//! How a plan is driven: by how many threads, and how they wait.

use std::time::Duration;

use crate::model::Pacer;
use crate::plan::{Plan, Program, When};

/// Operations a second that one thread sends with room to spare.
const PER_THREAD_PER_S: f64 = 50_000.0;

/// How to drive a plan. What is `None` is chosen to suit plan and machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Driving {
    /// How the threads wait until an operation is due.
    pub pacer: Option<Pacer>,
    /// How many threads, at most one a connection.
    pub threads: Option<u32>,
}

/// How a plan will be driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Driven {
    pub(super) pacer: Pacer,
    pub(super) threads: u32,
}

impl Driven {
    /// One thread, since what it does in one moment has an order then; it waits for nothing but the server.
    pub(super) const ON_VIRTUAL_TIME: Driven = Driven { pacer: Pacer::Sleep, threads: 1 };
}

impl Driving {
    /// The choice, on a machine with so many cores. A server needs a core of its own, so one is left free where there are two.
    /// Spinning takes a core for the time that it lasts: with none to spare the pacer sleeps.
    pub(super) fn choose(self, plan: &Plan, cores: u32) -> Driven {
        let joining =
            plan.clients.iter().filter(|client| matches!(client.program, Program::Steps { .. })).count() as u32;
        let spare = cores.saturating_sub(1).max(1);
        let wanted = match offered_per_s(plan) {
            Some(rate_per_s) => (rate_per_s / PER_THREAD_PER_S).ceil() as u32,
            // A closed loop or a flood sends as fast as it can: two threads are more than one Redis can answer.
            None => 2,
        };
        let threads = self.threads.unwrap_or(wanted.min(spare)).clamp(1, joining.max(1));
        let pacer = self.pacer.unwrap_or(if threads < cores { Pacer::Hybrid } else { Pacer::Sleep });
        Driven { pacer, threads }
    }
}

/// Operations a second that are planned for a time; `None` where none are.
fn offered_per_s(plan: &Plan) -> Option<f64> {
    let (mut count, mut last_ns) = (0_u64, 0);
    for client in &plan.clients {
        let Program::Steps { load, .. } = &client.program else { continue };
        for step in load {
            if let When::At(at_ns) = step.when {
                count += 1;
                last_ns = last_ns.max(at_ns);
            }
        }
    }
    (count > 0).then(|| count as f64 / Duration::from_nanos(last_ns).as_secs_f64().max(1e-3))
}

/// The cores that this process may use.
pub(super) fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClientId, Operation};
    use crate::plan::{ClientPlan, Step, op_id};

    /// A plan of so many connections that send so many operations at this rate in all.
    fn plan(connections: u32, count: u64, rate_per_s: u64) -> Plan {
        let program = |client| {
            let steps = (0..count / u64::from(connections)).map(|number| Step {
                op: op_id(client, number),
                when: ((number + 1) * u64::from(connections) * 1_000_000_000)
                    .checked_div(rate_per_s)
                    .map_or(When::After(0), When::At),
                call: Operation::Stats,
            });
            Program::Steps { warm_up: Vec::new(), load: steps.collect() }
        };
        let clients = (0..connections).map(ClientId).map(|client| ClientPlan { client, program: program(client) });
        Plan {
            seed: 1,
            clients: clients.collect(),
            faults: Vec::new(),
            drop_reply: None,
            hold: None,
            crash: None,
            offered_joins_per_s: None,
            settle_ns: 0,
            skew_ns: 0,
            schedule: None,
            hash: String::new(),
        }
    }

    #[test]
    fn there_are_as_many_threads_as_the_rate_needs_and_one_core_is_left_for_the_server() {
        let threads = |plan: &Plan, cores| Driving::default().choose(plan, cores).threads;
        assert_eq!(threads(&plan(50, 10_000, 10_000), 16), 1);
        assert_eq!(threads(&plan(50, 10_000, 120_000), 16), 3);
        assert_eq!(threads(&plan(50, 10_000, 120_000), 2), 1);
        assert_eq!(threads(&plan(50, 10_000, 120_000), 1), 1);
        assert_eq!(threads(&plan(50, 10_000, 0), 16), 2, "a closed loop");
        assert_eq!(threads(&plan(1, 100, 0), 16), 1, "no thread without a connection");
    }

    #[test]
    fn whoever_has_no_core_to_spare_does_not_spin() {
        let pacer = |threads, cores| Driving { threads, pacer: None }.choose(&plan(50, 100, 1_000), cores).pacer;
        assert_eq!([pacer(None, 2), pacer(None, 1), pacer(Some(2), 2)], [Pacer::Hybrid, Pacer::Sleep, Pacer::Sleep]);
        let asked = Driving { pacer: Some(Pacer::Spin), threads: Some(200) }.choose(&plan(50, 100, 1_000), 2);
        assert_eq!(asked, Driven { pacer: Pacer::Spin, threads: 50 });
    }
}
