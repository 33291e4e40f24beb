//! What a run is asked for, and what it comes to.

use camino::Utf8PathBuf;

use crate::load::{Driving, Trouble};
use crate::queue::Design;
use crate::report::{Cell, Document, Run};
use crate::run_folder::FolderError;
use crate::scenario::Scenario;

/// What to run.
#[derive(Debug)]
pub struct Request {
    /// The scenarios, in order.
    pub scenarios: Vec<Scenario>,
    /// Only these designs; empty: those that each scenario names.
    pub designs: Vec<Design>,
    /// The seed of every plan.
    pub seed: u64,
    /// How plans are driven.
    pub driving: Driving,
    /// Where the run folder is.
    pub folder: Utf8PathBuf,
    /// Tells this run's keys from those of others on the same server; ends with `:`.
    pub prefix: String,
    /// What the document says of the run.
    pub about: Run,
}

impl Request {
    /// Every scenario on every design that it names and that was asked for.
    #[must_use]
    pub fn cells(&self) -> Vec<(&Scenario, Design)> {
        self.scenarios
            .iter()
            .flat_map(|scenario| designs_of(scenario, &self.designs).into_iter().map(move |design| (scenario, design)))
            .collect()
    }
}

/// The designs that a scenario names, or of these the ones that were asked for; and the broken ones that were.
#[must_use]
pub fn designs_of(scenario: &Scenario, asked: &[Design]) -> Vec<Design> {
    let wanted = |design: &Design| asked.is_empty() || asked.contains(design);
    let named = |design: &Design| scenario.designs.iter().any(|name| name == design.name());
    // No scenario names a broken design, or one to try this program on: it runs where somebody asks for it.
    let unusual = asked.iter().filter(|design| !design.is_usual());
    Design::ALL.iter().filter(|design| named(design) && wanted(design)).chain(unusual).copied().collect()
}

/// How far a run got, for whoever watches.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A cell begins: its number from 0, how many there are, and which it is.
    Begins(usize, usize, &'a Scenario, Design),
    /// It is over.
    Ended(&'a Cell),
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The document, also written as result.json.
    pub document: Document,
    /// Why it ended early: not all cells were run.
    pub trouble: Option<Failure>,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A cell could not begin.
    #[error(transparent)]
    Load(#[from] crate::load::LoadError),
    /// A cell ended early.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// What a cell left on the server could not be removed.
    #[error(transparent)]
    Target(#[from] crate::target::TargetError),
    /// A schedule could not be executed.
    #[error(transparent)]
    Schedule(#[from] crate::explore::ExploreError),
    /// Something could not be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
}
