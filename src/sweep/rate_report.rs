//! What a sweep of the rate found, in words and as a document.

use serde::Serialize;

use super::rate::{RateFound, RateOutcome, RateRequest, peak_per_s};
use super::search::{End, Tried};
use super::step::{Reason, Step, StepOutcome};
use super::words::{rate, short};
use crate::model::Limit;

/// The version of sweep.json.
pub const SCHEMA: u32 = 1;

/// What a sweep knows besides what it found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    /// Who wrote it: `stanchion 0.1.0`.
    pub tool: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// How long it took, s.
    pub duration_s: f64,
    /// The server's facts.
    pub target: serde_json::Value,
    /// The command that repeats it.
    pub repeat: String,
    /// Why it ended early.
    pub ended_early: Option<String>,
}

/// A limit as it was applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitRow {
    /// The operation.
    pub op: String,
    /// The percentile.
    pub percentile: String,
    /// The most it may be, µs.
    pub max_us: f64,
}

impl From<&Limit> for LimitRow {
    fn from(limit: &Limit) -> LimitRow {
        let max_us = limit.max_ns as f64 / 1e3;
        LimitRow { op: limit.op.name().to_owned(), percentile: limit.percentile.name().to_owned(), max_us }
    }
}

/// A rate and how its tries went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateRow {
    /// The multiple of the scenario's rate.
    pub factor: f64,
    /// The highest rate of its plan, joins per second.
    pub peak_per_s: f64,
    /// How often it was tried.
    pub tries: u32,
    /// In how many tries everything held.
    pub held: u32,
    /// Why it did not in the others; that of the first one.
    pub reason: Option<Reason>,
}

/// How the climb of a design ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// A higher rate broke.
    Broke,
    /// The generator could not go higher.
    Generator,
    /// The highest rate that was asked for held.
    NotReached,
    /// Nothing can be said.
    Unknown,
}

/// What was found of one design.
#[derive(Clone, Debug, Serialize)]
pub struct DesignRate {
    /// The design.
    pub design: String,
    /// The answer in a sentence.
    pub sentence: String,
    /// The highest rate that held in all its tries; `null`: none did.
    pub safe: Option<RateRow>,
    /// What ended the climb.
    pub bound: Bound,
    /// The lowest rate that broke in most of its tries, or at which the generator was the limit; `null`: none.
    pub end: Option<RateRow>,
    /// Rates below the safe one that did not hold in every try.
    pub unsteady: Vec<RateRow>,
    /// Every try, in order.
    pub steps: Vec<Step>,
}

/// sweep.json of a sweep of the rate.
#[derive(Clone, Debug, Serialize)]
pub struct RateReport {
    /// Format version.
    pub schema: u32,
    /// `rate`.
    pub kind: &'static str,
    /// The run.
    #[serde(flatten)]
    pub about: About,
    /// The scenario's name.
    pub scenario: String,
    /// The scale that a factor of 1 stands for.
    pub scale: f64,
    /// The highest rate of the scenario at a factor of 1, joins per second.
    pub peak_per_s: f64,
    /// The seed of each rate's first try.
    pub seed: u64,
    /// The first multiple.
    pub from: f64,
    /// The last one.
    pub to: f64,
    /// How often both ends of the answer were tried.
    pub rounds: u32,
    /// The limits on latency.
    pub limits: Vec<LimitRow>,
    /// Where the limits come from, in words.
    pub limits_from: String,
    /// Design by design.
    pub designs: Vec<DesignRate>,
}

impl RateReport {
    /// Puts it together.
    #[must_use]
    pub fn new(request: &RateRequest, outcome: &RateOutcome, limits_from: String, about: About) -> RateReport {
        let base_per_s = peak_per_s(&request.scenario).unwrap_or_default();
        let ended_early = outcome.trouble.is_some();
        RateReport {
            schema: SCHEMA,
            kind: "rate",
            about,
            scenario: request.scenario.name.clone(),
            scale: request.scenario.scale,
            peak_per_s: base_per_s,
            seed: request.seed,
            from: request.from,
            to: request.to,
            rounds: request.rounds,
            limits: request.scenario.limits.iter().map(LimitRow::from).collect(),
            limits_from,
            designs: outcome
                .found
                .iter()
                .enumerate()
                .map(|(index, found)| {
                    let cut_short = ended_early && index + 1 == outcome.found.len();
                    design(found, base_per_s, request.to, cut_short)
                })
                .collect(),
        }
    }

    /// Whether something can be said of every design that was swept.
    #[must_use]
    pub fn conclusive(&self) -> bool {
        !self.designs.is_empty()
            && self.designs.iter().all(|design| design.safe.is_some() || design.bound == Bound::Broke)
    }
}

