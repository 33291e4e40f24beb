//! What is rendered from a run's document: the page, the pictures, `junit.xml`.

use std::fs;

use camino::Utf8Path;

use super::{FolderError, REPORT, SWEEP, io, make, write_whole};
use crate::report::{self, DepthSweep, Document};

/// What CI servers read.
const JUNIT: &str = "junit.xml";

/// Writes what is looked at beside a result.json: `report.html` and the pictures for people, `junit.xml` for CI servers. They follow from the document alone (and
/// a sweep of the depth that lies in the `run` folder), so the same run gives the same bytes.
///
/// # Errors
/// When one cannot be made or written.
pub fn write_report(run: &Utf8Path, folder: &Utf8Path, document: &Document) -> Result<(), FolderError> {
    make(folder)?;
    let rendering = |error: String| FolderError::Rendering { path: folder.to_owned(), detail: error };
    write_whole(folder, JUNIT, report::junit(document).as_bytes())?;
    let sweep = read_depths(run)?;
    let page = report::page(document, sweep.as_ref()).map_err(|error| rendering(error.to_string()))?;
    write_whole(folder, REPORT, page.as_bytes())?;
    for (name, bytes) in report::pictures(document, sweep.as_ref()).map_err(|error| rendering(error.to_string()))? {
        write_whole(folder, name, &bytes)?;
    }
    Ok(())
}

/// The sweep of the depth that lies in a run folder, if one does.
fn read_depths(folder: &Utf8Path) -> Result<Option<DepthSweep>, FolderError> {
    let path = folder.join(SWEEP);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io("read", &path)(error)),
    };
    let unreadable = |error: serde_json::Error| FolderError::Format { path: path.clone(), detail: error.to_string() };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(unreadable)?;
    // A sweep of a rate has nothing to say of depths.
    if value.get("kind").and_then(serde_json::Value::as_str) != Some("depth") {
        return Ok(None);
    }
    serde_json::from_value(value).map(Some).map_err(unreadable)
}
