//! Times join, position and admit on lines of growing depth: one client that waits for each answer, on an idle server.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;
use tokio::task::LocalSet;

use super::line::{Call, Line, LineError, patiently};
use super::rate::SweepError;
use super::words::{grouped, time};
use crate::history::{CommandStat, ServerCost};
use crate::load::{Control, LoadError, Trouble, settled_memory_bytes, snapshot};
use crate::measure::{WAITING_MIN, server_us};
use crate::model::OpKind;
use crate::pipeline::{Failure, explained, spare_bytes};
use crate::queue::{CallTally, Counted, Design, Live};
use crate::target::{ServerSnapshot, Target};

/// A point has at most so many calls: more would not change its median.
const CALLS_MAX: u64 = 1_000;

/// A point whose time does not suffice for so many calls is left out.
const CALLS_MIN: u64 = 5;

/// Calls are made in about so many batches, with the server's counters read around each.
const BATCHES: u64 = 20;

/// A percentile of 99 says something from so many calls on.
const P99_CALLS_MIN: usize = 100;

/// Filling a line may take so many times as long as timing one kind of call.
const FILLING: u32 = 15;

/// A filled line may take this share of the memory that is there: the server needs room to work, and others theirs.
const MEMORY_SHARE: f64 = 0.8;

/// Longer than any call that is waited for: a call that takes a second is a result, not a failure.
const REPLY_LIMIT: Duration = Duration::from_secs(300);

/// What to time.
#[derive(Debug)]
pub struct DepthRequest {
    /// The designs, in order.
    pub designs: Vec<Design>,
    /// How many wait, ascending.
    pub depths: Vec<u64>,
    /// How long one kind of call on one line may be timed.
    pub budget: Duration,
    /// Tells this sweep's keys from those of others on the same server; ends with `:`.
    pub prefix: String,
}

/// One kind of call on one line.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// The operation.
    pub op: OpKind,
    /// How many calls were timed.
    pub calls: u64,
    /// Median of the time that the client waited, µs.
    pub p50_us: f64,
    /// 99th percentile, µs; `null` with fewer than a hundred calls.
    pub p99_us: Option<f64>,
    /// Longest, µs.
    pub max_us: f64,
    /// Server time per call, µs: the median over batches of calls, so that a moment in which something else had the
    /// server's core does not count.
    pub server_us: Option<f64>,
    /// Why a figure is `null`, by its name.
    pub reasons: BTreeMap<String, String>,
}

/// One line of one design.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Depth {
    /// How many wait.
    pub depth: u64,
    /// How long it took to fill the line, s.
    pub fill_s: f64,
    /// Memory of the data per waiting user, bytes.
    pub bytes_per_user: Option<f64>,
    /// Operation by operation.
    pub points: Vec<Point>,
    /// Why a figure is `null`, by its name.
    pub reasons: BTreeMap<String, String>,
}

/// What was left out from a depth on.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// The operation; `null`: all of them.
    pub op: Option<OpKind>,
    /// The first depth that is missing.
    pub depth: u64,
    /// How long one call took there, s; `null` when none was made.
    pub one_call_s: Option<f64>,
    /// Why.
    pub why: String,
}

/// All that was measured of one design.
#[derive(Clone, Debug, Serialize)]
pub struct DepthFound {
    /// The design.
    #[serde(serialize_with = "by_name")]
    pub design: Design,
    /// Line by line.
    pub depths: Vec<Depth>,
    /// What is missing.
    pub left_out: Vec<LeftOut>,
}

/// What a sweep came to.
#[derive(Debug)]
pub struct DepthOutcome {
    /// Design by design; the last one may be incomplete when there was trouble.
    pub found: Vec<DepthFound>,
    /// Why it ended early.
    pub trouble: Option<SweepError>,
}

fn by_name<S: serde::Serializer>(design: &Design, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(design.name())
}

