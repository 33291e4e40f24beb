//! What belongs together, by a key.
//!
//! Nearly every key of a history is there once: one batch id an admission, one dedupe key a user. So a filter of
//! two bits a place sets those aside first, and only the others are put in order.

/// Numbers by key.
pub(super) struct Grouped {
    /// Where the numbers of each key end.
    ends: Vec<u32>,
    numbers: Vec<u32>,
    /// Keys that were set aside.
    alone: usize,
}

/// Groups pairs of a key and a number; the numbers of one key stay in the order given, which rises.
pub(super) fn grouped(pairs: impl Iterator<Item = (u64, u32)> + Clone) -> Grouped {
    let mut filter = Filter::with_room(pairs.clone().count());
    pairs.clone().for_each(|(key, _)| filter.see(key));
    let several = pairs.clone().filter(|(key, _)| filter.saw_several(*key));
    let (mut count, mut least, mut most) = (0, u64::MAX, 0);
    for (key, _) in several.clone() {
        (count, least, most) = (count + 1, key.min(least), key.max(most));
    }
    let alone = pairs.filter(|(key, _)| !filter.saw_several(*key)).count();
    // Keys that are numbered densely, as plans number users, are put in order by counting.
    let dense = count > 0 && most - least < 4 * count;
    let (ends, numbers) = if dense { counted(several, least, most) } else { sorted(several) };
    Grouped { ends, numbers, alone }
}

fn sorted(pairs: impl Iterator<Item = (u64, u32)>) -> (Vec<u32>, Vec<u32>) {
    let mut pairs: Vec<(u64, u32)> = pairs.collect();
    pairs.sort_unstable();
    let ends = pairs.chunk_by(|a, b| a.0 == b.0).scan(0, |end, group| {
        *end += group.len() as u32;
        Some(*end)
    });
    (ends.collect(), pairs.iter().map(|(_, number)| *number).collect())
}

fn counted(pairs: impl Iterator<Item = (u64, u32)> + Clone, least: u64, most: u64) -> (Vec<u32>, Vec<u32>) {
    let place = |key: u64| (key - least) as usize;
    let mut ends = vec![0; place(most) + 1];
    pairs.clone().for_each(|(key, _)| ends[place(key)] += 1);
    let mut end = 0;
    for count in &mut ends {
        // First where the group begins; each number put there moves it on, to the end at last.
        end += std::mem::replace(count, end);
    }
    let mut numbers = vec![0; end as usize];
    for (key, number) in pairs {
        let next = &mut ends[place(key)];
        numbers[*next as usize] = number;
        *next += 1;
    }
    (ends, numbers)
}

impl Grouped {
    /// How many keys there are.
    pub(super) fn keys(&self) -> usize {
        self.alone + self.groups().count()
    }

    /// The numbers of each key that has several, in order of keys.
    pub(super) fn several(&self) -> impl Iterator<Item = &[u32]> {
        self.groups().filter(|group| group.len() > 1)
    }

    fn groups(&self) -> impl Iterator<Item = &[u32]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let groups = begins.zip(&self.ends).map(|(begin, end)| &self.numbers[begin as usize..*end as usize]);
        groups.filter(|group| !group.is_empty())
    }
}

/// Whether a key was seen once or more often. It may take another key for it, and say "several" of one seen once.
struct Filter {
    once: Vec<u64>,
    again: Vec<u64>,
    shift: u32,
}

impl Filter {
    /// For so many keys: eight places for each, so that one in nine shares its place with another.
    fn with_room(keys: usize) -> Filter {
        let places = (8 * keys).next_power_of_two().max(64);
        Filter { once: vec![0; places / 64], again: vec![0; places / 64], shift: u64::BITS - places.ilog2() }
    }

    /// Multiplying by an odd number near 2^64 / φ spreads neighbouring keys (Knuth, The Art of Computer Programming, 6.4).
    fn place(&self, key: u64) -> (usize, u64) {
        let place = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift;
        ((place / 64) as usize, 1 << (place % 64))
    }

    fn see(&mut self, key: u64) {
        let (word, bit) = self.place(key);
        self.again[word] |= self.once[word] & bit;
        self.once[word] |= bit;
    }

    fn saw_several(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.again[word] & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_groups_are_those_of_a_plain_map(keys in prop::collection::vec(prop_oneof![0..30u64, any::<u64>()], 0..100)) {
            let pairs: Vec<(u64, u32)> = keys.into_iter().zip(0u32..).collect();
            let mut plain: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
            for (key, number) in &pairs {
                plain.entry(*key).or_default().push(*number);
            }
            let grouped = grouped(pairs.iter().copied());
            prop_assert_eq!(grouped.keys(), plain.len());
            let several: Vec<Vec<u32>> = plain.into_values().filter(|numbers| numbers.len() > 1).collect();
            prop_assert_eq!(grouped.several().collect::<Vec<_>>(), several);
        }
    }
}
