//! How far a scheme carries: how many scores a millisecond has, which two joins are the first to share one, which two
//! are the first to change places, and when it ends.
//!
//! Joins are counted from 0 in each millisecond, the case that suits the schemes best, and named in their order: the one
//! with counter 0 is `u1`, the first of the next millisecond comes after the last of this one. Two joins **collide** when
//! they have one score: then the bytes of their names decide who is first. They are **inverted** when the later one stands
//! in front of the earlier one: its score is lower, or it is the same and the later one's name is lower.

use schemars::JsonSchema;
use serde::Serialize;

use super::exact::digits;
use super::moment::Moment;
use super::scheme::{SIGNIFICAND_BITS, Scheme};

/// A join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Join {
    /// Its clock, ms since 1970.
    pub ts_ms: u64,
    /// Its counter.
    pub counter: u64,
    /// Its member: u1 joined first.
    pub member: String,
    /// The score that was meant.
    pub exact: String,
    /// The score that is stored.
    pub stored: String,
}

/// What puts two joins into the order that they have in the sorted set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decides {
    /// The score: the lower one is first.
    Score,
    /// The bytes of the members, since the scores are one.
    Member,
}

/// Why it came so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Because {
    /// The scores that were meant are in the right order; the float64 could not hold them.
    Rounding,
    /// The scores that were meant are no better: the millisecond has no more counters.
    Counters,
}

/// Two joins that collide or are inverted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pair {
    /// Who joined first.
    pub earlier: Join,
    /// Who joined later.
    pub later: Join,
    /// What decides who of them is first.
    pub decides: Decides,
    /// Why.
    pub because: Because,
    /// How many joins of one millisecond, one of the next following, make this happen.
    pub joins: u64,
}

/// What the largest counter is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Bits that the clock is shifted by.
    Bits,
    /// Decimal places behind the clock.
    DecimalPlaces,
}

/// How far a scheme carries at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Limits {
    /// The bits that clock and counter take together; 53 are there.
    pub bits_needed: u32,
    /// The bits that the clock takes.
    pub clock_bits: u32,
    /// How many counters the scheme means to have for a millisecond.
    pub counters_per_ms: u64,
    /// How many scores there are for them, from the millisecond's first to before the next one's.
    pub scores_per_ms: u64,
    /// Up to so many joins in a millisecond each have a score of their own, in their order.
    pub right_up_to: u64,
    /// The first two joins that share a score.
    pub first_collision: Pair,
    /// The first two joins of which the later one stands in front.
    pub first_inversion: Pair,
    /// From here on the counters of a millisecond have too few scores.
    pub breaks: Moment,
    /// The largest counter for which there are enough scores.
    pub largest_exact: u32,
    /// What that is measured in.
    pub unit: Unit,
}

/// How far a scheme carries at this time.
#[must_use]
pub fn limits(scheme: Scheme, ts_ms: u64) -> Limits {
    let counters_per_ms = scheme.counters_per_ms();
    let room = scheme.room_bits(ts_ms);
    let first_collision = first_collision(scheme, ts_ms);
    Limits {
        bits_needed: scheme.clock_bits(ts_ms) + scheme.counter_bits(),
        clock_bits: scheme.clock_bits(ts_ms),
        counters_per_ms,
        scores_per_ms: scores_per_ms(scheme, ts_ms),
        right_up_to: first_collision.joins - 1,
        first_inversion: first_inversion(scheme, ts_ms),
        first_collision,
        breaks: Moment::at_ms(breaks_ms(scheme)),
        largest_exact: if scheme.whole() { room } else { (1_u64 << room).ilog10() },
        unit: if scheme.whole() { Unit::Bits } else { Unit::DecimalPlaces },
    }
}

/// How many float64 lie from this millisecond's first score to before the next one's, among those that a counter gets.
#[must_use]
pub fn scores_per_ms(scheme: Scheme, ts_ms: u64) -> u64 {
    // With too little room the neighbours of the counters fall onto each other, and every float64 in between is met.
    if scheme.tells_apart(ts_ms) { scheme.counters_per_ms() } else { 1 << scheme.room_bits(ts_ms) }
}

/// The first time, ms since 1970, at which clock and counter take more than 53 bits.
#[must_use]
pub fn breaks_ms(scheme: Scheme) -> u64 {
    scheme.begins_ms() + (1 << (SIGNIFICAND_BITS - scheme.counter_bits()))
}

