//! From what the file says to what it means: defaults filled in, scale applied.
//!
//! What could not be read was already noted as a problem, so the scenario built here is then thrown away:
//! stand-ins for broken values never leave the room.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::collection::Names;
use super::name::{Choice, FloodKey};
use super::quantity::Count;
use super::raw::{RawBurst, RawLoad, RawOpen, RawPolling, RawScenario, RawShare};
use super::resolved::{
    Admissions, Arrivals, Burst, BurstHeight, Cleanup, Clock, ClosedLoad, Fault, FloodLoad, Group, Limit, Load,
    OpenLoad, Percentile, Polling, Repeats, ReplayLoad, Scenario, ScheduleLoad, Share, Ttl,
};
use super::toml_table::Field;
use crate::model::{Dedupe, OpKind, PositionTolerance};

const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: u16 = 3;
const CONNECTIONS: u32 = 50;
const TOLERANCE: Duration = Duration::from_millis(50);
const SWEEP_EVERY: Duration = Duration::from_millis(100);

/// The multiplier of counts and rates.
#[derive(Clone, Copy)]
struct Scale(f64);

impl Scale {
    /// At least 1: a scenario is made smaller, not empty.
    fn count(self, count: u64) -> u64 {
        // Saturating, which the limit on joins then reports.
        ((count as f64 * self.0).round() as u64).max(1)
    }

    fn count32(self, count: u64) -> u32 {
        narrow(self.count(count))
    }

    /// At least 1 per second, unless the file itself says less.
    fn rate(self, rate_per_s: f64) -> f64 {
        (rate_per_s * self.0).max(rate_per_s.min(1.0))
    }
}

/// Counts are bounded far below 2^32 when they are read; only a scale can lift them above it.
fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What a scenario file means; `stem` names it unless it names itself.
/// `beside` is what the files hold that lie beside it.
pub(super) fn resolve(
    raw: &RawScenario,
    stem: &str,
    text: &str,
    scale: Option<f64>,
    known: &[&str],
    beside: FilesBeside,
) -> Scenario {
    let factor = scale.or(raw.scale.value().map(|scale| scale.0)).unwrap_or(1.0);
    let scale = Scale(factor);
    Scenario {
        name: raw.name.value().map_or_else(|| stem.to_owned(), |name| name.0.clone()),
        about: raw.about.value().map(|about| about.0.clone()).unwrap_or_default(),
        text: text.to_owned(),
        path: None,
        designs: match raw.designs.value() {
            Some(names) => names.items.iter().map(|name| name.value.0.clone()).collect(),
            None => known.iter().map(|name| (*name).to_owned()).collect(),
        },
        scale: factor,
        dedupe: raw.dedupe.value().map_or(Dedupe::User, |choice| choice.0),
        load: load(raw.load.value(), raw, scale, beside),
        repeat: share(&raw.repeat).map(|Share { share, after }| Repeats { share, after }),
        poll: polling(&raw.poll),
        leave: share(&raw.leave),
        renew: polling(&raw.renew),
        rejoin: share(&raw.rejoin),
        entries: share(&raw.entries),
        stats_every: raw.stats_every.value().map(|every| every.0),
        admit: admissions(raw, scale),
        clock: raw.clock.value().map_or_else(Clock::default, |clock| Clock {
            is_virtual: clock.r#virtual.value().copied().unwrap_or(false),
            skew: clock.skew.value().map_or(Duration::ZERO, |skew| skew.0),
        }),
        ttl: raw.ttl.value().and_then(|ttl| {
            Some(Ttl {
                after: ttl.after.value()?.0,
                tolerance: ttl.tolerance.value().map_or(TOLERANCE, |tolerance| tolerance.0),
                sweep_every: ttl.sweep_every.value().map_or(SWEEP_EVERY, |every| every.0),
            })
        }),
        cleanup: raw.cleanup.value().and_then(|cleanup| {
            Some(Cleanup {
                older_than: cleanup.older_than.value()?.0,
                every: cleanup.every.value()?.0,
                tolerance: cleanup.tolerance.value().map_or(TOLERANCE, |tolerance| tolerance.0),
            })
        }),
        settle: raw.settle.value().map_or(Duration::ZERO, |settle| settle.0),
        warm_up_joins: raw.warm_up_joins.value().map_or(0, |count| count.0),
        timeout: raw.timeout.value().map_or(TIMEOUT, |timeout| timeout.0),
        attempts: raw.attempts.value().map_or(ATTEMPTS, |count| u16::try_from(count.0).unwrap_or(u16::MAX)),
        promises: raw
            .promises
            .value()
            .and_then(|promises| promises.check.value())
            .map(|check| check.items.iter().map(|promise| promise.value.0).collect())
            .unwrap_or_default(),
        position_tolerance: position_tolerance(raw),
        limits: limits(raw),
        expect: expectations(raw),
        faults: faults(raw),
    }
}

