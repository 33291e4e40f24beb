//! Counting how many of the numbers seen so far lie above another, in O(log n).

/// A Fenwick tree over numbers known beforehand.
pub(super) struct Fenwick {
    /// The numbers that may be inserted, sorted, each once.
    ranks: Vec<u64>,
    /// Partial counts, the usual layout with index 1 first.
    counts: Vec<u64>,
    inserted: u64,
}

impl Fenwick {
    /// For these numbers; they come back sorted.
    pub(super) fn new(numbers: &mut Vec<u64>) -> Fenwick {
        numbers.sort_unstable();
        numbers.dedup();
        Fenwick { counts: vec![0; numbers.len() + 1], ranks: std::mem::take(numbers), inserted: 0 }
    }

    /// Inserts one of the numbers given to [`Fenwick::new`].
    pub(super) fn insert(&mut self, number: u64) {
        self.inserted += 1;
        let mut at = self.ranks.partition_point(|rank| *rank < number) + 1;
        while at < self.counts.len() {
            self.counts[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// How many inserted numbers are at least this one.
    pub(super) fn count_at_least(&self, number: u64) -> u64 {
        let mut at = self.ranks.partition_point(|rank| *rank < number);
        let mut below = 0;
        while at > 0 {
            below += self.counts[at];
            at &= at - 1;
        }
        self.inserted - below
    }

    /// How many inserted numbers are greater than this one.
    pub(super) fn count_above(&self, number: u64) -> u64 {
        number.checked_add(1).map_or(0, |next| self.count_at_least(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_as_a_plain_filter_does(numbers in prop::collection::vec(0u64..20, 0..40), asked in 0u64..22) {
            let mut tree = Fenwick::new(&mut numbers.clone());
            for number in &numbers {
                tree.insert(*number);
            }
            prop_assert_eq!(tree.count_at_least(asked), numbers.iter().filter(|number| **number >= asked).count() as u64);
            prop_assert_eq!(tree.count_above(asked), numbers.iter().filter(|number| **number > asked).count() as u64);
            prop_assert_eq!(tree.count_above(u64::MAX), 0);
        }
    }
}
