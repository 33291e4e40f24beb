//! The self-test: broken designs against checks.
//!
//! Every broken design runs in the trial that shows its bug, and the promise it breaks must be found
//! violated; every correct design runs in all trials, and nothing must be. A design that gets away is a *survivor*,
//! a correct one that does not a *false alarm*: either means that the judge cannot be trusted.

mod matrix;
mod trials;

pub use matrix::{Caught, Cleared, Matrix};
pub use trials::text_of;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::checks::{CheckOutcome, Finding, judge};
use crate::load::{CellSetup, Control, Driving, LoadError, Trouble, run_cell};
use crate::model::Promise;
use crate::plan::plan;
use crate::queue::{Broken, Design};
use crate::scenario::Scenario;
use crate::target::Endpoint;

/// The designs that must be cleared, with the promises that they are known not to keep: nobody's claim is
/// taken as proof here. `streams` adds up what SCAN lists, which is no position.
pub const CORRECT: &[(Design, &[Promise])] = &[
    (Design::ZsetSeq, &[]),
    (Design::List, &[]),
    (Design::StreamShared, &[]),
    (Design::CompositeRebased, &[]),
    (Design::Streams, &[Promise::GlobalFifo, Promise::Position]),
];

/// Cells at a time: they wait more than they work.
const SIDE_BY_SIDE: usize = 4;

/// Why the self-test came to no result.
#[derive(Debug, thiserror::Error)]
pub enum SelftestError {
    /// A bug of this program.
    #[error("a trial cannot be read, please report this: {0}")]
    Trial(String),
    /// A cell could not begin.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A cell ended early.
    #[error("in the trial {trial} on {design}: {trouble}")]
    Trouble {
        /// The trial.
        trial: String,
        /// The design.
        design: &'static str,
        /// What happened.
        trouble: Trouble,
    },
}

/// Runs broken designs (all, or those named) and the correct ones in the same trials. `began` hears of each cell.
///
/// # Errors
/// When a cell could not be run to its end.
pub fn run(
    only: &[Broken],
    endpoint: &Endpoint,
    prefix: &str,
    control: &Control,
    began: impl Fn(usize, usize, &str, &str) + Sync,
) -> Result<Matrix, SelftestError> {
    let zoo = if only.is_empty() { Broken::all() } else { only.to_vec() };
    let trials = trials::trials().map_err(SelftestError::Trial)?;
    let shows =
        |trial: &Scenario| zoo.iter().filter(|broken| broken.trial() == trial.name).copied().collect::<Vec<_>>();
    let mut cells: Vec<(&Scenario, Design)> = Vec::new();
    for trial in trials.iter().filter(|trial| !shows(trial).is_empty()) {
        cells.extend(shows(trial).into_iter().map(|broken| (trial, Design::Broken(broken))));
        cells.extend(CORRECT.iter().map(|(design, _)| (trial, *design)));
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Done>> = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((trial, design)) = cells.get(index) else { return };
            began(index, cells.len(), &trial.name, design.name());
            let findings = cell(trial, *design, endpoint, format!("{prefix}{index}:"), control);
            let failed = findings.is_err();
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, findings));
            if failed {
                // The others come to an end by themselves.
                next.store(cells.len(), Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..SIDE_BY_SIDE {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    let mut matrix = Matrix::default();
    for (index, findings) in done {
        let (trial, design) = cells[index];
        matrix.add(&trial.name, design, &findings?);
    }
    Ok(matrix)
}

/// The number of a cell and what came of it.
type Done = (usize, Result<Vec<Finding>, SelftestError>);

fn cell(
    trial: &Scenario,
    design: Design,
    endpoint: &Endpoint,
    prefix: String,
    control: &Control,
) -> Result<Vec<Finding>, SelftestError> {
    let plan = plan(trial, 1);
    let setup =
        CellSetup { scenario: trial, design, plan: &plan, endpoint, clock: None, prefix, driving: Driving::default() };
    let recorded = run_cell(&setup, control)?;
    match recorded.trouble {
        None => Ok(judge(&recorded.history)),
        Some(trouble) => Err(SelftestError::Trouble { trial: trial.name.clone(), design: design.name(), trouble }),
    }
}

/// Whether a finding says that the promise is broken.
fn is_violated(finding: &Finding) -> bool {
    matches!(finding.outcome, CheckOutcome::Violated { .. })
}
