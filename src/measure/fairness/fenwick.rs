//! A Fenwick tree: counts by rank, with prefix sums in O(log n).
//!
//! P. M. Fenwick, "A new data structure for cumulative frequency tables", 1994.

/// Counts of ranks `0..n`.
pub(super) struct Fenwick(Vec<u64>);

impl Fenwick {
    pub(super) fn new(ranks: usize) -> Self {
        Fenwick(vec![0; ranks + 1])
    }

    /// Counts one more of a rank.
    pub(super) fn add(&mut self, rank: usize) {
        let mut node = rank + 1;
        while node < self.0.len() {
            self.0[node] += 1;
            node += node & node.wrapping_neg();
        }
    }

    /// How many ranks below this one were counted.
    pub(super) fn below(&self, rank: usize) -> u64 {
        let (mut node, mut sum) = (rank, 0);
        while node > 0 {
            sum += self.0[node];
            node &= node - 1;
        }
        sum
    }
}
