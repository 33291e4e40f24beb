//! Asks the server how it is while the load goes on: a thread of its own with a connection of its own, so that nothing
//! of this stands between a client and its record.
//!
//! It asks before the load begins, every 100 ms in it, and once more when it has ended; then for what was slow. A
//! server that hangs is waited for as long as any question is, but never once the load is over: what it has not said
//! by then is missing, with the reason.

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::sync::oneshot;

use crate::history::{CommandLatency, ServerSample, ServerSeries, Slowlog, SlowlogEntry};
use crate::target::{Endpoint, LatencyBuckets, Pulse, PulseReader, ServerSnapshot, SlowLog, TargetError};
use crate::wire::Clock;

/// The period that sampling begins with.
const EVERY: Duration = Duration::from_millis(100);

/// More samples than this are thinned out: every second one is dropped and the period doubled.
const SAMPLES_MAX: usize = 600;

/// How long connecting may take, and the questions at the end.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(2);

/// Entries of the slow log that are kept.
const SLOW_ENTRIES: usize = 20;

/// A sampler at work. Dropping it ends it, and waits for nothing.
#[derive(Debug)]
pub(super) struct Sampler {
    /// Sending says that the load is over; dropping it, that nobody wants to know any more.
    over: Option<oneshot::Sender<()>>,
    series: oneshot::Receiver<ServerSeries>,
    thread: Option<JoinHandle<()>>,
}

impl Sampler {
    /// Starts one; returns when its first sample is taken, or it is known that there will be none.
    pub(super) async fn start(endpoint: &Endpoint, clock: Clock) -> Sampler {
        let (over, over_here) = oneshot::channel();
        let (ready, ready_here) = oneshot::channel();
        let (series_there, series) = oneshot::channel();
        let endpoint = endpoint.clone();
        let work = move || {
            // Whoever asked may be gone: then nobody misses the answer.
            let _ = series_there.send(sample(endpoint, clock, over_here, ready));
        };
        let thread = std::thread::Builder::new().name("stanchion-sampler".to_owned()).spawn(work).ok();
        // A thread that could not be had, or that gave up, drops its end.
        let _ = ready_here.await;
        Sampler { over: Some(over), series, thread }
    }

    /// The load is over: takes the last sample, asks what was slow, and gives all of it.
    pub(super) async fn end(mut self) -> ServerSeries {
        let _ = self.over.take().map(|over| over.send(()));
        (&mut self.series).await.unwrap_or_else(|_| nothing("the thread that asks the server could not be started"))
    }

    /// The load was cut short: gives what there is. The thread ends at once, so this waits for no server.
    pub(super) fn cut_short(mut self) -> ServerSeries {
        drop(self.over.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, the series is missing, which is said.
            let _ = thread.join();
        }
        self.series.try_recv().unwrap_or_else(|_| nothing("the thread that asks the server could not be started"))
    }
}

/// A series without samples, and why.
fn nothing(why: &str) -> ServerSeries {
    let reasons = ["samples", "latency", "slowlog", "cost_usec"].map(|name| (name.to_owned(), why.to_owned()));
    ServerSeries { reasons: BTreeMap::from(reasons), ..ServerSeries::default() }
}

/// The life of the thread.
fn sample(
    endpoint: Endpoint,
    clock: Clock,
    mut over: oneshot::Receiver<()>,
    ready: oneshot::Sender<()>,
) -> ServerSeries {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return nothing(&format!("no runtime for the thread that asks the server: {error}")),
    };
    runtime.block_on(async {
        let begun = tokio::select! {
            biased;
            _ = &mut over => return nothing(CUT_SHORT),
            begun = Asking::begin(endpoint, clock) => begun,
        };
        let mut asking = match begun {
            Ok(asking) => asking,
            Err(error) => return nothing(&error.to_string()),
        };
        let _ = ready.send(());
        if asking.until(&mut over).await {
            asking.end().await;
        } else {
            asking.leave_out(CUT_SHORT);
        }
        asking.series
    })
}

const CUT_SHORT: &str = "the load was cut short";

/// The questions and their answers so far.
struct Asking {
    endpoint: Endpoint,
    clock: Clock,
    connection: MultiplexedConnection,
    reader: PulseReader,
    series: ServerSeries,
    every: Duration,
    before: Before,
}

/// What the server had counted before the load; an error is the reason why it says nothing.
struct Before {
    snapshot: Result<ServerSnapshot, String>,
    latency: Result<LatencyBuckets, String>,
    slow_id: Result<Option<u64>, String>,
    slow_over_us: Option<i64>,
}

