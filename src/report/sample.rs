//! A small run for the tests of the renderers: two scenarios, two designs, something of everything.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use super::Provenance;
use super::document::{Cell, Document, Run, cell};
use crate::checks::mutation::CouldHaveFailed;
use crate::checks::{CheckOutcome, Counterexample, Finding};
use crate::history::{Header, RunEnd, SCHEMA};
use crate::measure::{
    Clock, Cost, Fairness, GeneratorHealth, Latency, Line, Measurements, Overtakes, OvertakesBand, Places, Series,
    Spectrum, Steady, Throughput, WaitLost, Waiting, WaitingSource,
};
use crate::model::{Expectation, OpKind, Phase, Promise, Terms};
use crate::verdict::judge_cell;

/// What a check found: `+` holds, `-` violated, `?` undecided.
pub(crate) fn found(promise: Promise, mark: char) -> Finding {
    let seven = NonZeroU64::new(7).expect("7 is not 0");
    let outcome = match mark {
        '+' => CheckOutcome::Holds { examined: seven },
        '-' => CheckOutcome::Violated {
            examined: seven,
            violations: NonZeroU64::MIN,
            counterexample: Counterexample {
                story: "u1 holds t1 and t2 at once".to_owned(),
                events: Vec::new(),
                margin_ns: None,
            },
            listed: Vec::new(),
        },
        _ => CheckOutcome::Undecided { examined: 2, why: "the drain did not end".to_owned() },
    };
    Finding { promise, outcome }
}

/// Joins of the load on the response clock, and what no table is about: the drain, and the service clock.
fn joins(count: u64, p50_us: f64) -> Vec<Latency> {
    let row = |clock, phase, p50_us| Latency {
        op: OpKind::Join,
        phase,
        clock,
        count,
        p50_us,
        p90_us: p50_us * 2.0,
        p99_us: p50_us * 10.0,
        p999_us: p50_us * 100.0,
        max_us: p50_us * 200.0,
        p50_interval_us: (count >= 50).then_some([p50_us * 0.9, p50_us * 1.1]),
        p99_interval_us: None,
        reasons: BTreeMap::new(),
    };
    vec![
        row(Clock::Response, Phase::Drain, p50_us / 7.0),
        row(Clock::Service, Phase::Load, p50_us / 7.0),
        row(Clock::Response, Phase::Load, p50_us),
    ]
}

/// A line in which so many users were overtaken.
pub(super) fn unfair(overtaken_users: u64) -> Fairness {
    let wronged = overtaken_users > 0;
    Fairness {
        admitted: 100,
        adjacent_inversions: overtaken_users,
        max_overtakes: if wronged { 5 } else { 0 },
        overtaken_users,
        max_displacement: overtaken_users,
        overtakes: wronged.then(|| Overtakes {
            tokens: overtaken_users,
            p50: 2,
            p90: 4,
            p99: 5,
            bands: vec![OvertakesBand { from: 4, to: 7, tokens: overtaken_users }],
        }),
        wait_lost: wronged.then_some(WaitLost { sum_ns: 1_210_000_000, p50_ns: 0, p99_ns: 1, max_ns: 40_000_000 }),
        k_fifo: Some(if wronged { 4 } else { 1 }),
        clock_slack_ns: Some(1_500),
        reasons: BTreeMap::new(),
    }
}

/// A cell: `findings` as for [`found`], joins answered under load with their median, and the offered rate.
pub(crate) fn sample_cell(
    scenario: &str,
    queue: &str,
    findings: Vec<Finding>,
    terms: Terms,
    load: (u64, f64, Option<f64>),
) -> Cell {
    let (count, p50_us, offered_per_s) = load;
    let measurements = Measurements {
        latency: if count > 0 { joins(count, p50_us) } else { Vec::new() },
        throughput: Throughput { offered_per_s, achieved_per_s: offered_per_s, reason: None },
        spectra: Vec::new(),
        fairness: None,
        line: None,
        cost: Cost::default(),
        generator: GeneratorHealth::default(),
        release: Err("no flood".to_owned()),
        steady: Steady { reached: None, from_ms: None, samples: None, reason: Some("too few".to_owned()) },
        series: Err("no load".to_owned()),
        warm_up_operations: 0,
    };
    let verdict = judge_cell(&findings, &measurements, &terms, &[]);
    let header = Header {
        schema: SCHEMA,
        tool: "a test".to_owned(),
        scenario: scenario.to_owned(),
        queue: queue.to_owned(),
        seed: 7,
        plan_hash: "abc".to_owned(),
        terms,
        end: RunEnd::Complete,
        notes: Vec::new(),
        drained: true,
        load_ns: None,
        offered_joins_per_s: offered_per_s,
        server: None,
        load: None,
        server_series: None,
        schedule: None,
    };
    cell(&header, count, findings, measurements, verdict)
}