fn design(found: &RateFound, base_per_s: f64, to: f64, cut_short: bool) -> DesignRate {
    let row = |tried: &Tried| {
        let of_rate = || found.steps.iter().filter(|step| step.factor == tried.factor);
        RateRow {
            factor: tried.factor,
            peak_per_s: of_rate().next().map_or(0.0, |step| step.peak_per_s),
            tries: tried.tries(),
            held: tried.held,
            reason: of_rate().find_map(|step| step.reason.clone()),
        }
    };
    let safe = found.knee.safe.as_ref().map(row);
    let end = found.knee.end.as_ref().map(|(tried, _)| row(tried));
    let bound = match (found.knee.end, &safe) {
        (Some((_, End::Broke)), _) => Bound::Broke,
        (Some((_, End::Generator)), _) => Bound::Generator,
        (None, Some(safe)) if safe.factor >= to => Bound::NotReached,
        (None, _) => Bound::Unknown,
    };
    let unsteady: Vec<RateRow> = found.knee.unsteady.iter().map(row).collect();
    let name = found.design.name();
    let mut sentence = sentence(name, safe.as_ref(), end.as_ref(), bound, base_per_s, &found.steps);
    for row in &unsteady {
        let why = row.reason.as_ref().map_or("it did not hold", |reason| reason.text.as_str());
        let (bad, tries, rate) = (row.tries - row.held, row.tries, rate(row.peak_per_s));
        sentence.push_str(&format!("; {bad} of {tries} tries at {rate} joins/s did not hold either: {why}"));
    }
    if cut_short {
        sentence.push_str(" (the search was not over)");
    }
    DesignRate { design: name.to_owned(), sentence, safe, bound, end, unsteady, steps: found.steps.clone() }
}

fn sentence(
    name: &str,
    safe: Option<&RateRow>,
    end: Option<&RateRow>,
    bound: Bound,
    base_per_s: f64,
    steps: &[Step],
) -> String {
    let why = |row: &RateRow| row.reason.as_ref().map_or_else(|| "it did not hold".to_owned(), |why| why.text.clone());
    let safe_to = |row: &RateRow| {
        let (rate_safe, factor, base) = (rate(row.peak_per_s), short(row.factor), rate(base_per_s));
        format!("safe to {rate_safe} joins/s: {factor} × the scenario's peak of {base}")
    };
    match (bound, safe, end) {
        (Bound::Broke, Some(safe), Some(end)) => {
            format!("{name}: {}; beyond it {}", safe_to(safe), at(&why(end), end))
        }
        (Bound::Broke, None, Some(end)) => {
            format!("{name}: breaks at the first step, {} joins/s: {}", rate(end.peak_per_s), why(end))
        }
        (Bound::Generator, Some(safe), Some(end)) => format!(
            "{name}: not broken up to {} joins/s ({} × the scenario's peak of {}); at {} joins/s the generator itself was the limit: {}",
            rate(safe.peak_per_s),
            short(safe.factor),
            rate(base_per_s),
            rate(end.peak_per_s),
            why(end)
        ),
        (Bound::NotReached, Some(safe), _) => {
            format!("{name}: {}, the highest rate that was asked for (--to); where it breaks lies above", safe_to(safe))
        }
        (_, Some(safe), _) => format!("{name}: {}; beyond it nothing is known{}", safe_to(safe), open(steps)),
        (_, None, Some(end)) => format!(
            "{name}: nothing can be said: at {} joins/s the generator itself was the limit: {}",
            rate(end.peak_per_s),
            why(end)
        ),
        (_, None, None) => format!("{name}: nothing can be said{}", open(steps)),
    }
}

/// `p99 of join breaks its limit (61 ms > 50 ms)` → `… (61 ms > 50 ms at 21,000 joins/s)`, with the tries where they
/// disagree.
fn at(why: &str, row: &RateRow) -> String {
    let tries = match row.tries - row.held {
        bad if bad == row.tries => String::new(),
        bad => format!(", {bad} of {} tries", row.tries),
    };
    let place = format!("at {} joins/s{tries}", rate(row.peak_per_s));
    match why.strip_suffix(')') {
        Some(open) => format!("{open} {place})"),
        None => format!("{why} ({place})"),
    }
}

/// Why the last undecided try was undecided.
fn open(steps: &[Step]) -> String {
    let last = steps.iter().rfind(|step| step.outcome == StepOutcome::Open);
    last.and_then(|step| step.reason.as_ref()).map(|reason| format!(": {}", reason.text)).unwrap_or_default()
}
