//! The generator's own figures, and whether it was the limit itself.
//!
//! A request that leaves late has one of two causes. Its connection was still waiting for an earlier
//! reply: the queue is slow, and the lateness belongs into the figures. Or the connection was free and
//! the generator had not come round to it: that is the generator's **own lag**. Clients are sequential,
//! so a history tells the two apart: own lag runs from the time when the request was due *and* its
//! client free. What follows from the figures stands in `gates`.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::gates::Evidence;
use super::latency::{Group, Samples, answered};
use super::machine::machine;
use super::throughput::load_s;
use super::{Clock, Driver, GeneratorHealth, Throughput};
use crate::history::History;
use crate::model::{ClientId, OpId, OpKind, Outcome, Phase, Refusal};

/// The generator's figures and the verdict on it.
pub(super) fn generator(
    history: &History,
    latency: &BTreeMap<Group, Samples>,
    throughput: &Throughput,
) -> GeneratorHealth {
    let mut reasons = BTreeMap::new();
    let mut told = |name: &str, figure: Result<f64, &'static str>| {
        figure.map_err(|why| reasons.insert(name.to_owned(), why.to_owned())).ok()
    };
    let load = history.header.load.as_ref();
    let client_cpu_cores = told("client_cpu_cores", cpu_cores(history, 0));
    let spun_ns = load.map(|load| load.spun_ns).ok_or("the history does not say what its pacer spun");
    let working_cpu_cores = told("working_cpu_cores", spun_ns.and_then(|spun_ns| cpu_cores(history, spun_ns)));
    let lag = latency.get(&(OpKind::Join, Phase::Load, Clock::SendLag));
    let response = latency.get(&(OpKind::Join, Phase::Load, Clock::Response));
    let no_joins = "no answered join of the load phase has an intended time";
    let own_lag_share =
        told("own_lag_share", response.ok_or(no_joins).map(|response| share(own_lag_sum_ns(history), response.sum_ns)));
    if lag.is_none() {
        reasons.insert("send_lag".to_owned(), no_joins.to_owned());
    }
    if load.is_none() {
        reasons.insert("driver".to_owned(), "the history does not say how its load was driven".to_owned());
    }
    let machine = machine(history);
    let driver = load.map(|load| Driver {
        kind: load.kind,
        pacer: load.pacer,
        threads: load.threads,
        connections: load.connections,
    });
    let evidence = Evidence {
        offered_per_s: throughput.offered_per_s,
        achieved_per_s: throughput.achieved_per_s.unwrap_or(0.0),
        threads: f64::from(driver.as_ref().map_or(1, |driver| driver.threads.max(1))),
        working_cores: working_cpu_cores.or(client_cpu_cores),
        spins: load.is_some_and(|load| load.spun_ns > 0),
        own_lag_share: own_lag_share.unwrap_or(0.0),
        carried_per_s: throughput.offered_per_s.and_then(|_| carried_per_s(history)),
        machine: &machine,
    };
    let (unknown, refused) = unanswered(history);
    let (saturated, disturbed) = (evidence.saturated(), evidence.disturbed());
    let (undelivered, note) = (evidence.undelivered(), evidence.note());
    GeneratorHealth {
        client_cpu_cores,
        working_cpu_cores,
        driver,
        own_lag_share,
        send_lag_p50_us: lag.map(|lag| lag.quantile_us(0.5)),
        send_lag_p99_us: lag.map(|lag| lag.quantile_us(0.99)),
        unknown,
        refused,
        saturated,
        disturbed,
        undelivered,
        note,
        machine,
        reasons,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than three digits")]
fn share(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Cores that the generator used, less what it spun.
#[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
fn cpu_cores(history: &History, spun_ns: u64) -> Result<f64, &'static str> {
    let server = history.header.server.as_ref().ok_or("the history does not say what CPU time its client used")?;
    Ok(server.client_cpu_ns.saturating_sub(spun_ns) as f64 / 1e9 / load_s(history)?)
}

/// Joins per second that the connections could have carried at most, had each operation taken what it took in the
/// median: a connection takes one at a time (Little's law). Other operations of the joining clients count with their
/// joins. `None`: no join was answered.
///
/// The median, since a stall of the server is no lack of connections.
fn carried_per_s(history: &History) -> Option<f64> {
    let load = || history.records.rows().filter(|row| row.phase() == Phase::Load && row.intended_ns().is_some());
    let mut joins = 0_u64;
    let mut clients: HashSet<ClientId> = HashSet::new();
    for join in load().filter(|row| row.kind() == OpKind::Join && row.attempt() == 0) {
        joins += 1;
        clients.insert(join.client());
    }
    let (mut operations, mut service) = (0_u64, Samples::default());
    for row in load().filter(|row| clients.contains(&row.client())) {
        operations += 1;
        if let Some(ns) = row.returned_ns().and_then(|returned_ns| returned_ns.checked_sub(row.sent_ns())) {
            service.record(ns);
        }
    }
    let median_s = service.quantile_us(0.5) / 1e6;
    let operations_per_s = clients.len() as f64 / median_s;
    (median_s > 0.0 && operations > 0).then(|| operations_per_s * joins as f64 / operations as f64)
}

/// The own lag of the answered joins of the load phase, summed up, ns. A client whose last request got
/// no reply may have waited for its time-out: what follows it is left out.
fn own_lag_sum_ns(history: &History) -> u128 {
    // By client: when its last request was answered.
    let mut last: HashMap<ClientId, Option<u64>> = HashMap::new();
    let mut sum = 0;
    for record in history.records.rows() {
        let before = last.insert(record.client(), record.returned_ns());
        let join = record.kind() == OpKind::Join && record.phase() == Phase::Load;
        let Some(intended_ns) = record.intended_ns().filter(|_| join && record.attempt() == 0 && answered(&record))
        else {
            continue;
        };
        let free_ns = match before {
            None => 0,
            Some(before) => match before {
                // A client that sends before its last reply came does not wait for replies.
                Some(returned_ns) if returned_ns > record.sent_ns() => 0,
                Some(returned_ns) => returned_ns,
                None => continue,
            },
        };
        sum += u128::from(record.sent_ns().saturating_sub(intended_ns.max(free_ns)));
    }
    sum
}

/// Operations that were never answered: unknown, and refused.
fn unanswered(history: &History) -> (u64, u64) {
    /// The best that is known of an operation, worst first.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Known {
        NotOffered,
        Refused,
        Unknown,
        Answered,
    }
    let again: HashSet<OpId> =
        history.records.rows().filter(|record| record.attempt() > 0).map(|record| record.op()).collect();
    // Most operations have one attempt, and are counted as they come.
    let mut operations: HashMap<OpId, Known> = HashMap::new();
    let mut once = [0_u64; 2];
    for record in history.records.rows() {
        let known = match record.outcome() {
            Outcome::Refused(Refusal::NotOffered) => Known::NotOffered,
            Outcome::Refused(_) => Known::Refused,
            Outcome::Unknown(_) => Known::Unknown,
            _ => Known::Answered,
        };
        if !again.contains(&record.op()) {
            once[0] += u64::from(known == Known::Unknown);
            once[1] += u64::from(known == Known::Refused);
            continue;
        }
        operations.entry(record.op()).and_modify(|best| *best = known.max(*best)).or_insert(known);
    }
    let count = |wanted| operations.values().filter(|known| **known == wanted).count() as u64;
    (once[0] + count(Known::Unknown), once[1] + count(Known::Refused))
}
