//! The story: scenario → plan → target → load → history → checks and measurements → verdict → report.

mod afterwards;
mod judging;
mod memory;
mod request;
mod retold;
mod targets;

pub use afterwards::{explained, wipe};
pub use judging::{CheckError, Judged, check, judge};
pub use memory::{Allowance, spare_bytes};
pub use request::{Failure, Outcome, Progress, Request, designs_of};

use judging::save_order;
use targets::Targets;

use crate::load::{CellSetup, Control, Recorded, run_cell};
use crate::plan::plan;
use crate::queue::Design;
use crate::report::{Cell, Document, Run};
use crate::run_folder;
use crate::scenario::Scenario;
use crate::target::Target;

/// Runs every scenario on every design it names. Whatever happens on the way, what was recorded is saved
/// and judged as far as it goes.
pub fn run(request: &Request, target: &Target, control: &Control, watch: &mut dyn FnMut(Progress<'_>)) -> Outcome {
    let (cells, targets) = (request.cells(), Targets::new(target));
    let (mut done, mut trouble) = (Vec::new(), None);
    for (index, (scenario, design)) in cells.iter().enumerate() {
        watch(Progress::Begins(index, cells.len(), scenario, *design));
        let (cell, failure) = run_one(request, &targets, control, scenario, *design, index);
        if let Some(cell) = &cell {
            watch(Progress::Ended(cell));
        }
        done.extend(cell);
        trouble = failure;
        // Written after each cell: what comes later can lose nothing of what came before.
        let written = run_folder::write_result(&request.folder, &document(request, &done, trouble.as_ref()));
        trouble = trouble.or(written.err().map(Failure::Folder));
        if trouble.is_some() {
            break;
        }
    }
    Outcome { document: document(request, &done, trouble.as_ref()), trouble }
}

fn run_one(
    request: &Request,
    targets: &Targets<'_>,
    control: &Control,
    scenario: &Scenario,
    design: Design,
    index: usize,
) -> (Option<Cell>, Option<Failure>) {
    let plan = plan(scenario, request.seed);
    let target = match targets.of(scenario) {
        Ok(target) => target,
        Err(failure) => return (None, Some(failure)),
    };
    let prefix = format!("{}{index}:", request.prefix);
    let clock = target.clock().filter(|_| scenario.clock.is_virtual);
    let (endpoint, driving) = (target.endpoint(), request.driving);
    let setup = CellSetup { scenario, design, plan: &plan, endpoint, clock, prefix, driving };
    let Recorded { history, trouble } = match run_cell(&setup, control) {
        Ok(recorded) => recorded,
        Err(error) => return (None, Some(error.into())),
    };
    let saved = run_folder::write_cell(&request.folder, &history);
    let trouble = trouble.map(|trouble| explained(target, trouble));
    let wiped = wipe(target, &setup.prefix, trouble.as_ref());
    let judged = judge(&history);
    let path = run_folder::history_path(&request.folder, &scenario.name, design.name());
    let saved = saved.and_then(|()| save_order(&path, &judged));
    let failure = saved.err().map(Failure::Folder).or(trouble.map(Failure::Trouble)).or(wiped.err());
    (Some(judged.cell), failure)
}

fn document(request: &Request, cells: &[Cell], trouble: Option<&Failure>) -> Document {
    let about = Run { ended_early: trouble.map(ToString::to_string), ..request.about.clone() };
    Document::new(about, cells.to_vec())
}
