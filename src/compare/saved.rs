//! Two saved runs, cell by cell.

use super::differences;
use super::document::{CellComparison, Comparison, Parts, Side, Way};
use super::effect::Effect;
use super::figure::{Figure, Known, Rule};
use super::quantity::{Quantile, Quantity, only_joins};
use crate::history::{History, HistoryError};
use crate::measure::{self, BLOCKS, Sums, Timed, quantile_reach, sums_reach};
use crate::report::{Cell, Document};

/// A saved run, as far as a comparison needs it.
pub struct SavedRun<'a> {
    /// What was named.
    pub side: Side,
    /// Its document.
    pub document: &'a Document,
    /// Reads the history of one of its cells.
    pub history: &'a dyn Fn(&Cell) -> Result<History, HistoryError>,
}

impl std::fmt::Debug for SavedRun<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SavedRun").field("side", &self.side).finish_non_exhaustive()
    }
}

/// Why two runs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// A history cannot be read.
    #[error("{0}; an interval comes from the history, so a run is compared only with all of its histories")]
    History(#[from] HistoryError),
    /// They have nothing in common.
    #[error(
        "{a} and {b} have no scenario on the same design in common: {a} holds {in_a}, {b} holds {in_b}. To compare designs or programs: stanchion compare A B --interleave"
    )]
    NothingInCommon {
        /// The name of the first.
        a: String,
        /// The name of the second.
        b: String,
        /// Its cells.
        in_a: String,
        /// Its cells.
        in_b: String,
    },
}

/// Samples in each block, at the least: with fewer the median of what is drawn jumps.
const BLOCK_SAMPLES_MIN: usize = 10;

/// Compares two saved runs: each cell that both have.
///
/// # Errors
/// When a history cannot be read, or no cell is in both.
pub fn compare_saved(runs: [&SavedRun<'_>; 2], rule: Rule) -> Result<Comparison, SavedError> {
    let [a, b] = runs;
    let mut cells = Vec::new();
    let mut one_recording = true;
    for cell in &a.document.cells {
        let Some(other) = counterpart(cell, b.document) else { continue };
        let histories = [(a.history)(cell)?, (b.history)(other)?];
        let same = histories[0] == histories[1];
        one_recording &= same;
        // One recording was made on one machine at one time.
        let rule = if same { Rule { drift: 0.0, ..rule } } else { rule };
        cells.push(compared([cell, other], [&histories[0], &histories[1]], rule));
    }
    if cells.is_empty() {
        let [in_a, in_b] = [a, b].map(|run| match run.document.cells.as_slice() {
            [] => "none".to_owned(),
            cells => cells.iter().map(named).collect::<Vec<_>>().join(", "),
        });
        return Err(SavedError::NothingInCommon { a: a.side.name.clone(), b: b.side.name.clone(), in_a, in_b });
    }
    let only = [(a, b), (b, a)].map(|(one, other)| {
        let alone = one.document.cells.iter().filter(|cell| counterpart(cell, other.document).is_none());
        alone.map(named).collect::<Vec<_>>()
    });
    let documents = [a.document, b.document];
    let mut notes = differences::of_runs(documents);
    if one_recording {
        notes.insert(
            0,
            "A and B are one and the same recording: that they agree says nothing of two versions".to_owned(),
        );
    }
    let rule = if one_recording { Rule { drift: 0.0, ..rule } } else { rule };
    let sides = [a, b].map(|run| run.side.clone());
    let unlike = differences::unlike(documents);
    Ok(Comparison::new(Parts { way: Way::Saved, rule, rounds: None, sides, unlike, notes, only, cells }))
}

fn named(cell: &Cell) -> String {
    format!("{} on {}", cell.scenario, cell.queue)
}

fn counterpart<'a>(cell: &Cell, in_run: &'a Document) -> Option<&'a Cell> {
    in_run.cells.iter().find(|other| (&other.scenario, &other.queue) == (&cell.scenario, &cell.queue))
}

