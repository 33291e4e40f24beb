//! The document: all that any renderer may show of a run. Its field names are binding.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Provenance, ServerSide, to_json};
use crate::checks::mutation::CouldHaveFailed;
use crate::checks::{CheckOutcome, Counterexample, Finding};
use crate::history::Header;
use crate::measure::{
    Cost, Fairness, GeneratorHealth, Latency, Line, Measurements, Release, Series, Spectrum, Steady, Throughput,
    why_no_speed,
};
use crate::model::Schedule;
use crate::verdict::{
    Candidate, CellSummary, CellVerdict, Choice, LimitVerdict, Outcome, Standing, Verdict, choose, judge_run,
};

/// The version of result.json.
pub const SCHEMA: u32 = 1;

/// A run: result.json.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// Format version.
    pub schema: u32,
    /// Who wrote it: `stanchion 0.1.0`.
    pub tool: String,
    /// When the run began, RFC 3339, UTC; `null` where saved histories were judged.
    pub started: Option<String>,
    /// How long it took, seconds; `null` where saved histories were judged.
    pub duration_s: Option<f64>,
    /// The seed of every plan; `null` where histories of several seeds, or of none, were judged.
    pub seed: Option<u64>,
    /// The hash over the plans of all scenarios.
    pub plan_hash: String,
    /// The server; `null` where saved histories were judged.
    pub target: Option<serde_json::Value>,
    /// Pass when every cell did as expected.
    pub verdict: Verdict,
    /// The verdict in words.
    pub sentence: String,
    /// Which design to take, and why.
    #[serde(default)]
    pub choice: Choice,
    /// The command that repeats the run.
    pub repeat: String,
    /// Why the run ended before all cells were run.
    pub ended_early: Option<String>,
    /// Machine, scripts and scenarios; `null` where saved histories were judged.
    #[serde(default)]
    pub provenance: Option<Provenance>,
    /// Why something above is `null`, by its name.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
    /// Cell by cell, in the order run.
    pub cells: Vec<Cell>,
}

/// What a run knows besides its cells.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// When it began, RFC 3339, UTC.
    pub started: Option<String>,
    /// How long it took, seconds.
    pub duration_s: Option<f64>,
    /// The seed of every plan; `None`: that of the cells, if they have one in common.
    pub seed: Option<u64>,
    /// The server's facts.
    pub target: Option<serde_json::Value>,
    /// The command that repeats it.
    pub repeat: String,
    /// Why it ended early.
    pub ended_early: Option<String>,
    /// Machine, scripts and scenarios.
    pub provenance: Option<Provenance>,
}

/// One scenario on one design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The scenario's name.
    pub scenario: String,
    /// The design's name.
    pub queue: String,
    /// Whether its promises and limits held.
    pub verdict: Verdict,
    /// Whether that is what the scenario expects of this design.
    pub as_expected: bool,
    /// What is not as expected.
    pub unexpected: Vec<String>,
    /// What could not be decided.
    pub undecided: Vec<String>,
    /// Promise by promise.
    pub checks: Vec<Check>,
    /// Limit by limit, with actual value and margin.
    pub limits: Vec<LimitVerdict>,
    /// Latency by operation, clock and phase; the load phase first.
    pub latency: Vec<Latency>,
    /// The latencies of the load on the response and service clocks, at every percentile worth drawing.
    #[serde(default)]
    pub spectra: Vec<Spectrum>,
    /// Joins per second.
    pub throughput: Throughput,
    /// Fairness; `null` with fewer than two admitted tokens.
    pub fairness: Option<Fairness>,
    /// Order joined against order admitted; `null` likewise.
    #[serde(default)]
    pub line: Option<Line>,
    /// Whether the generator itself was the limit.
    pub generator: GeneratorHealth,
    /// What an operation costs.
    pub cost: Cost,
    /// How simultaneous a flood was; `null` for other loads.
    #[serde(default)]
    pub release: Option<Release>,
    /// Whether response times came to a steady state; `null` only in a result of an older version.
    #[serde(default)]
    pub steady: Option<Steady>,
    /// Operations of the warm-up: judged, and left out of every figure.
    #[serde(default)]
    pub warm_up_operations: u64,
    /// Client and server on one axis of time.
    #[serde(default)]
    pub series: Option<Series>,
    /// What the server found slow, and what asking it cost; `null` in foreign and older histories.
    #[serde(default)]
    pub server: Option<ServerSide>,
    /// The schedule that was executed, command by command; `null` for other loads.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// The order of all operations that proves the line; `null` where none was found.
    #[serde(default)]
    pub order: Option<Order>,
    /// The seed of the scenario's plan; `null` for a history that no plan of this program led to.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The hash of the scenario's plan; empty for such a history.
    pub plan_hash: String,
    /// Attempts recorded.
    pub operations: u64,
    /// Why something above is `null`, by its name.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
}

