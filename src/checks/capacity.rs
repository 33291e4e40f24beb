//! `capacity`: no more are admitted than allowed.
//!
//! One admission never answers more tokens than it asked for; all the answers to one batch id together
//! never name more; and the admissions of the load phase never name more than the scenario allows in all.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::History;
use crate::model::{BatchId, Operation, Outcome, Phase, Promise, Token};

#[derive(Default)]
struct Batch {
    asked: usize,
    tokens: BTreeSet<Token>,
    records: Vec<usize>,
}

/// Judges `capacity`. Examined: admissions that were answered.
#[must_use]
pub fn check(history: &History) -> Finding {
    let words = Words::new(history);
    let mut tally = Tally::default();
    let mut batches: BTreeMap<BatchId, Batch> = BTreeMap::new();
    let mut admitted: BTreeSet<Token> = BTreeSet::new();
    let capacity = history.header.terms.capacity;
    let (mut answers, mut exceeded_by) = (Vec::new(), None);
    for (index, record) in history.records.iter().enumerate() {
        let (Operation::Admit { count, batch }, Outcome::Admitted(tokens)) = (&record.call, &record.outcome) else {
            continue;
        };
        answers.push(index);
        let batch = batches.entry(*batch).or_default();
        batch.asked = batch.asked.max(*count as usize);
        batch.records.push(index);
        batch.tokens.extend(tokens);
        if tokens.len() > *count as usize {
            let story = || {
                let at = ms(record.returned_ns.unwrap_or(record.sent_ns));
                format!("an admission asked for {count} and was answered with {} at {at}", tokens.len())
            };
            tally.violation(story, None, || vec![words.event(index, &[])]);
        }
        if record.phase == Phase::Load {
            admitted.extend(tokens);
            if capacity.is_some_and(|capacity| admitted.len() as u64 > capacity) && exceeded_by.is_none() {
                exceeded_by = Some(index);
            }
        }
    }
    tally.examine(answers.len());
    for batch in batches.values() {
        // A single answer that is too long was counted above.
        let longest = batch.records.iter().map(|index| match &history.records[*index].outcome {
            Outcome::Admitted(tokens) => tokens.len(),
            _ => 0,
        });
        if batch.tokens.len() > batch.asked && longest.max().unwrap_or(0) <= batch.asked {
            let story = || {
                format!(
                    "{} answers to one batch id that asked for {} let {} different tokens in",
                    batch.records.len(),
                    batch.asked,
                    batch.tokens.len()
                )
            };
            tally.violation(story, None, || in_order(batch.records.iter().map(|index| words.event(*index, &[]))));
        }
    }
    if let (Some(index), Some(capacity)) = (exceeded_by, capacity) {
        let story = || {
            let at = ms(history.records[index].returned_ns.unwrap_or(history.records[index].sent_ns));
            format!(
                "{} were let in during the load, {capacity} were allowed; the limit was passed at {at}",
                admitted.len()
            )
        };
        tally.violation(story, None, || vec![words.event(index, &[])]);
    }
    tally.finding(Promise::Capacity, "no admission was answered: let the scenario admit")
}
