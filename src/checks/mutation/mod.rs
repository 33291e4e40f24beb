//! Could this have failed? Faults are put into slices of the run's own history, and each check has to notice.
//!
//! A check that says "holds" is only worth something if it would have said "violated". So for every promise
//! that a history is held to:
//!
//! 1. [`pick`] chooses a few values, spread over the run by its seed; a [`Slice`](slice::Slice) is what the history
//!    says of them. Leaving out whole values keeps legal histories legal.
//! 2. The slice is judged as it is, and must not break the promise; one that does is passed over.
//! 3. One record is altered such that no correct queue could have given these answers: two admissions
//!    swapped, one repeated, one left out, one moved across its expiry, and what else the promise needs.
//! 4. The slice is judged again, by the very same check through the same normalisation: it must be violated.
//!
//! The alterations are illegal by construction, not by asking the check: only values are used whose joins and
//! removals are certainly ordered. So "noticed k of k" is what is to be expected, and a miss is a defect of
//! the check. Nothing to alter (no expiry in this run, say) is said as such and never counted as noticed.

mod answers;
mod entries;
mod expiry;
mod limits;
mod order;
mod pick;
mod place;
mod slice;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::finding::{CheckOutcome, Finding};
use crate::history::{Header, History, Names, Record};
use crate::model::{Promise, Terms, Token};
use slice::{Slice, slices};

/// The most alterations tried of one promise.
pub const TRIED_MAX: u64 = 20;

/// Whether a check would have noticed faults in the history that it judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CouldHaveFailed {
    /// How many slices of the history were altered, one record each; zero: see `reason`.
    pub tried: u64,
    /// In how many of them the check found the promise violated: all, or the check cannot be trusted.
    pub noticed: u64,
    /// What was altered.
    pub what: Vec<Alteration>,
    /// The first that was not noticed, in words; `null`: none.
    pub missed: Option<String>,
    /// Why nothing was altered; `null`: something was.
    pub reason: Option<String>,
}

/// One way of altering a slice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Alteration {
    /// What was done: `two admissions swapped`.
    pub name: String,
    /// How often.
    pub tried: u64,
    /// How often it was noticed.
    pub noticed: u64,
}

/// Tries the check of every promise of the history's terms, in their order. The same history gives the same answer.
#[must_use]
pub fn could_have_failed(history: &History) -> Vec<CouldHaveFailed> {
    could_have_failed_by(history, super::judge)
}

/// The same for any judge: with a blind one, nothing is noticed.
#[must_use]
pub fn could_have_failed_by(history: &History, judge: impl Fn(&History) -> Vec<Finding>) -> Vec<CouldHaveFailed> {
    let mut rng = ChaCha8Rng::seed_from_u64(history.header.seed);
    let slices = slices(history, &mut rng);
    let promises = &history.header.terms.promises;
    promises.iter().map(|promise| Trial { history, judge: &judge, promise: *promise }.run(&slices, &mut rng)).collect()
}

/// What keeps a cell from being conclusive: a sentence for each check that missed something.
#[must_use]
pub fn misses(promises: &[Promise], tried: &[CouldHaveFailed]) -> Vec<String> {
    let sentence = |(promise, tried): (&Promise, &CouldHaveFailed)| {
        let missed = tried.missed.as_ref()?;
        let (name, unnoticed) = (promise.name(), tried.tried - tried.noticed);
        Some(format!(
            "{name} could not have failed where it should: of {} faults put into slices of this history its check missed {unnoticed}, first {missed}; please report this with the history",
            tried.tried
        ))
    };
    promises.iter().zip(tried).filter_map(sentence).collect()
}

/// A slice with one fault in it.
struct Mutant {
    /// What was done.
    name: &'static str,
    /// To whom.
    about: Vec<Token>,
    /// The records without the fault.
    before: Vec<Record>,
    /// The records with it, in order of sending.
    after: Vec<Record>,
    /// How many may be let in, where that is counted anew for the slice.
    capacity: Option<u64>,
}

/// A way of putting a fault in, if the slice has what it takes.
type Kind = fn(&Slice<'_>, &mut ChaCha8Rng) -> Option<Mutant>;

/// The faults that each promise forbids.
fn kinds(promise: Promise) -> &'static [Kind] {
    match promise {
        Promise::NoDuplicates => &[entries::admitted_again, entries::one_key_for_two, entries::second_place],
        Promise::PerUserFifo => &[order::swapped_of_user, order::left_out_of_user, order::listed_backwards],
        Promise::GlobalFifo => &[order::swapped, order::left_out, entries::admitted_again, order::left_behind],
        Promise::NoLoss => &[entries::lost],
        Promise::NoPhantoms => {
            &[entries::alien, entries::never_joined, entries::join_refused, entries::admitted_before_joining]
        }
        Promise::Position => &[place::too_far_back, place::too_far_ahead, place::told_absent, place::asked_afterwards],
        Promise::Expiry => &[expiry::shown_too_late, expiry::told_absent_too_early, expiry::gone_too_early],
        Promise::Idempotence => {
            &[answers::batch_changed, answers::batch_id_reused, answers::retry_changed, answers::stale_duplicate]
        }
        Promise::Capacity => &[limits::more_than_asked, limits::more_by_two_answers, limits::more_than_allowed],
        // Slices are of operations; what these two are about is in no operation.
        Promise::NoLeftovers | Promise::OneSlot => &[],
    }
}

