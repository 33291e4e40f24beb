//! Rounds in turns: what came of each side, round by round, made into a comparison.

use super::differences;
use super::document::{CellComparison, Comparison, Parts, Side, Way};
use super::figure::{Figure, Known, Rule, percent};
use super::paired::{ROUNDS_MIN, median, paired_effect};
use super::quantity::{Quantity, only_joins};
use crate::report::{Cell, Document};

/// The rounds that count.
#[derive(Debug)]
pub struct Rounds {
    /// The sides.
    pub sides: [Side; 2],
    /// A's and B's run of each round; each holds one cell.
    pub rounds: Vec<[Document; 2]>,
}

/// Which side goes first in a round: A and B take turns at that (A B, B A, A B, …). So what grows or shrinks steadily
/// from run to run puts neither side at a disadvantage, whatever the seed.
#[must_use]
pub fn order(round: usize) -> [usize; 2] {
    if round.is_multiple_of(2) { [0, 1] } else { [1, 0] }
}

/// Compares what came of the rounds. Needs no allowance for drift.
#[must_use]
pub fn compare_rounds(done: &Rounds, threshold: f64) -> Comparison {
    let rule = Rule { threshold, drift: 0.0 };
    let cells: Vec<[&Cell; 2]> =
        done.rounds.iter().filter_map(|[a, b]| Some([a.cells.first()?, b.cells.first()?])).collect();
    let compared: Vec<CellComparison> = cells.first().map(|first| compared(*first, &cells, rule)).into_iter().collect();
    let mut notes = Vec::new();
    for (side, name) in ["A", "B"].into_iter().enumerate() {
        let own: Vec<Cell> = cells.iter().map(|pair| pair[side].clone()).collect();
        notes.extend(differences::of_cells(name, &own));
    }
    notes.extend(compared.iter().filter_map(steadiness));
    let unlike = done.rounds.first().map(|[a, b]| differences::unlike([a, b])).unwrap_or_default();
    Comparison::new(Parts {
        way: Way::Interleaved,
        rule,
        rounds: Some(cells.len()),
        sides: done.sides.clone(),
        unlike,
        notes,
        only: [Vec::new(), Vec::new()],
        cells: compared,
    })
}

fn compared(first: [&Cell; 2], cells: &[[&Cell; 2]], rule: Rule) -> CellComparison {
    let only_joins = cells.iter().flatten().all(|cell| only_joins(cell));
    let figure = |quantity: Quantity| {
        let mut pairs = Vec::new();
        let mut why = None;
        for round in cells {
            match round.map(|cell| quantity.read(cell)) {
                [Ok(a), Ok(b)] => pairs.push([a, b]),
                [Err(reason), _] | [_, Err(reason)] => why = Some(reason),
            }
        }
        let log_ratios: Vec<f64> = pairs.iter().map(|[a, b]| (b / a).ln()).collect();
        let values = [0, 1].map(|side: usize| median(pairs.iter().map(|pair| pair[side])));
        let known = match (paired_effect(&log_ratios), why) {
            (Some(effect), _) => Known::Effect(effect),
            (None, Some(why)) if pairs.is_empty() => Known::Nothing(why),
            (None, why) => {
                let of =
                    format!("{} of {} rounds have it, and an interval takes {ROUNDS_MIN}", pairs.len(), cells.len());
                Known::Ratio(why.map_or_else(|| of.clone(), |why| format!("{of} ({why})")))
            }
        };
        let mut figure = Figure::new(quantity, only_joins, values, known, rule);
        figure.rounds = pairs;
        figure
    };
    CellComparison {
        scenario: first[0].scenario.clone(),
        queues: first.map(|cell| cell.queue.clone()),
        only_joins,
        figures: Quantity::of(first).into_iter().map(figure).collect(),
    }
}

/// How far the rounds of one and the same side lay apart: what a comparison of runs that took no turns would have met.
fn steadiness(cell: &CellComparison) -> Option<String> {
    let spread = |figure: &Figure| {
        let of_a = || figure.rounds.iter().map(|pair| pair[0]);
        let (low, high) = (of_a().reduce(f64::min)?, of_a().reduce(f64::max)?);
        Some(format!(
            "{} {} to {} ({} apart)",
            figure.name,
            figure.quantity.shown(low),
            figure.quantity.shown(high),
            percent(high / low - 1.0)
        ))
    };
    let primary: Vec<String> = cell.figures.iter().filter(|figure| figure.primary).filter_map(spread).collect();
    (!primary.is_empty()).then(|| format!("how far A's own rounds lay apart: {}", primary.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::super::document::Outcome;
    use super::super::figure::Word;
    use super::super::sample::run;
    use super::*;

    fn rounds(figures: &[[(f64, f64); 2]]) -> Rounds {
        let rounds = figures.iter().map(|[a, b]| [run("list", a.0, a.1), run("list", b.0, b.1)]).collect();
        Rounds { sides: [Side::default(), Side::default()], rounds }
    }

    fn word(comparison: &Comparison, quantity: Quantity) -> Word {
        comparison.cells[0].figures.iter().find(|figure| figure.quantity == quantity).unwrap().word
    }

    #[test]
    fn a_machine_that_grows_slower_and_slower_is_no_difference() {
        // Each run finds the machine 2 % slower than the one before; B's code is A's.
        let mut speed = 1.0;
        let mut figures = Vec::new();
        for round in 0..20 {
            let mut pair = [(0.0, 0.0); 2];
            for side in order(round) {
                pair[side] = (20.0 * speed, 50.0 * speed);
                speed *= 1.02;
            }
            figures.push(pair);
        }
        let comparison = compare_rounds(&rounds(&figures), 0.03);
        assert_eq!(comparison.outcome, Outcome::NotWorse, "{}", comparison.sentence);
        assert!(
            comparison.notes.iter().any(|note| note.contains("how far A's own rounds lay apart")),
            "{comparison:?}"
        );
    }

    #[test]
    fn a_cost_that_grows_by_a_tenth_is_seen_although_the_machine_changes() {
        let speed = |round: usize| 1.0 + 0.3 * (round as f64).sin();
        let figures: Vec<_> = (0..20)
            .map(|round| [(20.0 * speed(round), 50.0 * speed(round)), (22.0 * speed(round), 52.6 * speed(round))])
            .collect();
        let comparison = compare_rounds(&rounds(&figures), 0.03);
        assert_eq!(comparison.outcome, Outcome::Worse);
        assert_eq!(word(&comparison, Quantity::ServerTime), Word::More);
        assert!(
            comparison.sentence.starts_with("WORSE: B's join costs the server 10 % more"),
            "{}",
            comparison.sentence
        );
    }

    #[test]
    fn too_few_rounds_can_tell_nothing_and_say_so() {
        let comparison = compare_rounds(&rounds(&[[(20.0, 50.0), (40.0, 90.0)]; 5]), 0.03);
        assert_eq!(comparison.outcome, Outcome::CannotTell);
        let figure = &comparison.cells[0].figures[0];
        assert_eq!((figure.ratio, figure.low), (Some(2.0), None));
        assert_eq!(figure.why.as_deref(), Some("5 of 5 rounds have it, and an interval takes 6"));
        assert_eq!(compare_rounds(&rounds(&[]), 0.03).outcome, Outcome::CannotTell);
    }

    #[test]
    fn either_side_goes_first_equally_often() {
        let firsts: Vec<usize> = (0..4).map(|round| order(round)[0]).collect();
        assert_eq!(firsts, [0, 1, 0, 1]);
    }
}
