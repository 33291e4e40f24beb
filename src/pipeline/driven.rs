//! A cell whose clients send what they have to at their own time.

use super::targets::Targets;
use super::{Failure, Request, explained, wipe};
use crate::history::History;
use crate::load::{CellSetup, Control, Recorded, run_cell};
use crate::plan::Plan;
use crate::queue::Design;
use crate::run_folder::{self, FolderError};
use crate::scenario::Scenario;

/// A cell that was run, and saved as far as that was possible.
pub(super) struct Ran {
    pub(super) history: History,
    pub(super) saved: Result<(), FolderError>,
    /// Why it ended early.
    pub(super) trouble: Option<Failure>,
}

/// Runs a cell on the server that it is for, and removes its keys.
pub(super) fn driven(
    request: &Request,
    targets: &Targets<'_>,
    control: &Control,
    (scenario, design, index): (&Scenario, Design, usize),
    plan: &Plan,
) -> Result<Ran, Failure> {
    let target = targets.of(scenario)?;
    let prefix = format!("{}{index}:", request.prefix);
    let clock = target.clock().filter(|_| scenario.clock.is_virtual);
    let (endpoint, driving) = (target.endpoint(), request.driving);
    let setup = CellSetup { scenario, design, plan, endpoint, clock, prefix, driving };
    let Recorded { history, trouble } = run_cell(&setup, control)?;
    let saved = run_folder::write_cell(&request.folder, &history);
    let trouble = trouble.map(|trouble| explained(target, trouble));
    let wiped = wipe(target, &setup.prefix, trouble.as_ref());
    Ok(Ran { history, saved, trouble: trouble.map(Failure::Trouble).or(wiped.err()) })
}
