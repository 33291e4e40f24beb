//! All records of a history, in columns: some thirty bytes each instead of more than a hundred.

mod chunk;
mod packed;

pub use chunk::Row;
pub(super) use chunk::{Chunk, ROWS};

use std::ops::{Deref, DerefMut};

use super::Record;

/// Records in the order recorded, in compact columns. One is put together when it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Records {
    chunks: Vec<Chunk>,
    /// Where each chunk begins.
    begins: Vec<usize>,
    len: usize,
}

impl Records {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The record of this index, to be read column by column.
    ///
    /// # Panics
    /// When there are no more than `index`.
    #[inline]
    #[must_use]
    pub fn row(&self, index: usize) -> Row<'_> {
        assert!(index < self.len, "record {index} of {}", self.len);
        // All chunks are full, but for the last of what was read at once.
        let likely = index / ROWS;
        let within = |chunk: usize| {
            self.begins.get(chunk).is_some_and(|begin| (*begin..begin + self.chunks[chunk].len()).contains(&index))
        };
        let chunk = if within(likely) { likely } else { self.begins.partition_point(|begin| *begin <= index) - 1 };
        Row { chunk: &self.chunks[chunk], place: index - self.begins[chunk] }
    }

    /// The record of this index.
    ///
    /// # Panics
    /// When there are no more than `index`.
    #[must_use]
    pub fn at(&self, index: usize) -> Record {
        self.row(index).record()
    }

    /// The first record.
    #[must_use]
    pub fn first(&self) -> Option<Record> {
        (!self.is_empty()).then(|| self.at(0))
    }

    /// The last record.
    #[must_use]
    pub fn last(&self) -> Option<Record> {
        self.len().checked_sub(1).map(|last| self.at(last))
    }

    /// All of them, in order, to be read column by column.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> + Clone {
        Rows { chunks: self.chunks.iter(), row: None }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Record> + Clone + '_ {
        self.rows().map(Row::record)
    }

    /// Adds a chunk.
    pub(super) fn push_chunk(&mut self, chunk: Chunk) {
        self.begins.push(self.len);
        self.len += chunk.len();
        self.chunks.push(chunk);
    }

    /// The records as a plain list, which takes their place as soon as it is dropped. For a short history:
    /// all of it is taken apart and put together again.
    pub fn edit(&mut self) -> Editing<'_> {
        Editing { list: self.iter().collect(), records: self }
    }
}

/// Records as a plain list, on loan from [`Records`].
#[derive(Debug)]
pub struct Editing<'a> {
    records: &'a mut Records,
    list: Vec<Record>,
}

impl Deref for Editing<'_> {
    type Target = Vec<Record>;

    fn deref(&self) -> &Vec<Record> {
        &self.list
    }
}

impl DerefMut for Editing<'_> {
    fn deref_mut(&mut self) -> &mut Vec<Record> {
        &mut self.list
    }
}

impl Drop for Editing<'_> {
    fn drop(&mut self) {
        *self.records = std::mem::take(&mut self.list).into();
    }
}

/// Walks over chunks row by row.
#[derive(Clone)]
struct Rows<'a> {
    chunks: std::slice::Iter<'a, Chunk>,
    row: Option<Row<'a>>,
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    #[inline]
    fn next(&mut self) -> Option<Row<'a>> {
        let next = match self.row {
            Some(row) if row.place + 1 < row.chunk.len() => Row { place: row.place + 1, ..row },
            _ => Row { chunk: self.chunks.find(|chunk| chunk.len() > 0)?, place: 0 },
        };
        self.row = Some(next);
        self.row
    }
}

impl From<Vec<Record>> for Records {
    fn from(list: Vec<Record>) -> Records {
        let mut records = Records::default();
        list.chunks(ROWS).for_each(|rows| records.push_chunk(Chunk::new(rows)));
        records
    }
}

impl PartialEq for Records {
    /// The same records in the same order, however they are held.
    fn eq(&self, other: &Records) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<'a> IntoIterator for &'a Records {
    type Item = Record;
    type IntoIter = Box<dyn Iterator<Item = Record> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl FromIterator<Record> for Records {
    fn from_iter<I: IntoIterator<Item = Record>>(list: I) -> Records {
        list.into_iter().collect::<Vec<_>>().into()
    }
}
