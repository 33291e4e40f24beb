//! Random schemes and times for the property tests of this room.

use proptest::prelude::*;

use super::scheme::{SHIFT_MAX, Scheme, TS_MS_MAX};

/// Any scheme with a time that it can be asked about; shifts up to `bits_max`. Times have any number of bits.
pub(super) fn schemes(bits_max: u32) -> impl Strategy<Value = (Scheme, u64)> {
    let time = || (0..=TS_MS_MAX, 0..u64::BITS - TS_MS_MAX.leading_zeros()).prop_map(|(ms, bits)| ms >> bits);
    (time(), time(), 0..=bits_max.min(SHIFT_MAX), 0..4_u8).prop_map(|(one, other, bits, which)| {
        let (epoch_ms, ts_ms) = (one.min(other), one.max(other));
        match which {
            0 => (Scheme::Shift { bits }, ts_ms),
            1 => (Scheme::Decimal, ts_ms),
            2 => (Scheme::Centi, ts_ms),
            _ => (Scheme::Rebased { epoch_ms, bits }, ts_ms),
        }
    })
}

/// Any scheme and time, and a counter that the scheme has for a millisecond.
pub(super) fn scores() -> impl Strategy<Value = (Scheme, u64, u64)> {
    (schemes(SHIFT_MAX), any::<u64>())
        .prop_map(|((scheme, ts_ms), counter)| (scheme, ts_ms, counter % scheme.counters_per_ms()))
}
