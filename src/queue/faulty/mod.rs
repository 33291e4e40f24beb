//! Broken designs: bugs that real teams shipped, each a small, honest change to a correct design.
//!
//! They are not there to be used. A judge that has never been seen to notice anything proves nothing: the
//! self-test runs each of them and shows that the promise it breaks is the one that is reported broken.
//! Most are a correct design with a line of one script changed; those whose bug lies between two requests
//! send them one by one.

mod admission;
mod answers;
mod expiry;
mod keys;
mod loss;
mod order;
mod position;
mod scripts;
mod steps;
mod uniqueness;

use std::sync::LazyLock;

pub use steps::FaultyQueue;

use super::design::EVERYTHING;
use super::line::{Composite, LineQueue, LineScripts, Placing};
use super::streams_naive::StreamsNaive;
use super::{AnyQueue, DesignFacts, QueueSettings, Script};
use crate::model::{DuplicateMeans, Promise};
use scripts::{Patch, patched};
use steps::Steps;

/// A broken design, as its file describes it.
#[derive(Clone, Copy, Debug)]
struct Bug {
    name: &'static str,
    /// The promise that must be found broken.
    breaks: Promise,
    /// The trial that shows it.
    trial: &'static str,
    /// What is wrong, in a sentence that goes on from "because".
    because: &'static str,
    base: Base,
    patches: &'static [Patch],
    /// What is done in several requests instead of one.
    steps: Option<Steps>,
}

/// The correct design that was broken, or the design that is wrong as it is.
#[derive(Clone, Copy, Debug)]
enum Base {
    Milliseconds,
    Sequence,
    List,
    Shift,
    Decimal,
    StreamsNaive,
}

impl Base {
    fn placing(self) -> Option<Placing> {
        match self {
            Base::Milliseconds => Some(Placing::ClientMs),
            Base::Sequence => Some(Placing::Sequence),
            Base::List => Some(Placing::List),
            Base::Shift => Some(Placing::Composite(Composite::Shift)),
            Base::Decimal => Some(Placing::Composite(Composite::Decimal)),
            Base::StreamsNaive => None,
        }
    }
}

/// A broken design, ready to be opened.
struct Exhibit {
    bug: Bug,
    facts: DesignFacts,
    scripts: Option<LineScripts>,
}

static ZOO: LazyLock<Vec<Exhibit>> = LazyLock::new(|| {
    let families = [
        order::BUGS,
        uniqueness::BUGS,
        loss::BUGS,
        admission::BUGS,
        position::BUGS,
        answers::BUGS,
        expiry::BUGS,
        keys::BUGS,
    ];
    let exhibit = |bug: &Bug| Exhibit {
        bug: *bug,
        facts: DesignFacts {
            name: bug.name,
            summary: bug.because,
            duplicate_means: DuplicateMeans::AcceptedBefore,
            claims: EVERYTHING,
            min_server: (6, 2),
        },
        scripts: bug.base.placing().map(|placing| patched(placing, bug.patches)),
    };
    families.into_iter().flatten().map(exhibit).collect()
});

/// One of the broken designs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Broken(u16);

impl Broken {
    /// All of them, family by family.
    #[must_use]
    pub fn all() -> Vec<Broken> {
        (0..ZOO.len()).filter_map(|index| u16::try_from(index).ok().map(Broken)).collect()
    }

    fn exhibit(self) -> &'static Exhibit {
        &ZOO[usize::from(self.0)]
    }

    /// What it is.
    #[must_use]
    pub fn facts(self) -> &'static DesignFacts {
        &self.exhibit().facts
    }

    /// The promise that it breaks.
    #[must_use]
    pub fn breaks(self) -> Promise {
        self.exhibit().bug.breaks
    }

    /// The name of the trial that shows it.
    #[must_use]
    pub fn trial(self) -> &'static str {
        self.exhibit().bug.trial
    }

    /// Opens the queue of one event.
    pub(super) fn open(self, settings: QueueSettings) -> AnyQueue {
        let Exhibit { bug, facts, scripts } = self.exhibit();
        match (bug.base.placing(), scripts) {
            (Some(placing), Some(scripts)) => {
                let line = LineQueue::with_scripts(facts, placing, scripts, &settings);
                match bug.steps {
                    Some(steps) => AnyQueue::Faulty(FaultyQueue::new(line, steps, &settings)),
                    None => AnyQueue::Line(line),
                }
            }
            _ => AnyQueue::StreamsNaive(StreamsNaive::open(facts, settings)),
        }
    }

    /// Its scripts.
    pub(super) fn scripts(self) -> Vec<&'static Script> {
        self.exhibit().scripts.as_ref().map(|scripts| scripts.all().to_vec()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::queue::Design;

    #[test]
    fn every_broken_design_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Broken::all().iter().map(|broken| broken.facts().name).collect();
        assert_eq!(names.len(), Broken::all().len());
        assert!(Design::ALL.iter().all(|design| !names.contains(design.name())));
    }
}