/// Sweeps design after design. `watch` hears of every line before it is filled.
pub fn depth(
    request: &DepthRequest,
    target: &Target,
    control: &Control,
    watch: &mut dyn FnMut(Design, u64),
) -> DepthOutcome {
    const GLANCE: Duration = Duration::from_millis(50);
    let found = RefCell::new(Vec::new());
    let driven = async {
        let interrupted = async {
            while !control.interrupted() {
                tokio::time::sleep(GLANCE).await;
            }
        };
        tokio::select! {
            () = interrupted => Some(Trouble::Interrupted),
            driven = all(request, target, &found, watch) => {
                driven.err().map(|error| Trouble::ServerLost(error.to_string()))
            }
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let trouble = match runtime {
        Ok(runtime) => {
            let trouble = LocalSet::new().block_on(&runtime, driven);
            let server_lost = matches!(trouble, Some(Trouble::ServerLost(_)));
            // What an interrupted call left behind is removed; not of a server that is gone, or goes with this program.
            let wiped = if server_lost || target.owned() {
                Ok(0)
            } else {
                runtime.block_on(patiently(|| target.wipe(&request.prefix)))
            };
            trouble.map(|trouble| Failure::from(explained(target, trouble))).or(wiped.err().map(Failure::from))
        }
        Err(error) => Some(Failure::from(LoadError::Runtime(error))),
    };
    DepthOutcome { found: found.take(), trouble: trouble.map(SweepError::from) }
}

async fn all(
    request: &DepthRequest,
    target: &Target,
    found: &RefCell<Vec<DepthFound>>,
    watch: &mut dyn FnMut(Design, u64),
) -> Result<(), LineError> {
    let connection = target.endpoint().connect(Duration::from_secs(5)).await?;
    let tally = Rc::new(CallTally::default());
    let client = Counted::sharing(Live::new(connection, REPLY_LIMIT, 0), Rc::clone(&tally));
    for design in &request.designs {
        found.borrow_mut().push(DepthFound { design: *design, depths: Vec::new(), left_out: Vec::new() });
        let mut bench =
            Bench { request, target, client: &client, tally: &tally, design: *design, left_out: Vec::new() };
        for depth in &request.depths {
            if bench.nothing_left() {
                break;
            }
            let before = found.borrow().last().and_then(|found| found.depths.last().cloned());
            let why = before.and_then(|before| out_of_reach(&before, *depth, request.budget, bench.memory_bytes()));
            if let Some(why) = why {
                bench.left_out.push(LeftOut { op: None, depth: *depth, one_call_s: None, why });
                break;
            }
            watch(*design, *depth);
            let measured = bench.measure(*depth).await?;
            if let Some(last) = found.borrow_mut().last_mut() {
                last.depths.extend(measured);
                last.left_out.clone_from(&bench.left_out);
            }
        }
        if let Some(last) = found.borrow_mut().last_mut() {
            last.left_out = bench.left_out;
        }
    }
    Ok(())
}

/// One design under measurement.
struct Bench<'a> {
    request: &'a DepthRequest,
    target: &'a Target,
    client: &'a Counted<Live>,
    tally: &'a CallTally,
    design: Design,
    left_out: Vec<LeftOut>,
}

impl Bench<'_> {
    /// Whether everything is left out by now.
    fn nothing_left(&self) -> bool {
        let out = |op| self.left_out.iter().any(|left| left.op.is_none() || left.op == Some(op));
        Call::ALL.iter().all(|call| out(call.op()))
    }

    /// How much memory a line may take, bytes; `None`: nobody says.
    fn memory_bytes(&self) -> Option<f64> {
        let facts = self.target.facts();
        let limit = (facts.maxmemory_bytes > 0).then_some(facts.maxmemory_bytes);
        // Of somebody else's machine nothing is known.
        let spare = if self.target.owned() { spare_bytes() } else { None };
        Some(limit.into_iter().chain(spare).min()? as f64 * MEMORY_SHARE)
    }

    /// One line; `None` when it could not be filled, which is then left out.
    async fn measure(&mut self, depth: u64) -> Result<Option<Depth>, LineError> {
        let mut line = Line::new(self.target, self.client, self.design, &self.request.prefix, depth);
        line.clear().await?;
        let empty_bytes = self.settled_bytes().await?;
        let began = Instant::now();
        let filled = match line.load_scripts().await {
            Ok(()) => line.fill().await,
            failed => failed,
        };
        match filled {
            Err(LineError::Lost(why)) => return Err(LineError::Lost(why)),
            Err(wrong) => {
                let why = wrong.to_string();
                self.left_out.push(LeftOut { op: None, depth, one_call_s: None, why });
                return Ok(None);
            }
            Ok(()) => {}
        }
        let fill_s = began.elapsed().as_secs_f64();
        let bytes = self.settled_bytes().await?.checked_sub(empty_bytes);
        let mut reasons = BTreeMap::new();
        let bytes_per_user = match bytes {
            _ if depth < WAITING_MIN => {
                Err(format!("fewer than {WAITING_MIN} wait: the server's own noise is as large"))
            }
            None => Err("the server used less memory when the line was filled than before".to_owned()),
            Some(bytes) => Ok(bytes as f64 / depth as f64),
        };
        let bytes_per_user = noted(bytes_per_user, "bytes_per_user", &mut reasons);
        let mut points = Vec::new();
        for call in Call::ALL {
            if self.left_out.iter().all(|left| left.op != Some(call.op())) {
                points.extend(self.point(&mut line, call, depth).await?);
            }
        }
        line.clear().await?;
        points.sort_by_key(|point| point.op);
        Ok(Some(Depth { depth, fill_s, bytes_per_user, points, reasons }))
    }

    /// Memory of the data once what was removed before is freed; after a line of a million keys that takes a while.
    async fn settled_bytes(&self) -> Result<u64, LineError> {
        const AGAIN: u32 = 100;
        let mut bytes = patiently(|| settled_memory_bytes(self.target.endpoint())).await?;
        for _ in 0..AGAIN {
            let now = patiently(|| settled_memory_bytes(self.target.endpoint())).await?;
            if now == bytes {
                break;
            }
            bytes = now;
        }
        Ok(bytes)
    }

    /// One kind of call on a filled line; `None` when it takes too long or is answered wrongly.
    async fn point(
        &mut self,
        line: &mut Line<'_, Counted<Live>>,
        call: Call,
        depth: u64,
    ) -> Result<Option<Point>, LineError> {
        let timed = self.timed(line, call).await;
        let left = match timed {
            Ok(Timed::Enough(point)) => return Ok(Some(point)),
            Ok(Timed::TooSlow(once)) => LeftOut {
                op: Some(call.op()),
                depth,
                one_call_s: Some(once.as_secs_f64()),
                why: format!(
                    "one call took {}, so {CALLS_MIN} would take longer than {} s",
                    time(once.as_secs_f64() * 1e6),
                    self.request.budget.as_secs_f64()
                ),
            },
            Err(LineError::Lost(why)) => return Err(LineError::Lost(why)),
            Err(wrong) => LeftOut { op: Some(call.op()), depth, one_call_s: None, why: wrong.to_string() },
        };
        self.left_out.push(left);
        Ok(None)
    }

    /// Times calls in batches, each within what the line takes, with the server's counters read on both sides.
    async fn timed(&self, line: &mut Line<'_, Counted<Live>>, call: Call) -> Result<Timed, LineError> {
        if line.room(call) == 0 {
            line.fill().await?;
        }
        // The first call is not counted: it finds caches cold and tells whether there is time for more.
        let once = line.time(call).await?;
        let allowed = self.request.budget;
        if once * u32::try_from(CALLS_MIN).unwrap_or(u32::MAX) > allowed {
            return Ok(Timed::TooSlow(once));
        }
        let affordable = allowed.as_nanos() / once.as_nanos().max(1);
        let batch = (u64::try_from(affordable).unwrap_or(u64::MAX).min(CALLS_MAX) / BATCHES).max(1);
        let (mut times, mut spent, mut server) = (Vec::new(), Duration::ZERO, Vec::new());
        let more = |times: &[Duration], spent| {
            (times.len() as u64) < CALLS_MIN || ((times.len() as u64) < CALLS_MAX && spent < allowed)
        };
        while more(&times, spent) {
            if line.room(call) == 0 {
                line.fill().await?;
            }
            let before = (patiently(|| snapshot(self.target.endpoint())).await?, self.tally.calls());
            let done = times.len();
            for _ in 0..line.room(call).min(batch) {
                if !more(&times, spent) {
                    break;
                }
                let took = line.time(call).await?;
                spent += took;
                times.push(took);
            }
            let after = patiently(|| snapshot(self.target.endpoint())).await?;
            let cost = between(&before, &(after, self.tally.calls()));
            server.push(server_us(&cost).map(|us| us / (times.len() - done) as f64));
        }
        Ok(Timed::Enough(point(call.op(), times, server)))
    }
}

