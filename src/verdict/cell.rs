//! The verdict of one cell.

use serde::{Deserialize, Serialize};

use crate::checks::{CheckOutcome, Finding};
use crate::measure::{Clock, Measurements, OWN_LAG_SHARE_MAX};
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

impl Verdict {
    /// The name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
        }
    }
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
#[derive(Clone, Debug, PartialEq)]
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
    /// Why a figure is missing.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The verdict of one cell.
#[derive(Clone, Debug, PartialEq)]
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
    let doubt = doubt(measurements);

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
        match (limit.kept, &doubt) {
            (Some(true), _) => {}
            // A generator that could not keep up measured itself: its figures break no limit.
            (Some(false), None) => broken.push(limit_sentence(limit)),
            (Some(false), Some(doubt)) => open.push(format!("{}, but {doubt}", limit_sentence(limit))),
            (None, _) => open.push(limit_sentence(limit)),
        }
    }
    open.extend(saturated.cloned());
    open.extend(trouble.iter().cloned());

    let found = |outcome: Outcome| promises.iter().any(|promise| promise.outcome == outcome);
    let limit_broken = doubt.is_none() && limits.iter().any(|limit| limit.kept == Some(false));
    if !limit_broken {
        // A queue that did not keep up and broke no limit: of the rate that was asked for nothing is known.
        open.extend(measurements.generator.undelivered.clone());
    }
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

/// Why response times that are too long do not tell of the queue. What is short enough with the generator's own lag in it
/// is so without.
fn doubt(measurements: &Measurements) -> Option<String> {
    let generator = &measurements.generator;
    if generator.saturated.is_some() {
        return Some("the generator did not drive the load that was asked for".to_owned());
    }
    if let Some(disturbed) = &generator.disturbed {
        return Some(disturbed.clone());
    }
    let own_lag = generator.own_lag_share.filter(|share| *share >= OWN_LAG_SHARE_MAX)?;
    measurements.throughput.offered_per_s?;
    Some(format!(
        "{:.0} % of the response time of joins is the generator's own lag: leave it a core of its own and repeat it",
        own_lag * 100.0
    ))
}

