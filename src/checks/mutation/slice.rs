//! What the history says of a few values, and nothing else.
//!
//! Leaving out a value with all that concerns it keeps a legal history legal. What an answer says of others is
//! left out of it: a full batch asked for as many as are kept of it, a short one stays short. Admissions that were
//! never answered are left out too: the values kept are none that they took, or the slice is passed over.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand_chacha::ChaCha8Rng;

use super::pick::{Mask, pick};
use crate::history::{History, Record};
use crate::model::{BatchId, DedupeKey, Operation, Outcome, Terms, Token, UserId};

/// Answers about the position of one value that are kept: leaving out answers keeps legal histories legal too.
const POSITIONS_MAX: u32 = 8;

/// A slice.
pub(super) struct Slice<'a> {
    pub(super) terms: &'a Terms,
    /// In order of sending.
    pub(super) records: Vec<Record>,
    /// What is certain of each value that was accepted at the first attempt.
    pub(super) lives: Vec<Life>,
    /// Which record is the drain's last answer.
    pub(super) drained: Option<usize>,
    /// Whether a sweep may have removed somebody.
    pub(super) swept: bool,
}

/// A value that was accepted by the only attempt of its join.
#[derive(Clone, Copy)]
pub(super) struct Life {
    pub(super) token: Token,
    pub(super) user: UserId,
    pub(super) dedupe: DedupeKey,
    /// The record of its join.
    pub(super) join: usize,
    pub(super) join_sent_ns: u64,
    pub(super) joined_ns: u64,
    /// The admission that let it in, if a single one was answered with it, at the first attempt, and nobody asked it to leave.
    pub(super) admission: Option<Admission>,
    /// Whether somebody asked it to leave or an admission names it.
    pub(super) may_be_removed: bool,
}

/// An admission with the place that a value has in its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Admission {
    pub(super) record: usize,
    pub(super) place: usize,
    pub(super) sent_ns: u64,
    pub(super) admitted_ns: u64,
}

/// Slices all over a history.
pub(super) fn slices<'a>(history: &'a History, rng: &mut ChaCha8Rng) -> Vec<Slice<'a>> {
    let picked = pick(history, rng);
    let mut kept: Vec<(Vec<Record>, Option<usize>)> = (0..picked.slices).map(|_| (Vec::new(), None)).collect();
    let all: Mask = (0..picked.slices).fold(0, |mask, slice| mask | 1 << slice);
    let mut positions: HashMap<(u32, Token), u32> = HashMap::new();
    for (index, record) in history.records.iter().enumerate() {
        let always = picked.drained == Some(index) || picked.swept == Some(index);
        let of = |token: Token| picked.slices_of(token);
        let mut slices = if always { all } else { 0 };
        named(&record, |token| slices |= of(token));
        while slices > 0 {
            let slice = slices.trailing_zeros();
            slices &= slices - 1;
            if let (Operation::Position(entry), Outcome::Position(_)) = (&record.call, &record.outcome) {
                let count = positions.entry((slice, entry.token)).or_default();
                *count += 1;
                if *count > POSITIONS_MAX {
                    continue;
                }
            }
            if let Some(part) = project(&record, |token| of(token) >> slice & 1 == 1, always) {
                let (records, drained) = &mut kept[slice as usize];
                if picked.drained == Some(index) {
                    *drained = Some(records.len());
                }
                records.push(part);
            }
        }
    }
    let terms = &history.header.terms;
    kept.into_iter()
        .map(|(records, drained)| Slice {
            terms,
            lives: lives(&records),
            records,
            drained,
            swept: picked.swept.is_some(),
        })
        .collect()
}

/// Every token that a record is about.
fn named(record: &Record, mut each: impl FnMut(Token)) {
    if let Some(entry) = record.call.entry() {
        each(entry.token);
    }
    match &record.outcome {
        Outcome::Admitted(list) | Outcome::Entries(list) => list.iter().copied().for_each(each),
        Outcome::Duplicate(token) => each(*token),
        _ => {}
    }
}

/// What is left of a record when only some tokens are kept; `None`: nothing. `always` keeps one that names nobody.
pub(super) fn project(record: &Record, keep: impl Fn(Token) -> bool, always: bool) -> Option<Record> {
    let kept = |tokens: &[Token]| tokens.iter().copied().filter(|token| keep(*token)).collect::<Vec<Token>>();
    let part = |call, outcome| Record { call, outcome, ..record.clone() };
    match (&record.call, &record.outcome) {
        (Operation::Join(_), Outcome::Duplicate(token)) => keep(*token).then(|| record.clone()),
        (Operation::Admit { count, batch }, Outcome::Admitted(tokens)) => {
            let kept = kept(tokens);
            let short = tokens.len() < *count as usize;
            let count = if short { *count } else { u32::try_from(kept.len()).unwrap_or(u32::MAX) };
            let call = Operation::Admit { count, batch: *batch };
            (always || !kept.is_empty()).then(|| part(call, Outcome::Admitted(kept)))
        }
        (Operation::Entries(_), Outcome::Entries(tokens)) => {
            let kept = kept(tokens);
            (!kept.is_empty()).then(|| part(record.call, Outcome::Entries(kept)))
        }
        (call, _) => match call.entry() {
            Some(entry) => keep(entry.token).then(|| record.clone()),
            None => always.then(|| record.clone()),
        },
    }
}

