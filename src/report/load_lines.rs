//! What is worth knowing of how the loads went, over all cells: a line for each finding, with the cell in which it was worst.

use super::document::{Cell, Document};
use super::evidence::length;
use crate::measure::{OTHER_CORES_NOTED, RUN_QUEUE_SHARE_NOTED, STEAL_SHARE_NOTED};

/// The lines; none where there is nothing to say.
pub(super) fn load_lines(document: &Document) -> Vec<String> {
    let cells = &document.cells;
    [releases(cells), unsteady(cells), warm_up(cells), noise(cells), slow(cells)].into_iter().flatten().collect()
}

/// `race-flood on list`
fn name(cell: &Cell) -> String {
    format!("{} on {}", cell.scenario, cell.queue)
}

/// The cell of which a figure is largest, the first of those that are equal.
fn worst(cells: &[Cell], figure: impl Fn(&Cell) -> Option<f64>) -> Option<(&Cell, f64)> {
    let figures = cells.iter().filter_map(|cell| Some((cell, figure(cell)?)));
    figures.rev().max_by(|one, other| one.1.total_cmp(&other.1))
}

/// How simultaneous the floods were.
fn releases(cells: &[Cell]) -> Option<String> {
    let floods: Vec<_> = cells.iter().filter_map(|cell| cell.release.as_ref()).collect();
    let (cell, max_us) = worst(cells, |cell| cell.release.as_ref().map(|release| release.spread_max_us))?;
    let (median_cell, p50_us) = worst(cells, |cell| cell.release.as_ref().map(|release| release.spread_p50_us))?;
    let rounds: u64 = floods.iter().map(|release| release.rounds).sum();
    let together: f64 = floods.iter().map(|release| release.all_under_way_share * release.rounds as f64).sum();
    let [p50, max] = [p50_us, max_us].map(|us| length((us * 1e3).round() as u64));
    Some(format!(
        "floods: from the first request of a round to its last it took up to {p50} in the median ({}) and {max} at most ({}); \
         in {together:.0} of {rounds} rounds all were under way before the first answer",
        name(median_cell),
        name(cell)
    ))
}

/// Loads whose response times still drifted.
fn unsteady(cells: &[Cell]) -> Option<String> {
    let known: Vec<&Cell> = cells.iter().filter(|cell| reached(cell).is_some()).collect();
    let drifting: Vec<String> =
        known.iter().filter(|cell| reached(cell) == Some(false)).map(|cell| name(cell)).collect();
    (!drifting.is_empty()).then(|| {
        format!(
            "no steady state (MSER-5) in {} of {} loads that are long enough to have one: {}. Their percentiles are those of a \
             load that still changes",
            drifting.len(),
            known.len(),
            few(&drifting)
        )
    })
}

fn reached(cell: &Cell) -> Option<bool> {
    cell.steady.as_ref()?.reached
}