/// Why a promise may find nothing to alter. It speaks of the slices: the whole run was not looked through.
fn nothing(promise: Promise, terms: &Terms) -> &'static str {
    match promise {
        Promise::NoDuplicates | Promise::NoPhantoms | Promise::Capacity => {
            "no slice of the run held a token that an answered admission brought"
        }
        Promise::PerUserFifo => {
            "no slice of the run held two tokens of one user that were in line together, joined certainly one after the other"
        }
        Promise::GlobalFifo => {
            "no slice of the run held two admitted tokens that were in line together, joined certainly one after the other"
        }
        Promise::NoLoss => {
            "no slice of the run held an admission that certainly could not be left out: that takes a final drain that finds nobody, and entries that cannot have expired or been swept away by then"
        }
        Promise::Position => {
            "no slice of the run held a position told to somebody who was certainly in line and admitted later"
        }
        Promise::Expiry if terms.ttl_ns.is_none() => "entries of this run do not expire",
        Promise::Expiry => "no slice of the run held an answer about an entry whose time to live is known",
        Promise::Idempotence => "no slice of the run held two admissions that brought somebody, or a repeated request",
        Promise::NoLeftovers | Promise::OneSlot => {
            "it is about the keys on the server, and the history holds operations: `stanchion selftest` shows it fail"
        }
    }
}

struct Trial<'a, J> {
    history: &'a History,
    judge: &'a J,
    promise: Promise,
}

impl<J: Fn(&History) -> Vec<Finding>> Trial<'_, J> {
    fn run(&self, slices: &[Slice<'_>], rng: &mut ChaCha8Rng) -> CouldHaveFailed {
        let kinds = kinds(self.promise);
        let mut trial = CouldHaveFailed { tried: 0, noticed: 0, what: Vec::new(), missed: None, reason: None };
        let mut broken = 0;
        // Each slice gets another kind of fault, and what a slice has not the makings of is made up for by others.
        let rounds = (0..kinds.len()).flat_map(|round| slices.iter().enumerate().map(move |slice| (round, slice)));
        for (round, (number, slice)) in rounds {
            if trial.tried == TRIED_MAX {
                break;
            }
            if let Some(mutant) = kinds[(number + round) % kinds.len()](slice, rng) {
                broken += u64::from(!self.judge_mutant(&mutant, &mut trial));
            }
        }
        trial.reason = match (trial.tried, broken) {
            (0, 0) => Some(nothing(self.promise, &self.history.header.terms).to_owned()),
            (0, _) => Some("every slice of the run that a fault could be put in breaks the promise already".to_owned()),
            _ => None,
        };
        trial
    }

    /// Whether the slice did not break the promise without the fault; one that did is not counted.
    fn judge_mutant(&self, mutant: &Mutant, trial: &mut CouldHaveFailed) -> bool {
        let judged = |records: &[Record]| {
            let header = self.header(mutant.capacity);
            // What the findings call their tokens is not read here.
            let slice = History { header, records: records.to_vec().into(), names: Names::default() };
            (self.judge)(&slice).into_iter().next().map(|finding| finding.outcome)
        };
        let violated = |outcome: &Option<CheckOutcome>| matches!(outcome, Some(CheckOutcome::Violated { .. }));
        // What was broken before says nothing about the fault.
        if violated(&judged(&mutant.before)) {
            return false;
        }
        let outcome = judged(&mutant.after);
        let noticed = u64::from(violated(&outcome));
        trial.tried += 1;
        trial.noticed += noticed;
        if noticed == 0 && trial.missed.is_none() {
            let tokens: Vec<String> = mutant.about.iter().map(|token| self.history.names.token(*token)).collect();
            let said = match outcome {
                Some(CheckOutcome::Undecided { why, .. }) => format!("undecided ({why})"),
                _ => "holds".to_owned(),
            };
            trial.missed = Some(format!("{} ({}): {said}", mutant.name, tokens.join(", ")));
        }
        match trial.what.iter_mut().find(|alteration| alteration.name == mutant.name) {
            Some(alteration) => {
                alteration.tried += 1;
                alteration.noticed += noticed;
            }
            None => trial.what.push(Alteration { name: mutant.name.to_owned(), tried: 1, noticed }),
        }
        true
    }

    /// The history's own terms, for this promise alone.
    fn header(&self, capacity: Option<u64>) -> Header {
        let header = &self.history.header;
        let terms = Terms { promises: vec![self.promise], capacity, ..header.terms.clone() };
        Header { terms, server: None, load: None, server_series: None, schedule: None, ..header.clone() }
    }
}
