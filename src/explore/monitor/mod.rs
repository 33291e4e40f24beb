//! The promises' monitor: judges a history while it grows, so that a state of the search need not hold the history.
//!
//! The monitor is the promise written as a machine: a line of people, and what an operation may do to it. Which instant an operation
//! took effect at, between its beginning and its answer, nobody knows; so the monitor holds every [`Line`] that is possible,
//! with what the operations under way did or saw in it if they took effect already (just-in-time linearization: Wing and Gong
//! 1993, Lowe 2017). An answer keeps the lines that it fits. When none is left, no order of the operations explains the
//! answers: the promise is broken, in this schedule and in all that go on from here.
//!
//! Which promises are asked decides what a line may not do. With all of them, the line is a queue; with one, everything else is
//! forgiven, so that each promise has a verdict of its own. Two histories with the same possible lines have the same future:
//! that is what makes millions of schedules thousands of states.

mod again;
mod line;
mod rules;
mod settle;
mod suppose;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

pub(super) use rules::Rules;

use self::line::{Done, Line};
use super::attempts::{Attempts, OutcomeId};
use super::error::ExploreError;
use super::intern::Interner;
use crate::model::{Entry, Operation, Outcome, Token};

/// An operation of a program, by its number.
pub(super) type OpNumber = u16;

/// What happens in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Event {
    /// The first command of an attempt is about to be executed.
    Begin(OpNumber),
    /// An attempt was answered. `heard`: the client knows it; otherwise only the explorer does, and the client tries again.
    Answer { op: OpNumber, outcome: OutcomeId, heard: bool },
    /// An attempt ended and nobody knows how: it may take effect later.
    Lost(OpNumber),
    /// A time to live (or the share of one that a tick is) went by.
    Tick,
    /// Nobody is left, and the drain was told that nobody waits.
    End,
}

/// A state of the monitor, by its number.
pub(super) type SituationId = u32;

/// The promise is broken, whatever comes.
pub(super) const BROKEN: SituationId = 0;
/// Nothing has happened.
pub(super) const BEGIN: SituationId = 1;

/// An operation that may still take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Open {
    op: OpNumber,
    /// What an earlier attempt was answered, whose client did not hear it.
    answered: Option<OutcomeId>,
    /// An earlier attempt was lost, and may still take effect.
    loose: bool,
}

/// All that is known of a history.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Situation {
    open: Vec<Open>,
    lines: Vec<Line>,
}

/// What the monitor must know of operations and outcomes.
pub(super) struct Book<'a> {
    /// The operations by their number.
    pub operations: &'a [Operation],
    /// Their outcomes by number.
    pub attempts: &'a Attempts,
}

/// The machine of one set of promises.
pub(super) struct Monitor {
    rules: Rules,
    situations: Interner<Situation>,
    steps: FxHashMap<(SituationId, Event), SituationId>,
    /// Tokens by their place in the bit sets of a line, with the entries that they stand for.
    tokens: Vec<Entry>,
}

impl Monitor {
    pub(super) fn new(rules: Rules) -> Monitor {
        let mut situations = Interner::default();
        situations.number(Situation { open: Vec::new(), lines: Vec::new() });
        situations.number(Situation { open: Vec::new(), lines: vec![Line::default()] });
        Monitor { rules, situations, steps: FxHashMap::default(), tokens: Vec::new() }
    }

    /// What is asked.
    pub(super) fn rules(&self) -> Rules {
        self.rules
    }

    /// Makes a token known before a history names it.
    pub(super) fn know(&mut self, entry: Entry) -> Result<(), ExploreError> {
        if self.place_of(entry.token).is_none() {
            // The sets of a line are as wide.
            if self.tokens.len() == 32 {
                return Err(ExploreError::Refused { what: "more than 32 tokens in all programs together".to_owned() });
            }
            self.tokens.push(entry);
        }
        Ok(())
    }

    fn place_of(&self, token: Token) -> Option<u8> {
        self.tokens.iter().position(|entry| entry.token == token).map(|place| place as u8)
    }

    /// The state after an event.
    pub(super) fn step(&mut self, situation: SituationId, event: Event, book: &Book<'_>) -> SituationId {
        if situation == BROKEN {
            return BROKEN;
        }
        if let Some(&known) = self.steps.get(&(situation, event)) {
            return known;
        }
        let next = self.next(self.situations.at(situation), event, book);
        let number = if next.lines.is_empty() { BROKEN } else { self.situations.number(next) };
        self.steps.insert((situation, event), number);
        number
    }

