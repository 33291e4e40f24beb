//! What is on the page, section by section.

use serde::Serialize;

use super::super::charts::{
    GROWING, cells_of, cost, cost_finding, growth_finding, growth_panel, order_finding, order_panel,
    percentiles_finding, percentiles_panel, run_id, timeline, timeline_finding,
};
use super::super::document::{Cell, Document};
use super::super::drawing::svg;
use super::super::evidence::decided;
use super::super::growth::DepthSweep;
use super::super::load_lines::load_lines;
use super::super::pictures::{line_cells, precision_of};
use super::super::stories::{caveats, notes, open_points, proofs};
use super::super::table::{self, Columns};
use super::evidence::{Could, Provenance, could, noticed, provenance};
use super::figures::{Figures, Matrix, figures, matrix};
use super::precision::Shown;
use super::schedules::{Schedules, schedules};
use super::style;
use super::violations::{Violations, violations};
use crate::model::OpKind;
use crate::verdict::{Choice, Verdict};

/// Everything that the template is given.
#[derive(Serialize)]
pub(super) struct View<'a> {
    tool: &'a str,
    title: String,
    run_id: String,
    style: String,
    script: &'static str,
    verdict: VerdictView<'a>,
    choice: &'a Choice,
    /// The sentence of the choice without what stands above it.
    why: String,
    sure: Vec<String>,
    untested: Vec<String>,
    decision: Option<Matrix>,
    figures: Option<Figures>,
    limits: Option<Columns>,
    cannot: Vec<String>,
    open: Vec<String>,
    order: Option<Panels>,
    latency: Option<LatencyView>,
    cost: Option<Picture>,
    growth: Option<Panels>,
    violations: Option<Violations>,
    schedules: Option<Schedules>,
    could: Option<Could>,
    precision: Option<Shown>,
    provenance: Provenance<'a>,
    repeat: &'a str,
}

#[derive(Serialize)]
struct VerdictView<'a> {
    symbol: &'static str,
    word: &'static str,
    class: &'static str,
    rest: &'a str,
}

/// Pictures beside each other, with the finding that they show.
#[derive(Serialize)]
struct Panels {
    title: String,
    finding: String,
    caption: String,
    panels: Vec<String>,
}

#[derive(Serialize)]
struct Picture {
    finding: String,
    caption: String,
    picture: String,
}

#[derive(Serialize)]
struct LatencyView {
    groups: Vec<Panels>,
    timeline_caption: &'static str,
    timelines: Vec<Timeline>,
}

#[derive(Serialize)]
struct Timeline {
    queue: String,
    open: bool,
    finding: String,
    picture: String,
}

impl View<'_> {
    pub(super) fn of<'a>(document: &'a Document, sweep: Option<&DepthSweep>) -> View<'a> {
        let timed_in = table::timed_scenario(&document.cells);
        let timed: Vec<&Cell> = timed_in.map_or_else(Vec::new, |scenario| cells_of(document, scenario));
        let verdict = verdict(document);
        let open = open_points(document);
        let sure = [decided(document), proofs(document), noticed(document)].into_iter().flatten().collect();
        let tested = caveats(document);
        let mut untested =
            vec![tested.strip_prefix("What this run cannot tell: ").map_or_else(|| tested.clone(), capital)];
        let mut cannot = vec![untested[0].clone(), lengths(document)];
        if sweep.is_none() {
            cannot.push("How costs grow with the line: stanchion sweep --depth 100..100000 --out with this run's folder measures it, and stanchion report then shows it here.".to_owned());
        }
        cannot.extend(notes(document, timed_in).iter().chain(&load_lines(document)).map(|line| capital(line)));
        if !open.is_empty() {
            let are = if open.len() == 1 { "1 point is".to_owned() } else { format!("{} points are", open.len()) };
            untested.push(format!("{are} not as expected or not decided."));
        }
        View {
            tool: &document.tool,
            title: format!("{} · Stanchion {}", verdict.word, run_id(document)),
            run_id: run_id(document),
            style: style(),
            script: include_str!("script.js"),
            verdict,
            choice: &document.choice,
            why: why(&document.choice),
            sure,
            untested,
            decision: matrix(document),
            figures: figures(document, timed_in, &timed),
            limits: table::limits(document),
            cannot,
            open,
            order: order(document),
            latency: latency(document, timed_in, &timed),
            cost: costs(timed_in, &timed),
            growth: sweep.map(growth),
            violations: violations(document),
            schedules: schedules(document),
            could: could(document),
            precision: precision_of(document).as_ref().map(Shown::of),
            provenance: provenance(document),
            repeat: &document.repeat,
        }
    }
}

