//! Removals that were answered, in columns, with the values of all of them in one pool.

use super::{Span, ValueId};

/// What kind of removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalKind {
    /// An admission.
    Batch {
        /// Fewer came than were asked for, so nobody at all may have waited at that instant.
        short: bool,
    },
    /// A leave that was answered "left".
    Leave,
}

/// A removal that certainly happened: all its values left at one instant of its span, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal<'a> {
    /// Admission or leave.
    pub kind: RemovalKind,
    /// What was removed, in order.
    pub values: &'a [ValueId],
    /// When.
    pub span: Span,
    /// The record that was answered.
    pub record: usize,
}

impl Removal<'_> {
    /// Whether this is an admission that answered fewer than asked.
    #[must_use]
    pub fn is_short(&self) -> bool {
        matches!(self.kind, RemovalKind::Batch { short: true })
    }

    /// Whether this is an admission.
    #[must_use]
    pub fn is_batch(&self) -> bool {
        matches!(self.kind, RemovalKind::Batch { .. })
    }
}

/// All removals of a trace.
#[derive(Clone, Debug, Default)]
pub struct Removals {
    kinds: Vec<RemovalKind>,
    spans: Vec<Span>,
    records: Vec<u32>,
    /// Where the values of each end in the pool.
    ends: Vec<u32>,
    pool: Vec<ValueId>,
}

impl Removals {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The removal of this index.
    #[must_use]
    pub fn at(&self, index: usize) -> Removal<'_> {
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        Removal {
            kind: self.kinds[index],
            values: &self.pool[begin..self.ends[index] as usize],
            span: self.spans[index],
            record: self.records[index] as usize,
        }
    }

    /// When the removal of this index took effect.
    #[must_use]
    pub fn span(&self, index: usize) -> Span {
        self.spans[index]
    }

    /// When each took effect, by index.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Adds one.
    ///
    /// # Panics
    /// With 2^32 removals or removed values, which no machine's memory holds together with their history.
    pub fn push(&mut self, removal: Removal<'_>) {
        self.pool.extend_from_slice(removal.values);
        let number = |count: usize| u32::try_from(count).expect("fewer than 2^32 removed values and records");
        self.ends.push(number(self.pool.len()));
        self.kinds.push(removal.kind);
        self.spans.push(removal.span);
        self.records.push(number(removal.record));
    }

    /// Makes room for so many more, with so many values in all.
    pub fn reserve(&mut self, more: usize, values: usize) {
        self.kinds.reserve_exact(more);
        self.spans.reserve_exact(more);
        self.records.reserve_exact(more);
        self.ends.reserve_exact(more);
        self.pool.reserve_exact(values);
    }

    /// All of them, by index.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Removal<'_>> + Clone + '_ {
        (0..self.len()).map(|index| self.at(index))
    }
}
