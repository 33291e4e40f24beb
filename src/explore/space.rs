//! The states of the search, packed: a few words each, and how many schedules go on from there.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// A state of the search, by its number.
pub(super) type Node = u32;

/// All states that were met.
pub(super) struct Space {
    width: usize,
    words: Vec<u32>,
    index: HashTable<Node>,
    /// Schedules from here, and those of them that break a promise; no schedules: not known yet.
    counts: Vec<(u128, u128)>,
}

fn hash(words: &[u32]) -> u64 {
    let mut hasher = FxHasher::default();
    words.iter().for_each(|word| hasher.write_u32(*word));
    hasher.finish()
}

impl Space {
    /// For states of so many words.
    pub(super) fn new(width: usize) -> Space {
        Space { width, words: Vec::new(), index: HashTable::new(), counts: Vec::new() }
    }

    /// Forgets all of it, for states of another width.
    pub(super) fn reset(&mut self, width: usize) {
        self.width = width;
        self.words.clear();
        self.counts.clear();
        // Emptying a table takes time for each place that it has.
        if self.index.capacity() > 1 << 14 {
            self.index = HashTable::new();
        } else {
            self.index.clear();
        }
    }

    /// The number of a state, and whether it is new.
    pub(super) fn number(&mut self, state: &[u32]) -> (Node, bool) {
        let Space { width, words, index, counts } = self;
        let at = |node: Node| &words[node as usize * *width..(node as usize + 1) * *width];
        let own = hash(state);
        if let Some(&node) = index.find(own, |node| at(*node) == state) {
            return (node, false);
        }
        let node = counts.len() as Node;
        index.insert_unique(own, node, |node| hash(at(*node)));
        words.extend_from_slice(state);
        counts.push((0, 0));
        (node, true)
    }

    /// The words of a state.
    pub(super) fn at(&self, node: Node) -> &[u32] {
        &self.words[node as usize * self.width..(node as usize + 1) * self.width]
    }

    /// Schedules from here, and those of them that break a promise; `(0, 0)`: not known yet.
    pub(super) fn counts(&self, node: Node) -> (u128, u128) {
        self.counts[node as usize]
    }

    pub(super) fn set_counts(&mut self, node: Node, counts: (u128, u128)) {
        self.counts[node as usize] = counts;
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Memory in use, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u32>()
            + self.counts.capacity() * size_of::<(u128, u128)>()
            + self.index.allocation_size()
    }
}