/// An order of all operations in which every answer is right, found and replayed on a plain queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// The promise that it proves: `global-fifo` or `per-user-fifo`.
    pub promise: String,
    /// How many operations it puts in order.
    pub operations: u64,
}

/// One promise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The promise.
    pub name: String,
    /// `holds`, `violated` or `undecided`.
    pub outcome: Outcome,
    /// What was expected, where that is not "holds".
    pub expected: Option<crate::model::Expectation>,
    /// How many things were examined.
    pub examined: u64,
    /// How many of them broke the promise.
    pub violations: u64,
    /// The smallest proof.
    pub counterexample: Option<Counterexample>,
    /// The first violations, one sentence each.
    pub listed: Vec<String>,
    /// Why it is undecided.
    pub why: Option<String>,
    /// Whether the check would have noticed a fault: what it said of slices of this history that were altered. `null` only
    /// in a result of an older version.
    #[serde(default)]
    pub could_have_failed: Option<CouldHaveFailed>,
}

/// The document's entry for a judged history.
#[must_use]
pub fn cell(
    header: &Header,
    operations: u64,
    findings: Vec<Finding>,
    measurements: Measurements,
    verdict: CellVerdict,
) -> Cell {
    let checks = findings.into_iter().zip(&verdict.promises);
    let checks = checks.map(|(finding, promise)| check(finding, promise.outcome, promise.expected)).collect();
    let seed = (!header.plan_hash.is_empty()).then_some(header.seed);
    let (release, no_release) = told(measurements.release);
    let (series, no_series) = told(measurements.series);
    let server = header.server_series.as_ref().map(ServerSide::of);
    let speedless = why_no_speed(header);
    let no_latency = speedless.unwrap_or("no operation was answered");
    let no_server = speedless.unwrap_or("the history does not say how the server was doing");
    let reasons = reasons([
        ("fairness", measurements.fairness.is_none(), "fewer than two tokens were admitted"),
        ("line", measurements.line.is_none(), "fewer than two tokens were admitted"),
        ("latency", measurements.latency.is_empty(), no_latency),
        ("seed", seed.is_none(), "the history does not come from a plan"),
        ("order", true, "no promise about order was checked and held"),
        ("release", release.is_none(), &no_release),
        ("schedule", header.schedule.is_none(), "clients sent what they had to at their own time"),
        ("series", series.is_none(), &no_series),
        ("server", server.is_none(), no_server),
    ]);
    Cell {
        scenario: header.scenario.clone(),
        queue: header.queue.clone(),
        verdict: verdict.verdict,
        as_expected: verdict.as_expected,
        unexpected: verdict.unexpected,
        undecided: verdict.undecided,
        checks,
        limits: verdict.limits,
        latency: measurements.latency,
        spectra: measurements.spectra,
        throughput: measurements.throughput,
        fairness: measurements.fairness,
        line: measurements.line,
        generator: measurements.generator,
        cost: measurements.cost,
        release,
        steady: Some(measurements.steady),
        warm_up_operations: measurements.warm_up_operations,
        series,
        server,
        schedule: header.schedule.clone(),
        order: None,
        seed,
        plan_hash: header.plan_hash.clone(),
        operations,
        reasons,
    }
}

