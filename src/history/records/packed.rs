//! A short column of numbers in as few bytes each as the widest of them needs.
//!
//! Numbers of one kind that were recorded together lie close together: times, tokens, places. So a column
//! keeps the smallest, and of the others how far they are from it, in 0, 1, 2, 4 or 8 bytes each.

/// A column that does not change any more.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packed {
    smallest: u64,
    above: Above,
}

/// How far each number is above the smallest.
#[derive(Clone, Debug, PartialEq)]
enum Above {
    Nothing,
    Bytes(Box<[u8]>),
    Twos(Box<[u16]>),
    Fours(Box<[u32]>),
    Eights(Box<[u64]>),
}

impl Packed {
    pub(super) fn new(numbers: &[u64]) -> Packed {
        let smallest = numbers.iter().copied().min().unwrap_or(0);
        let largest = numbers.iter().copied().max().unwrap_or(0);
        let above = numbers.iter().map(|number| number - smallest);
        // What is cut off is zero: no number is further from the smallest than the largest.
        let above = match largest - smallest {
            0 => Above::Nothing,
            1..=0xff => Above::Bytes(above.map(|above| above as u8).collect()),
            0x100..=0xffff => Above::Twos(above.map(|above| above as u16).collect()),
            0x1_0000..=0xffff_ffff => Above::Fours(above.map(|above| above as u32).collect()),
            _ => Above::Eights(above.collect()),
        };
        Packed { smallest, above }
    }

    /// How much room each number takes.
    pub(super) fn bytes_each(&self) -> usize {
        match self.above {
            Above::Nothing => 0,
            Above::Bytes(_) => 1,
            Above::Twos(_) => 2,
            Above::Fours(_) => 4,
            Above::Eights(_) => 8,
        }
    }

    /// The number at a place of the column.
    #[inline]
    pub(super) fn at(&self, place: usize) -> u64 {
        let above = match &self.above {
            Above::Nothing => 0,
            Above::Bytes(above) => u64::from(above[place]),
            Above::Twos(above) => u64::from(above[place]),
            Above::Fours(above) => u64::from(above[place]),
            Above::Eights(above) => above[place],
        };
        self.smallest + above
    }
}

/// A column in which some places are empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sparse {
    numbers: Packed,
    /// A bit for each place; `None`: none is empty.
    there: Option<Box<[u64]>>,
}

impl Sparse {
    pub(super) fn new(numbers: &[Option<u64>]) -> Sparse {
        // An empty place costs nothing if it holds what another does.
        let filler = numbers.iter().copied().flatten().next().unwrap_or(0);
        let packed: Vec<u64> = numbers.iter().map(|number| number.unwrap_or(filler)).collect();
        let there = numbers.iter().any(Option::is_none).then(|| {
            let mut bits = vec![0u64; numbers.len().div_ceil(64)];
            for (place, _) in numbers.iter().enumerate().filter(|(_, number)| number.is_some()) {
                bits[place / 64] |= 1 << (place % 64);
            }
            bits.into()
        });
        Sparse { numbers: Packed::new(&packed), there }
    }

    /// The number at a place of the column, if there is one.
    #[inline]
    pub(super) fn at(&self, place: usize) -> Option<u64> {
        match &self.there {
            Some(bits) if bits[place / 64] >> (place % 64) & 1 == 0 => None,
            _ => Some(self.numbers.at(place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers() -> impl Strategy<Value = Vec<u64>> {
        let one = prop_oneof![0..3u64, 0..0x1ff_u64, 0..0x1_ffff_u64, 0..0x1_ffff_ffff_u64, any::<u64>()];
        let near = (any::<u64>(), prop::collection::vec(0..300u64, 0..20));
        prop_oneof![
            prop::collection::vec(one, 0..200),
            near.prop_map(|(from, above)| above.into_iter().map(|above| from.saturating_add(above)).collect()),
        ]
    }

    proptest! {
        #[test]
        fn a_column_gives_back_what_was_put_in(numbers in numbers()) {
            let packed = Packed::new(&numbers);
            let again: Vec<u64> = (0..numbers.len()).map(|place| packed.at(place)).collect();
            prop_assert_eq!(again, numbers);
        }

        #[test]
        fn empty_places_stay_empty(numbers in prop::collection::vec(prop::option::of(any::<u64>()), 0..200)) {
            let sparse = Sparse::new(&numbers);
            let again: Vec<Option<u64>> = (0..numbers.len()).map(|place| sparse.at(place)).collect();
            prop_assert_eq!(again, numbers);
        }
    }
}