/// Why a line of this depth is not even begun, after what the one before took.
fn out_of_reach(before: &Depth, depth: u64, budget: Duration, memory_bytes: Option<f64>) -> Option<String> {
    let fill_s = before.fill_s * depth as f64 / before.depth as f64;
    let allowed_s = (budget * FILLING).as_secs_f64();
    if fill_s > allowed_s {
        return Some(format!("filling the line would take about {fill_s:.0} s, and {allowed_s:.0} s may be taken"));
    }
    let (needed, there) = (before.bytes_per_user? * depth as f64, memory_bytes?);
    let gib = |bytes: f64| format!("{:.1} GiB", bytes / f64::from(1 << 30));
    (needed > there).then(|| format!("the line would take about {}, and {} may be taken", gib(needed), gib(there)))
}

/// What timing one kind of call came to.
enum Timed {
    Enough(Point),
    TooSlow(Duration),
}

/// What the server counted, and what the client sent.
type Counters = (ServerSnapshot, BTreeMap<String, u64>);

/// What was spent between two readings.
fn between(before: &Counters, after: &Counters) -> ServerCost {
    let commands = after.0.commands_since(&before.0).into_iter();
    let sent = after.1.iter().map(|(name, count)| {
        let earlier = before.1.get(name).copied().unwrap_or_default();
        (name.clone(), count.saturating_sub(earlier))
    });
    ServerCost {
        commands: commands.map(|(name, stat)| (name, CommandStat { calls: stat.calls, usec: stat.usec })).collect(),
        direct_calls: sent.filter(|(_, count)| *count > 0).collect(),
        ..ServerCost::default()
    }
}

