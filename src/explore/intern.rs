//! Values by number: everything that is compared and remembered in the search is a `u32`.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// Gives out one number for each distinct value, in the order of their appearance.
#[derive(Clone, Debug)]
pub(super) struct Interner<T> {
    values: Vec<T>,
    numbers: FxHashMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Interner { values: Vec::new(), numbers: FxHashMap::default() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// The number of this value.
    ///
    /// # Panics
    /// With 2^32 of them, which no memory holds.
    pub(super) fn number(&mut self, value: T) -> u32 {
        if let Some(&number) = self.numbers.get(&value) {
            return number;
        }
        let number = u32::try_from(self.values.len()).expect("fewer than 2^32 values");
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    /// The value of this number.
    pub(super) fn at(&self, number: u32) -> &T {
        &self.values[number as usize]
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}
