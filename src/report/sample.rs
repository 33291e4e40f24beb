//! A small run for the tests of the renderers: two scenarios, two designs, something of everything.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use super::document::{Cell, Document, Run, cell};
use crate::checks::mutation::CouldHaveFailed;
use crate::checks::{CheckOutcome, Counterexample, Finding};
use crate::history::{Header, RunEnd, SCHEMA};
use crate::measure::{
    Clock, Cost, Fairness, GeneratorHealth, Latency, Measurements, Overtakes, OvertakesBand, Steady, Throughput,
    WaitLost,
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
        fairness: None,
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
