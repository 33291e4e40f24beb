//! Whether the generator itself was the limit: then the figures say nothing about the queue.
//!
//! A request that leaves late has one of two causes. Its connection was still waiting for an earlier
//! reply: the queue is slow, and the lateness belongs into the figures. Or the connection was free and
//! the generator had not come round to it: that is the generator's **own lag**. Clients are sequential,
//! so a history tells the two apart: own lag runs from the time when the request was due *and* its
//! client free.
//!
//! The gates, for an open loop (a closed loop offers what it gets, so it is never saturated, though it may
//! be bound by its own CPU, which is noted):
//!
//! | gate | saturated when |
//! |---|---|
//! | lag | achieved < [`ACHIEVED_SHARE_MIN`] of offered, and own lag makes up [`OWN_LAG_SHARE_MAX`] of the response time of joins or more |
//! | CPU | more than [`CLIENT_CPU_CORES_MAX`] of its core used, and either achieved < [`ACHIEVED_SHARE_MIN`] of offered, or own lag as above |
//!
//! CPU alone is no gate: a pacer that spins until the next request is due uses its whole core by design.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::latency::{Group, Samples, answered};
use super::throughput::load_s;
use super::{Clock, GeneratorHealth, Throughput};
use crate::history::History;
use crate::model::{ClientId, OpId, OpKind, Outcome, Phase, Refusal};

/// An open loop that got less than this share of what it offered did not keep its rate.
pub const ACHIEVED_SHARE_MIN: f64 = 0.95;

/// Response times that consist of own lag to this share describe the generator.
pub const OWN_LAG_SHARE_MAX: f64 = 0.5;

/// A single-threaded generator that uses more of its core has no room left.
pub const CLIENT_CPU_CORES_MAX: f64 = 0.9;

/// The generator's figures and the verdict on it.
pub(super) fn generator(
    history: &History,
    latency: &BTreeMap<Group, Samples>,
    throughput: &Throughput,
) -> GeneratorHealth {
    let mut reasons = BTreeMap::new();
    let client_cpu_cores = match client_cpu_cores(history) {
        Ok(cores) => Some(cores),
        Err(why) => {
            reasons.insert("client_cpu_cores".to_owned(), why.to_owned());
            None
        }
    };
    let lag = latency.get(&(OpKind::Join, Phase::Load, Clock::SendLag));
    if lag.is_none() {
        let why = "no answered join of the load phase has an intended time";
        reasons.insert("send_lag".to_owned(), why.to_owned());
    }
    let response = latency.get(&(OpKind::Join, Phase::Load, Clock::Response));
    let evidence = Evidence {
        offered_per_s: throughput.offered_per_s,
        achieved_per_s: throughput.achieved_per_s.unwrap_or(0.0),
        cpu_cores: client_cpu_cores,
        own_lag_share: share(own_lag_sum_ns(history), response.map_or(0, |response| response.sum_ns)),
    };
    let (unknown, refused) = unanswered(history);
    GeneratorHealth {
        client_cpu_cores,
        send_lag_p50_us: lag.map(|lag| lag.quantile_us(0.5)),
        send_lag_p99_us: lag.map(|lag| lag.quantile_us(0.99)),
        unknown,
        refused,
        saturated: evidence.saturated(),
        note: evidence.note(),
        reasons,
    }
}

/// What the gates look at.
struct Evidence {
    /// `None`: a closed loop.
    offered_per_s: Option<f64>,
    achieved_per_s: f64,
    cpu_cores: Option<f64>,
    /// Share of the response time of joins that is the generator's own lag.
    own_lag_share: f64,
}

impl Evidence {
    fn behind(&self) -> bool {
        self.offered_per_s.is_some_and(|offered| self.achieved_per_s < ACHIEVED_SHARE_MIN * offered)
    }

    fn late(&self) -> bool {
        self.own_lag_share >= OWN_LAG_SHARE_MAX
    }

    fn busy(&self) -> bool {
        self.cpu_cores.is_some_and(|cores| cores > CLIENT_CPU_CORES_MAX)
    }

    /// The rates, in words.
    fn rates(&self) -> String {
        let offered = self.offered_per_s.unwrap_or(0.0);
        format!("{:.0} of {offered:.0} joins/s achieved", self.achieved_per_s)
    }

    fn cpu_percent(&self) -> f64 {
        self.cpu_cores.unwrap_or(0.0) * 100.0
    }

    fn saturated(&self) -> Option<String> {
        self.offered_per_s?;
        let lag = self.own_lag_share * 100.0;
        if self.busy() && (self.behind() || self.late()) {
            let (rates, cpu) = (self.rates(), self.cpu_percent());
            return Some(format!(
                "the generator used {cpu:.0} % of its core ({rates}, {lag:.0} % of the response time is its own lag); \
                 lower the rate or give it a faster machine"
            ));
        }
        (self.behind() && self.late()).then(|| {
            format!(
                "the generator sent late although its connections were free ({}, {lag:.0} % of the response time is \
                 its own lag); lower the rate or leave it a core of its own",
                self.rates()
            )
        })
    }

    fn note(&self) -> Option<String> {
        if self.saturated().is_some() {
            return None;
        }
        if self.offered_per_s.is_none() {
            return self.busy().then(|| {
                let cpu = self.cpu_percent();
                format!("closed loop bound by its own CPU ({cpu:.0} % of a core): the queue may be faster than shown")
            });
        }
        if self.behind() {
            return Some(format!(
                "{}, while the connections waited for replies: the queue, the number of connections or a busy machine was the limit",
                self.rates()
            ));
        }
        self.late().then(|| {
            format!(
                "{:.0} % of the response time of joins is the generator's own lag: the service time says more of the \
                 queue",
                self.own_lag_share * 100.0
            )
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than three digits")]
fn share(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
fn client_cpu_cores(history: &History) -> Result<f64, &'static str> {
    let server = history.header.server.as_ref().ok_or("the history does not say what CPU time its client used")?;
    Ok(server.client_cpu_ns as f64 / 1e9 / load_s(history)?)
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
