//! `capacity`: no more are admitted than allowed.
//!
//! One admission never answers more tokens than it asked for; all the answers to one batch id together
//! never name more; and the admissions of the load phase never name more than the scenario allows in all.

use std::collections::{BTreeSet, HashSet};

use super::finding::Finding;
use super::grouped::grouped;
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::{History, Record};
use crate::model::{Operation, Outcome, Phase, Promise, Token};

/// Judges `capacity`. Examined: admissions that were answered.
#[must_use]
pub fn check(history: &History) -> Finding {
    let words = Words::new(history);
    let mut tally = Tally::default();
    let mut batches = Vec::new();
    let mut admitted: HashSet<Token> = HashSet::new();
    let capacity = history.header.terms.capacity;
    let (mut answers, mut exceeded_by) = (Vec::new(), None);
    for (index, record) in history.records.rows().enumerate() {
        let (Operation::Admit { count, batch }, Some(tokens)) = (record.call(), record.admitted()) else { continue };
        answers.push(index);
        batches.push((batch.0, index as u32));
        if tokens.len() > count as usize {
            let story = || {
                let at = ms(record.returned_ns().unwrap_or(record.sent_ns()));
                format!("an admission asked for {count} and was answered with {} at {at}", tokens.len())
            };
            tally.violation(story, None, || vec![words.event(index, &[])]);
        }
        if let Some(capacity) = capacity.filter(|_| record.phase() == Phase::Load) {
            admitted.extend(tokens);
            if admitted.len() as u64 > capacity && exceeded_by.is_none() {
                exceeded_by = Some(index);
            }
        }
    }
    tally.examine(answers.len());
    for records in grouped(batches.iter().copied()).several() {
        let answers: Vec<Record> = records.iter().map(|index| history.records.at(*index as usize)).collect();
        let asked = answers.iter().filter_map(|record| match record.call {
            Operation::Admit { count, .. } => Some(count as usize),
            _ => None,
        });
        let asked = asked.max().unwrap_or(0);
        let lists = || {
            answers.iter().map(|record| match &record.outcome {
                Outcome::Admitted(tokens) => tokens.as_slice(),
                _ => &[],
            })
        };
        let tokens: BTreeSet<Token> = lists().flatten().copied().collect();
        // A single answer that is too long was counted above.
        if tokens.len() > asked && lists().all(|list| list.len() <= asked) {
            let story = || {
                format!(
                    "{} answers to one batch id that asked for {asked} let {} different tokens in",
                    records.len(),
                    tokens.len()
                )
            };
            tally.violation(story, None, || in_order(records.iter().map(|index| words.event(*index as usize, &[]))));
        }
    }
    if let (Some(index), Some(capacity)) = (exceeded_by, capacity) {
        let story = || {
            let at = ms(history.records.at(index).returned_ns.unwrap_or(history.records.at(index).sent_ns));
            format!(
                "{} were let in during the load, {capacity} were allowed; the limit was passed at {at}",
                admitted.len()
            )
        };
        tally.violation(story, None, || vec![words.event(index, &[])]);
    }
    tally.finding(Promise::Capacity, "no admission was answered: let the scenario admit")
}
