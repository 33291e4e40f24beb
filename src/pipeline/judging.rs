//! The part of the story that is a pure function of a history, and saved histories judged again.

use camino::{Utf8Path, Utf8PathBuf};

use super::memory::{Allowance, fits};
use super::retold;
use crate::checks::certificate::{Certificate, certify, verify};
use crate::checks::notation::Trace;
use crate::history::{self, History, HistoryError};
use crate::report::{self, Cell, Document, Order, Run};
use crate::run_folder::{FolderError, OrderError, order_path, replay_order, write_order};
use crate::verdict::judge_cell;
use crate::{checks, measure};

/// A judged history.
#[derive(Debug)]
pub struct Judged {
    /// What the document says of it.
    pub cell: Cell,
    /// The history in the notation.
    pub trace: Trace,
    /// The order that proves its line, replayed, if it held.
    pub order: Option<Certificate>,
}

/// Judges a history.
#[must_use]
pub fn judge(history: &History) -> Judged {
    // Neither needs the other.
    let (checks::Judged { findings, normalised }, measurements) = std::thread::scope(|scope| {
        let measurements = scope.spawn(|| measure::measure(history));
        let judged = checks::judge_all(history);
        (judged, measurements.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let trace = normalised.trace;
    let mut remarks = history.header.remarks();
    let mut order = certify(&trace, &findings);
    if let Some(flaw) = order.as_ref().and_then(|order| verify(&trace, order).err()) {
        remarks.push(format!("the order that was found cannot be replayed, which is an error of this program: {flaw}"));
        order = None;
    }
    let tried = checks::mutation::could_have_failed(history);
    remarks.extend(checks::mutation::misses(&history.header.terms.promises, &tried));
    let verdict = judge_cell(&findings, &measurements, &history.header.terms, &remarks);
    let mut cell = report::cell(&history.header, history.records.len() as u64, findings, measurements, verdict);
    cell.tried(tried);
    retold::commands(&mut cell, history);
    if let Some(order) = &order {
        cell.proved(Order { promise: order.promise.name().to_owned(), operations: order.steps.len() as u64 });
    }
    Judged { cell, trace, order }
}

/// Why saved histories were not judged, or not proved.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// One cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A saved order proves nothing.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// One would not fit into memory.
    #[error(
        "{path} holds {what}; judging them takes up to {needed} of memory, and {allowed} may be used: judge it on a larger machine, free some, or allow more by --memory"
    )]
    TooLarge {
        /// The file.
        path: Utf8PathBuf,
        /// How much it holds.
        what: String,
        /// The memory that judging takes.
        needed: String,
        /// The memory that may be used.
        allowed: String,
    },
}

/// Judges saved histories again. With `certificate` the order that proves a line is saved beside its history
/// where there is none yet, read back from there and replayed.
///
/// # Errors
/// When a history would not fit into memory, cannot be read, or a saved order does not prove it.
pub fn check(paths: &[Utf8PathBuf], certificate: bool, memory: Allowance, about: Run) -> Result<Document, CheckError> {
    let judged = |path: &Utf8PathBuf| -> Result<Cell, CheckError> {
        fits(path, memory)?;
        let judged = judge(&history::read(path)?);
        if certificate {
            prove(path, &judged)?;
        }
        Ok(judged.cell)
    };
    let cells = paths.iter().map(judged).collect::<Result<Vec<Cell>, _>>()?;
    Ok(Document::new(about, cells))
}

fn prove(history: &Utf8Path, judged: &Judged) -> Result<(), OrderError> {
    let path = order_path(history);
    if !path.exists() {
        let Some(order) = &judged.order else { return Ok(()) };
        write_order(&path, &judged.trace, order)?;
    }
    replay_order(&path, &judged.trace).map(drop)
}

/// Saves the order that proves a cell's line beside its history.
///
/// # Errors
/// When it cannot be written.
pub fn save_order(history: &Utf8Path, judged: &Judged) -> Result<(), FolderError> {
    judged.order.as_ref().map_or(Ok(()), |order| write_order(&order_path(history), &judged.trace, order))
}
