//! The verdict of one cell.

use serde::{Deserialize, Serialize};

use crate::checks::{CheckOutcome, Finding};
use crate::measure::{Clock, Measurements};
use crate::model::{Expectation, Limit, OpKind, Percentile, Phase, Promise, Terms};

/// Pass, fail or inconclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every promise and limit held.
    Pass,
    /// One was broken.
    Fail,
    /// Nothing was broken, but something could not be decided.
    Inconclusive,
}

/// What a check found, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It held.
    Holds,
    /// It was broken.
    Violated,
    /// Neither can be said.
    Undecided,
}

/// A promise, what was found and what was expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PromiseVerdict {
    /// The promise.
    pub promise: Promise,
    /// What was found.
    pub outcome: Outcome,
    /// What was expected, where that is not "holds".
    pub expected: Option<Expectation>,
    /// Whether the two agree; `None` while undecided.
    pub as_expected: Option<bool>,
}

/// A limit, the actual value and the margin, in one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LimitVerdict {
    /// The operation.
    pub op: OpKind,
    /// The percentile, on the response clock of the load phase.
    pub percentile: Percentile,
    /// The most it may be, µs.
    pub max_us: f64,
    /// What it was, µs; `None`: no such operation was answered.
    pub actual_us: Option<f64>,
    /// How much of the limit was left, as a share of it; negative when it was broken.
    pub margin: Option<f64>,
    /// Whether it was kept; `None` when there is no actual value.
    pub kept: Option<bool>,
}

/// The verdict of one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CellVerdict {
    /// Whether its promises and limits held.
    pub verdict: Verdict,
    /// Whether that is what the scenario expects of this design.
    pub as_expected: bool,
    /// Promise by promise.
    pub promises: Vec<PromiseVerdict>,
    /// Limit by limit.
    pub limits: Vec<LimitVerdict>,
    /// What is not as expected: one sentence each.
    pub unexpected: Vec<String>,
    /// What could not be decided: one sentence each.
    pub undecided: Vec<String>,
}

/// Judges a cell. `trouble` says why the run ended early or what else keeps it from being conclusive.
#[must_use]
pub fn judge_cell(findings: &[Finding], measurements: &Measurements, terms: &Terms, trouble: &[String]) -> CellVerdict {
    let promises: Vec<PromiseVerdict> =
        findings.iter().map(|finding| promise_verdict(finding, terms.expect.get(&finding.promise).copied())).collect();
    let limits: Vec<LimitVerdict> = terms.limits.iter().map(|limit| limit_verdict(limit, measurements)).collect();
    let saturated = measurements.generator.saturated.as_ref();

    let mut broken = Vec::new();
    let mut open = Vec::new();
    for (promise, finding) in promises.iter().zip(findings) {
        match promise.as_expected {
            Some(true) => {}
            Some(false) => broken.push(unexpected(promise)),
            None => open.push(undecided(promise.promise, finding)),
        }
    }
    for limit in &limits {
        match (limit.kept, saturated) {
            (Some(true), _) => {}
            // A generator that could not keep up measured itself: its figures break no limit.
            (Some(false), None) => broken.push(limit_sentence(limit)),
            (Some(false), Some(_)) => {
                open.push(format!("{}, but the generator itself was the limit", limit_sentence(limit)))
            }
            (None, _) => open.push(limit_sentence(limit)),
        }
    }
    open.extend(saturated.cloned());
    open.extend(trouble.iter().cloned());

    let found = |outcome: Outcome| promises.iter().any(|promise| promise.outcome == outcome);
    let limit_broken = saturated.is_none() && limits.iter().any(|limit| limit.kept == Some(false));
    let verdict = if found(Outcome::Violated) || limit_broken {
        Verdict::Fail
    } else if !open.is_empty() || found(Outcome::Undecided) {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    };
    let as_expected = broken.is_empty() && open.is_empty();
    CellVerdict { verdict, as_expected, promises, limits, unexpected: broken, undecided: open }
}

fn promise_verdict(finding: &Finding, expected: Option<Expectation>) -> PromiseVerdict {
    let outcome = match finding.outcome {
        CheckOutcome::Holds { .. } => Outcome::Holds,
        CheckOutcome::Violated { .. } => Outcome::Violated,
        CheckOutcome::Undecided { .. } => Outcome::Undecided,
    };
    let as_expected = match (outcome, expected) {
        (_, Some(Expectation::Either)) => Some(true),
        (Outcome::Undecided, _) => None,
        (Outcome::Holds, None) | (Outcome::Violated, Some(Expectation::Violated)) => Some(true),
        (Outcome::Violated, None) | (Outcome::Holds, Some(Expectation::Violated)) => Some(false),
    };
    PromiseVerdict { promise: finding.promise, outcome, expected, as_expected }
}

fn unexpected(promise: &PromiseVerdict) -> String {
    let name = promise.promise.name();
    if promise.outcome == Outcome::Holds {
        format!(
            "{name} held although the scenario expects it broken: the load no longer shows the fault, or the design was mended (then change the expectation)"
        )
    } else {
        format!("{name} is broken")
    }
}

fn undecided(promise: Promise, finding: &Finding) -> String {
    match &finding.outcome {
        CheckOutcome::Undecided { why, .. } => format!("{} is undecided: {why}", promise.name()),
        _ => format!("{} is undecided", promise.name()),
    }
}

fn limit_verdict(limit: &Limit, measurements: &Measurements) -> LimitVerdict {
    #[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
    let max_us = limit.max_ns as f64 / 1e3;
    let row = measurements
        .latency
        .iter()
        .find(|row| row.op == limit.op && row.phase == Phase::Load && row.clock == Clock::Response);
    let actual_us = row.map(|row| match limit.percentile {
        Percentile::P50 => row.p50_us,
        Percentile::P90 => row.p90_us,
        Percentile::P99 => row.p99_us,
        Percentile::P999 => row.p999_us,
        Percentile::Max => row.max_us,
    });
    LimitVerdict {
        op: limit.op,
        percentile: limit.percentile,
        max_us,
        actual_us,
        margin: actual_us.map(|actual| (max_us - actual) / max_us),
        kept: actual_us.map(|actual| actual <= max_us),
    }
}

fn limit_sentence(limit: &LimitVerdict) -> String {
    let (op, percentile, max_ms) = (limit.op.name(), limit.percentile.name(), limit.max_us / 1e3);
    match (limit.actual_us, limit.margin) {
        (Some(actual_us), Some(margin)) => format!(
            "{percentile} of {op} was {:.2} ms, the limit is {max_ms:.2} ms ({:+.0} % of it left)",
            actual_us / 1e3,
            margin * 100.0
        ),
        _ => format!("{percentile} of {op} is limited to {max_ms:.2} ms, but no {op} was answered"),
    }
}