/// Terms that expect this of a promise.
pub(super) fn expecting(promise: Promise, expected: Expectation) -> Terms {
    Terms { expect: BTreeMap::from([(promise, expected)]), ..Terms::default() }
}

/// A run of these cells on a local server.
pub(crate) fn sample_run(cells: Vec<Cell>) -> Document {
    let run = Run {
        started: Some("2026-01-02T03:04:05Z".to_owned()),
        seed: Some(7),
        target: Some(serde_json::json!({"kind": "local", "warnings": ["the server saves to disk"]})),
        repeat: "stanchion run --seed 7".to_owned(),
        provenance: Some(Provenance::default()),
        ..Run::default()
    };
    Document::new(run, cells)
}

/// One design that keeps everything, one that breaks a promise as expected.
pub(super) fn sample() -> Document {
    let violated = || expecting(Promise::NoDuplicates, Expectation::Violated);
    let mut run = sample_run(vec![
        sample_cell("race", "list", vec![found(Promise::NoDuplicates, '+')], Terms::default(), (50, 100.0, None)),
        sample_cell("race", "naive", vec![found(Promise::NoDuplicates, '-')], violated(), (50, 200.0, None)),
        sample_cell("sale", "list", vec![found(Promise::NoLoss, '+')], Terms::default(), (9, 1000.0, Some(500.0))),
    ]);
    let tried = |tried, noticed| CouldHaveFailed { tried, noticed, what: Vec::new(), missed: None, reason: None };
    run.cells[0].tried(vec![tried(20, 20)]);
    run.cells[1].tried(vec![tried(12, 12)]);
    run.cells[1].fairness = Some(unfair(7));
    run.cells[2].fairness = Some(unfair(0));
    run
}

/// The same with all that pictures are made of.
pub(super) fn drawn() -> Document {
    let places = || Places { joined: vec![1, 3, 2], admitted: vec![1, 2, 3], overtaken_by: vec![0, 0, 1] };
    let column = |value: f64| vec![Some(value), None, Some(value * 3.0)];
    let mut run = sample();
    for (index, cell) in run.cells.iter_mut().enumerate() {
        let overtaken = index as u64 % 2;
        cell.fairness = Some(unfair(overtaken));
        cell.line = Some(Line { admitted: 3, overtaken, whole: places(), part: places(), part_places: [1, 3] });
        cell.spectra = [Clock::Response, Clock::Service]
            .map(|clock| Spectrum {
                op: OpKind::Join,
                clock,
                count: 50,
                percentile: vec![0.0, 50.0, 90.0, 100.0],
                us: vec![80.0, 100.0, 900.0, 20_000.0],
            })
            .to_vec();
        cell.series = Some(Series {
            begin_ns: 0,
            end_ns: 250_000_000,
            every_ns: 100_000_000,
            offered: vec![10, 20, 5],
            answered: vec![9, 18, 8],
            p50_us: column(100.0),
            p99_us: column(9_000.0),
            max_us: column(20_000.0),
            waiting: Some(Waiting {
                known_from: WaitingSource::JoinsMinusRemovals,
                entries: vec![Some(3), Some(9), None],
            }),
            swept: vec![0, 2, 0],
            faults: vec![1, 0, 0],
            server: None,
            reasons: BTreeMap::new(),
        });
        cell.cost.server_us_per_op = Some(30.0 + index as f64 * 100.0);
        cell.cost.bytes_per_user = Some(4_728.0);
    }
    run
}
