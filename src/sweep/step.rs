//! One try of a rate: what was measured, and whether it held.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::search::Answer;
use super::words::{rate, time};
use crate::measure::{ACHIEVED_SHARE_MIN, Clock};
use crate::model::{OpKind, Phase};
use crate::report::Cell;
use crate::verdict::Outcome;

/// A larger share of operations that were never answered breaks a rate: whoever was not answered is in no percentile.
pub const UNANSWERED_SHARE_MAX: f64 = 0.01;

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Everything held.
    Held,
    /// Something broke.
    Broke,
    /// The generator was the limit.
    Generator,
    /// It could not be decided.
    Open,
}

/// What kind of thing decided a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A promise that the scenario does not expect broken.
    Promise,
    /// A limit on latency.
    Limit,
    /// Fewer joins were answered than came.
    Behind,
    /// Operations were never answered.
    Unanswered,
    /// The load was not over long after its time.
    Unfinished,
    /// The generator.
    Generator,
    /// Something that could not be decided.
    Undecided,
}

/// Why a try did not hold.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Reason {
    /// The kind of thing.
    pub cause: Cause,
    /// A clause: `p99 of position breaks its limit (61 ms > 50 ms)`.
    pub text: String,
    /// The smallest proof of a broken promise, in words.
    pub proof: Option<String>,
}

/// The latency of one kind of operation on the response clock, in the load.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StepLatency {
    /// The operation.
    pub op: OpKind,
    /// How many were answered.
    pub count: u64,
    /// Median, µs.
    pub p50_us: f64,
    /// 99th percentile, µs; with fewer than a hundred answers it is the largest.
    pub p99_us: f64,
    /// Largest, µs.
    pub max_us: f64,
}

/// One try of a rate.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// The multiple of the scenario's rate.
    pub factor: f64,
    /// The highest rate of the plan, joins per second.
    pub peak_per_s: f64,
    /// Which try of this rate it is, from 1.
    pub round: u32,
    /// The seed of its plan.
    pub seed: u64,
    /// What it came to.
    pub outcome: StepOutcome,
    /// Why, unless everything held.
    pub reason: Option<Reason>,
    /// Joins per second that were planned, mean over the load.
    pub offered_per_s: Option<f64>,
    /// Joins per second that were answered.
    pub achieved_per_s: Option<f64>,
    /// Latency by operation.
    pub latency: Vec<StepLatency>,
    /// Server time per operation, µs.
    pub server_us_per_op: Option<f64>,
    /// Share of one core that the generator used.
    pub client_cpu_cores: Option<f64>,
    /// 99th percentile of how late joins were sent, µs.
    pub send_lag_p99_us: Option<f64>,
    /// Operations that were never answered, refused ones among them.
    pub unanswered: u64,
    /// Attempts that were recorded.
    pub operations: u64,
    /// How long it took with warm-up, drain and judging, s.
    pub took_s: f64,
    /// Why a figure is `null`, by its name.
    pub reasons: BTreeMap<String, String>,
}

/// What was cut off, and after how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The load itself.
    Load(Duration),
    /// The drain that follows it.
    Drain(Duration),
}

/// Whether a try held. A broken promise comes first: it is proved by the history, whatever else went wrong; then the
/// generator, whose own lateness breaks no limit. `crashes` says that clients end on purpose, and so get no answer.
pub(super) fn answer(cell: &Cell, cut: Option<Cut>, crashes: bool) -> (Answer, Option<Reason>) {
    let broken = cell.checks.iter().find(|check| check.outcome == Outcome::Violated && check.expected.is_none());
    if let Some(check) = broken {
        let text = format!("{} is broken ({} of {} examined)", check.name, check.violations, check.examined);
        let proof = check.counterexample.as_ref().map(|proof| proof.story.clone());
        return (Answer::Proved, Some(Reason { cause: Cause::Promise, text, proof }));
    }
    let because = |answer, cause, text| (answer, Some(Reason { cause, text, proof: None }));
    if let Some(why) = &cell.generator.saturated {
        return because(Answer::Generator, Cause::Generator, why.clone());
    }
    let broken = cell.limits.iter().find(|limit| limit.kept == Some(false));
    let behind = cell.generator.undelivered.is_some();
    if let Some(why) = cell.generator.disturbed.as_ref().filter(|_| broken.is_some() || behind) {
        return because(Answer::Generator, Cause::Generator, why.clone());
    }
    if let Some((limit, actual_us)) = broken.and_then(|limit| Some((limit, limit.actual_us?))) {
        let (op, percentile) = (limit.op.name(), limit.percentile.name());
        let text = format!("{percentile} of {op} breaks its limit ({} > {})", time(actual_us), time(limit.max_us));
        return because(Answer::Broke, Cause::Limit, text);
    }
    if let Some(Cut::Load(after)) = cut {
        let text = format!("the load was not over after {} s", after.as_secs());
        return because(Answer::Broke, Cause::Unfinished, text);
    }
    let achieved = cell.throughput.achieved_per_s.unwrap_or(0.0);
    if let Some(offered) = cell.throughput.offered_per_s.filter(|offered| achieved < ACHIEVED_SHARE_MIN * offered) {
        let text = format!("only {} of {} joins/s were answered", rate(achieved), rate(offered));
        return because(Answer::Broke, Cause::Behind, text);
    }
    let unanswered = unanswered(cell);
    if !crashes && unanswered as f64 > UNANSWERED_SHARE_MAX * cell.operations as f64 {
        let text = format!("{unanswered} of {} operations were never answered", cell.operations);
        return because(Answer::Broke, Cause::Unanswered, text);
    }
    if let Some(Cut::Drain(after)) = cut {
        let text =
            format!("the line was not drained after {} s, so that it is not known who was lost", after.as_secs());
        return because(Answer::Open, Cause::Undecided, text);
    }
    match cell.undecided.first() {
        Some(why) => because(Answer::Open, Cause::Undecided, why.clone()),
        None => (Answer::Held, None),
    }
}