    fn next(&self, before: &Situation, event: Event, book: &Book<'_>) -> Situation {
        let mut open = before.open.clone();
        let lines: BTreeSet<Line> = match event {
            Event::Begin(op) => {
                let mut lines = before.lines.clone();
                if open.iter().any(|other| other.op == op) {
                    // What an answer says its own attempt saw or renewed, and not one before.
                    let renews = matches!(book.operations[usize::from(op)], Operation::Renew(_));
                    let saw = |line: &Line| line.done(op).is_some_and(|done| renews || matches!(done, Done::Saw(_)));
                    lines =
                        lines.into_iter().map(|line| if saw(&line) { line.without_done(op) } else { line }).collect();
                    lines.sort_unstable();
                    lines.dedup();
                } else {
                    open.push(Open { op, answered: None, loose: false });
                    open.sort_unstable();
                }
                return Situation { open, lines };
            }
            Event::Lost(op) => {
                open.iter_mut().filter(|other| other.op == op).for_each(|open| open.loose = true);
                return Situation { open, lines: before.lines.clone() };
            }
            Event::Tick => {
                let all = before.lines.iter().flat_map(|line| self.supposing(line, &before.open, None, book));
                all.map(|line| self.older(line)).collect()
            }
            Event::End => {
                let mut all = before.lines.iter().flat_map(|line| self.supposing(line, &before.open, None, book));
                let lines = if all.any(|line| self.may_end(&line)) { vec![Line::default()] } else { Vec::new() };
                return Situation { open: Vec::new(), lines };
            }
            Event::Answer { op, outcome, heard } => {
                let answer = book.attempts.outcome(outcome);
                let operation = &book.operations[usize::from(op)];
                let entry = open.iter().position(|other| other.op == op);
                let earlier = entry.and_then(|at| open[at].answered);
                let lines = self.answered(before, (op, operation), answer, earlier, book);
                if let Some(at) = entry {
                    let was = open[at];
                    if matches!(answer, Outcome::Unknown(_)) {
                        open[at].loose = true;
                    } else if !heard {
                        open[at].answered = Some(earlier.unwrap_or(outcome));
                    } else if was.loose && may_yet_happen(operation, answer) {
                        open[at] = Open { answered: None, ..was };
                    } else {
                        open.remove(at);
                    }
                }
                lines
            }
        };
        let normalised = lines.into_iter().map(|line| self.rules.normalised(line, &self.tokens));
        Situation { open, lines: normalised.collect::<BTreeSet<_>>().into_iter().collect() }
    }

    /// The lines that an answer fits.
    fn answered(
        &self,
        before: &Situation,
        (op, operation): (OpNumber, &Operation),
        answer: &Outcome,
        earlier: Option<OutcomeId>,
        book: &Book<'_>,
    ) -> BTreeSet<Line> {
        if matches!(answer, Outcome::Unknown(_)) {
            return before.lines.iter().cloned().collect();
        }
        let mut fit = BTreeSet::new();
        let loose = before.open.iter().any(|open| open.op == op && open.loose);
        for line in &before.lines {
            if let Some(earlier) = earlier {
                let first = book.attempts.outcome(earlier);
                for line in self.supposing(line, &before.open, None, book) {
                    let seen = match line.done(op).cloned() {
                        Some(Done::Saw(seen)) => seen,
                        // A late attempt did it, and this one found it done, or is the one that did.
                        Some(done @ Done::Happened) => {
                            fit.extend(self.confirmed(&line, op, operation, &done, answer));
                            fit.extend(self.settle(line.without_done(op), operation, answer));
                            continue;
                        }
                        Some(Done::Took(_)) | None => {
                            fit.extend(self.again(line, operation, first, answer));
                            continue;
                        }
                    };
                    let then = Line::of((*seen).clone());
                    let same = self.again(then, operation, first, answer).is_some_and(|then| then.standing == *seen);
                    fit.extend(same.then(|| line.without_done(op)));
                }
                continue;
            }
            // Where an earlier attempt was lost it may have taken effect before this instant.
            for line in self.supposing(line, &before.open, (!loose).then_some(op), book) {
                let Some(done) = line.done(op).cloned() else {
                    fit.extend(self.settle(line, operation, answer));
                    continue;
                };
                fit.extend(self.confirmed(&line, op, operation, &done, answer));
                if loose && done == Done::Happened && may_yet_happen(operation, answer) {
                    // An earlier attempt did it, and this one found it done.
                    fit.extend(self.settle(line.without_done(op), operation, answer));
                }
            }
        }
        fit
    }
}

/// Whether an operation with this answer may still take effect through an earlier attempt that was lost.
fn may_yet_happen(operation: &Operation, answer: &Outcome) -> bool {
    match (operation, answer) {
        (Operation::Join(entry), Outcome::Duplicate(token)) => *token != entry.token,
        (Operation::Join(_) | Operation::Leave(_) | Operation::Renew(_), Outcome::NotWaiting | Outcome::Refused(_)) => {
            true
        }
        _ => false,
    }
}
