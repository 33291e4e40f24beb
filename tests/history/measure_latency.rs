//! Latencies are counted on three clocks, and nothing is skipped, invented or clamped.

use crate::history_arbitrary::{history, own_history, sound_history};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use proptest::prelude::*;
use stanchion::history::{History, Record};
use stanchion::measure::{Clock, Latency, histogram, measure, write_hlog};
use stanchion::model::{OpId, OpKind, Outcome, Phase, Refusal, UnknownCause};

/// Joins of which each was due at `intended`, sent at `sent` and answered at `returned`, in ns.
fn joins(times: &[(u64, u64, u64)]) -> History {
    let mut history = own_history(times.len() as u64);
    for (record, (intended, sent, returned)) in history.records.edit().iter_mut().zip(times) {
        record.intended_ns = Some(*intended);
        record.sent_ns = *sent;
        record.returned_ns = Some(*returned);
    }
    history
}

fn figure(history: &History, clock: Clock) -> Option<Latency> {
    let latency = measure(history).latency;
    latency.into_iter().find(|latency| (latency.op, latency.phase, latency.clock) == (OpKind::Join, Phase::Load, clock))
}

/// Percentiles are right to 0.1 %.
fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= expected * 0.001
}

#[test]
fn the_three_clocks_run_between_the_three_times() {
    let history = joins(&[(1_000, 1_700, 5_700), (2_000, 2_300, 12_300)]);
    let [response, service, lag] =
        [Clock::Response, Clock::Service, Clock::SendLag].map(|clock| figure(&history, clock).unwrap());
    assert_eq!([response.count, service.count, lag.count], [2; 3]);
    assert!(near(response.p50_us, 4.7) && near(response.p99_us, 10.3), "{response:?}");
    assert!(near(service.p50_us, 4.0) && near(service.p99_us, 10.0), "{service:?}");
    assert!(near(lag.p50_us, 0.3) && near(lag.p99_us, 0.7), "{lag:?}");
    assert_eq!([response.max_us, service.max_us, lag.max_us], [10.3, 10.0, 0.7], "the largest is exact");
}

#[test]
fn percentiles_are_those_of_the_samples() {
    let times: Vec<_> = (1..=1_000).map(|n| (0, 0, n * 1_000)).collect();
    let service = figure(&joins(&times), Clock::Service).unwrap();
    for (found, expected) in
        [(service.p50_us, 500.0), (service.p90_us, 900.0), (service.p99_us, 990.0), (service.p999_us, 999.0)]
    {
        assert!(near(found, expected), "{found} for {expected}");
    }
}

#[test]
fn unanswered_attempts_have_no_latency() {
    let mut history = joins(&[(0, 1, 2), (0, 1, 2), (0, 1, 2), (0, 1, 2)]);
    history.records.edit()[0].outcome = Outcome::Unknown(UnknownCause::TimedOut);
    history.records.edit()[1].outcome = Outcome::Refused(Refusal::Loading);
    history.records.edit()[2].reply_dropped = true;
    assert_eq!(figure(&history, Clock::Service).unwrap().count, 1);
    history.records.edit().truncate(3);
    assert_eq!(measure(&history).latency, []);
}

#[test]
fn a_retried_operation_responds_from_its_first_intended_time_to_its_last_reply() {
    let mut history = joins(&[(1_000, 1_500, 0), (1_000, 51_000, 0), (1_000, 101_000, 109_000)]);
    for (attempt, record) in history.records.edit().iter_mut().enumerate() {
        record.op = OpId(9);
        record.attempt = attempt as u16;
        if attempt < 2 {
            record.returned_ns = None;
            record.outcome = Outcome::Unknown(UnknownCause::TimedOut);
        } else {
            record.intended_ns = None;
        }
    }
    let [response, service, lag] =
        [Clock::Response, Clock::Service, Clock::SendLag].map(|clock| figure(&history, clock).unwrap());
    assert_eq!([response.count, service.count, lag.count], [1; 3]);
    assert_eq!([response.max_us, service.max_us, lag.max_us], [108.0, 8.0, 0.5]);
}