fn promise_verdict(finding: &Finding, expected: Option<Expectation>) -> PromiseVerdict {
    let outcome = match finding.outcome {
        CheckOutcome::Holds { .. } => Outcome::Holds,
        CheckOutcome::Violated { .. } => Outcome::Violated,
        CheckOutcome::Undecided { .. } => Outcome::Undecided,
    };
    // Either answer is accepted, but a check that looked at nothing gave none.
    let looked = !matches!(finding.outcome, CheckOutcome::Undecided { examined: 0, .. });
    let as_expected = match (outcome, expected) {
        (Outcome::Undecided, Some(Expectation::Either)) if looked => Some(true),
        (Outcome::Undecided, _) => None,
        (Outcome::Holds | Outcome::Violated, Some(Expectation::Either))
        | (Outcome::Holds, None)
        | (Outcome::Violated, Some(Expectation::Violated)) => Some(true),
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
    // Of a limit of nothing no share can be left.
    let margin = actual_us.filter(|_| max_us > 0.0).map(|actual| (max_us - actual) / max_us);
    let reason = match (actual_us, margin) {
        (None, _) => Some(format!("no {} was answered in the load phase", limit.op.name())),
        (Some(_), None) => Some("the limit is 0".to_owned()),
        (Some(_), Some(_)) => None,
    };
    LimitVerdict {
        op: limit.op,
        percentile: limit.percentile,
        max_us,
        actual_us,
        margin,
        kept: actual_us.map(|actual| actual <= max_us),
        reason,
    }
}

/// A limit in one sentence; what a cell says of a limit that is not kept begins so.
#[must_use]
pub fn limit_sentence(limit: &LimitVerdict) -> String {
    let (op, percentile, max_ms) = (limit.op.name(), limit.percentile.name(), limit.max_us / 1e3);
    let Some(actual_us) = limit.actual_us else {
        return format!("{percentile} of {op} is limited to {max_ms:.2} ms, but no {op} was answered under load");
    };
    let over = match limit.margin {
        Some(margin) if margin < 0.0 => format!(": {:.0} % over", -margin * 100.0),
        _ => String::new(),
    };
    format!("{percentile} of {op} was {:.2} ms, the limit is {max_ms:.2} ms{over}", actual_us / 1e3)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZeroU64;
    use std::time::Duration;

    use super::*;
    use crate::checks::Counterexample;
    use crate::measure::{Cost, GeneratorHealth, Latency, Steady, Throughput};

    const PROMISE: Promise = Promise::NoLoss;

    fn some(number: u64) -> NonZeroU64 {
        NonZeroU64::new(number).unwrap()
    }

    fn holds() -> CheckOutcome {
        CheckOutcome::Holds { examined: some(7) }
    }

    fn violated() -> CheckOutcome {
        let counterexample = Counterexample { story: "t1 is gone".to_owned(), events: Vec::new(), margin_ns: None };
        CheckOutcome::Violated { examined: some(7), violations: some(1), counterexample, listed: Vec::new() }
    }

    fn undecided(examined: u64) -> CheckOutcome {
        CheckOutcome::Undecided { examined, why: "the drain did not end".to_owned() }
    }

    /// Joins under load with a p99 of so many µs, if any, and a generator that may have been the limit.
    fn measured(p99_us: Option<f64>, saturated: Option<&str>) -> Measurements {
        let row = |clock, phase, p99_us| {
            let (p50_us, p90_us, p999_us, max_us) = (p99_us / 4.0, p99_us / 2.0, p99_us * 2.0, p99_us * 4.0);
            Latency {
                op: OpKind::Join,
                phase,
                clock,
                count: 9,
                p50_us,
                p90_us,
                p99_us,
                p999_us,
                max_us,
                p50_interval_us: None,
                p99_interval_us: None,
                reasons: BTreeMap::new(),
            }
        };
        // The rows that no limit is about are far off.
        let rows = |p99_us| {
            vec![
                row(Clock::Service, Phase::Load, p99_us / 100.0),
                row(Clock::Response, Phase::Drain, p99_us / 100.0),
                row(Clock::Response, Phase::Load, p99_us),
            ]
        };
        Measurements {
            latency: p99_us.map(rows).unwrap_or_default(),
            throughput: Throughput { offered_per_s: None, achieved_per_s: None, reason: None },
            spectra: Vec::new(),
            fairness: None,
            line: None,
            cost: Cost::default(),
            generator: GeneratorHealth { saturated: saturated.map(str::to_owned), ..GeneratorHealth::default() },
            release: Err("no flood".to_owned()),
            steady: Steady { reached: None, from_ms: None, samples: None, reason: Some("no load".to_owned()) },
            series: Err("no load".to_owned()),
            warm_up_operations: 0,
        }
    }

    fn judged(outcome: CheckOutcome, expected: Option<Expectation>) -> CellVerdict {
        let mut terms = Terms::default();
        terms.expect.extend(expected.map(|expected| (PROMISE, expected)));
        judge_cell(&[Finding { promise: PROMISE, outcome }], &measured(None, None), &terms, &[])
    }

    fn limited(percentile: Percentile, max: Duration, p99_us: Option<f64>, saturated: Option<&str>) -> CellVerdict {
        let max_ns = u64::try_from(max.as_nanos()).unwrap();
        let limits = vec![Limit { op: OpKind::Join, percentile, max_ns }];
        judge_cell(&[], &measured(p99_us, saturated), &Terms { limits, ..Terms::default() }, &[])
    }

    #[test]
    fn every_outcome_meets_every_expectation() {
        use Expectation::{Either, Violated};
        // What was found, what was expected: the verdict, whether they agree, sentences for and against.
        let table = [
            (holds(), None, Verdict::Pass, Some(true), (0, 0)),
            (holds(), Some(Violated), Verdict::Pass, Some(false), (1, 0)),
            (holds(), Some(Either), Verdict::Pass, Some(true), (0, 0)),
            (violated(), None, Verdict::Fail, Some(false), (1, 0)),
            (violated(), Some(Violated), Verdict::Fail, Some(true), (0, 0)),
            (violated(), Some(Either), Verdict::Fail, Some(true), (0, 0)),
            (undecided(3), None, Verdict::Inconclusive, None, (0, 1)),
            (undecided(3), Some(Violated), Verdict::Inconclusive, None, (0, 1)),
            (undecided(3), Some(Either), Verdict::Inconclusive, Some(true), (0, 0)),
            (undecided(0), None, Verdict::Inconclusive, None, (0, 1)),
            (undecided(0), Some(Violated), Verdict::Inconclusive, None, (0, 1)),
            (undecided(0), Some(Either), Verdict::Inconclusive, None, (0, 1)),
        ];
        for (outcome, expected, verdict, agrees, sentences) in table {
            let case = format!("{outcome:?} where {expected:?} is expected");
            let cell = judged(outcome, expected);
            assert_eq!((cell.verdict, cell.promises[0].as_expected), (verdict, agrees), "{case}");
            assert_eq!((cell.unexpected.len(), cell.undecided.len()), sentences, "{case}");
            assert_eq!(cell.as_expected, sentences == (0, 0), "{case}");
        }
    }

    #[test]
    fn a_surprise_says_what_it_is() {
        assert_eq!(judged(violated(), None).unexpected, ["no-loss is broken"]);
        assert_eq!(judged(undecided(0), None).undecided, ["no-loss is undecided: the drain did not end"]);
        let better = judged(holds(), Some(Expectation::Violated)).unexpected;
        assert!(better[0].starts_with("no-loss held although the scenario expects it broken"), "{better:?}");
    }

    #[test]
    fn a_limit_is_held_against_the_response_clock_of_the_load_with_its_margin() {
        let actual = [(Percentile::P50, 1.0), (Percentile::P90, 2.0), (Percentile::P99, 4.0)];
        let actual = actual.into_iter().chain([(Percentile::P999, 8.0), (Percentile::Max, 16.0)]);
        for (percentile, actual_ms) in actual {
            let cell = limited(percentile, Duration::from_millis(10), Some(4000.0), None);
            let row = &cell.limits[0];
            assert_eq!((row.max_us, row.actual_us), (10_000.0, Some(actual_ms * 1e3)), "{percentile:?}");
            assert!((row.margin.unwrap() - (10.0 - actual_ms) / 10.0).abs() < 1e-12, "{row:?}");
            let kept = actual_ms <= 10.0;
            assert_eq!((row.kept, row.reason.as_deref()), (Some(kept), None));
            assert_eq!(cell.verdict, if kept { Verdict::Pass } else { Verdict::Fail });
            assert_eq!((cell.as_expected, cell.unexpected.len()), (kept, usize::from(!kept)));
        }
    }

    #[test]
    fn a_limit_that_is_met_exactly_is_kept_and_one_that_is_broken_says_by_how_much() {
        let at = |ms| limited(Percentile::P99, Duration::from_millis(ms), Some(4000.0), None);
        assert_eq!((at(4).verdict, at(4).limits[0].margin), (Verdict::Pass, Some(0.0)));
        assert_eq!(at(2).unexpected, ["p99 of join was 4.00 ms, the limit is 2.00 ms: 100 % over"]);
    }

    #[test]
    fn a_limit_on_what_never_happened_is_undecided_with_a_reason() {
        let cell = limited(Percentile::P99, Duration::from_millis(5), None, None);
        assert_eq!((cell.verdict, cell.as_expected), (Verdict::Inconclusive, false));
        let row = &cell.limits[0];
        assert_eq!((row.actual_us, row.margin, row.kept), (None, None, None));
        assert_eq!(row.reason.as_deref(), Some("no join was answered in the load phase"));
        assert_eq!(cell.undecided, ["p99 of join is limited to 5.00 ms, but no join was answered under load"]);
    }

    #[test]
    fn a_limit_of_nothing_is_broken_without_a_share_that_is_no_number() {
        let cell = limited(Percentile::P99, Duration::ZERO, Some(4000.0), None);
        let row = &cell.limits[0];
        assert_eq!((row.kept, row.margin, row.reason.as_deref()), (Some(false), None, Some("the limit is 0")));
        assert_eq!(cell.unexpected, ["p99 of join was 4.00 ms, the limit is 0.00 ms"]);
    }

    #[test]
    fn a_saturated_generator_breaks_no_limit_and_lets_none_pass() {
        for max_ms in [1, 100] {
            let cell =
                limited(Percentile::P99, Duration::from_millis(max_ms), Some(4000.0), Some("the generator was busy"));
            assert_eq!((cell.verdict, cell.as_expected), (Verdict::Inconclusive, false), "{max_ms}");
            assert!(cell.unexpected.is_empty());
            assert!(cell.undecided.contains(&"the generator was busy".to_owned()), "{:?}", cell.undecided);
            let told = cell
                .undecided
                .iter()
                .any(|why| why.ends_with("but the generator did not drive the load that was asked for"));
            assert_eq!(told, max_ms == 1, "{:?}", cell.undecided);
        }
    }

    #[test]
    fn a_limit_that_only_the_generators_own_lag_would_break_is_left_undecided() {
        let judge = |own_lag_share, max_ms: u64, offered_per_s| {
            let limits = vec![Limit { op: OpKind::Join, percentile: Percentile::P99, max_ns: max_ms * 1_000_000 }];
            let mut measured = measured(Some(4000.0), None);
            measured.generator.own_lag_share = Some(own_lag_share);
            measured.throughput.offered_per_s = offered_per_s;
            judge_cell(&[], &measured, &Terms { limits, ..Terms::default() }, &[])
        };
        let late = judge(0.6, 1, Some(9.0));
        assert_eq!((late.verdict, late.unexpected.len()), (Verdict::Inconclusive, 0));
        assert!(late.undecided[0].contains("but 60 % of the response time of joins is the generator's own lag"));
        assert_eq!(judge(0.6, 10, Some(9.0)).verdict, Verdict::Pass, "short enough with the lag in it");
        assert_eq!(judge(0.4, 1, Some(9.0)).verdict, Verdict::Fail, "most of it is the queue's");
        assert_eq!(judge(0.6, 1, None).verdict, Verdict::Fail, "no open loop");
    }

    #[test]
    fn a_saturated_generator_excuses_no_broken_promise() {
        let finding = Finding { promise: PROMISE, outcome: violated() };
        let cell = judge_cell(&[finding], &measured(Some(1.0), Some("busy")), &Terms::default(), &[]);
        assert_eq!((cell.verdict, cell.unexpected.len(), cell.undecided.len()), (Verdict::Fail, 1, 1));
    }

    #[test]
    fn trouble_on_the_way_keeps_a_cell_from_passing_but_not_from_failing() {
        let trouble = ["interrupted".to_owned()];
        let judge = |outcome| {
            let finding = Finding { promise: PROMISE, outcome };
            judge_cell(&[finding], &measured(None, None), &Terms::default(), &trouble)
        };
        let cell = judge(holds());
        assert_eq!((cell.verdict, cell.as_expected, cell.undecided), (Verdict::Inconclusive, false, trouble.to_vec()));
        assert_eq!(judge(violated()).verdict, Verdict::Fail);
    }
}