impl Asking {
    async fn begin(endpoint: Endpoint, clock: Clock) -> Result<Asking, TargetError> {
        let mut connection = endpoint.connect(PATIENCE).await?;
        let said = |error: TargetError| error.to_string();
        let before = Before {
            latency: LatencyBuckets::read(&endpoint, &mut connection).await.map_err(said),
            slow_id: newest_slow_id(&endpoint, &mut connection).await.map_err(said),
            slow_over_us: SlowLog::threshold_us(&endpoint, &mut connection).await,
            snapshot: ServerSnapshot::read(&endpoint, &mut connection).await.map_err(said),
        };
        let series = ServerSeries { asked: 4, ..ServerSeries::default() };
        let reader = PulseReader::default();
        let mut asking = Asking { endpoint, clock, connection, reader, series, every: EVERY, before };
        asking.look().await?;
        Ok(asking)
    }

    async fn look(&mut self) -> Result<(), TargetError> {
        self.series.asked += 1;
        let pulse = self.reader.read(&self.endpoint, &mut self.connection).await?;
        let Pulse { used_memory_bytes, cpu_ns, commands_processed, connected_clients, keys } = pulse;
        let at_ns = self.clock.now_ns();
        self.series.samples.push(ServerSample {
            at_ns,
            used_memory_bytes,
            cpu_ns,
            commands_processed,
            connected_clients,
            keys,
        });
        self.every = thinned(&mut self.series.samples, self.every);
        Ok(())
    }

    /// Samples until the load is over; `false`: until nobody wants to know any more.
    async fn until(&mut self, over: &mut oneshot::Receiver<()>) -> bool {
        let mut next = tokio::time::Instant::now();
        loop {
            // A server that was slow to answer is not asked in quick succession to make up for it.
            next = (next + self.every).max(tokio::time::Instant::now());
            let turn = async {
                tokio::time::sleep_until(next).await;
                self.look().await
            };
            let looked = tokio::select! {
                biased;
                over = &mut *over => return over.is_ok(),
                looked = turn => looked,
            };
            if let Err(error) = looked {
                self.series.reasons.insert("samples".to_owned(), format!("they end early: {error}"));
                return over.await.is_ok();
            }
        }
    }

    /// The last sample and what was slow.
    async fn end(&mut self) {
        let asked = tokio::time::timeout(PATIENCE_AT_THE_END, self.last_questions()).await;
        if asked.is_err() {
            self.leave_out(&format!("the server did not answer within {} s", PATIENCE_AT_THE_END.as_secs()));
        }
        self.series.every_ns = crate::plan::nanos(self.every);
    }

    async fn last_questions(&mut self) {
        if !self.series.reasons.contains_key("samples")
            && let Err(error) = self.look().await
        {
            self.series.reasons.insert("samples".to_owned(), format!("they end early: {error}"));
        }
        let (endpoint, connection) = (&self.endpoint, &mut self.connection);
        let said = |error: TargetError| error.to_string();
        let after = LatencyBuckets::read(endpoint, connection).await.map_err(said);
        let latency = latency(&self.before.latency, after);
        let entries = SlowLog::read(endpoint, connection, SLOW_ENTRIES).await.map_err(said);
        let slowlog = slowlog(&self.before, entries);
        let snapshot = ServerSnapshot::read(endpoint, connection).await.map_err(said);
        let cost = match (&self.before.snapshot, snapshot) {
            (Ok(before), Ok(after)) => Ok(after.questions_usec_since(before)),
            (Err(why), _) => Err(why.clone()),
            (_, Err(why)) => Err(why),
        };
        self.series.asked += 3;
        let reasons = &mut self.series.reasons;
        self.series.latency = told(latency, "latency", reasons);
        self.series.slowlog = told(slowlog, "slowlog", reasons);
        self.series.cost_usec = told(cost, "cost_usec", reasons);
    }

    /// Says why what is missing is missing.
    fn leave_out(&mut self, why: &str) {
        self.series.every_ns = crate::plan::nanos(self.every);
        let missing = [
            ("latency", self.series.latency.is_none()),
            ("slowlog", self.series.slowlog.is_none()),
            ("cost_usec", self.series.cost_usec.is_none()),
        ];
        for (name, _) in missing.into_iter().filter(|(_, missing)| *missing) {
            self.series.reasons.entry(name.to_owned()).or_insert_with(|| why.to_owned());
        }
    }
}

fn told<T>(figure: Result<T, String>, name: &str, reasons: &mut BTreeMap<String, String>) -> Option<T> {
    figure.map_err(|why| reasons.insert(name.to_owned(), why)).ok()
}

async fn newest_slow_id(
    endpoint: &Endpoint,
    connection: &mut MultiplexedConnection,
) -> Result<Option<u64>, TargetError> {
    Ok(SlowLog::read(endpoint, connection, 1).await?.0.first().map(|entry| entry.id))
}

