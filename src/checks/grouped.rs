//! What belongs together, by a key: sorting is faster than a map of lists, and needs a third of the memory.

/// Puts pairs of a key and a number in order of keys, each key's numbers in the order given.
pub(super) fn grouped(mut pairs: Vec<(u64, u32)>) -> Grouped {
    // Stable, and nearly for nothing where the keys are in order already.
    pairs.sort_by_key(|(key, _)| *key);
    Grouped { pairs }
}

/// Numbers by key.
pub(super) struct Grouped {
    pairs: Vec<(u64, u32)>,
}

impl Grouped {
    /// The numbers of each key, in order of keys.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[(u64, u32)]> {
        self.pairs.chunk_by(|a, b| a.0 == b.0)
    }

    /// The numbers of each key that has several, in order of keys.
    pub(super) fn several(&self) -> impl Iterator<Item = Vec<u32>> + '_ {
        self.groups().filter(|group| group.len() > 1).map(|group| group.iter().map(|(_, number)| *number).collect())
    }
}