/// What files hold that lie beside a scenario; what could not be read was noted, and is missing here.
#[derive(Default)]
pub(super) struct FilesBeside {
    /// The times of a replay.
    pub arrivals: Option<Arc<[u64]>>,
    /// A schedule.
    pub schedule: Option<ScheduleLoad>,
}

fn load(raw: Option<&RawLoad>, scenario: &RawScenario, scale: Scale, beside: FilesBeside) -> Load {
    if let Some(schedule) = beside.schedule {
        return Load::Schedule(schedule);
    }
    if let Some(closed) = raw.and_then(|raw| raw.closed.value()) {
        let groups = scenario.population.value().map(|groups| groups.entries.as_slice()).unwrap_or_default();
        return Load::Closed(ClosedLoad {
            clients: closed.clients.value().map_or(1, |clients| narrow(clients.0)),
            groups: groups
                .iter()
                .map(|(name, group)| Group {
                    name: name.value.0.clone(),
                    users: group.users.value().map_or(1, |users| scale.count(users.0)),
                    tokens_per_user: group.tokens_per_user.value().map_or(1, |tokens| narrow(tokens.0)),
                })
                .collect(),
            think: closed.think.value().map_or(Duration::ZERO, |think| think.0),
        });
    }
    if let Some(flood) = raw.and_then(|raw| raw.flood.value()) {
        return Load::Flood(FloodLoad {
            joins: flood.joins.value().map_or(1, |joins| narrow(joins.0)),
            rounds: flood.rounds.value().map_or(1, |rounds| scale.count32(rounds.0)),
            same_key: flood.key.value().is_none_or(|key| key.0 == FloodKey::Same),
        });
    }
    if let Some(replay) = raw.and_then(|raw| raw.replay.value()) {
        return Load::Replay(ReplayLoad {
            times_ns: beside.arrivals.unwrap_or_default(),
            scale: scale.0,
            connections: replay.connections.value().map_or(CONNECTIONS, |count| narrow(count.0)),
            tokens_per_user: replay.tokens_per_user.value().map_or(1, |tokens| narrow(tokens.0)),
        });
    }
    Load::Open(open(raw.and_then(|raw| raw.open.value()), scale))
}

fn open(raw: Option<&RawOpen>, scale: Scale) -> OpenLoad {
    let rate_per_s = raw.and_then(|raw| raw.rate.value()).map_or(1.0, |rate| scale.rate(rate.0));
    let ramp = raw.and_then(|raw| raw.ramp.value());
    OpenLoad {
        arrivals: raw.and_then(|raw| raw.arrivals.value()).map_or(Arrivals::Poisson, |choice| choice.0),
        rate_per_s,
        from_per_s: ramp.and_then(|ramp| ramp.from.value()).map_or(rate_per_s, |from| scale.rate(from.0)),
        ramp: ramp.and_then(|ramp| ramp.over.value()).map_or(Duration::ZERO, |over| over.0),
        burst: raw.and_then(|raw| raw.burst.value()).and_then(|raw| burst(raw, scale)),
        duration: raw.and_then(|raw| raw.duration.value()).map_or(Duration::from_secs(1), |duration| duration.0),
        connections: raw.and_then(|raw| raw.connections.value()).map_or(CONNECTIONS, |count| narrow(count.0)),
        tokens_per_user: raw.and_then(|raw| raw.tokens_per_user.value()).map_or(1, |tokens| narrow(tokens.0)),
    }
}

