//! The story: scenario → plan → target → load → history → checks and measurements → verdict → report.

mod afterwards;
mod driven;
mod judging;
mod memory;
mod request;
mod retold;
mod scheduled;
mod targets;

pub use afterwards::{explained, wipe};
pub use judging::{CheckError, Judged, check, judge};
pub use memory::{Allowance, spare_bytes};
pub use request::{Failure, Outcome, Progress, Request, designs_of};
pub use scheduled::readable;

use driven::{Ran, driven};
use judging::save_order;
use scheduled::scheduled;
use targets::Targets;

use crate::load::Control;
use crate::plan::plan;
use crate::queue::Design;
use crate::report::{Cell, Document, Run};
use crate::run_folder;
use crate::scenario::{Load, Scenario};
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
    let ran = match &scenario.load {
        Load::Schedule(schedule) => scheduled(request, scenario, design, schedule, &plan),
        _ => driven(request, targets, control, (scenario, design, index), &plan),
    };
    let Ran { history, saved, trouble } = match ran {
        Ok(ran) => ran,
        Err(failure) => return (None, Some(failure)),
    };
    let judged = judge(&history);
    let path = run_folder::history_path(&request.folder, &scenario.name, design.name());
    let saved = saved.and_then(|()| save_order(&path, &judged));
    (Some(judged.cell), saved.err().map(Failure::Folder).or(trouble))
}

fn document(request: &Request, cells: &[Cell], trouble: Option<&Failure>) -> Document {
    let about = Run { ended_early: trouble.map(ToString::to_string), ..request.about.clone() };
    Document::new(about, cells.to_vec())
}