/// The verdict's symbol and word, and its sentence without the word.
fn verdict(document: &Document) -> VerdictView<'_> {
    let (symbol, word, class) = match document.verdict {
        Verdict::Pass => ("✓", "PASS", "pass"),
        Verdict::Fail => ("✗", "FAIL", "fail"),
        Verdict::Inconclusive => ("?", "INCONCLUSIVE", "inconclusive"),
    };
    let rest = document.sentence.strip_prefix(word).and_then(|rest| rest.strip_prefix(':'));
    VerdictView { symbol, word, class, rest: rest.unwrap_or(&document.sentence).trim_start() }
}

/// The sentence of the choice without the design that is named above it.
fn why(choice: &Choice) -> String {
    let rest = choice.sentence.strip_prefix("Take ").and_then(|rest| rest.split_once(": ")).map(|(_, why)| why);
    capital(rest.filter(|_| !choice.take.is_empty()).unwrap_or(&choice.sentence))
}

/// With a capital letter, as a sentence begins.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// How long the loads lasted: what happens later nobody has seen.
fn lengths(document: &Document) -> String {
    let lengths_s = document.cells.iter().filter_map(|cell| {
        let series = cell.series.as_ref()?;
        Some((series.end_ns - series.begin_ns) as f64 / 1e9)
    });
    let (least, most) = lengths_s.fold((f64::INFINITY, 0.0_f64), |(least, most), s| (least.min(s), most.max(s)));
    if most > 0.0 {
        format!(
            "Loads lasted from {least:.1} to {most:.1} s: what grows over hours (memory, fragmentation, a rewrite of the append-only file) was not seen."
        )
    } else {
        "No load had a length: nothing is known of what grows over time.".to_owned()
    }
}

/// The line of each design, in the scenario that admitted most.
fn order(document: &Document) -> Option<Panels> {
    let (scenario, cells) = line_cells(document)?;
    let panels = cells.iter().enumerate().map(|(index, cell)| svg(&order_panel(cell, 168.0), &format!("line-{index}")));
    Some(Panels {
        title: "Order joined against order admitted".to_owned(),
        finding: order_finding(&cells),
        caption: format!(
            "Scenario {scenario}: across the place in the order in which joins were sent, up the place in the order of admission, large for the part where most were overtaken, small for all. A cross is a user who was certainly overtaken; points beside the diagonal without a cross joined at the same time, and may be right."
        ),
        panels: panels.collect(),
    })
}

/// Percentile spectra by operation, and each design over time.
fn latency(document: &Document, timed_in: Option<&str>, timed: &[&Cell]) -> Option<LatencyView> {
    let scenario = timed_in?;
    let group = |op: OpKind| {
        let any = timed.iter().any(|cell| cell.spectra.iter().any(|spectrum| spectrum.op == op));
        any.then(|| {
            let panel = |(index, cell): (usize, &&Cell)| {
                svg(&percentiles_panel(cell, op, timed, (158.0, 140.0)), &format!("p-{}-{index}", op.name()))
            };
            Panels {
                title: format!("{} under load", op.name()),
                finding: percentiles_finding(timed, op),
                caption: format!(
                    "Scenario {scenario}: the latency that so many per cent did not exceed, each nine as broad as the one before. Response counts from the time an operation was due, service from when it was sent: where they part, requests queued."
                ),
                panels: timed.iter().enumerate().map(panel).collect(),
            }
        })
    };
    let groups: Vec<Panels> = OpKind::ALL.into_iter().filter_map(group).collect();
    let shown = |(index, cell): (usize, &&Cell)| Timeline {
        queue: cell.queue.clone(),
        open: document.choice.take.first().map_or(index == 0, |design| *design == cell.queue),
        finding: timeline_finding(cell),
        picture: svg(&timeline(cell, 1080.0), &format!("t-{index}")),
    };
    let timelines = timed.iter().enumerate().filter(|(_, cell)| cell.series.is_some()).map(shown).collect();
    (!groups.is_empty()).then_some(LatencyView {
        groups,
        timeline_caption: "A stall shows where its users came, not where they were answered at last.",
        timelines,
    })
}

/// Cost against depth.
fn growth(sweep: &DepthSweep) -> Panels {
    let panel = |op: OpKind| svg(&growth_panel(sweep, op, (300.0, 210.0)), &format!("growth-{}", op.name()));
    Panels {
        title: "Cost against depth".to_owned(),
        finding: growth_finding(sweep),
        caption: format!(
            "Median time of one client, one call after the other, against how many wait; both axes are logarithmic, so what is constant is level and what grows with the line climbs. From {}",
            sweep.repeat
        ),
        panels: GROWING.into_iter().map(panel).collect(),
    }
}

fn costs(timed_in: Option<&str>, timed: &[&Cell]) -> Option<Picture> {
    let scenario = timed_in?;
    Some(Picture {
        finding: cost_finding(timed),
        caption: format!(
            "Scenario {scenario}, all operations of the load together. Server time is the difference of INFO commandstats before and after, a total without an interval; memory is what all keys take for each entry that waits at the end of the load."
        ),
        picture: svg(&cost(timed), "cost-bars"),
    })
}
