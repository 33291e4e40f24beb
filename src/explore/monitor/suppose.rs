//! What the operations under way may have done already.

use std::collections::BTreeSet;

use super::line::{Done, Line, Standing};
use super::{Book, Monitor, OpNumber, Open, may_yet_happen};
use crate::model::{Operation, Promise};

impl Monitor {
    /// Every line that there may be when any of the open operations, but the one that is answered now, take effect before this
    /// instant, in any order.
    pub(super) fn supposing(
        &self,
        line: &Line,
        open: &[Open],
        answered: Option<OpNumber>,
        book: &Book<'_>,
    ) -> BTreeSet<Line> {
        let mut all = BTreeSet::from([line.clone()]);
        let mut fresh = vec![line.clone()];
        while let Some(line) = fresh.pop() {
            for open in open.iter().filter(|open| Some(open.op) != answered) {
                if line.done(open.op).is_some() {
                    continue;
                }
                let operation = &book.operations[usize::from(open.op)];
                // One whose answer only its client missed has taken effect: its repeat looks, and no more. Unless that answer says
                // that nothing happened, and another attempt is still on its way.
                let spent = open
                    .answered
                    .is_some_and(|first| !(open.loose && may_yet_happen(operation, book.attempts.outcome(first))));
                for (standing, done) in self.effects(&line.standing, operation) {
                    if spent && !matches!(done, Done::Saw(_)) {
                        continue;
                    }
                    let line = self.rules.normalised(line.with_done(standing, open.op, done), &self.tokens);
                    if all.insert(line.clone()) {
                        fresh.push(line);
                    }
                }
            }
        }
        all
    }

    /// What an operation may do to a line.
    fn effects(&self, standing: &Standing, operation: &Operation) -> Vec<(Standing, Done)> {
        let saw = || (standing.clone(), Done::Saw(Box::new(standing.clone())));
        match operation {
            Operation::Join(entry) => {
                let mut joined = standing.clone();
                let fresh = self.place_of(entry.token).is_some_and(|token| !standing.ever.holds(token));
                let may = fresh && self.join(&mut joined, entry);
                may.then_some((joined, Done::Happened)).into_iter().chain([saw()]).collect()
            }
            Operation::Leave(entry) => {
                let mut left = standing.clone();
                let at = self.place_of(entry.token).and_then(|token| Some((token, standing.find(token)?)));
                let happened = at.map(|(token, at)| {
                    left.places.remove(at);
                    left.left.add(token);
                    (left, Done::Happened)
                });
                happened.into_iter().chain([saw()]).collect()
            }
            Operation::Renew(entry) => {
                let mut renewed = standing.clone();
                let at = self.place_of(entry.token).and_then(|token| standing.find(token));
                let happened = at.map(|at| {
                    renewed.places[at].age = 0;
                    (renewed, Done::Happened)
                });
                happened.into_iter().chain([saw()]).collect()
            }
            Operation::Admit { count, .. } => {
                let mut all = Vec::new();
                self.admissions(standing.clone(), 0, *count as usize, Vec::new(), &mut all);
                all
            }
            Operation::Position(_) | Operation::Entries(_) => vec![saw()],
            // Nothing in their answers is judged, and nothing in line changes.
            Operation::Sweep { .. } | Operation::Stats => Vec::new(),
        }
    }

    /// Everybody that an admission may take: with one line, the first; else any, as far as each user's order allows. `from` is
    /// where to go on.
    fn admissions(
        &self,
        standing: Standing,
        from: usize,
        wanted: usize,
        taken: Vec<u8>,
        all: &mut Vec<(Standing, Done)>,
    ) {
        let in_line = self.rules.asks(Promise::GlobalFifo);
        if wanted == 0 || from >= standing.places.len() {
            all.push((standing, Done::Took(taken)));
            return;
        }
        let place = standing.places[from];
        let user = |token: u8| self.tokens[usize::from(token)].user;
        let overtakes = self.rules.asks(Promise::PerUserFifo)
            && standing.places[..from]
                .iter()
                .any(|other| self.rules.lives(*other) && user(other.token) == user(place.token));
        if in_line && !self.rules.lives(place) {
            // It may be gone already.
            let mut gone = standing.clone();
            gone.expire(|other| other == &place);
            self.admissions(gone, from, wanted, taken.clone(), all);
        }
        if !in_line {
            self.admissions(standing.clone(), from + 1, wanted, taken.clone(), all);
        }
        if !overtakes {
            let (mut rest, mut taken) = (standing, taken);
            rest.places.remove(from);
            rest.admitted.add(place.token);
            taken.push(place.token);
            self.admissions(rest, from, wanted - 1, taken, all);
        }
    }
}
