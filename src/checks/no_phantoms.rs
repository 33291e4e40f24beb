//! `no-phantoms`: nothing is admitted that nobody joined.
//!
//! A phantom is a token that an answer names although no plan gave it out, no join asked for it, its join
//! was definitely refused, or its join was sent only after the answer. Admissions, "duplicate of" answers
//! and lists of entries name tokens.

use super::Normalised;
use super::finding::Finding;

use super::notation::{Acceptance, NEVER};
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::History;
use crate::model::{Outcome, Promise};

/// Judges `no-phantoms`. Examined: tokens that admissions, duplicates and lists name.
#[must_use]
pub fn check(history: &History, normalised: &Normalised) -> Finding {
    let trace = &normalised.trace;
    let words = Words::new(history);
    let mut tally = Tally::default();
    for (index, record) in history.records.rows().enumerate() {
        let (single, verb) = match record.tokens() {
            Some(_) if record.admitted().is_some() => (None, "admitted"),
            Some(_) => (None, "listed"),
            None => match record.outcome() {
                Outcome::Duplicate(token) => (Some(token), "named as waiting"),
                _ => continue,
            },
        };
        let tokens = record.tokens().into_iter().flatten().chain(single);
        let at_ns = record.returned_ns().unwrap_or(NEVER);
        for token in tokens {
            tally.examine(1);
            let Some(id) = normalised.id(token) else { continue };
            let value = trace.value(id);
            let early_ns = value.join.inv_ns.checked_sub(at_ns).filter(|gap_ns| *gap_ns > 0);
            let why = match value.acceptance {
                Acceptance::Never if token.is_alien() => "it is no token that any client was given".to_owned(),
                Acceptance::Never => "nobody joined with it".to_owned(),
                Acceptance::Refused => "its join was refused".to_owned(),
                Acceptance::Accepted | Acceptance::Unknown => match early_ns {
                    Some(gap_ns) => format!("its join was sent only {} later", ms(gap_ns)),
                    None => continue,
                },
            };
            let margin_ns = early_ns.filter(|_| value.may_have_joined());
            let story = || format!("{} was {verb} at {}, but {why}", words.whose(trace, id), ms(at_ns));
            tally.violation(story, margin_ns, || {
                in_order(words.join_event(trace, id).into_iter().chain([words.event(index, &[token])]))
            });
        }
    }
    tally.finding(Promise::NoPhantoms, "no answer named a token: let the scenario admit, or drain at the end")
}
