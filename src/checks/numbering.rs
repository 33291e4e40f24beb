//! Small numbers for large ones: an array by user needs users counted from zero.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The numbers of a set of keys.
pub(super) enum Numbering {
    /// Keys lie close together, as plans number users: how far each is above the least.
    Dense { least: u64, len: usize },
    /// In order of first appearance.
    Sparse(HashMap<u64, u32, BuildHasherDefault<Spread>>),
}

impl Numbering {
    /// Numbers keys of which there are fewer than 2^32.
    pub(super) fn new(keys: impl Iterator<Item = u64> + Clone) -> Numbering {
        let (mut count, mut least, mut most) = (0u64, u64::MAX, 0);
        for key in keys.clone() {
            (count, least, most) = (count + 1, key.min(least), key.max(most));
        }
        if count == 0 || most - least < 4 * count {
            let len = if count == 0 { 0 } else { most - least + 1 };
            return Numbering::Dense { least, len: len as usize };
        }
        let mut numbers = HashMap::default();
        for key in keys {
            let next = numbers.len() as u32;
            numbers.entry(key).or_insert(next);
        }
        Numbering::Sparse(numbers)
    }

    /// Numbers are below this.
    pub(super) fn len(&self) -> usize {
        match self {
            Numbering::Dense { len, .. } => *len,
            Numbering::Sparse(numbers) => numbers.len(),
        }
    }

    /// The number of one of the keys.
    pub(super) fn of(&self, key: u64) -> usize {
        match self {
            Numbering::Dense { least, .. } => (key - least) as usize,
            Numbering::Sparse(numbers) => numbers[&key] as usize,
        }
    }
}

/// Multiplying by an odd number near 2^64 / φ spreads neighbouring keys (Knuth, The Art of Computer Programming, 6.4);
/// the map looks at the upper and at the lower bits, so the upper half is put over both.
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        let spread = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = spread ^ (spread >> 32);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_key_has_a_number_of_its_own(keys in prop::collection::vec(prop_oneof![40..90u64, any::<u64>()], 0..60), near in any::<bool>()) {
            let keys: Vec<u64> = keys.into_iter().filter(|key| !near || *key < 90).collect();
            let numbering = Numbering::new(keys.iter().copied());
            let numbers: BTreeMap<usize, u64> = keys.iter().map(|key| (numbering.of(*key), *key)).collect();
            prop_assert!(numbers.keys().all(|number| *number < numbering.len()));
            prop_assert!(keys.iter().all(|key| numbers[&numbering.of(*key)] == *key));
        }
    }
}
