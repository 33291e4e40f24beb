//! What a sweep of the depth found, in words and as a document: how each cost grows, and which designs must not go live
//! with a line that long.

use schemars::JsonSchema;
use serde::Serialize;

use super::depth::{Depth, DepthFound, DepthOutcome, DepthRequest, LeftOut, Point};
use super::growth::{DEPTHS_MIN, Growth, Law, growth};
use super::line::Call;
use super::rate_report::{About, LimitRow, SCHEMA};
use super::words::{grouped, listed, time};
use crate::model::{Limit, OpKind};

const DEPTH: &str = "depth";

/// How one cost of one operation grows.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct GrowthRow {
    /// The operation.
    pub op: OpKind,
    /// Of the median latency: `p50_us`; of the server's time: `server_us`.
    #[schemars(extend("enum" = ["p50_us", "server_us"]))]
    pub figure: &'static str,
    /// The law with its figures; `null`: it cannot be told.
    pub growth: Option<Growth>,
    /// Why it cannot be told.
    pub reason: Option<String>,
}

/// What an operation takes, or would take, at the largest depth.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// The design.
    pub design: String,
    /// The operation.
    pub op: OpKind,
    /// Its median there, µs: measured, or else by the law; else what one call took at the first depth that was left out.
    pub p50_us: f64,
    /// Whether it was measured there.
    pub measured: bool,
    /// In words.
    pub text: String,
}

/// What was found of one design.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DesignDepth {
    /// The design.
    pub design: String,
    /// What it is.
    pub summary: String,
    /// Line by line.
    pub depths: Vec<Depth>,
    /// How each cost grows.
    pub growth: Vec<GrowthRow>,
    /// What is missing.
    pub left_out: Vec<LeftOut>,
    /// How it grows, in words.
    pub sentences: Vec<String>,
}

/// sweep.json of a sweep of the depth.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DepthReport {
    /// Format version.
    pub schema: u32,
    /// `depth`.
    #[schemars(extend("const" = DEPTH))]
    pub kind: &'static str,
    /// The run.
    #[serde(flatten)]
    pub about: About,
    /// How many waited, ascending.
    pub depths: Vec<u64>,
    /// How long one kind of call on one line was timed at the most, s.
    pub budget_s: f64,
    /// What a call may take for the design to go live.
    pub limits: Vec<LimitRow>,
    /// The answer in a sentence.
    pub sentence: String,
    /// Why designs must not go live at the largest depth.
    pub findings: Vec<Finding>,
    /// Design by design.
    pub designs: Vec<DesignDepth>,
}

impl DepthReport {
    /// Puts it together. Limits are on medians.
    #[must_use]
    pub fn new(request: &DepthRequest, outcome: &DepthOutcome, limits: &[Limit], about: About) -> DepthReport {
        let largest = request.depths.last().copied().unwrap_or_default();
        let findings: Vec<Finding> = outcome.found.iter().flat_map(|found| findings(found, largest, limits)).collect();
        DepthReport {
            schema: SCHEMA,
            kind: DEPTH,
            about,
            depths: request.depths.clone(),
            budget_s: request.budget.as_secs_f64(),
            limits: limits.iter().map(LimitRow::from).collect(),
            sentence: sentence(&outcome.found, &findings, largest, limits),
            findings,
            designs: outcome.found.iter().map(|found| design(found, largest)).collect(),
        }
    }

    /// Whether every design was measured.
    #[must_use]
    pub fn conclusive(&self) -> bool {
        let measured = |design: &DesignDepth| design.depths.iter().any(|depth| !depth.points.is_empty());
        !self.designs.is_empty() && self.designs.iter().all(measured)
    }
}

impl DesignDepth {
    /// How a cost grows.
    #[must_use]
    pub fn growth(&self, op: OpKind, figure: &str) -> Option<Growth> {
        self.growth.iter().find(|row| row.op == op && row.figure == figure)?.growth
    }
}