/// A figure, and else the reason why there is none.
fn told<T>(figure: Result<T, String>) -> (Option<T>, String) {
    match figure {
        Ok(figure) => (Some(figure), String::new()),
        Err(why) => (None, why),
    }
}

/// Of `(name, whether it is missing, why)` those that are missing.
fn reasons<const N: usize>(of: [(&str, bool, &str); N]) -> BTreeMap<String, String> {
    of.into_iter().filter(|(_, missing, _)| *missing).map(|(name, _, why)| (name.to_owned(), why.to_owned())).collect()
}

fn check(finding: Finding, outcome: Outcome, expected: Option<crate::model::Expectation>) -> Check {
    let (examined, violations, counterexample, listed, why) = match finding.outcome {
        CheckOutcome::Holds { examined } => (examined.get(), 0, None, Vec::new(), None),
        CheckOutcome::Violated { examined, violations, counterexample, listed } => {
            (examined.get(), violations.get(), Some(counterexample), listed, None)
        }
        CheckOutcome::Undecided { examined, why } => (examined, 0, None, Vec::new(), Some(why)),
    };
    let name = finding.promise.name().to_owned();
    Check { name, outcome, expected, examined, violations, counterexample, listed, why, could_have_failed: None }
}

impl Cell {
    /// Says that an order proves the line.
    pub fn proved(&mut self, order: Order) {
        self.order = Some(order);
        self.reasons.remove("order");
    }

    /// Says of each check, in order, what it noticed of faults.
    pub fn tried(&mut self, tried: Vec<CouldHaveFailed>) {
        for (check, tried) in self.checks.iter_mut().zip(tried) {
            check.could_have_failed = Some(tried);
        }
    }

    fn summary(&self) -> CellSummary<'_> {
        CellSummary {
            scenario: &self.scenario,
            queue: &self.queue,
            unexpected: !self.unexpected.is_empty(),
            undecided: !self.undecided.is_empty(),
            promises: self.standing(),
        }
    }

    fn standing(&self) -> Standing {
        let each = self.checks.iter().map(|check| match check.outcome {
            Outcome::Holds => Standing::Kept,
            Outcome::Undecided => Standing::Open,
            Outcome::Violated => Standing::Broken,
        });
        each.max().unwrap_or(Standing::Unchecked)
    }
}

impl Document {
    /// Puts a run together and judges it as a whole.
    #[must_use]
    pub fn new(run: Run, cells: Vec<Cell>) -> Document {
        let summaries: Vec<CellSummary<'_>> = cells.iter().map(Cell::summary).collect();
        let verdict = judge_run(&summaries, run.ended_early.as_deref());
        let seed = run.seed.or_else(|| common_seed(&cells));
        let saved = "saved histories were judged, and they do not say";
        let reasons = reasons([
            ("started", run.started.is_none(), saved),
            ("target", run.target.is_none(), saved),
            ("duration_s", run.duration_s.is_none(), if run.started.is_some() { NOT_OVER } else { saved }),
            ("seed", seed.is_none(), "the histories have no seed in common"),
            ("provenance", run.provenance.is_none(), saved),
        ]);
        Document {
            schema: SCHEMA,
            tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
            started: run.started,
            duration_s: run.duration_s,
            seed,
            plan_hash: plan_hash(&cells),
            target: run.target,
            verdict: verdict.verdict,
            sentence: verdict.sentence,
            choice: choose(&candidates(&cells)),
            repeat: run.repeat,
            ended_early: run.ended_early,
            provenance: run.provenance,
            reasons,
            cells,
        }
    }

    /// Says how long the run took, now that it is over, in seconds.
    pub fn took(&mut self, duration_s: f64) {
        self.duration_s = Some(duration_s);
        self.reasons.remove("duration_s");
    }

    /// The text of result.json.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(self).expect("the document is plain data with string keys")
    }

    /// The designs of the run, in the order of their first cell.
    #[must_use]
    pub fn queues(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !names.contains(&cell.queue.as_str()) {
                names.push(&cell.queue);
            }
        }
        names
    }
}