/// The first three of a list, and how many more there are.
fn few(names: &[String]) -> String {
    let shown = names[..names.len().min(3)].join(", ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}

/// What was left out of the figures.
fn warm_up(cells: &[Cell]) -> Option<String> {
    let warmed = cells.iter().filter(|cell| cell.warm_up_operations > 0);
    let (count, operations) = warmed.fold((0, 0), |(count, sum), cell| (count + 1, sum + cell.warm_up_operations));
    (count > 0)
        .then(|| format!("warm-up: {operations} operations of {count} cells were judged and left out of every figure"))
}

/// What else the machine did.
fn noise(cells: &[Cell]) -> Option<String> {
    let above =
        |figure: fn(&Cell) -> Option<f64>, noted: f64| worst(cells, figure).filter(|(_, worst)| *worst >= noted);
    let waited = above(|cell| cell.generator.machine.run_queue_share, RUN_QUEUE_SHARE_NOTED);
    let stolen = above(|cell| cell.generator.machine.steal_share, STEAL_SHARE_NOTED);
    let others = above(|cell| cell.generator.machine.other_cores, OTHER_CORES_NOTED);
    let parts: Vec<String> = [
        waited.map(|(cell, share)| {
            format!("the generator waited for a core for up to {:.0} % of a load ({})", share * 100.0, name(cell))
        }),
        stolen.map(|(cell, share)| {
            format!("the hypervisor took up to {:.0} % of all cores ({})", share * 100.0, name(cell))
        }),
        others.map(|(cell, cores)| format!("other programs took up to {cores:.1} cores ({})", name(cell))),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("a noisy machine: {}", parts.join("; ")))
}

/// What the server found slow.
fn slow(cells: &[Cell]) -> Option<String> {
    let added = |cell: &Cell| cell.server.as_ref()?.slowlog.as_ref().map(|slowlog| slowlog.added as f64);
    let (cell, most) = worst(cells, added).filter(|(_, most)| *most > 0.0)?;
    let sum: f64 = cells.iter().filter_map(added).sum();
    let over_us = cell.server.as_ref()?.slowlog.as_ref()?.over_us;
    let over = over_us
        .and_then(|us| u64::try_from(us).ok())
        .map_or_else(String::new, |us| format!(" (over {})", length(us.saturating_mul(1_000))));
    Some(format!("slow log: the server found {sum:.0} commands slow{over}, {most:.0} of them in {}", name(cell)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::sample::{sample_cell, sample_run};
    use super::*;
    use crate::history::Slowlog;
    use crate::measure::{Release, Steady};
    use crate::model::Terms;
    use crate::report::ServerSide;

    fn cell(queue: &str) -> Cell {
        sample_cell("one", queue, Vec::new(), Terms::default(), (0, 0.0, None))
    }

    fn lines(cells: Vec<Cell>) -> Vec<String> {
        load_lines(&sample_run(cells))
    }

    fn flood(p50_us: f64, max_us: f64, share: f64) -> Option<Release> {
        let (rounds, requests) = (10, 100);
        let (spread_p50_us, spread_p99_us, spread_max_us) = (p50_us, max_us, max_us);
        Some(Release { rounds, requests, spread_p50_us, spread_p99_us, spread_max_us, all_under_way_share: share })
    }

    #[test]
    fn where_nothing_is_remarkable_nothing_is_said() {
        let mut quiet = cell("a");
        quiet.generator.machine.steal_share = Some(STEAL_SHARE_NOTED / 2.0);
        quiet.generator.machine.other_cores = Some(OTHER_CORES_NOTED / 2.0);
        quiet.generator.machine.run_queue_share = Some(RUN_QUEUE_SHARE_NOTED / 2.0);
        quiet.steady = Some(Steady { reached: Some(true), from_ms: Some(1.0), samples: Some(100), reason: None });
        assert_eq!(lines(vec![quiet]), Vec::<String>::new());
    }

    #[test]
    fn floods_are_told_by_the_worst_and_by_the_share_of_all_rounds() {
        let (mut a, mut b) = (cell("a"), cell("b"));
        (a.release, b.release) = (flood(80.0, 2_000.0, 0.5), flood(90.0, 1_000.0, 1.0));
        let line = "floods: from the first request of a round to its last it took up to 90.0 µs in the median (one on b) and 2.0 ms at most (one on a); in 15 of 20 rounds all were under way before the first answer";
        assert_eq!(lines(vec![a, b]), [line]);
    }

    #[test]
    fn each_other_finding_has_a_line_over_all_cells() {
        let unsteady = |queue: &str| Cell {
            steady: Some(Steady {
                reached: Some(false),
                from_ms: None,
                samples: None,
                reason: Some("drift".to_owned()),
            }),
            ..cell(queue)
        };
        let mut cells: Vec<Cell> = ["a", "b", "c", "d"].into_iter().map(unsteady).collect();
        cells[0].warm_up_operations = 30;
        cells[1].warm_up_operations = 12;
        cells[0].generator.machine.steal_share = Some(0.031);
        cells[1].generator.machine.run_queue_share = Some(0.12);
        cells[2].generator.machine.other_cores = Some(0.5);
        for (cell, added) in cells.iter_mut().zip([0, 2, 1]) {
            let slowlog = Some(Slowlog { over_us: Some(10_000), added, entries: Vec::new() });
            cell.server =
                Some(ServerSide { latency: None, slowlog, asked: 9, cost_us: None, reasons: BTreeMap::new() });
        }
        let expected = [
            "no steady state (MSER-5) in 4 of 4 loads that are long enough to have one: one on a, one on b, one on c and 1 more. Their percentiles are those of a load that still changes",
            "warm-up: 42 operations of 2 cells were judged and left out of every figure",
            "a noisy machine: the generator waited for a core for up to 12 % of a load (one on b); the hypervisor took up to 3 % of all cores (one on a); other programs took up to 0.5 cores (one on c)",
            "slow log: the server found 3 commands slow (over 10.0 ms), 2 of them in one on b",
        ];
        assert_eq!(lines(cells), expected);
    }
}
