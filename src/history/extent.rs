//! How large a history is, before it is read.

use camino::Utf8Path;

use super::parquet;

/// How much there is of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Rows of a Parquet file.
    Operations {
        /// How many.
        count: u64,
        /// Whether entries expire under its terms.
        expire: bool,
    },
    /// JSON Lines.
    Text {
        /// The file's size.
        bytes: u64,
    },
    /// JSON Lines, packed by gzip.
    PackedText {
        /// The file's size.
        bytes: u64,
    },
}

/// What the file's own metadata say; `None` for a pipe, and for a file that cannot be read: reading says why.
#[must_use]
pub fn extent(path: &Utf8Path) -> Option<Extent> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let (name, bytes) = (path.file_name()?, metadata.len());
    match () {
        () if name.ends_with(".parquet") => parquet::extent(path),
        () if name.ends_with(".jsonl") => Some(Extent::Text { bytes }),
        () if name.ends_with(".jsonl.gz") => Some(Extent::PackedText { bytes }),
        () => None,
    }
}
