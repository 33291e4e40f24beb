//! A column of numbers that takes four bytes each as long as they fit.

/// Numbers of 32 bits until one does not fit, then of 64.
#[derive(Clone, Debug)]
pub(super) enum Numbers {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers::Narrow(Vec::new())
    }
}

impl Numbers {
    pub(super) fn at(&self, index: usize) -> u64 {
        match self {
            Numbers::Narrow(numbers) => u64::from(numbers[index]),
            Numbers::Wide(numbers) => numbers[index],
        }
    }

    pub(super) fn reserve(&mut self, more: usize) {
        match self {
            Numbers::Narrow(numbers) => numbers.reserve_exact(more),
            Numbers::Wide(numbers) => numbers.reserve_exact(more),
        }
    }

    pub(super) fn push(&mut self, number: u64) {
        if let Some(numbers) = self.fitting(number) {
            numbers.push(number as u32);
        } else if let Numbers::Wide(numbers) = self {
            numbers.push(number);
        }
    }

    pub(super) fn set(&mut self, index: usize, number: u64) {
        if let Some(numbers) = self.fitting(number) {
            numbers[index] = number as u32;
        } else if let Numbers::Wide(numbers) = self {
            numbers[index] = number;
        }
    }

    /// The narrow column, if this number fits into it; widens it if not.
    fn fitting(&mut self, number: u64) -> Option<&mut Vec<u32>> {
        if let Numbers::Narrow(numbers) = self
            && u32::try_from(number).is_err()
        {
            *self = Numbers::Wide(numbers.iter().map(|number| u64::from(*number)).collect());
        }
        match self {
            Numbers::Narrow(numbers) => Some(numbers),
            Numbers::Wide(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_column_holds_what_was_put_in(numbers in prop::collection::vec(prop_oneof![0..9u64, any::<u64>()], 1..20), set in 0..20usize, to in any::<u64>()) {
            let mut column = Numbers::default();
            let mut plain = Vec::new();
            for number in numbers {
                column.push(number);
                plain.push(number);
            }
            let set = set % plain.len();
            column.set(set, to);
            plain[set] = to;
            let held: Vec<u64> = (0..plain.len()).map(|index| column.at(index)).collect();
            prop_assert_eq!(held, plain);
        }
    }
}
