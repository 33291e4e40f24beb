//! Exploring as a call in a test.

use super::error::ExploreError;
use super::exhaust::Bound;
use super::explorer::{Explored, Explorer, Options};
use super::program::Program;
use super::steps::Adversity;
use super::story::lanes;
use crate::model::{Dedupe, Promise};
use crate::queue::Design;

/// What a test expects of all schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Every promise that is asked about holds in all of them.
    Kept,
    /// This one is broken in at least one.
    Breaks(Promise),
}

/// A program, and how far to go with it.
///
/// ```
/// use stanchion::explore::{Expected, explore};
/// use stanchion::model::Promise;
/// use stanchion::queue::Design;
///
/// // Two tabs of one user, and every way in which their commands can interleave.
/// explore("join u1 t1 | join u1 t2 | admit 2").on(Design::ZsetSeq).expect(Expected::Kept);
/// // The same with one lost request, lost reply, crash or late request anywhere, and one time to live passing anywhere.
/// explore("join u1 t1 | join u1 t2 | admit 2").faults(1).ticks(1).on(Design::ZsetSeq).expect(Expected::Kept);
/// // Checking and setting in two steps lets both in.
/// explore("join u1 t1 | join u1 t2").on(Design::StreamsNaive).expect(Expected::Breaks(Promise::NoDuplicates));
/// ```
#[derive(Clone, Debug)]
pub struct Exploration {
    program: String,
    options: Options,
}

/// Begins an exploration of a program: clients separated by `|`, their operations by `;`.
#[must_use]
pub fn explore(program: &str) -> Exploration {
    Exploration { program: program.to_owned(), options: Options::default() }
}

impl Exploration {
    /// What joins are deduplicated by; by user unless it is said.
    #[must_use]
    pub fn dedupe(mut self, dedupe: Dedupe) -> Exploration {
        self.options.dedupe = dedupe;
        self
    }

    /// Requests lost, replies lost, clients ended, requests late: so many in all, anywhere.
    #[must_use]
    pub fn faults(mut self, faults: u8) -> Exploration {
        self.options.adversity.faults = faults;
        self
    }

    /// So many times a time to live passes, anywhere.
    #[must_use]
    pub fn ticks(mut self, ticks: u8) -> Exploration {
        self.options.adversity = Adversity { ticks, ..self.options.adversity };
        self
    }

    /// The promises to ask about; those that the design claims unless it is said.
    #[must_use]
    pub fn promises(mut self, promises: &[Promise]) -> Exploration {
        self.options.promises = Some(promises.to_vec());
        self
    }

    /// Where to stop.
    #[must_use]
    pub fn bound(mut self, bound: Bound) -> Exploration {
        self.options.bound = bound;
        self
    }

    /// Goes through all schedules on this design, on a server of its own.
    #[must_use]
    pub fn on(self, design: Design) -> Found {
        let dedupe = self.options.dedupe;
        let explored = Program::parse(&self.program, dedupe)
            .map_err(ExploreError::from)
            .and_then(|program| Explorer::new(design, self.options)?.explore(&program));
        Found(explored)
    }
}

/// What was found.
#[derive(Debug)]
pub struct Found(Result<Explored, ExploreError>);

impl Found {
    /// What all schedules came to.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn result(self) -> Result<Explored, ExploreError> {
        self.0
    }

    /// Holds the answer against what is expected.
    ///
    /// # Panics
    /// With the story of the smallest schedule, if it is not as expected; or if there is no answer.
    pub fn expect(self, expected: Expected) {
        let explored = match self.0 {
            Ok(explored) => explored,
            Err(error) => panic!("{error}"),
        };
        match expected {
            Expected::Kept => {
                if let Some(broken) = explored.broken.first() {
                    let names: Vec<&str> = broken.promises.iter().map(|promise| promise.name()).collect();
                    let story = lanes(&broken.story, explored.program.clients.len());
                    panic!("{} is broken by `{}`: {}\n{story}", names.join(", "), explored.program, broken.sentence);
                }
                assert!(explored.counts.complete, "the bound came before all schedules of `{}`", explored.program);
            }
            Expected::Breaks(promise) => {
                let found = explored.broken.iter().any(|broken| broken.promises.contains(&promise));
                assert!(
                    found,
                    "{} holds in all {} schedules of `{}`",
                    promise.name(),
                    explored.counts.schedules,
                    explored.program
                );
            }
        }
    }
}