fn burst(raw: &RawBurst, scale: Scale) -> Option<Burst> {
    let every = raw.every.value()?.0;
    let height = match (raw.rate.value(), raw.factor.value()) {
        (Some(rate), _) => BurstHeight::PerS(scale.rate(rate.0)),
        (None, factor) => BurstHeight::Times(factor?.0),
    };
    let start = raw.start.value().map_or(every, |start| start.0);
    Some(Burst { every, lasts: raw.lasts.value()?.0, start, height })
}

fn share(raw: &Field<RawShare>) -> Option<Share> {
    let raw = raw.value()?;
    Some(Share { share: raw.share.value()?.0, after: raw.after.value()?.0 })
}

fn polling(raw: &Field<RawPolling>) -> Option<Polling> {
    let raw = raw.value()?;
    let times = raw.times.value().map_or(1, |times| narrow(times.0));
    Some(Polling { share: raw.share.value()?.0, every: raw.every.value()?.0, times })
}

fn admissions(raw: &RawScenario, scale: Scale) -> Option<Admissions> {
    let raw = raw.admit.value()?;
    Some(Admissions {
        batch: scale.count32(raw.batch.value()?.0),
        every: raw.every.value()?.0,
        clients: raw.clients.value().map_or(1, |clients| narrow(clients.0)),
        start: raw.start.value().map_or(Duration::ZERO, |start| start.0),
        capacity: raw.capacity.value().map(|capacity| scale.count(capacity.0)),
    })
}

fn position_tolerance(raw: &RawScenario) -> PositionTolerance {
    let promises = raw.promises.value();
    PositionTolerance {
        absolute: promises.and_then(|raw| raw.position_slack.value()).map_or(0, |slack| slack.0),
        relative: promises.and_then(|raw| raw.position_tolerance.value()).map_or(0.0, |tolerance| tolerance.0),
    }
}

fn limits(raw: &RawScenario) -> Vec<Limit> {
    let entries = raw.limits.value().map(|limits| limits.entries.as_slice()).unwrap_or_default();
    let mut limits = Vec::new();
    for (op, raw) in entries {
        for percentile in Percentile::ALL {
            let max = match percentile {
                Percentile::P50 => &raw.p50,
                Percentile::P90 => &raw.p90,
                Percentile::P99 => &raw.p99,
                Percentile::P999 => &raw.p999,
                Percentile::Max => &raw.max,
            };
            limits.extend(max.value().map(|max| Limit {
                op: op.value,
                percentile,
                max_ns: max.0.as_nanos().try_into().unwrap_or(u64::MAX),
            }));
        }
    }
    limits
}

fn expectations(raw: &RawScenario) -> BTreeMap<String, BTreeMap<crate::model::Promise, super::Expectation>> {
    let designs = raw.expect.value().map(|expect| expect.entries.as_slice()).unwrap_or_default();
    designs
        .iter()
        .map(|(design, promises)| {
            let promises = promises.entries.iter().map(|(promise, expected)| (promise.value, expected.0)).collect();
            (design.value.0.clone(), promises)
        })
        .collect()
}

fn faults(raw: &RawScenario) -> Vec<Fault> {
    let Some(raw) = raw.faults.value() else { return Vec::new() };
    let flush = raw.script_flush.value().and_then(|flush| flush.at.value()).map(|at| Fault::ScriptFlush { at: at.0 });
    let drop = raw.drop_reply.value().and_then(|drop| {
        let ops = drop.ops.value()?.items.iter().map(|op| op.value.0).collect();
        Some(Fault::DropReply { share: drop.share.value()?.0, ops })
    });
    let kinds = |ops: &Names<Choice<OpKind>>| ops.items.iter().map(|op| op.value.0).collect();
    let after = |count: Option<&Count<0, 1000>>| count.map_or(1, |count| u32::try_from(count.0).unwrap_or(u32::MAX));
    let hold = raw.hold.value().and_then(|hold| {
        Some(Fault::Hold {
            share: hold.share.value()?.0,
            ops: kinds(hold.ops.value()?),
            after: after(hold.after.value()),
            length: hold.pause.value()?.0,
        })
    });
    let crash = raw.crash.value().and_then(|crash| {
        Some(Fault::Crash {
            share: crash.share.value()?.0,
            ops: kinds(crash.ops.value()?),
            after: after(crash.after.value()),
            again: crash.again.value().copied().unwrap_or(false),
        })
    });
    flush.into_iter().chain(drop).chain(hold).chain(crash).collect()
}
