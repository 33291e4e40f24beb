//! What a history says of a few tokens.
//!
//! Leaving out all that concerns a token keeps every legal history legal, so operations that fit no queue prove that
//! the whole fits none. What is kept must then be kept with care:
//!
//! - every attempt to join or to leave, also those without an answer;
//! - of an admission the tokens that matter. One that got all it asked for now asks for as many as are left of its
//!   answer; one that got fewer, and so says that nobody else waited, still asks for more;
//! - an admission that was never answered may have taken any of the tokens. It becomes as many unanswered admissions of
//!   one, which allows more than it could have done and so accuses nobody falsely.

use std::collections::{HashMap, HashSet};

use crate::history::{History, Record};
use crate::model::{BatchId, Operation, Outcome, Token};

/// Every attempt that may have moved one of these tokens, and of the rest only what `shown` lists by the index of
/// its record: answers about the tokens, and admissions that say that nobody waits.
#[must_use]
pub fn project(history: &History, tokens: &HashSet<Token>, shown: &HashSet<usize>) -> History {
    let mut admissions = Admissions::default();
    for (index, row) in history.records.rows().enumerate() {
        if let Operation::Admit { .. } = row.call() {
            admissions.meets(row.record(), tokens, shown.contains(&index));
        }
    }
    let mut records: Vec<Record> = Vec::new();
    for (index, row) in history.records.rows().enumerate() {
        let shown = shown.contains(&index);
        let record = row.record();
        let kept = match (&record.call, &record.outcome) {
            (Operation::Join(entry), Outcome::Duplicate(token)) if *token != entry.token => {
                shown && tokens.contains(token)
            }
            (Operation::Join(entry) | Operation::Leave(entry), _) => tokens.contains(&entry.token),
            (Operation::Position(entry) | Operation::Renew(entry), _) => shown && tokens.contains(&entry.token),
            _ => false,
        };
        if kept {
            records.push(record);
        } else if let Operation::Admit { .. } = record.call {
            admissions.keep(record, tokens, shown, &mut records);
        }
    }
    admissions.lost(tokens.len(), &mut records);
    records.sort_by_key(|record| record.sent_ns);
    History { header: history.header.clone(), records: records.into(), names: history.names.clone() }
}

/// What is known of the admissions, by the batches that they name.
#[derive(Default)]
struct Admissions {
    /// How many the first answer that is kept asks for now; `None`: answered, and nothing of it matters.
    answered: HashMap<BatchId, Option<u32>>,
    /// The first attempt of those without an answer.
    unanswered: HashMap<BatchId, Record>,
}

impl Admissions {
    fn meets(&mut self, record: Record, tokens: &HashSet<Token>, shown: bool) {
        let Operation::Admit { batch, .. } = record.call else { return };
        match &record.outcome {
            Outcome::Admitted(_) => {
                let asks = part(&record, tokens, shown).map(|(asks, _)| asks);
                let known = self.answered.entry(batch).or_default();
                *known = known.or(asks);
            }
            Outcome::Refused(_) => {}
            _ => {
                self.unanswered.entry(batch).or_insert(record);
            }
        }
    }

    fn keep(&self, mut record: Record, tokens: &HashSet<Token>, shown: bool, records: &mut Vec<Record>) {
        let Operation::Admit { batch, .. } = record.call else { return };
        match &record.outcome {
            Outcome::Admitted(_) => {
                let Some((count, left)) = part(&record, tokens, shown) else { return };
                record.call = Operation::Admit { count, batch };
                record.outcome = Outcome::Admitted(left);
            }
            Outcome::Refused(_) => return,
            _ => {
                // It may be the attempt that did what a later one was told.
                let Some(Some(count)) = self.answered.get(&batch) else { return };
                record.call = Operation::Admit { count: *count, batch };
            }
        }
        records.push(record);
    }

    /// Adds those that were never answered. One that was sent when everything else was over cannot matter.
    fn lost(self, tokens: usize, records: &mut Vec<Record>) {
        let answered = records.iter().filter(|record| !matches!(record.outcome, Outcome::Unknown(_)));
        let over_ns = answered.map(|record| record.returned_ns.unwrap_or(u64::MAX)).max().unwrap_or_default();
        let highest = self.answered.keys().chain(self.unanswered.keys()).map(|batch| batch.0).max();
        let taken: HashSet<BatchId> = self.answered.keys().chain(self.unanswered.keys()).copied().collect();
        // Beyond all that are known, so that their names are their own; numbers may wrap in a file that was edited.
        let from = highest.unwrap_or_default().wrapping_add(1);
        let mut free = (from..=u64::MAX).chain(0..from).map(BatchId).filter(|batch| !taken.contains(batch));
        let mut lost: Vec<(BatchId, Record)> =
            self.unanswered.into_iter().filter(|(batch, _)| !self.answered.contains_key(batch)).collect();
        lost.retain(|(_, record)| record.sent_ns <= over_ns);
        lost.sort_by_key(|(batch, record)| (record.sent_ns, batch.0));
        for (_, record) in lost {
            let Operation::Admit { count, .. } = record.call else { continue };
            let units = usize::try_from(count).unwrap_or(usize::MAX).min(tokens);
            for batch in free.by_ref().take(units) {
                records.push(Record { call: Operation::Admit { count: 1, batch }, ..record.clone() });
            }
        }
    }
}

/// How many an answered admission asks for when only these tokens are looked at, and which of them it got; `None`
/// when nothing is left to be said.
fn part(record: &Record, tokens: &HashSet<Token>, shown: bool) -> Option<(u32, Vec<Token>)> {
    let (Operation::Admit { count, .. }, Outcome::Admitted(all)) = (&record.call, &record.outcome) else { return None };
    let left: Vec<Token> = all.iter().filter(|token| tokens.contains(token)).copied().collect();
    if all.len() < usize::try_from(*count).unwrap_or(usize::MAX) {
        (shown || !left.is_empty()).then_some((*count, left))
    } else {
        (!left.is_empty()).then_some((u32::try_from(left.len()).unwrap_or(u32::MAX), left))
    }
}
