//! What the generator's machine did while the load went on, in shares and cores.

use std::collections::BTreeMap;

use super::MachineHealth;
use super::server_columns::server_cores;
use super::throughput::load_s;
use crate::history::{History, MachineFacts};

/// The kernel counts the time of its cores in ticks of 10 ms: in a shorter load they are a large part of it.
const ELAPSED_NS_MIN: u64 = 500_000_000;

/// The figures, each missing with a reason.
pub(super) fn machine(history: &History) -> MachineHealth {
    let mut reasons = BTreeMap::new();
    let mut told = |name: &str, figure: Result<f64, &'static str>| {
        figure.map_err(|why| reasons.insert(name.to_owned(), why.to_owned())).ok()
    };
    let facts = facts(history);
    let steal_share = told("steal_share", facts.map(|facts| facts.steal_ns as f64 / all_ns(facts)));
    let other_cores = told("other_cores", facts.and_then(other_cores));
    let idle_cores = told("idle_cores", facts.map(idle_cores));
    let run_queue_share = told("run_queue_share", run_queue_share(history));
    let server = server_cores(history).ok_or("the history does not say what CPU time the server used");
    let server_cores = told("server_cores", server);
    let cores = facts.ok().map(|facts| facts.cores);
    if cores.is_none() {
        let why = facts.err().unwrap_or_default();
        reasons.insert("cores".to_owned(), why.to_owned());
    }
    MachineHealth { cores, steal_share, other_cores, idle_cores, run_queue_share, server_cores, reasons }
}

/// What was recorded of the machine, if it says enough.
fn facts(history: &History) -> Result<&MachineFacts, &'static str> {
    let load = history.header.load.as_ref().ok_or("the history does not say what its machine did")?;
    let facts = load.machine.as_ref().ok_or("the system of the generator does not tell (it is told by Linux)")?;
    match facts {
        MachineFacts { cores: 0, .. } => Err("the history names no cores"),
        MachineFacts { elapsed_ns: ..ELAPSED_NS_MIN, .. } => {
            Err("the load was shorter than 0.5 s, and the kernel counts in steps of 10 ms")
        }
        facts => Ok(facts),
    }
}

/// The time of all cores, ns.
fn all_ns(facts: &MachineFacts) -> f64 {
    f64::from(facts.cores) * facts.elapsed_ns as f64
}

/// Cores that neither the generator nor the server used.
fn other_cores(facts: &MachineFacts) -> Result<f64, &'static str> {
    let server_ns = facts.server_ns.ok_or("the server did not say what CPU time it used")?;
    let ours_ns = facts.generator_ns.saturating_add(server_ns);
    Ok(facts.busy_ns.saturating_sub(ours_ns) as f64 / facts.elapsed_ns as f64)
}

/// Cores that nobody used, on this machine or on others that share it.
fn idle_cores(facts: &MachineFacts) -> f64 {
    let taken_ns = facts.busy_ns.saturating_add(facts.steal_ns) as f64;
    ((all_ns(facts) - taken_ns) / facts.elapsed_ns as f64).max(0.0)
}

/// How long the generator's threads waited for a core, as a share of the load.
fn run_queue_share(history: &History) -> Result<f64, &'static str> {
    let load = history.header.load.as_ref().ok_or("the history does not say what its generator waited for")?;
    let waited_ns = load.run_queue_ns.ok_or("the system of the generator does not tell (it is told by Linux)")?;
    Ok(waited_ns as f64 / 1e9 / load_s(history)? / f64::from(load.threads.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{LoadFacts, ServerSample, ServerSeries};
    use crate::measure::samples::{history, load_facts};
    use crate::model::LoadKind;

    const S: u64 = 1_000_000_000;

    fn facts() -> MachineFacts {
        MachineFacts {
            cores: 4,
            elapsed_ns: 2 * S,
            steal_ns: S / 5,
            busy_ns: 5 * S,
            generator_ns: 2 * S,
            server_ns: Some(S),
        }
    }

    fn measured(machine: Option<MachineFacts>, run_queue_ns: Option<u64>) -> MachineHealth {
        let mut history = history();
        history.header.load_ns = Some((S, 3 * S));
        history.header.load = Some(LoadFacts { machine, run_queue_ns, threads: 2, ..load_facts(LoadKind::Open) });
        super::machine(&history)
    }

    #[test]
    fn time_is_shared_out_among_generator_server_and_others() {
        let health = measured(Some(facts()), Some(S));
        let close =
            |figure: Option<f64>, expected: f64| assert!((figure.unwrap() - expected).abs() < 1e-9, "{health:?}");
        close(health.steal_share, 0.025);
        close(health.other_cores, 1.0);
        close(health.idle_cores, 4.0 - 2.5 - 0.1);
        close(health.run_queue_share, 0.25);
        assert_eq!(health.reasons.keys().collect::<Vec<_>>(), ["server_cores"]);
    }

    #[test]
    fn ticks_that_do_not_add_up_give_no_negative_figures() {
        let health = measured(Some(MachineFacts { busy_ns: 9 * S, generator_ns: 12 * S, ..facts() }), None);
        assert_eq!((health.other_cores, health.idle_cores), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn a_figure_that_cannot_be_told_says_why() {
        let short = measured(Some(MachineFacts { elapsed_ns: S / 2 - 1, ..facts() }), None);
        assert!(short.steal_share.is_none() && short.reasons["other_cores"].contains("shorter than 0.5 s"));
        let silent = measured(Some(MachineFacts { server_ns: None, ..facts() }), Some(0));
        assert!(silent.steal_share.is_some() && silent.reasons["other_cores"].contains("did not say"));
        let elsewhere = measured(None, None);
        assert_eq!(elsewhere.reasons.len(), 6, "{elsewhere:?}");
        let foreign = super::machine(&history());
        assert_eq!(foreign.reasons.len(), 6, "{foreign:?}");
    }

    #[test]
    fn the_servers_cores_come_from_its_own_samples() {
        let mut history = history();
        let sample = |at_ns, cpu_ns| ServerSample { at_ns, cpu_ns, ..ServerSample::default() };
        history.header.server_series = Some(ServerSeries {
            samples: vec![sample(S, S), sample(2 * S, S), sample(3 * S, 2 * S)],
            ..ServerSeries::default()
        });
        assert_eq!(super::machine(&history).server_cores, Some(0.5));
    }
}
