//! The file of a schedule: read as it is, for the explorer knows what it means.

use std::io::Read as _;
use std::sync::Arc;

use super::beside::Beside;
use super::problem::Found;
use super::raw::RawScenario;
use super::resolved::ScheduleLoad;

/// A schedule of a few operations has some kilobytes.
const BYTES_MAX: u64 = 16 << 20;

/// The schedule that a scenario names; `None` where there is none, or it cannot be read, which is noted.
pub(super) fn read(raw: &RawScenario, path: &str, found: &mut Found) -> Option<ScheduleLoad> {
    let given = raw.load.value()?.schedule.value()?.file.given()?;
    let span = given.place.span.clone();
    let name = "name a file that `stanchion explore --out` wrote";
    let (file, opened) = Beside { what: "the schedule", name }.open(path, &given.value.0, span.clone(), found)?;
    let mut text = String::new();
    match opened.take(BYTES_MAX).read_to_string(&mut text) {
        Ok(_) => Some(ScheduleLoad { text: Arc::from(text), path: file }),
        Err(error) => {
            found.note(span, "the file cannot be read", format!("{file}: {error}"), name);
            None
        }
    }
}