/// The first join, counted up in one millisecond, that shares its score with the one before it or with the first of the
/// next millisecond.
#[must_use]
pub fn first_collision(scheme: Scheme, ts_ms: u64) -> Pair {
    let next = scheme.score(ts_ms + 1, 0);
    let mut before = scheme.score(ts_ms, 0);
    let last = scheme.counters_per_ms();
    for counter in from(scheme, ts_ms)..last {
        let score = scheme.score(ts_ms, counter);
        if score == before {
            return pair(scheme, (ts_ms, counter - 1), (ts_ms, counter), counter + 1);
        }
        if score == next {
            return pair(scheme, (ts_ms, counter), (ts_ms + 1, 0), counter + 1);
        }
        before = score;
    }
    // One counter more than there are is by definition the next millisecond's first.
    pair(scheme, (ts_ms, last), (ts_ms + 1, 0), last + 1)
}

/// The first join, counted up in one millisecond, behind which a later one stands in front.
#[must_use]
pub fn first_inversion(scheme: Scheme, ts_ms: u64) -> Pair {
    let next = scheme.score(ts_ms + 1, 0);
    let mut counter = from(scheme, ts_ms);
    // The counter of two milliseconds is above the next one's first, so this ends.
    loop {
        let score = scheme.score(ts_ms, counter);
        if score == scheme.score(ts_ms, counter - 1) && member(counter) < member(counter - 1) {
            return pair(scheme, (ts_ms, counter - 1), (ts_ms, counter), counter + 1);
        }
        if score > next || score == next && member(counter + 1) < member(counter) {
            return pair(scheme, (ts_ms, counter), (ts_ms + 1, 0), counter + 1);
        }
        counter += 1;
    }
}

/// Where to begin to count: where every counter has a score of its own nothing happens before they are used up.
fn from(scheme: Scheme, ts_ms: u64) -> u64 {
    if scheme.tells_apart(ts_ms) { scheme.counters_per_ms() } else { 1 }
}

/// The name of the join with this counter, as production names its members: not padded.
fn member(counter: u64) -> String {
    format!("u{}", counter + 1)
}