/// What these records say for certain of each value, in order of joining.
fn lives(records: &[Record]) -> Vec<Life> {
    let mut batches: HashMap<BatchId, u32> = HashMap::new();
    let mut joins: BTreeMap<Token, Vec<usize>> = BTreeMap::new();
    let mut admissions: HashMap<Token, Vec<(usize, usize)>> = HashMap::new();
    let mut asked_to_leave: BTreeSet<Token> = BTreeSet::new();
    for (index, record) in records.iter().enumerate() {
        match (&record.call, &record.outcome) {
            (Operation::Join(entry), _) => joins.entry(entry.token).or_default().push(index),
            (Operation::Leave(entry), _) => {
                asked_to_leave.insert(entry.token);
            }
            (Operation::Admit { batch, .. }, Outcome::Admitted(tokens)) => {
                *batches.entry(*batch).or_default() += 1;
                for (place, token) in tokens.iter().enumerate() {
                    admissions.entry(*token).or_default().push((index, place));
                }
            }
            _ => {}
        }
    }
    let admission = |token: Token| {
        let [(record, place)] = admissions.get(&token)?[..] else { return None };
        let Operation::Admit { batch, .. } = records[record].call else { return None };
        let once = records[record].attempt == 0 && batches.get(&batch) == Some(&1);
        let (sent_ns, admitted_ns) = (records[record].sent_ns, records[record].returned_ns?);
        (once && !asked_to_leave.contains(&token)).then_some(Admission { record, place, sent_ns, admitted_ns })
    };
    let life = |(token, joins): (Token, Vec<usize>)| {
        let [join] = joins[..] else { return None };
        let record = &records[join];
        let entry = record.call.entry().filter(|_| record.outcome == Outcome::Joined)?;
        Some(Life {
            token,
            user: entry.user,
            dedupe: entry.dedupe,
            join,
            join_sent_ns: record.sent_ns,
            joined_ns: record.returned_ns?,
            admission: admission(token),
            may_be_removed: asked_to_leave.contains(&token) || admissions.contains_key(&token),
        })
    };
    let mut lives: Vec<Life> = joins.into_iter().filter_map(life).collect();
    lives.sort_by_key(|life| (life.join_sent_ns, life.token));
    lives
}

impl Slice<'_> {
    /// The values that were certainly let in, each with its admission.
    pub(super) fn admitted(&self) -> impl Iterator<Item = (Life, Admission)> + Clone + '_ {
        self.lives.iter().filter_map(|life| Some((*life, life.admission?)))
    }

    /// Whether an entry may vanish without anybody being told.
    pub(super) fn may_vanish(&self) -> bool {
        self.terms.ttl_ns.is_some() || self.swept
    }

    /// A token that nothing in the slice names.
    pub(super) fn unknown_token(&self) -> Token {
        let mut next = 0;
        let ours = |token: Token| if token.is_alien() { 0 } else { token.0 + 1 };
        self.records.iter().for_each(|record| named(record, |token| next = ours(token).max(next)));
        Token(next % Token::ALIEN)
    }

    /// The slice with one thing changed.
    pub(super) fn altered(
        &self,
        name: &'static str,
        about: impl Into<Vec<Token>>,
        change: impl FnOnce(&mut Vec<Record>),
    ) -> super::Mutant {
        altered(self.records.clone(), name, about, change, self.terms.capacity)
    }
}

/// These records, and the same with one thing changed.
pub(super) fn altered(
    before: Vec<Record>,
    name: &'static str,
    about: impl Into<Vec<Token>>,
    change: impl FnOnce(&mut Vec<Record>),
    capacity: Option<u64>,
) -> super::Mutant {
    let mut after = before.clone();
    change(&mut after);
    after.sort_by_key(|record| record.sent_ns);
    super::Mutant { name, about: about.into(), before, after, capacity }
}

/// Adds a token at the end of an answer; a full one stays full.
pub(super) fn append(record: &mut Record, token: Token) {
    if let (Operation::Admit { count, .. }, Outcome::Admitted(tokens)) = (&mut record.call, &mut record.outcome) {
        tokens.push(token);
        *count = (*count).max(u32::try_from(tokens.len()).unwrap_or(u32::MAX));
    }
}

/// Removes a token from an answer; a full one stays full.
pub(super) fn take_out(record: &mut Record, place: usize) {
    if let (Operation::Admit { count, .. }, Outcome::Admitted(tokens)) = (&mut record.call, &mut record.outcome) {
        if tokens.len() >= *count as usize {
            *count = count.saturating_sub(1);
        }
        tokens.remove(place);
    }
}

/// Writes another token in the place of one.
pub(super) fn put(record: &mut Record, place: usize, token: Token) {
    if let Outcome::Admitted(tokens) = &mut record.outcome {
        tokens[place] = token;
    }
}

/// One of these, by chance.
pub(super) fn one_of<T>(mut candidates: Vec<T>, rng: &mut ChaCha8Rng) -> Option<T> {
    use rand::RngExt as _;
    (!candidates.is_empty()).then(|| candidates.swap_remove(rng.random_range(0..candidates.len())))
}
