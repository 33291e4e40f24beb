//! The tables of the decision: designs by promises, and their figures with count and interval.

use serde::Serialize;

use super::super::charts::{grouped, ms_text, range_text};
use super::super::document::{Cell, Document};
use super::super::table;
use super::violations::anchor_of;
use crate::measure::{Clock, Latency};
use crate::model::{OpKind, Phase};

/// Designs by promises.
#[derive(Serialize)]
pub(super) struct Matrix {
    headers: Vec<String>,
    rows: Vec<MatrixRow>,
    caption: &'static str,
}

#[derive(Serialize)]
struct MatrixRow {
    queue: String,
    taken: bool,
    cells: Vec<MatrixCell>,
}

#[derive(Serialize)]
struct MatrixCell {
    word: String,
    class: &'static str,
    /// The first violation that it speaks of.
    href: Option<String>,
}

/// The table of every renderer, without its latencies, which have a table of their own here.
pub(super) fn matrix(document: &Document) -> Option<Matrix> {
    const TIMED: usize = 3;
    let decision = table::decision(document);
    let promises = decision.columns.headers.len().checked_sub(1 + TIMED).filter(|promises| *promises > 0)?;
    let headers: Vec<String> = decision.columns.headers.iter().skip(1).take(promises).cloned().collect();
    let row = |cells: &Vec<String>| {
        let queue = cells.first().cloned().unwrap_or_default();
        let cell = |(word, promise): (&String, &String)| MatrixCell {
            word: word.clone(),
            class: class(word),
            href: word.starts_with('✗').then(|| anchor_of(document, &queue, promise)).flatten(),
        };
        MatrixRow {
            taken: document.choice.take.contains(&queue),
            cells: cells.iter().skip(1).zip(&headers).map(cell).collect(),
            queue,
        }
    };
    let rows = decision.columns.rows.iter().map(row).collect();
    Some(Matrix {
        rows,
        headers,
        caption: "Promises over all scenarios; the gravest outcome counts. ! marks what the scenarios do not expect, – what was not checked.",
    })
}

fn class(word: &str) -> &'static str {
    match word.chars().next() {
        Some('✓') => "good",
        Some('✗') => "bad",
        Some('?') => "open",
        _ => "none",
    }
}

/// What each design did and cost in the scenario that the figures are of.
#[derive(Serialize)]
pub(super) struct Figures {
    caption: String,
    headers: Vec<&'static str>,
    rows: Vec<FiguresRow>,
}

#[derive(Serialize)]
struct FiguresRow {
    queue: String,
    taken: bool,
    cells: Vec<Value>,
}

/// A figure, and how sure it is or what it is of.
#[derive(Serialize)]
struct Value {
    value: String,
    range: Option<String>,
}

impl Value {
    fn known(value: Option<String>, range: Option<String>) -> Value {
        Value { value: value.unwrap_or_else(|| "–".to_owned()), range }
    }
}

const HEADERS: [&str; 11] = [
    "design",
    "joins",
    "join p50",
    "join p99",
    "position p99",
    "admit p99",
    "joins/s",
    "server µs/op",
    "commands/op",
    "bytes/user",
    "overtaken",
];

pub(super) fn figures(document: &Document, timed_in: Option<&str>, timed: &[&Cell]) -> Option<Figures> {
    let scenario = timed_in?;
    let row = |cell: &&Cell| FiguresRow {
        queue: cell.queue.clone(),
        taken: document.choice.take.contains(&cell.queue),
        cells: values(cell),
    };
    Some(Figures {
        caption: format!(
            "Figures of scenario {scenario}: response times under load, and below them the 95 % interval (block bootstrap over time) where there are enough samples and the load did not change too much for one; joins/s of those offered; round trips of a join below its commands."
        ),
        headers: HEADERS.to_vec(),
        rows: timed.iter().map(row).collect(),
    })
}

fn values(cell: &Cell) -> Vec<Value> {
    let offered = cell.throughput.offered_per_s.map(|rate| format!("of {rate:.0}"));
    let overtaken = cell.fairness.as_ref().map(|fairness| {
        let of = format!("of {}, by ≤ {}", grouped(fairness.admitted), grouped(fairness.max_overtakes));
        (grouped(fairness.overtaken_users), of)
    });
    let (overtaken, of) = overtaken.unzip();
    let joins = cell.latency.iter().find(|row| under_load(row, OpKind::Join)).map(|row| row.count);
    vec![
        Value::known(joins.map(|joins| format!("n = {}", grouped(joins))), None),
        percentile(cell, OpKind::Join, false),
        percentile(cell, OpKind::Join, true),
        percentile(cell, OpKind::Position, true),
        percentile(cell, OpKind::Admit, true),
        Value::known(cell.throughput.achieved_per_s.map(|rate| format!("{rate:.0}")), offered),
        Value::known(cell.cost.server_us_per_op.map(|us| format!("{us:.1}")), None),
        Value::known(
            cell.cost.commands_per_op.map(|commands| format!("{commands:.1}")),
            cell.cost.round_trips_by_op.get("join").map(|trips| format!("{trips:.1} trips")),
        ),
        Value::known(cell.cost.bytes_per_user.map(|bytes| format!("{bytes:.0}")), None),
        Value::known(overtaken, of),
    ]
}

fn under_load(row: &Latency, op: OpKind) -> bool {
    row.op == op && row.phase == Phase::Load && row.clock == Clock::Response
}

/// A percentile with its interval, and how many it is of where those are not all joins; the 99th only where at least one
/// sample in a hundred can lie beyond it.
fn percentile(cell: &Cell, op: OpKind, p99: bool) -> Value {
    let Some(row) = cell.latency.iter().find(|row| under_load(row, op)) else { return Value::known(None, None) };
    let (us, interval) = if p99 { (row.p99_us, row.p99_interval_us) } else { (row.p50_us, row.p50_interval_us) };
    let n = (op != OpKind::Join).then(|| format!("n = {}", grouped(row.count)));
    if p99 && row.count < 100 {
        return Value::known(Some(format!("≤ {}", ms_text(row.max_us))), n);
    }
    let range = interval.map(|[low, high]| range_text(low, high));
    let below = [range, n].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Value::known(Some(ms_text(us)), (!below.is_empty()).then_some(below))
}
