//! The document: all that is said of a comparison. Every renderer sees only this, and `--format json` is this.

use schemars::JsonSchema;
use serde::Serialize;

use super::figure::{Figure, Rule, Word};
use super::sentence;

/// The version of the document.
pub const SCHEMA: u32 = 1;

/// How the two sides were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Each by itself, at some time.
    Saved,
    /// In turns, on one server.
    Interleaved,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A primary figure is worse by more than the threshold.
    Worse,
    /// None is, and of each it can be said.
    NotWorse,
    /// None is known to be, but not of each it can be said.
    CannotTell,
}

/// One side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Side {
    /// What was named on the command line.
    pub name: String,
    /// What it stands for, in a few words: a run folder, a design, a program.
    pub what: String,
    /// The design, where it is the same in all cells.
    pub queue: Option<String>,
}

/// One scenario on the queues of the two sides.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CellComparison {
    /// The scenario.
    pub scenario: String,
    /// A's design and B's; the same one unless designs are compared.
    pub queues: [String; 2],
    /// Whether the load was nothing but joins.
    pub only_joins: bool,
    /// Figure by figure, the primary ones first.
    pub figures: Vec<Figure>,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// Format version.
    pub schema: u32,
    /// Who wrote it: `stanchion 0.1.0`.
    pub tool: String,
    /// How the sides were made.
    pub way: Way,
    /// What it comes to: over the primary figures of all cells.
    pub outcome: Outcome,
    /// The same in words.
    pub sentence: String,
    /// A difference of up to this is none: 0.03 is 3 %.
    pub threshold: f64,
    /// How far a figure may be off because the machine had changed between the runs; 0 where they took turns, or are
    /// one recording.
    pub drift: f64,
    /// Rounds that count, for each side; `null` for saved runs.
    pub rounds: Option<usize>,
    /// The first side.
    pub a: Side,
    /// The second side.
    pub b: Side,
    /// What makes it doubtful whether like was compared with like: seeds, plans, targets, versions.
    pub unlike: Vec<String>,
    /// What else differs between the sides, and what a reader must know.
    pub notes: Vec<String>,
    /// Cells that only A has, `scenario on queue`.
    pub only_a: Vec<String>,
    /// Cells that only B has.
    pub only_b: Vec<String>,
    /// The command that repeats it.
    pub repeat: String,
    /// The command that would tell more; `null` where this was it.
    pub interleave: Option<String>,
    /// Cell by cell.
    pub cells: Vec<CellComparison>,
}

/// All of a comparison but what follows from it.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) way: Way,
    pub(super) rule: Rule,
    pub(super) rounds: Option<usize>,
    pub(super) sides: [Side; 2],
    pub(super) unlike: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) only: [Vec<String>; 2],
    pub(super) cells: Vec<CellComparison>,
}

impl Comparison {
    /// Draws the conclusion.
    pub(super) fn new(parts: Parts) -> Comparison {
        let outcome = outcome(&parts.cells);
        let [a, b] = parts.sides;
        let [only_a, only_b] = parts.only;
        let mut comparison = Comparison {
            schema: SCHEMA,
            tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
            way: parts.way,
            outcome,
            sentence: String::new(),
            threshold: parts.rule.threshold,
            drift: parts.rule.drift,
            rounds: parts.rounds,
            a,
            b,
            unlike: parts.unlike,
            notes: parts.notes,
            only_a,
            only_b,
            repeat: String::new(),
            interleave: None,
            cells: parts.cells,
        };
        comparison.sentence = sentence::sentence(&comparison);
        comparison
    }

    /// The text of `--format json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("the document is plain data with string keys");
        text.push('\n');
        text
    }
}

fn outcome(cells: &[CellComparison]) -> Outcome {
    let primary = || cells.iter().flat_map(|cell| &cell.figures).filter(|figure| figure.primary);
    if primary().any(|figure| figure.word.is_worse()) {
        Outcome::Worse
    } else if primary().any(|figure| figure.word == Word::CannotTell) || primary().next().is_none() {
        Outcome::CannotTell
    } else {
        Outcome::NotWorse
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{cell, figure};
    use super::*;
    use crate::compare::Quantity;

    #[test]
    fn the_outcome_hangs_on_primary_figures_alone_and_on_the_worst_of_them() {
        let of = |words: &[(bool, Word)]| {
            let figures =
                words.iter().map(|(primary, word)| Figure { primary: *primary, ..figure(Quantity::ServerTime, *word) });
            outcome(&[cell(figures.collect())])
        };
        assert_eq!(of(&[(true, Word::Same), (true, Word::Faster)]), Outcome::NotWorse);
        assert_eq!(of(&[(true, Word::Same), (true, Word::CannotTell)]), Outcome::CannotTell);
        assert_eq!(of(&[(true, Word::More), (true, Word::CannotTell)]), Outcome::Worse);
        assert_eq!(of(&[(true, Word::Same), (false, Word::Slower), (false, Word::CannotTell)]), Outcome::NotWorse);
        assert_eq!(of(&[(false, Word::Same)]), Outcome::CannotTell, "nothing that counts was compared");
        assert_eq!(outcome(&[]), Outcome::CannotTell);
    }
}
