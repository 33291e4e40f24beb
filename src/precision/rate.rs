//! What a rate makes of a scheme: how many joins of one millisecond share their score with another join.

use schemars::JsonSchema;
use serde::Serialize;

use super::scheme::Scheme;

/// The most joins in one millisecond that are looked at, one by one.
pub const JOINS_PER_MS_MAX: u64 = 1_000_000;

/// A millisecond in the midst of others, each with so many joins, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AtRate {
    /// The joins of each millisecond.
    pub joins_per_ms: u64,
    /// How many scores they have.
    pub scores: u64,
    /// How many of them share their score with another join, of this millisecond or of its neighbours.
    pub sharing: u64,
    /// Of the pairs that joined one after the other in this millisecond, how many have one score: members in no order
    /// (random ids) put every second of these the wrong way round.
    pub tied_neighbours: u64,
    /// How many of them stand behind the first join of the next millisecond by their score, whatever their names.
    pub overtaken: u64,
}

/// What happens with so many joins in this millisecond and its neighbours; [`JOINS_PER_MS_MAX`] at the most.
#[must_use]
pub fn at_rate(scheme: Scheme, ts_ms: u64, joins_per_ms: u64) -> AtRate {
    let joins_per_ms = joins_per_ms.clamp(1, JOINS_PER_MS_MAX);
    let score = |counter| scheme.score(ts_ms, counter);
    let next = scheme.score(ts_ms + 1, 0);
    let with_the_one_before = |counter: u64| counter > 0 && score(counter) == score(counter - 1);
    // Of a scheme that begins at its epoch nothing joined before it.
    let neighbours = [ts_ms.checked_sub(1).filter(|before| *before >= scheme.begins_ms()), Some(ts_ms + 1)];
    let shares = |counter: u64| {
        let elsewhere = |ts_ms: u64| has_score(scheme, ts_ms, joins_per_ms, score(counter));
        with_the_one_before(counter)
            || (counter + 1 < joins_per_ms && with_the_one_before(counter + 1))
            || neighbours.into_iter().flatten().any(elsewhere)
    };
    let count = |holds: &dyn Fn(u64) -> bool| (0..joins_per_ms).map(|counter| u64::from(holds(counter))).sum::<u64>();
    let tied_neighbours = count(&with_the_one_before);
    AtRate {
        joins_per_ms,
        scores: joins_per_ms - tied_neighbours,
        sharing: count(&shares),
        tied_neighbours,
        overtaken: count(&|counter| score(counter) > next),
    }
}

/// Whether one of the first joins of a millisecond has this score. Scores only grow with the counter.
fn has_score(scheme: Scheme, ts_ms: u64, joins: u64, wanted: f64) -> bool {
    let (mut low, mut high) = (0, joins);
    while low < high {
        let middle = low + (high - low) / 2;
        if scheme.score(ts_ms, middle) < wanted {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low < joins && scheme.score(ts_ms, low) == wanted
}

#[cfg(test)]
mod tests {
    use super::super::cases::schemes;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn joins_that_share_a_score_are_those_counted_one_by_one((scheme, ts_ms) in schemes(9), joins in 1..700_u64) {
            let found = at_rate(scheme, ts_ms, joins);
            let scores = |ts_ms: u64| (0..joins).map(move |counter| scheme.score(ts_ms, counter)).collect::<Vec<_>>();
            let own = scores(ts_ms);
            let mut all = [own.clone(), scores(ts_ms + 1)].concat();
            if ts_ms > scheme.begins_ms() {
                all.extend(scores(ts_ms - 1));
            }
            let sharing = own.iter().filter(|score| all.iter().filter(|other| other == score).count() > 1).count();
            prop_assert_eq!(found.sharing, u64::try_from(sharing).unwrap());
            let tied = own.windows(2).filter(|pair| pair[0] == pair[1]).count();
            prop_assert_eq!(found.tied_neighbours, u64::try_from(tied).unwrap());
            let mut different = own.clone();
            different.dedup();
            prop_assert_eq!(found.scores, u64::try_from(different.len()).unwrap());
            let next = scheme.score(ts_ms + 1, 0);
            prop_assert_eq!(found.overtaken, u64::try_from(own.iter().filter(|score| **score > next).count()).unwrap());
        }
    }

    #[test]
    fn hundredths_are_right_up_to_a_hundred_joins() {
        let at = |joins| at_rate(Scheme::Centi, 1_759_656_550_865, joins);
        assert_eq!((at(100).sharing, at(100).overtaken), (0, 0));
        // The first is tied with the 101st of the millisecond before, the 101st with the next one's first.
        assert_eq!((at(101).sharing, at(101).overtaken), (2, 0));
        assert_eq!((at(102).sharing, at(102).overtaken), (4, 1));
    }
}