fn design(found: &DepthFound, largest: u64) -> DesignDepth {
    let growth = Call::ALL.iter().map(|call| call.op()).flat_map(|op| {
        [
            ("p50_us", costs(found, op, |point| Some(point.p50_us))),
            ("server_us", costs(found, op, |point| point.server_us)),
        ]
        .map(|(figure, costs)| {
            let growth = growth(&costs);
            let few = || format!("too few depths to tell: {} of at least {DEPTHS_MIN}", costs.len());
            GrowthRow { op, figure, growth, reason: growth.is_none().then(few) }
        })
    });
    let mut growth: Vec<GrowthRow> = growth.collect();
    growth.sort_by_key(|row| row.op);
    let facts = found.design.facts();
    DesignDepth {
        design: facts.name.to_owned(),
        summary: facts.summary.to_owned(),
        depths: found.depths.clone(),
        left_out: found.left_out.clone(),
        sentences: sentences(found, &growth, largest),
        growth,
    }
}

/// `(depth, cost)` of an operation, where there is one.
fn costs(found: &DepthFound, op: OpKind, figure: impl Fn(&Point) -> Option<f64>) -> Vec<(u64, f64)> {
    let of_depth = |depth: &Depth| {
        let point = depth.points.iter().find(|point| point.op == op)?;
        Some((depth.depth, figure(point)?))
    };
    found.depths.iter().filter_map(of_depth).collect()
}