fn unanswered(cell: &Cell) -> u64 {
    cell.generator.unknown + cell.generator.refused
}

impl From<Answer> for StepOutcome {
    fn from(answer: Answer) -> StepOutcome {
        match answer {
            Answer::Held => StepOutcome::Held,
            Answer::Broke | Answer::Proved => StepOutcome::Broke,
            Answer::Generator => StepOutcome::Generator,
            Answer::Open => StepOutcome::Open,
        }
    }
}

/// Why figures of a cell are missing, by the names that a step has for them.
fn reasons(cell: &Cell) -> BTreeMap<String, String> {
    let (throughput, cost, generator) = (&cell.throughput, &cell.cost, &cell.generator);
    let missing = [
        ("offered_per_s", throughput.offered_per_s, throughput.reason.as_ref()),
        ("achieved_per_s", throughput.achieved_per_s, throughput.reason.as_ref()),
        ("server_us_per_op", cost.server_us_per_op, cost.reasons.get("server_us_per_op")),
        ("client_cpu_cores", generator.client_cpu_cores, generator.reasons.get("client_cpu_cores")),
        ("send_lag_p99_us", generator.send_lag_p99_us, generator.reasons.get("send_lag")),
    ];
    let why = |why: Option<&String>| why.cloned().unwrap_or_else(|| "it was not measured".to_owned());
    let missing = missing.into_iter().filter(|(_, figure, _)| figure.is_none());
    missing.map(|(name, _, reason)| (name.to_owned(), why(reason))).collect()
}

/// Which try it was, of which rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) factor: f64,
    pub(super) peak_per_s: f64,
    pub(super) round: u32,
    pub(super) seed: u64,
}

impl Step {
    /// The figures of a judged try.
    pub(super) fn of(attempt: Attempt, cell: &Cell, answer: Answer, reason: Option<Reason>, took: Duration) -> Step {
        let under_load = cell.latency.iter().filter(|row| row.phase == Phase::Load && row.clock == Clock::Response);
        let latency = under_load.map(|row| StepLatency {
            op: row.op,
            count: row.count,
            p50_us: row.p50_us,
            p99_us: row.p99_us,
            max_us: row.max_us,
        });
        Step {
            factor: attempt.factor,
            peak_per_s: attempt.peak_per_s,
            round: attempt.round,
            seed: attempt.seed,
            outcome: answer.into(),
            reason,
            offered_per_s: cell.throughput.offered_per_s,
            achieved_per_s: cell.throughput.achieved_per_s,
            latency: latency.collect(),
            server_us_per_op: cell.cost.server_us_per_op,
            client_cpu_cores: cell.generator.client_cpu_cores,
            send_lag_p99_us: cell.generator.send_lag_p99_us,
            unanswered: unanswered(cell),
            operations: cell.operations,
            took_s: took.as_secs_f64(),
            reasons: reasons(cell),
        }
    }

