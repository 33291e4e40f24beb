//! What a sweep of the rate found, in words and as a document.

use schemars::JsonSchema;
use serde::Serialize;

use super::rate::{RateFound, RateOutcome, RateRequest, peak_per_s};
use super::search::{End, Tried};
use super::step::{Reason, Step, StepOutcome};
use super::words::{rate, short};
use crate::model::{Limit, OpKind, Percentile};
use crate::target::TargetFacts;

/// The version of sweep.json.
pub const SCHEMA: u32 = 1;

const RATE: &str = "rate";

/// What a sweep knows besides what it found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct About {
    /// Who wrote it: `stanchion 0.1.0`.
    pub tool: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// How long it took, s.
    pub duration_s: f64,
    /// The server's facts.
    pub target: TargetFacts,
    /// The command that repeats it.
    pub repeat: String,
    /// Why it ended early.
    pub ended_early: Option<String>,
}

/// A limit as it was applied.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LimitRow {
    /// The operation.
    pub op: OpKind,
    /// The percentile.
    pub percentile: Percentile,
    /// The most it may be, µs.
    pub max_us: f64,
}

impl From<&Limit> for LimitRow {
    fn from(limit: &Limit) -> LimitRow {
        LimitRow { op: limit.op, percentile: limit.percentile, max_us: limit.max_ns as f64 / 1e3 }
    }
}

/// A rate and how its tries went.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    /// Rates below the safe one, or below the end where none is safe, that did not hold in every try.
    pub unsteady: Vec<RateRow>,
    /// Every try, in order.
    pub steps: Vec<Step>,
}

/// sweep.json of a sweep of the rate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RateReport {
    /// Format version.
    pub schema: u32,
    /// `rate`.
    #[schemars(extend("const" = RATE))]
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
            kind: RATE,
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
        sentence.push_str(&format!("; {bad} of {tries} tries at {rate} joins/s did not hold: {why}"));
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
        (Bound::Broke, None, Some(end)) if steps.iter().all(|step| step.factor >= end.factor) => {
            format!("{name}: breaks at the first step, {} joins/s: {}", rate(end.peak_per_s), why(end))
        }
        (Bound::Broke, None, Some(end)) => {
            format!("{name}: no rate held in every try; at {} joins/s: {}", rate(end.peak_per_s), why(end))
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

#[cfg(test)]
mod tests {
    use super::super::search::{Answer, Next, Search};
    use super::super::step::{Attempt, Cause};
    use super::*;
    use crate::model::Terms;
    use crate::queue::Design;
    use crate::report::sample::sample_cell;
    use std::time::Duration;

    /// A sweep up to 16 × 1,500 joins/s whose tries come to these answers.
    fn swept(answers: impl Fn(f64) -> Answer) -> DesignRate {
        let mut search = Search::new(1.0, 16.0, 3);
        let mut steps = Vec::new();
        while let Next::Try(factor) = search.next() {
            let (cause, text) = match answers(factor) {
                Answer::Generator => (Cause::Generator, "it used its core"),
                Answer::Open => (Cause::Undecided, "nobody asked"),
                _ => (Cause::Limit, "p99 of position breaks its limit (61 ms > 50 ms)"),
            };
            let reason = Reason { cause, text: text.to_owned(), proof: None };
            let reason = (answers(factor) != Answer::Held).then_some(reason);
            let cell = sample_cell("sale", "zset-seq", Vec::new(), Terms::default(), (9, 100.0, Some(500.0)));
            let round = search.tries_of(factor) + 1;
            let attempt = Attempt { factor, peak_per_s: 1_500.0 * factor, round, seed: 1 };
            steps.push(Step::of(attempt, &cell, answers(factor), reason, Duration::from_secs(1)));
            search.answer(factor, answers(factor));
        }
        design(&RateFound { design: Design::ZsetSeq, knee: search.knee(), steps }, 1_500.0, 16.0, false)
    }

    #[test]
    fn an_answer_says_where_it_is_safe_and_what_breaks_beyond() {
        let found = swept(|factor| if factor < 12.0 { Answer::Held } else { Answer::Broke });
        assert_eq!(
            found.sentence,
            "zset-seq: safe to 16,971 joins/s: 11.3 × the scenario's peak of 1,500; beyond it p99 of position breaks its \
             limit (61 ms > 50 ms at 20,182 joins/s)"
        );
        assert_eq!((found.bound, found.safe.unwrap().tries), (Bound::Broke, 3));
    }

    #[test]
    fn what_breaks_at_once_is_said_to() {
        let found = swept(|_| Answer::Broke);
        let sentence =
            "zset-seq: breaks at the first step, 1,500 joins/s: p99 of position breaks its limit (61 ms > 50 ms)";
        assert_eq!((found.sentence.as_str(), found.safe), (sentence, None));
    }

    #[test]
    fn a_first_step_that_held_now_and_then_is_not_said_to_break() {
        let mut search = Search::new(1.0, 2.0, 3);
        for (factor, answer) in [(1.0, Answer::Broke), (1.0, Answer::Held), (1.0, Answer::Held), (1.2, Answer::Proved)]
        {
            search.answer(factor, answer);
        }
        let (mut steps, cell) =
            (swept(|_| Answer::Broke).steps, sample_cell("s", "q", Vec::new(), Terms::default(), (9, 1.0, None)));
        let attempt = Attempt { factor: 1.2, peak_per_s: 1_800.0, round: 1, seed: 1 };
        let reason = Reason { cause: Cause::Promise, text: "no-loss is broken".to_owned(), proof: None };
        steps.push(Step::of(attempt, &cell, Answer::Proved, Some(reason), Duration::from_secs(1)));
        let found = design(&RateFound { design: Design::List, knee: search.knee(), steps }, 1_500.0, 2.0, false);
        assert_eq!(
            found.sentence,
            "list: no rate held in every try; at 1,800 joins/s: no-loss is broken; 1 of 3 tries at 1,500 joins/s did not \
             hold: p99 of position breaks its limit (61 ms > 50 ms)"
        );
    }

    #[test]
    fn what_the_generator_cannot_reach_is_not_called_broken() {
        let found = swept(|factor| if factor < 4.0 { Answer::Held } else { Answer::Generator });
        assert!(
            found.sentence.starts_with(
                "zset-seq: not broken up to 5,045 joins/s (3.36 × the scenario's peak of 1,500); at 6,000"
            ) && found.sentence.ends_with("the generator itself was the limit: it used its core"),
            "{}",
            found.sentence
        );
        assert_eq!(found.bound, Bound::Generator);
        let nothing = swept(|_| Answer::Generator);
        assert!(
            nothing.sentence.starts_with("zset-seq: nothing can be said: at 1,500 joins/s"),
            "{}",
            nothing.sentence
        );
    }

    #[test]
    fn what_holds_to_the_end_is_a_bound_from_below_and_what_is_open_is_nothing() {
        let found = swept(|_| Answer::Held);
        assert_eq!(found.bound, Bound::NotReached);
        assert!(found.sentence.contains("safe to 24,000 joins/s: 16 ×"), "{}", found.sentence);
        let open = swept(|_| Answer::Open);
        assert_eq!(
            (open.sentence.as_str(), open.bound),
            ("zset-seq: nothing can be said: nobody asked", Bound::Unknown)
        );
    }
}
