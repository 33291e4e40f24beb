//! What is rendered from a run's document for readers that cannot read it: `junit.xml`.

use camino::Utf8Path;

use super::{FolderError, write_whole};
use crate::report::{self, Document};

/// What CI servers read.
const JUNIT: &str = "junit.xml";

/// Writes them into the run folder. The same document gives the same bytes.
///
/// # Errors
/// When they cannot be written.
pub fn write_views(folder: &Utf8Path, document: &Document) -> Result<(), FolderError> {
    write_whole(folder, JUNIT, &report::junit(document))
}