/// Drops every second sample when there are too many, and gives the period that they have then. The first stays.
fn thinned(samples: &mut Vec<ServerSample>, every: Duration) -> Duration {
    if samples.len() <= SAMPLES_MAX {
        return every;
    }
    let mut number = 0;
    samples.retain(|_| {
        number += 1;
        number % 2 == 1
    });
    every * 2
}

/// Percentiles of the calls that came between two readings.
fn latency(
    before: &Result<LatencyBuckets, String>,
    after: Result<LatencyBuckets, String>,
) -> Result<BTreeMap<String, CommandLatency>, String> {
    let since = after?.since(before.as_ref().map_err(Clone::clone)?);
    if since.0.is_empty() {
        return Err("the server tells of no calls: it does not track latency (latency-tracking is off)".to_owned());
    }
    Ok(since.0.into_iter().map(|(name, buckets)| (name, percentiles(&buckets))).collect())
}

/// Percentiles by nearest rank; `buckets` is not empty.
fn percentiles(buckets: &BTreeMap<u64, u64>) -> CommandLatency {
    let calls: u64 = buckets.values().sum();
    let at = |per_mille: u64| {
        let rank = u128::from(calls).saturating_mul(u128::from(per_mille)).div_ceil(1000);
        let mut below = 0;
        let reached = buckets.iter().find(|(_, count)| {
            below += u128::from(**count);
            below >= rank
        });
        reached.map_or(0, |(bucket, _)| *bucket)
    };
    CommandLatency { calls, p50_us: at(500), p99_us: at(990), p999_us: at(999) }
}

/// What was added to the slow log. Its ids count up, also when entries fall out or are removed.
fn slowlog(before: &Before, entries: Result<SlowLog, String>) -> Result<Slowlog, String> {
    let before_id = before.slow_id.clone()?;
    let entries = entries?.0;
    let next = |id: Option<u64>| id.map_or(0, |id| id + 1);
    let added = match entries.first() {
        Some(newest) => next(Some(newest.id)).saturating_sub(next(before_id)),
        None => 0,
    };
    let new = entries.into_iter().filter(|entry| before_id.is_none_or(|before| entry.id > before));
    let entries = new
        .map(|entry| SlowlogEntry {
            id: entry.id,
            at_unix_s: entry.at_unix_s,
            took_us: entry.took_us,
            command: entry.command,
        })
        .collect();
    Ok(Slowlog { over_us: before.slow_over_us, added, entries })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at_ns: u64) -> ServerSample {
        ServerSample { at_ns, ..ServerSample::default() }
    }

    #[test]
    fn too_many_samples_are_thinned_out_and_the_period_doubles() {
        let (mut samples, mut every, mut passed) = (Vec::new(), EVERY, Duration::ZERO);
        while passed < Duration::from_secs(500) {
            samples.push(at(crate::plan::nanos(passed)));
            every = thinned(&mut samples, every);
            assert!(samples.len() <= SAMPLES_MAX);
            passed += every;
        }
        assert_eq!(samples[0], at(0), "the first stays");
        assert_eq!(every, EVERY * 16);
        assert!(samples.is_sorted_by_key(|sample| sample.at_ns));
    }

    #[test]
    fn percentiles_are_the_upper_ends_of_their_buckets() {
        let buckets = BTreeMap::from([(1, 500), (2, 489), (16, 10), (66, 1)]);
        assert_eq!(percentiles(&buckets), CommandLatency { calls: 1_000, p50_us: 1, p99_us: 16, p999_us: 16 });
        let one = percentiles(&BTreeMap::from([(33, 1)]));
        assert_eq!(one, CommandLatency { calls: 1, p50_us: 33, p99_us: 33, p999_us: 33 });
    }

    #[test]
    fn the_slow_log_is_what_was_added_since() {
        let entry = |id| crate::target::SlowCommand { id, at_unix_s: 1, took_us: 2, command: "get k".to_owned() };
        let before = |slow_id| Before {
            snapshot: Err(String::new()),
            latency: Err(String::new()),
            slow_id,
            slow_over_us: Some(10_000),
        };
        let log = || Ok(SlowLog(vec![entry(7), entry(6), entry(5)]));
        let since = slowlog(&before(Ok(Some(5))), log()).unwrap();
        assert_eq!((since.added, since.entries.iter().map(|entry| entry.id).collect::<Vec<_>>()), (2, vec![7, 6]));
        assert_eq!(slowlog(&before(Ok(None)), log()).unwrap().added, 8, "older ones have fallen out");
        assert_eq!(slowlog(&before(Ok(Some(7))), log()).unwrap().added, 0);
        assert_eq!(slowlog(&before(Ok(Some(3))), Ok(SlowLog::default())).unwrap().added, 0);
        assert_eq!(slowlog(&before(Err("no".to_owned())), log()), Err("no".to_owned()));
    }
}