    /// The 99th percentile of an operation, µs.
    #[must_use]
    pub fn p99_us(&self, op: OpKind) -> Option<f64> {
        self.latency.iter().find(|row| row.op == op).map(|row| row.p99_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Expectation, Limit, Percentile, Promise, Terms};
    use crate::report::sample::{found, sample_cell};

    /// A thousand joins with a p99 of 10 ms, a limit on it of so many ms, and a promise that was found so.
    fn cell(mark: char, limit_ms: u64, expected: Option<Expectation>) -> Cell {
        let limits = vec![Limit { op: OpKind::Join, percentile: Percentile::P99, max_ns: limit_ms * 1_000_000 }];
        let expect = expected.map(|expected| (Promise::GlobalFifo, expected)).into_iter().collect();
        let terms = Terms { limits, expect, ..Terms::default() };
        sample_cell("sale", "list", vec![found(Promise::GlobalFifo, mark)], terms, (1_000, 1_000.0, Some(500.0)))
    }

    fn told(cell: &Cell, cut: Option<Cut>) -> (Answer, Option<Cause>, String) {
        let (answer, reason) = answer(cell, cut, false);
        let text = reason.as_ref().map(|reason| reason.text.clone()).unwrap_or_default();
        (answer, reason.map(|reason| reason.cause), text)
    }

    fn saturated(mut cell: Cell) -> Cell {
        cell.generator.saturated = Some("the generator used its core".to_owned());
        cell
    }

    const LATE: Option<Cut> = Some(Cut::Load(Duration::from_secs(24)));

    #[test]
    fn what_holds_in_time_holds() {
        assert_eq!(told(&cell('+', 50, None), None), (Answer::Held, None, String::new()));
    }

    #[test]
    fn a_promise_that_is_expected_broken_breaks_nothing() {
        for expected in [Expectation::Violated, Expectation::Either] {
            assert_eq!(told(&cell('-', 50, Some(expected)), None).0, Answer::Held);
            assert_eq!(told(&cell('+', 50, Some(expected)), None).0, Answer::Held);
        }
    }

    #[test]
    fn a_broken_promise_is_proved_whatever_else_went_wrong() {
        let (answer, cause, text) = told(&saturated(cell('-', 1, None)), LATE);
        assert_eq!((answer, cause), (Answer::Proved, Some(Cause::Promise)));
        assert_eq!(text, "global-fifo is broken (1 of 7 examined)");
        let (_, reason) = super::answer(&cell('-', 50, None), None, false);
        assert_eq!(reason.unwrap().proof.as_deref(), Some("u1 holds t1 and t2 at once"));
    }

    #[test]
    fn a_generator_that_was_the_limit_breaks_no_limit() {
        assert_eq!(told(&saturated(cell('+', 1, None)), LATE).0, Answer::Generator);
    }

    #[test]
    fn a_limit_is_told_with_what_it_was_and_what_it_may_be() {
        let limit = (Answer::Broke, Some(Cause::Limit), "p99 of join breaks its limit (10 ms > 5 ms)".to_owned());
        assert_eq!(told(&cell('+', 5, None), None), limit);
    }

    #[test]
    fn joins_that_are_answered_more_slowly_than_they_come_break_a_rate() {
        let mut slow = cell('+', 50, None);
        slow.throughput.achieved_per_s = Some(474.0);
        let behind = "only 474 of 500 joins/s were answered".to_owned();
        assert_eq!(told(&slow, None), (Answer::Broke, Some(Cause::Behind), behind));
        slow.throughput.achieved_per_s = Some(476.0);
        assert_eq!(told(&slow, None).0, Answer::Held);
        slow.throughput.achieved_per_s = None;
        assert_eq!(told(&slow, None).0, Answer::Broke, "nothing was answered");
        assert_eq!(told(&cell('+', 50, None), LATE).1, Some(Cause::Unfinished));
    }

    #[test]
    fn who_was_never_answered_is_in_no_percentile_and_counts_all_the_same() {
        let mut lost = cell('+', 50, None);
        (lost.generator.unknown, lost.generator.refused) = (6, 5);
        assert_eq!(told(&lost, None).1, Some(Cause::Unanswered));
        assert_eq!(answer(&lost, None, true).0, Answer::Held, "unless clients end on purpose");
        lost.generator.refused = 4;
        assert_eq!(told(&lost, None).0, Answer::Held);
    }

    #[test]
    fn what_could_not_be_decided_is_open() {
        let (answer, cause, text) = told(&cell('?', 50, None), None);
        assert_eq!((answer, cause), (Answer::Open, Some(Cause::Undecided)));
        assert!(text.starts_with("global-fifo is undecided"), "{text}");
        let drain = told(&cell('+', 50, None), Some(Cut::Drain(Duration::from_secs(9))));
        assert_eq!((drain.0, drain.2.contains("not drained after 9 s")), (Answer::Open, true));
    }
}
