//! `stanchion export`: a history, or a part that stands by itself, for another checker.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use camino::Utf8Path;

use super::arguments::{Checker, ExportArguments};
use super::exit::{Error, Exit};
use super::output;
use crate::checks::{CheckOutcome, Counterexample, judge};
use crate::history::export::{self, Format, operations, project, window};
use crate::history::{self, History};
use crate::model::{Operation, Outcome, Promise, Token, UserId};

/// From here on other checkers, which try orders, are known to give up.
const MANY: usize = 1_000;

pub(super) fn export(arguments: &ExportArguments) -> Result<Exit, Error> {
    let path = &arguments.history;
    let refused = |why: String| Error::new(Exit::Usage, format!("cannot export {path}: {why}"));
    let history = history::read(path)?;
    export::exportable(&history).map_err(|error| refused(error.to_string()))?;
    let part = match (&arguments.window, arguments.violation) {
        (Some(range), _) => {
            let range = range.start..range.end.min(history.records.len());
            window(&history, range).map_err(|error| refused(error.to_string()))?
        }
        (None, Some(number)) => violation(&history, number).map_err(refused)?,
        (None, None) => history,
    };
    let format = match arguments.to {
        Checker::Porcupine => Format::Porcupine,
        Checker::Jepsen => Format::Jepsen,
    };
    match operations(&part) {
        0 => return Err(refused("it holds no operation that a model of the line could judge".to_owned())),
        count if count > MANY => output::say(&format!(
            "{count} operations: checkers that try orders give up on so many; --violation and --window write fewer"
        )),
        _ => {}
    }
    match &arguments.output {
        // Without room or rights the environment is wrong and not the history.
        Some(file) => {
            export::save(&part, format, file).map_err(|error| Error::new(Exit::Environment, error.to_string()))?;
        }
        None => {
            let mut bytes = Vec::new();
            export::write(&part, format, &mut bytes)?;
            output::bytes(&bytes)?;
        }
    }
    Ok(Exit::Expected)
}

/// Whether the N-th violation of a history breaks a promise that a model of one line can see, and this proof of it is one
/// that it does see. Reads and judges the history.
pub(super) fn is_exportable(history: &Utf8Path, number: NonZeroUsize) -> bool {
    let history = history::read(history).ok().filter(|history| export::exportable(history).is_ok());
    history.is_some_and(|history| violation(&history, number).is_ok())
}

/// The operations that prove the N-th violation, which no line could have answered; or why there are none.
fn violation(history: &History, number: NonZeroUsize) -> Result<History, String> {
    let findings = judge(history);
    let violated: Vec<(Promise, &Counterexample)> = findings
        .iter()
        .filter_map(|finding| match &finding.outcome {
            CheckOutcome::Violated { counterexample, .. } => Some((finding.promise, counterexample)),
            _ => None,
        })
        .collect();
    let Some((promise, proof)) = violated.get(number.get() - 1) else {
        let names: Vec<&str> = violated.iter().map(|(promise, _)| promise.name()).collect();
        return Err(match names.len() {
            0 => "no promise is broken in it, so there is no violation to export".to_owned(),
            _ => format!("there is no violation {number}; it breaks, in this order: {}", names.join(", ")),
        });
    };
    candidates(history, proof)
        .into_iter()
        // The operations of another promise's proof may break the order besides, which would prove something else.
        .filter(|_| is_of_the_line(*promise))
        // A model of one line can show that a user's order is broken only among entries of one user.
        .filter(|tokens| *promise != Promise::PerUserFifo || users(history, tokens).len() <= 1)
        .map(|tokens| {
            let shown = proof.events.iter().filter_map(|event| usize::try_from(event.record).ok()).collect();
            project(history, &tokens, &shown)
        })
        .find(fits_no_line)
        .ok_or_else(|| {
            format!(
                "violation {number} breaks `{}` in a way that a model of one first-in-first-out line does not see; `stanchion check` tells it",
                promise.name()
            )
        })
}

/// Whether a model of one line can see this promise broken.
fn is_of_the_line(promise: Promise) -> bool {
    match promise {
        Promise::NoDuplicates | Promise::PerUserFifo | Promise::GlobalFifo | Promise::NoLoss | Promise::NoPhantoms => {
            true
        }
        Promise::Position
        | Promise::Expiry
        | Promise::Idempotence
        | Promise::Capacity
        | Promise::NoLeftovers
        | Promise::OneSlot => false,
    }
}

/// The tokens that a proof is about: fewer first.
fn candidates(history: &History, proof: &Counterexample) -> Vec<HashSet<Token>> {
    let records: Vec<_> = proof
        .events
        .iter()
        .filter_map(|event| usize::try_from(event.record).ok())
        .filter(|index| *index < history.records.len())
        .map(|index| history.records.at(index))
        .collect();
    let joins = history.records.rows().filter_map(|row| match row.call() {
        Operation::Join(entry) => Some(entry.token),
        _ => None,
    });
    let joined: HashSet<Token> = joins.collect();
    let (mut named, mut admitted) = (HashSet::new(), HashSet::new());
    for record in &records {
        named.extend(record.call.entry().map(|entry| entry.token));
        match &record.outcome {
            Outcome::Duplicate(token) => {
                named.insert(*token);
            }
            Outcome::Admitted(tokens) => admitted.extend(tokens.iter().copied()),
            _ => {}
        }
    }
    // Nobody joined them, so no other operation of the proof can name them.
    named.extend(admitted.iter().filter(|token| !joined.contains(token)));
    let all = named.union(&admitted).copied().collect();
    vec![named, all]
}

/// Who holds these tokens.
fn users(history: &History, tokens: &HashSet<Token>) -> HashSet<UserId> {
    let entries = history.records.rows().filter_map(|row| row.call().entry());
    entries.filter(|entry| tokens.contains(&entry.token)).map(|entry| entry.user).collect()
}

/// Whether these operations alone fit no first-in-first-out line: what is exported as a violation must be one.
fn fits_no_line(part: &History) -> bool {
    let mut part = part.clone();
    part.header.terms.promises = vec![Promise::GlobalFifo];
    judge(&part).iter().any(|finding| matches!(finding.outcome, CheckOutcome::Violated { .. }))
}
