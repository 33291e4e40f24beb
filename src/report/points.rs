//! What is not as expected of a cell, or not decided, sentence by sentence, and of what each is said.

use super::document::Cell;
use crate::verdict::limit_sentence;

/// A sentence of a cell's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point<'a> {
    /// Of what it is said.
    pub about: About,
    /// The sentence.
    pub sentence: &'a str,
    /// Whether it says that something could not be decided, and not that something is unexpected.
    pub is_open: bool,
}

/// Of what a sentence is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The promise of this index in `checks`.
    Check(usize),
    /// The limit of this index in `limits`.
    Limit(usize),
    /// The cell as a whole: its load, its end.
    Cell,
}

/// The sentences of a cell's verdict: what is unexpected first. What fits no promise and no limit is said of the cell, so
/// that none is lost.
#[must_use]
pub fn points(cell: &Cell) -> Vec<Point<'_>> {
    let unexpected = cell.unexpected.iter().map(|sentence| (sentence, false));
    let undecided = cell.undecided.iter().map(|sentence| (sentence, true));
    unexpected
        .chain(undecided)
        .map(|(sentence, is_open)| Point { about: about(cell, sentence), sentence, is_open })
        .collect()
}

/// The verdict begins a sentence about a promise with its name, and one about a limit with the limit's own sentence.
fn about(cell: &Cell, sentence: &str) -> About {
    let of_check = |name: &str| sentence.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '));
    if let Some(index) = cell.checks.iter().position(|check| of_check(&check.name)) {
        return About::Check(index);
    }
    let limit = cell.limits.iter().position(|limit| sentence.starts_with(&limit_sentence(limit)));
    limit.map_or(About::Cell, About::Limit)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{found, sample_cell};
    use super::*;
    use crate::model::{Limit, OpKind, Percentile, Promise, Terms};

    #[test]
    fn each_sentence_of_a_verdict_is_said_of_what_it_is_about() {
        let limits = [(OpKind::Join, 1_000), (OpKind::Leave, 5_000_000)].map(|(op, max_ns)| Limit {
            op,
            percentile: Percentile::P99,
            max_ns,
        });
        let terms = Terms { limits: limits.to_vec(), ..Terms::default() };
        let findings =
            vec![found(Promise::NoLoss, '+'), found(Promise::GlobalFifo, '-'), found(Promise::Position, '?')];
        let mut cell = sample_cell("one", "a", findings, terms, (9, 1000.0, None));
        cell.undecided.push("the generator was the limit".to_owned());
        let said: Vec<(About, bool)> = points(&cell).iter().map(|point| (point.about, point.is_open)).collect();
        let expected = [
            (About::Check(1), false),
            (About::Limit(0), false),
            (About::Check(2), true),
            (About::Limit(1), true),
            (About::Cell, true),
        ];
        assert_eq!(said, expected, "{:#?}", points(&cell));
    }
}
