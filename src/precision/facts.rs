//! What holds of every sorted set, whatever the scheme: integers beyond 2^53, Lua's text of a number, a shift that
//! overflows, ties.

use schemars::JsonSchema;
use serde::Serialize;

use super::exact::digits;
use super::lua_number::{exactly, tostring};
use super::moment::Moment;
use super::scheme::{SIGNIFICAND_BITS, SchemeName, nearest};

/// The general facts, each computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Facts {
    /// An integer that a score cannot hold.
    pub beyond: Beyond,
    /// What Lua makes of a large number.
    pub lua: Lua,
    /// A shift in an integer of 64 bits.
    pub overflow: Overflow,
    /// Members with one score.
    pub ties: Ties,
}

/// The first integer that no float64 is equal to, and what is stored in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Beyond {
    /// The integer.
    pub given: String,
    /// The score that Redis stores, without a word.
    pub stored: String,
}

/// What becomes of a number on its way through Lua.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lua {
    /// The number, the largest with 53 bits.
    pub number: String,
    /// What `tostring` makes of it.
    pub tostring: String,
    /// How far that is off.
    pub off_by: u64,
    /// What `string.format('%.17g', …)` makes of it.
    pub exactly: String,
    /// A number that a script returns …
    pub returned: String,
    /// … and what the client gets: an integer, cut off.
    pub arrives: i64,
}

/// The clock shifted in a signed integer of 64 bits, as Java, Go, Rust and C do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Overflow {
    /// The shift of `composite-shift`.
    pub bits: u32,
    /// The smallest shift that overflows at this time.
    pub overflows_from: u32,
    /// The integer that comes out: bits 64 and up are gone, and bit 63 is the sign.
    pub wrapped: String,
    /// Whether it did not fit.
    pub overflows: bool,
    /// How many counters in a row have one score when this integer is made a float64.
    pub counters_per_score: u64,
    /// When the integer falls from its largest to its smallest: whoever joins then stands in front of everybody.
    pub falls: Moment,
}

/// Members with one score, in the order that they joined and in the order of the set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ties {
    /// As they joined.
    pub joined: Vec<String>,
    /// As the set orders them: by their bytes.
    pub ordered: Vec<String>,
}

/// The facts; the shift at this time.
#[must_use]
pub fn facts(ts_ms: u64) -> Facts {
    Facts { beyond: beyond(), lua: lua(), overflow: overflow(ts_ms), ties: ties() }
}

fn beyond() -> Beyond {
    let given = (1_u64 << SIGNIFICAND_BITS) + 1;
    Beyond { given: given.to_string(), stored: digits(nearest(given)) }
}

fn lua() -> Lua {
    let number = (1_u64 << SIGNIFICAND_BITS) - 1;
    let text = tostring(nearest(number));
    // An integer again, for the difference: it is far below 2^63.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 2^54")]
    let back = text.parse::<f64>().map_or(0, |back| back as u64);
    let returned = 3.99;
    Lua {
        number: number.to_string(),
        off_by: back.abs_diff(number),
        tostring: text,
        exactly: exactly(nearest(number)),
        returned: returned.to_string(),
        // As Redis does: a C cast to long long (scriptingReply in script_lua.c).
        #[expect(clippy::cast_possible_truncation, reason = "this is what happens")]
        arrives: returned as i64,
    }
}

/// Shifts as an integer of 64 bits does, the upper bits falling off.
#[must_use]
pub fn wrapped(ts_ms: u64, bits: u32) -> i64 {
    (ts_ms << bits).cast_signed()
}

fn overflow(ts_ms: u64) -> Overflow {
    let bits = SchemeName::Shift.design_bits().unwrap_or_default();
    let clock_bits = u64::BITS - ts_ms.leading_zeros();
    let wrapped = wrapped(ts_ms, bits);
    // The integer repeats itself every 2^(64-bits) ms; it falls where its upper half begins.
    let period = 1_u64 << (u64::BITS - bits);
    let half = period / 2;
    let falls_ms = ts_ms + period - (ts_ms + period - half) % period;
    Overflow {
        bits,
        overflows_from: (i64::BITS - 1).saturating_sub(clock_bits) + 1,
        wrapped: wrapped.to_string(),
        overflows: clock_bits + bits > i64::BITS - 1,
        counters_per_score: 1 << (u64::BITS - wrapped.unsigned_abs().leading_zeros()).saturating_sub(SIGNIFICAND_BITS),
        falls: Moment::at_ms(falls_ms),
    }
}

fn ties() -> Ties {
    let joined = ["u1", "u2", "u10"].map(str::to_owned).to_vec();
    let mut ordered = joined.clone();
    // Text in Rust is in the order of its bytes, as memcmp has it.
    ordered.sort_unstable();
    Ties { joined, ordered }
}

#[cfg(test)]
mod tests {
    use super::super::scheme::TS_MS_MAX;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_general_facts_are_those_that_a_server_shows() {
        let facts = facts(1_759_656_550_865);
        assert_eq!(facts.beyond.stored, "9007199254740992");
        assert_eq!((facts.lua.tostring.as_str(), facts.lua.off_by), ("9.007199254741e+15", 9));
        assert_eq!((facts.lua.returned.as_str(), facts.lua.arrives), ("3.99", 3));
        assert_eq!(facts.ties.ordered, ["u1", "u10", "u2"]);
        let overflow = facts.overflow;
        assert_eq!((overflow.overflows_from, overflow.overflows, overflow.counters_per_score), (23, true, 1_024));
        assert_eq!(overflow.wrapped, "-7371350107742011392");
    }

    proptest! {
        #[test]
        fn a_shift_overflows_from_where_it_is_said_to(ts_ms in 1..=TS_MS_MAX, bits in 0..=40_u32) {
            let fits = i128::from(ts_ms) << bits == i128::from(wrapped(ts_ms, bits));
            prop_assert_eq!(fits, bits < overflow(ts_ms).overflows_from);
            prop_assert_eq!(overflow(ts_ms).overflows, overflow(ts_ms).overflows_from <= 24);
        }

        #[test]
        fn the_integer_grows_until_it_falls(ts_ms in 0..=TS_MS_MAX, part in 0.0..1.0_f64) {
            let falls_ms = overflow(ts_ms).falls.ms;
            prop_assert!(falls_ms > ts_ms);
            let between = ts_ms + ((falls_ms - 1 - ts_ms) as f64 * part) as u64;
            prop_assert!(wrapped(ts_ms, 24) <= wrapped(between, 24) && wrapped(between, 24) <= wrapped(falls_ms - 1, 24));
            prop_assert_eq!(wrapped(falls_ms, 24), i64::MIN);
        }

        #[test]
        fn so_many_counters_in_a_row_have_one_score(ts_ms in 0..=TS_MS_MAX) {
            let score = |counter: u64| (wrapped(ts_ms, 24) | counter.cast_signed()) as f64;
            let count = overflow(ts_ms).counters_per_score;
            // Halves go to the even neighbour, so that a score in the midst has one counter more or less than its neighbour.
            let mut scores: Vec<f64> = (0..8 * count).map(score).collect();
            scores.dedup();
            prop_assert!((8..=9).contains(&scores.len()), "{} scores for {} counters", scores.len(), 8 * count);
        }
    }
}