#[test]
fn warm_up_is_left_out_and_the_drain_stands_apart() {
    let mut history = joins(&[(0, 1, 2), (0, 1, 3), (0, 1, 4)]);
    history.records.edit()[0].phase = Phase::WarmUp;
    history.records.edit()[2].phase = Phase::Drain;
    let phases: Vec<_> =
        measure(&history).latency.iter().map(|latency| (latency.phase, latency.clock, latency.count)).collect();
    let clocks = [Clock::Response, Clock::Service, Clock::SendLag];
    let expected: Vec<_> =
        [Phase::Load, Phase::Drain].into_iter().flat_map(|phase| clocks.map(|clock| (phase, clock, 1))).collect();
    assert_eq!(phases, expected);
}

#[test]
fn a_history_without_intended_times_has_a_service_time_only() {
    let mut history = joins(&[(0, 1, 2)]);
    history.records.edit()[0].intended_ns = None;
    let clocks: Vec<_> = measure(&history).latency.iter().map(|latency| latency.clock).collect();
    assert_eq!(clocks, [Clock::Service]);
}

/// The log, read back: tag and histogram of each line.
fn read_back(log: &[u8]) -> Vec<(String, Histogram<u64>)> {
    let mut deserializer = Deserializer::new();
    IntervalLogIterator::new(log)
        .filter_map(|entry| match entry.unwrap() {
            LogEntry::Interval(line) => {
                let tag = line.tag().unwrap().as_str().to_owned();
                let bytes = base64(line.encoded_histogram());
                Some((tag, deserializer.deserialize(&mut bytes.as_slice()).unwrap()))
            }
            _ => None,
        })
        .collect()
}

/// RFC 4648, to read the log without the library that wrote it.
fn base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("`{other}` is no character of base64"),
    };
    let mut bits = 0_u32;
    let mut bytes = Vec::new();
    for (index, byte) in text.trim_end_matches('=').bytes().enumerate() {
        bits = bits << 6 | u32::from(value(byte));
        if index % 4 > 0 {
            bytes.push((bits >> (6 - 2 * (index % 4))) as u8);
        }
    }
    bytes
}

fn in_phase(history: &History, phase: Phase) -> impl Iterator<Item = Record> {
    history.records.iter().filter(move |record| record.phase == phase)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_log_holds_every_histogram_and_nothing_else(history in sound_history(0..60)) {
        let mut log = Vec::new();
        write_hlog(&history, &mut log).unwrap();
        let mut expected = Vec::new();
        for op in OpKind::ALL {
            for phase in [Phase::Load, Phase::Drain] {
                for clock in [Clock::Response, Clock::Service, Clock::SendLag] {
                    let histogram = histogram(&history, op, phase, clock);
                    if !histogram.is_empty() {
                        expected.push((format!("{}.{}.{}", op.name(), phase.name(), clock.name()), histogram));
                    }
                }
            }
        }
        prop_assert_eq!(read_back(&log), expected);
    }

    #[test]
    fn every_answered_attempt_has_one_service_time(history in sound_history(0..60)) {
        for latency in measure(&history).latency.iter().filter(|latency| latency.clock == Clock::Service) {
            let answered = in_phase(&history, latency.phase)
                .filter(|record| record.call.kind() == latency.op && !record.reply_dropped && record.returned_ns.is_some())
                .filter(|record| !matches!(record.outcome, Outcome::Refused(_) | Outcome::Unknown(_)));
            prop_assert_eq!(latency.count, answered.count() as u64);
        }
    }

    /// Whatever a file holds: no panic, no NaN, no group of nothing.
    #[test]
    fn any_history_can_be_measured(history in history(0..40)) {
        let figures = measure(&history);
        let json = serde_json::to_value(&figures).unwrap();
        prop_assert_eq!(serde_json::from_value::<stanchion::measure::Measurements>(json).unwrap(), figures.clone());
        for latency in &figures.latency {
            prop_assert!(latency.count > 0 && latency.p50_us <= latency.p999_us && latency.p999_us <= latency.max_us);
        }
        write_hlog(&history, std::io::sink()).unwrap();
    }
}