/// How each operation grows: those that do not in one sentence, each of the others in its own.
fn sentences(found: &DepthFound, growth: &[GrowthRow], largest: u64) -> Vec<String> {
    let name = found.design.name();
    let (mut constant, mut untold, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for op in [OpKind::Join, OpKind::Position, OpKind::Admit] {
        let law_of = |figure| growth.iter().find(|row| row.op == op && row.figure == figure).and_then(|row| row.growth);
        let costs = costs(found, op, |point| Some(point.p50_us));
        let (Some(latency), [first, .., last]) = (law_of("p50_us"), costs.as_slice()) else {
            untold.push(op.name().to_owned());
            continue;
        };
        let server = law_of("server_us");
        let server_differs = server.filter(|server| server.law != latency.law);
        if latency.law == Law::Constant && server_differs.is_none() {
            constant.push(op.name().to_owned());
            continue;
        }
        let (at_first, at_last) = (time(first.1), time(last.1));
        let mut line = format!("{} of {name} {}", op.name(), latency.words());
        line.push_str(&format!(": {at_first} at {}, {at_last} at {}", grouped(first.0), grouped(last.0)));
        if latency.law != Law::Constant {
            let beyond = if last.0 < largest { largest } else { last.0.saturating_mul(10) };
            let would = time(latency.beyond(*last, beyond));
            line.push_str(&format!("; at {} it would take about {would}", grouped(beyond)));
        }
        if let Some(server) = server_differs {
            line.push_str(&format!("; the server's part of it {}", server.words()));
        }
        lines.push(line);
    }
    let be = |words: &[String]| if words.len() == 1 { "is" } else { "are" };
    if !constant.is_empty() {
        lines.insert(0, format!("{} of {name} {} constant", listed(&constant), be(&constant)));
    }
    if !untold.is_empty() {
        lines.push(format!("{} of {name}: too few depths to tell how it grows", listed(&untold)));
    }
    lines
}

/// What an operation takes at the largest depth, or what is known instead.
struct There {
    p50_us: f64,
    measured: bool,
    text: String,
}

fn there(found: &DepthFound, op: OpKind, largest: u64) -> Option<There> {
    let costs = costs(found, op, |point| Some(point.p50_us));
    if let Some((_, p50_us)) = costs.iter().find(|(depth, _)| *depth == largest) {
        let grows = growth(&costs).filter(|growth| growth.law != Law::Constant);
        let grows = grows.map(|growth| format!(" and {}", growth.words())).unwrap_or_default();
        let text = format!("{} takes {}{grows}", op.name(), time(*p50_us));
        return Some(There { p50_us: *p50_us, measured: true, text });
    }
    let by_law = growth(&costs).zip(costs.last()).map(|(growth, last)| (growth, growth.beyond(*last, largest)));
    let left = found.left_out.iter().find(|left| left.op == Some(op));
    if let Some((left, once_s)) = left.and_then(|left| Some((left, left.one_call_s?))) {
        // A longer line than the one it was tried on is not faster.
        let p50_us = by_law.map_or(0.0, |(_, us)| us).max(once_s * 1e6);
        let took = format!("one call took {} at {}", time(once_s * 1e6), grouped(left.depth));
        let about = if left.depth < largest { format!(", about {} there", time(p50_us)) } else { String::new() };
        return Some(There { p50_us, measured: false, text: format!("{}: {took}{about}", op.name()) });
    }
    let (growth, p50_us) = by_law?;
    let text = format!("{} would take about {} and {}", op.name(), time(p50_us), growth.words());
    Some(There { p50_us, measured: false, text })
}

fn findings(found: &DepthFound, largest: u64, limits: &[Limit]) -> Vec<Finding> {
    let over = |limit: &Limit| {
        let there = there(found, limit.op, largest)?;
        let design = found.design.name().to_owned();
        let There { p50_us, measured, text } = there;
        (p50_us * 1e3 > limit.max_ns as f64).then_some(Finding { design, op: limit.op, p50_us, measured, text })
    };
    limits.iter().filter_map(over).collect()
}

/// Which designs must not go live with a line that long, and why.
fn sentence(found: &[DepthFound], findings: &[Finding], largest: u64, limits: &[Limit]) -> String {
    let allowed: Vec<String> =
        limits.iter().map(|limit| format!("{} {}", limit.op.name(), time(limit.max_ns as f64 / 1e3))).collect();
    let waiting = grouped(largest);
    let unknown = |found: &&DepthFound| {
        let accused = findings.iter().any(|finding| finding.design == found.design.name());
        !accused && limits.iter().any(|limit| there(found, limit.op, largest).is_none())
    };
    let unknown: Vec<String> = found.iter().filter(unknown).map(|found| found.design.name().to_owned()).collect();
    let mut names: Vec<&str> = findings.iter().map(|finding| finding.design.as_str()).collect();
    names.dedup();
    let mut sentence = if names.is_empty() {
        format!("At {waiting} waiting no design is known to be too slow")
    } else {
        let why = |name: &&str| {
            let of_design = findings.iter().filter(|finding| finding.design == **name);
            let texts: Vec<String> = of_design.map(|finding| finding.text.clone()).collect();
            let summary = found.iter().find(|found| *found.design.name() == **name);
            let summary = summary.map_or("", |found| found.design.facts().summary);
            format!("{name} ({}; it is {summary})", texts.join(", "))
        };
        format!("At {waiting} waiting these must not go live: {}", names.iter().map(why).collect::<Vec<_>>().join("; "))
    };
    sentence.push_str(&format!(". A median may take: {}.", allowed.join(", ")));
    if !unknown.is_empty() {
        sentence.push_str(&format!(" Not known of {}.", listed(&unknown)));
    }
    sentence
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Percentile;
    use crate::queue::Design;

    fn point(op: OpKind, p50_us: f64) -> Point {
        let reasons = std::collections::BTreeMap::new();
        Point { op, calls: 200, p50_us, p99_us: Some(p50_us), max_us: p50_us, server_us: Some(p50_us / 2.0), reasons }
    }

    /// A design whose joins and admissions are constant and whose position takes `position(depth)` µs.
    fn found(design: Design, depths: &[u64], position: impl Fn(f64) -> f64) -> DepthFound {
        let line = |depth: &u64| {
            let position = point(OpKind::Position, position(*depth as f64));
            let points = vec![point(OpKind::Join, 30.0), position, point(OpKind::Admit, 31.0)];
            let reasons = std::collections::BTreeMap::new();
            Depth { depth: *depth, fill_s: 0.1, bytes_per_user: Some(400.0), points, reasons }
        };
        DepthFound { design, depths: depths.iter().map(line).collect(), left_out: Vec::new() }
    }

    fn report(found: Vec<DepthFound>, depths: &[u64]) -> DepthReport {
        let request = DepthRequest {
            designs: found.iter().map(|found| found.design).collect(),
            depths: depths.to_vec(),
            budget: Duration::from_secs(20),
            prefix: "x:".to_owned(),
        };
        let facts = r#"{"kind":"local","address":"redis://127.0.0.1:1","server":"redis","version":"7.0.15"}"#;
        let about = About {
            tool: String::new(),
            started: String::new(),
            duration_s: 0.0,
            target: serde_json::from_str(facts).unwrap(),
            repeat: String::new(),
            ended_early: None,
        };
        let limit = |op| Limit { op, percentile: Percentile::P50, max_ns: 50_000_000 };
        let limits = [OpKind::Join, OpKind::Position, OpKind::Admit].map(limit);
        DepthReport::new(&request, &DepthOutcome { found, trouble: None }, &limits, about)
    }

    const DEPTHS: [u64; 4] = [100, 1_000, 10_000, 100_000];

    #[test]
    fn growth_is_told_with_what_was_measured_and_what_a_longer_line_would_take() {
        let report = report(vec![found(Design::Streams, &DEPTHS, |n| n * 0.27 + 20.0)], &DEPTHS);
        assert_eq!(
            report.designs[0].sentences,
            [
                "join and admit of streams are constant",
                "position of streams grows like n: 47 µs at 100, 27 ms at 100,000; at 1,000,000 it would take about 270 ms"
            ]
        );
        assert!(
            report
                .sentence
                .starts_with("At 100,000 waiting no design is known to be too slow. A median may take: join 50 ms")
        );
        assert!(report.findings.is_empty() && report.conclusive());
    }

    #[test]
    fn a_design_that_is_too_slow_at_the_largest_depth_must_not_go_live() {
        let good = found(Design::ZsetSeq, &DEPTHS, |_| 30.0);
        let report = report(vec![good, found(Design::StreamsNaive, &DEPTHS, |n| n * 1.6)], &DEPTHS);
        assert_eq!(
            report.sentence,
            "At 100,000 waiting these must not go live: streams-naive (position takes 160 ms and grows like n; it is one \
             stream per user; EXISTS, XADD and SETEX as separate calls, position by KEYS and XLEN). A median may take: \
             join 50 ms, position 50 ms, admit 50 ms."
        );
        assert_eq!(report.designs[0].sentences, ["join, position and admit of zset-seq are constant"]);
    }

    #[test]
    fn what_was_left_out_counts_by_its_law_and_by_the_call_that_was_made() {
        let mut slow = found(Design::Streams, &DEPTHS[..3], |n| n * 10.0);
        slow.depths.truncate(3);
        let why = "one call took 6 s".to_owned();
        slow.left_out.push(LeftOut { op: Some(OpKind::Position), depth: 100_000, one_call_s: Some(6.0), why });
        let report = report(vec![slow], &[100, 1_000, 10_000, 100_000, 1_000_000]);
        let finding = &report.findings[0];
        assert!(!finding.measured && (finding.p50_us - 1e7).abs() < 1e5, "{finding:?}");
        assert_eq!(finding.text, "position: one call took 6 s at 100,000, about 10 s there");
    }

    #[test]
    fn too_few_depths_tell_nothing_and_are_said_to() {
        let report = report(vec![found(Design::List, &[100, 1_000], |n| n)], &[100, 1_000, 10_000]);
        let row = &report.designs[0].growth[0];
        assert_eq!(row.growth, None);
        assert_eq!(row.reason.as_deref(), Some("too few depths to tell: 2 of at least 3"));
        assert_eq!(
            report.designs[0].sentences,
            ["join, position and admit of list: too few depths to tell how it grows"]
        );
        assert!(report.sentence.ends_with("Not known of list."), "{}", report.sentence);
    }

    #[test]
    fn nothing_measured_is_not_conclusive() {
        assert!(!report(vec![found(Design::List, &[], |n| n)], &[100]).conclusive());
        assert!(!report(Vec::new(), &[100]).conclusive());
    }
}