/// What is known of each design, for the choice among them.
fn candidates(cells: &[Cell]) -> Vec<Candidate<'_>> {
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for cell in cells {
        let place = candidates.iter().position(|candidate| candidate.queue == cell.queue);
        let place = place.unwrap_or_else(|| {
            candidates.push(Candidate {
                queue: &cell.queue,
                promises: Standing::Unchecked,
                broken: Vec::new(),
                limits_missed: 0,
                undecided: false,
                server_us_per_op: BTreeMap::new(),
            });
            candidates.len() - 1
        });
        let candidate = &mut candidates[place];
        candidate.promises = candidate.promises.max(cell.standing());
        candidate.undecided |= !cell.undecided.is_empty();
        candidate.limits_missed += cell.limits.iter().filter(|limit| limit.kept != Some(true)).count();
        for check in cell.checks.iter().filter(|check| check.outcome == Outcome::Violated) {
            if !candidate.broken.contains(&check.name.as_str()) {
                candidate.broken.push(&check.name);
            }
        }
        candidate.server_us_per_op.extend(cell.cost.server_us_per_op.map(|us| (cell.scenario.as_str(), us)));
    }
    candidates
}

/// Why an unfinished run has no duration.
const NOT_OVER: &str = "the run is not over";

/// The seed that all cells have in common.
fn common_seed(cells: &[Cell]) -> Option<u64> {
    let first = cells.first()?.seed;
    first.filter(|_| cells.iter().all(|cell| cell.seed == first))
}

/// One hash over the plans: designs of one scenario share a plan, so each scenario counts once.
fn plan_hash(cells: &[Cell]) -> String {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for cell in cells {
        let plan = (cell.scenario.as_str(), cell.plan_hash.as_str());
        if !seen.contains(&plan) {
            seen.push(plan);
        }
    }
    let mut hasher = blake3::Hasher::new();
    for (scenario, hash) in seen {
        hasher.update(scenario.as_bytes()).update(b"\0").update(hash.as_bytes()).update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, sample_cell, sample_run};
    use super::*;
    use crate::model::Terms;

    #[test]
    fn a_document_survives_being_written_and_read() {
        let document = sample();
        assert_eq!(serde_json::from_str::<Document>(&document.to_json()).unwrap(), document);
    }

    #[test]
    fn a_duration_is_missing_with_a_reason_until_the_run_is_over() {
        let mut document = sample();
        assert_eq!(document.reasons.get("duration_s").map(String::as_str), Some("the run is not over"));
        document.took(1.5);
        assert_eq!((document.duration_s, document.reasons.is_empty()), (Some(1.5), true));
    }

    #[test]
    fn the_plan_hash_counts_each_scenario_once_and_differs_with_any_plan() {
        let cell = |scenario: &str, queue: &str, hash: &str| Cell {
            plan_hash: hash.to_owned(),
            ..sample_cell(scenario, queue, Vec::new(), Terms::default(), (0, 0.0, None))
        };
        let hash = |cells: &[Cell]| sample_run(cells.to_vec()).plan_hash;
        let both = hash(&[cell("a", "x", "1"), cell("b", "x", "2")]);
        assert_eq!(both, hash(&[cell("a", "x", "1"), cell("a", "y", "1"), cell("b", "y", "2")]));
        assert_ne!(both, hash(&[cell("a", "x", "1")]));
        assert_ne!(both, hash(&[cell("a", "x", "1"), cell("b", "x", "3")]));
        assert_ne!(both, hash(&[cell("a", "x", "2"), cell("b", "x", "1")]));
    }

    #[test]
    fn judged_histories_have_the_seed_that_they_have_in_common() {
        let cell = |seed| Cell { seed, ..sample_cell("a", "x", Vec::new(), Terms::default(), (0, 0.0, None)) };
        let seed = |cells: Vec<Cell>| Document::new(Run::default(), cells).seed;
        assert_eq!(seed(vec![cell(Some(7)), cell(Some(7))]), Some(7));
        assert_eq!(seed(vec![cell(Some(7)), cell(Some(8))]), None);
        assert_eq!(seed(vec![cell(Some(7)), cell(None)]), None);
        assert_eq!(seed(Vec::new()), None);
    }
}
