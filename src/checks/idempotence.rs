//! `idempotence`: a repeated request gets the first answer.
//!
//! - *Admissions*: all answers to one batch id are the same list.
//! - *Joins*: an attempt that repeats one that was answered is answered the same. "Joined" and "duplicate"
//!   of the own token say the same: your place stands. Another answer is right only if the place that the
//!   first one named may have been given up in between.
//! - A "duplicate" names a place that stands: not one whose leave had been answered, and not one that had
//!   been admitted, if the design says that it forgets those. (A repeat that hears of its own token hears of the past.)
//!
//! Leaves, renewals and positions are left to the other promises: their second answer may rightly differ.

use std::collections::HashSet;

use super::Normalised;
use super::finding::Finding;
use super::grouped::grouped;
use super::normalise::span;
use super::notation::{NEVER, Trace};
use super::stay::{Stay, Stays};
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::History;
use crate::model::{DuplicateMeans, Entry, OpId, OpKind, Operation, Outcome, Promise, Token};

/// Judges `idempotence`. Examined: repeated admissions, repeated joins, and "duplicate" answers.
#[must_use]
pub fn check(history: &History, normalised: &Normalised) -> Finding {
    let mut tally = Tally::default();
    let again: HashSet<OpId> =
        history.records.rows().filter(|record| record.attempt() > 0).map(|record| record.op()).collect();
    let (mut batches, mut joins) = (Vec::new(), Vec::new());
    for (index, record) in history.records.rows().enumerate() {
        match record.call() {
            Operation::Admit { batch, .. } if record.admitted().is_some() => batches.push((batch.0, index as u32)),
            Operation::Join(_) if again.contains(&record.op()) && stands(&record.outcome()) => {
                joins.push((record.op().0, index as u32));
            }
            _ => {}
        }
    }
    let judge = Judge { history, normalised, words: Words::new(history), stays: normalised.stays() };
    let by_reply = |answers: &[u32]| {
        let mut answers: Vec<usize> = answers.iter().map(|index| *index as usize).collect();
        answers.sort_by_key(|index| (span(&history.records.at(*index)).ret_ns, *index));
        answers
    };
    for answers in grouped(batches.iter().copied()).several() {
        judge.same_batch(&by_reply(answers), &mut tally);
    }
    for answers in grouped(joins.iter().copied()).several() {
        judge.same_join(&by_reply(answers), &mut tally);
    }
    judge.duplicates(&mut tally);
    tally.finding(
        Promise::Idempotence,
        "no request was repeated: drop replies so that clients try again, or let users join twice",
    )
}

/// Whether an answer to a join says that it, or another, was accepted.
fn stands(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Joined | Outcome::Duplicate(_))
}

struct Judge<'a> {
    history: &'a History,
    normalised: &'a Normalised,
    words: Words<'a>,
    stays: Stays<'a>,
}

impl Judge<'_> {
    fn trace(&self) -> &Trace {
        &self.normalised.trace
    }

    fn same_batch(&self, answers: &[usize], tally: &mut Tally) {
        let list = |index: usize| match self.history.records.at(index).outcome {
            Outcome::Admitted(tokens) => tokens,
            _ => Vec::new(),
        };
        let Some((&first, repeats)) = answers.split_first() else { return };
        for &again in repeats {
            tally.examine(1);
            if list(again) == list(first) {
                continue;
            }
            let differ: Vec<Token> = list(first).into_iter().chain(list(again)).collect();
            let texts = [first, again].map(|index| self.words.event(index, &differ).text);
            let story =
                || format!("one batch id was answered twice, and not alike: \"{}\", then \"{}\"", texts[0], texts[1]);
            tally.violation(story, None, || in_order([first, again].map(|index| self.words.event(index, &differ))));
        }
    }

    fn same_join(&self, answers: &[usize], tally: &mut Tally) {
        let Some((&first, repeats)) = answers.split_first() else { return };
        let Some(entry) = self.history.records.at(first).call.entry() else { return };
        let stands = self.named(first, entry);
        for &again in repeats {
            tally.examine(1);
            let named = self.named(again, entry);
            let until_ns = self.stay(stands).map_or(NEVER, |stay| stay.stays_until_ns);
            let answered_ns = span(&self.history.records.at(again)).ret_ns;
            if named == stands || until_ns <= answered_ns {
                continue;
            }
            let tokens = [stands, named];
            let story = || {
                let [one, other] = tokens.map(|token| self.words.token(token));
                format!(
                    "a join of {} was first answered that {one} stands, and its repeat that {other} does, while {one} was still in line",
                    self.words.user(entry.user)
                )
            };
            tally.violation(story, None, || in_order([first, again].map(|index| self.words.event(index, &tokens))));
        }
    }

    /// The token that an answer to a join says stands.
    fn named(&self, index: usize, entry: Entry) -> Token {
        match self.history.records.at(index).outcome {
            Outcome::Duplicate(token) => token,
            _ => entry.token,
        }
    }

    fn stay(&self, token: Token) -> Option<Stay> {
        self.normalised.id(token).map(|id| self.stays.at(id))
    }

    fn duplicates(&self, tally: &mut Tally) {
        let forgets = self.history.header.terms.duplicate_means == DuplicateMeans::WaitingNow;
        for (index, record) in self.history.records.rows().enumerate() {
            if record.kind() != OpKind::Join {
                continue;
            }
            let (Some(entry), Outcome::Duplicate(token)) = (record.call().entry(), record.outcome()) else { continue };
            tally.examine(1);
            let Some(id) = self.normalised.id(token) else { continue };
            let Some(removal) = self.stays.at(id).removal(self.trace()) else { continue };
            // A repeat that hears of its own token hears what the first attempt did, whatever became of the place since.
            let own_retry = token == entry.token && record.attempt() > 0;
            let stale = !own_retry && (!removal.is_batch() || forgets);
            let gone_ns = self.stays.at(id).gone_by_ns;
            if !stale || gone_ns >= record.sent_ns() {
                continue;
            }
            let gap_ns = record.sent_ns() - gone_ns;
            let story = || {
                let who = self.words.user(entry.user);
                let whose = self.words.value(self.trace(), id);
                format!(
                    "{who}'s join was answered \"duplicate of {whose}\" {} after {whose} was {}",
                    ms(gap_ns),
                    self.words.removed(&removal)
                )
            };
            tally.violation(story, Some(gap_ns), || {
                let about = [token];
                let join = self.words.join_event(self.trace(), id);
                let events = [self.words.removal_event(&removal, &about), self.words.event(index, &about)];
                in_order(join.into_iter().chain(events))
            });
        }
    }
}
