//! The line as a picture: where each token stood when it joined, and where when it was admitted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::turns::Turn;

/// Points of the whole line; more and they are a line anyway.
const WHOLE_MAX: usize = 400;

/// Points of the part that is looked at closely.
const PART_MAX: usize = 400;

/// Places of that part, at the least.
const PART_MIN: usize = 100;

/// The part is so many times as long as the token that strayed furthest was away from its place.
const PART_PER_STRAY: usize = 10;

/// Order joined against order admitted: a fair line is a diagonal.
///
/// Tokens that joined at the same time stand in the order in which their joins were sent, which need not be the order in
/// which they took effect: what lies beside the diagonal without `overtaken_by` may be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Admitted tokens whose join is known.
    pub admitted: u64,
    /// Those of them that were certainly overtaken.
    pub overtaken: u64,
    /// Some of all, evenly over the order of admission.
    pub whole: Places,
    /// A part of the line as long as it takes to see how far tokens stray, around the one that most overtook; all of it, or
    /// evenly some.
    pub part: Places,
    /// The first place in the order of admission that belongs to the part, and the last.
    pub part_places: [u64; 2],
}

/// Tokens in order of admission. The columns are of one length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Places {
    /// Place in the order in which joins were sent, from 1.
    pub joined: Vec<u64>,
    /// Place in the order of admission, from 1.
    pub admitted: Vec<u64>,
    /// How many certainly overtook it.
    pub overtaken_by: Vec<u64>,
}

/// The picture, from the turns in order of admission and how many overtook each.
pub(super) fn line(turns: &[Turn], overtaken_by: &[u64]) -> Line {
    let mut by_join: Vec<usize> = (0..turns.len()).collect();
    by_join.sort_by_key(|index| turns[*index].join_sent_ns);
    let mut joined = vec![0_usize; turns.len()];
    for (place, index) in by_join.into_iter().enumerate() {
        joined[index] = place;
    }
    let places = |from: usize, to: usize, most: usize| {
        let shown = evenly(from, to, most);
        Places {
            joined: shown.iter().map(|index| joined[*index] as u64 + 1).collect(),
            admitted: shown.iter().map(|index| *index as u64 + 1).collect(),
            overtaken_by: shown.iter().map(|index| overtaken_by[*index]).collect(),
        }
    };
    let stray = joined.iter().enumerate().map(|(index, place)| index.abs_diff(*place)).max().unwrap_or(0);
    let length = stray.saturating_mul(PART_PER_STRAY).max(PART_MIN).min(turns.len());
    // The first of those that most overtook; in a fair line the middle.
    let worst = (0..turns.len()).rev().max_by_key(|index| overtaken_by[*index]);
    let centre = worst.filter(|index| overtaken_by[*index] > 0).unwrap_or(turns.len() / 2);
    let from = centre.saturating_sub(length / 2).min(turns.len() - length);
    Line {
        admitted: turns.len() as u64,
        overtaken: overtaken_by.iter().filter(|count| **count > 0).count() as u64,
        whole: places(0, turns.len(), WHOLE_MAX),
        part: places(from, from + length, PART_MAX),
        part_places: [from as u64 + 1, (from + length) as u64],
    }
}

/// At most so many of `from..to`, evenly, the first and the last among them.
fn evenly(from: usize, to: usize, most: usize) -> Vec<usize> {
    let count = to - from;
    if count <= most {
        return (from..to).collect();
    }
    (0..most).map(|n| from + n * (count - 1) / (most - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UserId;

    /// Turns whose joins were sent at these times, in order of admission.
    fn turns(join_sent_ns: impl IntoIterator<Item = u64>) -> Vec<Turn> {
        let turn = |(place, join_sent_ns): (u32, u64)| Turn {
            user: UserId(join_sent_ns),
            join_sent_ns,
            joined_ns: Some(join_sent_ns + 1),
            admit_sent_ns: u64::from(place) * 10 + 1_000_000,
            admitted_ns: u64::from(place) * 10 + 1_000_005,
            answer: place,
            place: 0,
        };
        (0..).zip(join_sent_ns).map(turn).collect()
    }

    #[test]
    fn a_fair_line_is_a_diagonal_and_one_that_was_overtaken_lies_beside_it() {
        let fair = line(&turns([10, 20, 30]), &[0, 0, 0]);
        assert_eq!((&fair.part.joined, &fair.part.admitted), (&vec![1, 2, 3], &vec![1, 2, 3]));
        let unfair = line(&turns([20, 30, 10]), &[0, 0, 2]);
        assert_eq!((&unfair.part.joined, &unfair.whole), (&vec![2, 3, 1], &unfair.part));
        assert_eq!((unfair.overtaken, &unfair.part.overtaken_by), (1, &vec![0, 0, 2]));
    }

    #[test]
    fn of_a_long_line_a_part_is_shown_closely_around_the_one_that_most_overtook() {
        let count = 30_000;
        let mut sent: Vec<u64> = (0..count).collect();
        sent[20_000..=20_015].rotate_left(1);
        let mut by = vec![0; sent.len()];
        by[20_015] = 15;
        let line = line(&turns(sent), &by);
        assert_eq!((line.admitted, line.overtaken), (count, 1));
        assert_eq!(line.part_places, [19_941, 20_090], "ten times as long as the fifteen places that one strayed");
        assert_eq!(line.part.joined.len(), 150, "and all of it");
        assert_eq!(line.part.overtaken_by.iter().sum::<u64>(), 15);
        assert_eq!(line.whole.joined.len(), WHOLE_MAX);
        assert_eq!((line.whole.joined.first(), line.whole.joined.last()), (Some(&1), Some(&count)));
        assert!(line.whole.admitted.is_sorted_by(|a, b| a < b), "none twice");
    }

    #[test]
    fn a_line_in_disorder_is_shown_as_a_whole() {
        let turns = turns((0..5_000).rev());
        let line = line(&turns, &vec![1; turns.len()]);
        assert_eq!(line.part_places, [1, 5_000]);
        assert_eq!(line.part.joined.len(), PART_MAX);
    }
}