/// `server` has the mean of each batch.
fn point(op: OpKind, mut times: Vec<Duration>, server: Vec<Result<f64, &'static str>>) -> Point {
    times.sort_unstable();
    let mut reasons = BTreeMap::new();
    let us = |time: &Duration| time.as_secs_f64() * 1e6;
    // The smallest time that this share of the calls did not exceed.
    let percentile =
        |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).map_or(0.0, us);
    let p99 = if times.len() >= P99_CALLS_MIN {
        Ok(percentile(99))
    } else {
        Err(format!("fewer than {P99_CALLS_MIN} calls were made in the time"))
    };
    let server = server.into_iter().collect::<Result<Vec<f64>, _>>().map_err(str::to_owned).map(|mut means| {
        means.sort_by(f64::total_cmp);
        means.get(means.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    });
    Point {
        op,
        calls: times.len() as u64,
        p50_us: percentile(50),
        p99_us: noted(p99, "p99_us", &mut reasons),
        max_us: times.last().map_or(0.0, us),
        server_us: noted(server, "server_us", &mut reasons),
        reasons,
    }
}

fn noted(figure: Result<f64, String>, name: &str, reasons: &mut BTreeMap<String, String>) -> Option<f64> {
    figure.map_err(|why| reasons.insert(name.to_owned(), why)).ok()
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = self.op.map_or("everything", OpKind::name);
        write!(f, "{what} is left out from {} waiting on: {}", grouped(self.depth), self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured_and_none_is_made_of_few() {
        let times = |count: u64| (1..=count).rev().map(Duration::from_micros).collect::<Vec<_>>();
        let many = point(OpKind::Join, times(200), vec![Ok(12.0), Ok(500.0), Ok(11.0)]);
        assert_eq!((many.calls, many.p50_us, many.p99_us, many.max_us), (200, 100.0, Some(198.0), 200.0));
        assert_eq!((many.server_us, many.reasons.len()), (Some(12.0), 0));
        let few = point(OpKind::Join, times(5), vec![Ok(12.0), Err("no calls")]);
        assert_eq!((few.p50_us, few.p99_us, few.max_us, few.server_us), (3.0, None, 5.0, None));
        assert_eq!(few.reasons.keys().collect::<Vec<_>>(), ["p99_us", "server_us"]);
    }

    #[test]
    fn a_line_that_would_take_too_much_time_or_memory_is_not_begun() {
        let (points, reasons) = (Vec::new(), BTreeMap::new());
        let before = Depth { depth: 100_000, fill_s: 4.0, bytes_per_user: Some(5_000.0), points, reasons };
        let budget = Duration::from_secs(20);
        assert_eq!(out_of_reach(&before, 1_000_000, budget, Some(6e9)), None);
        assert_eq!(out_of_reach(&before, 1_000_000, budget, None), None);
        let memory = out_of_reach(&before, 1_000_000, budget, Some(4e9));
        assert_eq!(memory.as_deref(), Some("the line would take about 4.7 GiB, and 3.7 GiB may be taken"));
        let time = out_of_reach(&before, 10_000_000, budget, None);
        assert_eq!(time.as_deref(), Some("filling the line would take about 400 s, and 300 s may be taken"));
    }

    #[test]
    fn only_what_happened_between_two_readings_counts() {
        let calls = |count| BTreeMap::from([("evalsha".to_owned(), count), ("info".to_owned(), 3)]);
        let readings = [calls(5), calls(7)].map(|calls| (ServerSnapshot::default(), calls));
        assert_eq!(between(&readings[0], &readings[1]).direct_calls, BTreeMap::from([("evalsha".to_owned(), 2)]));
    }
}