/// Two joins by clock and counter; `joins` of the earlier one's millisecond are there.
fn pair(scheme: Scheme, earlier: (u64, u64), later: (u64, u64), joins: u64) -> Pair {
    let join = |(ts_ms, counter): (u64, u64)| Join {
        ts_ms,
        counter,
        member: member(if ts_ms == earlier.0 { counter } else { earlier.1 + 1 + counter }),
        exact: scheme.exact(ts_ms, counter).text(),
        stored: digits(scheme.score(ts_ms, counter)),
    };
    let meant = scheme.exact(earlier.0, earlier.1).units < scheme.exact(later.0, later.1).units;
    let tie = scheme.score(earlier.0, earlier.1) == scheme.score(later.0, later.1);
    Pair {
        decides: if tie { Decides::Member } else { Decides::Score },
        because: if meant { Because::Rounding } else { Because::Counters },
        earlier: join(earlier),
        later: join(later),
        joins,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::schemes;
    use super::super::scheme::{SHIFT_MAX, TS_MS_MAX};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Few enough counters to look at each.
    const FEW: u32 = 12;

    /// The order of the set when so many joins come in this millisecond and one in the next.
    fn in_the_order_joined(scheme: Scheme, ts_ms: u64, joins: u64) -> bool {
        let mut standing: Vec<(f64, String, u64)> =
            (0..joins).map(|counter| (scheme.score(ts_ms, counter), member(counter), counter)).collect();
        standing.push((scheme.score(ts_ms + 1, 0), member(joins), joins));
        standing.sort_by(|one, other| one.0.total_cmp(&other.0).then_with(|| one.1.cmp(&other.1)));
        standing.iter().map(|(_, _, joined)| *joined).is_sorted()
    }

    fn all_differ(scheme: Scheme, ts_ms: u64, joins: u64) -> bool {
        let mut scores: BTreeSet<u64> = (0..joins).map(|counter| scheme.score(ts_ms, counter).to_bits()).collect();
        scores.insert(scheme.score(ts_ms + 1, 0).to_bits());
        u64::try_from(scores.len()).unwrap() == joins + 1
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn scores_counted_by_formula_are_those_counted_one_by_one((scheme, ts_ms) in schemes(FEW)) {
            let next = scheme.score(ts_ms + 1, 0);
            let scores = (0..scheme.counters_per_ms()).map(|counter| scheme.score(ts_ms, counter));
            let mut own: Vec<f64> = scores.filter(|score| *score < next).collect();
            // Scores only grow.
            own.dedup();
            prop_assert_eq!(u64::try_from(own.len()).unwrap(), scores_per_ms(scheme, ts_ms));
        }

        #[test]
        fn the_first_collision_is_the_first((scheme, ts_ms) in schemes(FEW)) {
            let pair = first_collision(scheme, ts_ms);
            prop_assert!(all_differ(scheme, ts_ms, pair.joins - 1), "{pair:?}");
            prop_assert!(!all_differ(scheme, ts_ms, pair.joins), "{pair:?}");
            prop_assert_eq!(&pair.earlier.stored, &pair.later.stored);
            prop_assert_eq!(pair.decides, Decides::Member);
        }

        #[test]
        fn the_first_inversion_is_the_first((scheme, ts_ms) in schemes(FEW)) {
            let pair = first_inversion(scheme, ts_ms);
            prop_assert!(in_the_order_joined(scheme, ts_ms, pair.joins - 1), "{pair:?}");
            prop_assert!(!in_the_order_joined(scheme, ts_ms, pair.joins), "{pair:?}");
            let (earlier, later) = (&pair.earlier, &pair.later);
            let (one, two) = (scheme.score(earlier.ts_ms, earlier.counter), scheme.score(later.ts_ms, later.counter));
            prop_assert!(one > two || one == two && earlier.member > later.member, "{pair:?}");
            prop_assert!((earlier.ts_ms, earlier.counter) < (later.ts_ms, later.counter), "{pair:?}");
        }

        #[test]
        fn a_scheme_holds_until_the_millisecond_in_which_it_breaks((scheme, ts_ms) in schemes(SHIFT_MAX)) {
            let breaks = breaks_ms(scheme);
            prop_assert_eq!(scheme.tells_apart(ts_ms), ts_ms < breaks);
            prop_assert!(scheme.tells_apart(breaks - 1) && !scheme.tells_apart(breaks));
            if breaks < TS_MS_MAX {
                prop_assert_eq!(first_collision(scheme, breaks - 1).because, Because::Counters);
                prop_assert_eq!(first_collision(scheme, breaks).because, Because::Rounding);
            }
        }

        #[test]
        fn the_largest_exact_shift_is_exact_and_the_next_is_not(ts_ms in 1..=TS_MS_MAX) {
            let limits = limits(Scheme::Shift { bits: 0 }, ts_ms);
            let exact = |bits| Scheme::Shift { bits }.tells_apart(ts_ms);
            prop_assert!(exact(limits.largest_exact));
            prop_assert!(limits.largest_exact == SHIFT_MAX || !exact(limits.largest_exact + 1));
        }
    }

    #[test]
    fn what_was_measured_on_a_server_comes_out() {
        let ts_ms = 1_759_656_550_865;
        let shift = limits(Scheme::Shift { bits: 24 }, ts_ms);
        assert_eq!((shift.bits_needed, shift.scores_per_ms, shift.right_up_to), (65, 4_096, 1));
        assert_eq!((shift.largest_exact, shift.unit), (12, Unit::Bits));
        let exact_until = |bits| Moment::at_ms(breaks_ms(Scheme::Shift { bits })).day();
        assert_eq!([12, 13].map(exact_until), ["2039-09-07", "2004-11-03"]);
        let decimal = limits(Scheme::Decimal, ts_ms);
        assert_eq!((decimal.scores_per_ms, decimal.right_up_to, decimal.largest_exact), (4_096, 1, 3));
        let inverted = |limits: &Limits| {
            let pair = &limits.first_inversion;
            (pair.earlier.member.clone(), pair.later.member.clone(), pair.decides, pair.because)
        };
        assert_eq!(inverted(&decimal), ("u9".to_owned(), "u10".to_owned(), Decides::Member, Because::Rounding));
        let centi = limits(Scheme::Centi, ts_ms);
        assert_eq!((centi.scores_per_ms, centi.right_up_to), (100, 100));
        assert_eq!(inverted(&centi), ("u102".to_owned(), "u103".to_owned(), Decides::Score, Because::Counters));
        let epoch_ms = 1_759_622_400_000;
        let days = |bits| (breaks_ms(Scheme::Rebased { epoch_ms, bits }) - epoch_ms) / 86_400_000;
        assert_eq!([20, 22, 24].map(days), [99, 24, 6]);
    }
}