fn compared(cells: [&Cell; 2], histories: [&History; 2], rule: Rule) -> CellComparison {
    let same_plan = !cells[0].plan_hash.is_empty() && cells[0].plan_hash == cells[1].plan_hash;
    let samples = histories.map(measure::latencies);
    let only_joins = cells.iter().all(|cell| only_joins(cell));
    let figure = |quantity: Quantity| {
        let read = cells.map(|cell| quantity.read(cell));
        let values = [0, 1].map(|side: usize| read[side].as_ref().ok().copied());
        let (values, known) = match (quantity, &read[0], &read[1]) {
            (_, Err(why), Err(other)) if why == other => (values, Known::Nothing(format!("neither has it: {why}"))),
            (_, Err(why), _) => (values, Known::Nothing(format!("A has none: {why}"))),
            (_, _, Err(why)) => (values, Known::Nothing(format!("B has none: {why}"))),
            (Quantity::Latency(op, clock, at), ..) => {
                let lists = samples.each_ref().map(|lists| lists.get(&(op, clock)).map_or(&[][..], Vec::as_slice));
                match latency(lists, at, same_plan) {
                    Ok((ns, effect)) => (ns.map(|ns| Some(ns / 1e3)), Known::Effect(effect)),
                    Err(why) => (values, Known::Ratio(why)),
                }
            }
            (quantity, Ok(a), Ok(b)) => (values, other(quantity, [*a, *b], histories, same_plan)),
        };
        Figure::new(quantity, only_joins, values, known, rule)
    };
    let [one, other] = cells;
    CellComparison {
        scenario: one.scenario.clone(),
        queues: [one.queue.clone(), other.queue.clone()],
        only_joins,
        figures: Quantity::of(cells).into_iter().map(figure).collect(),
    }
}

fn latency(lists: [&[Timed]; 2], at: Quantile, same_plan: bool) -> Result<([f64; 2], Effect), String> {
    // For the 99th percentile one sample in a hundred lies beyond: each block must have one, in the mean.
    let least = match at {
        Quantile::P50 => BLOCKS * BLOCK_SAMPLES_MIN,
        Quantile::P99 => BLOCKS * 100,
    };
    if let Some(list) = lists.iter().find(|list| list.len() < least) {
        return Err(format!("{} samples; an interval from one run takes {least}", list.len()));
    }
    let took = lists.map(|list| list.iter().map(|sample| sample.took_ns).collect::<Vec<u64>>());
    let (ns, reach) = quantile_reach([&took[0], &took[1]], at.share(), same_plan)?;
    Ok((ns, Effect::from_log((ns[1] / ns[0]).ln(), reach)))
}

fn other(quantity: Quantity, [a, b]: [f64; 2], histories: [&History; 2], same_plan: bool) -> Known {
    let log_ratio = (b / a).ln();
    let sums = match quantity {
        Quantity::Joins => histories.map(gaps),
        Quantity::Commands => histories
            .map(|history| Sums::of(measure::command_counts(history).into_iter().map(|count| (count as f64, 1.0)))),
        Quantity::ServerTime | Quantity::Memory | Quantity::Latency(..) => {
            return Known::Reading(Effect::from_log(log_ratio, 0.0));
        }
    };
    match sums {
        [Some(in_a), Some(in_b)] => match sums_reach([&in_a, &in_b], same_plan) {
            Ok(reach) => Known::Effect(Effect::from_log(log_ratio, reach)),
            Err(why) => Known::Ratio(why.to_owned()),
        },
        _ => Known::Ratio(format!("an interval from one run takes {BLOCKS} operations")),
    }
}

/// Joins, each with the time since the one answered before it.
fn gaps(history: &History) -> Option<Sums> {
    let (begin_ns, times_ns) = measure::answers(history)?;
    let before = std::iter::once(&begin_ns).chain(&times_ns);
    let gaps: Vec<f64> =
        times_ns.iter().zip(before).map(|(time, before)| time.saturating_sub(*before) as f64).collect();
    Sums::of(gaps.into_iter().map(|gap_ns| (1.0, gap_ns)))
}
