//! What an answer says when its operation takes effect at this instant.

use super::line::{Done, Line, Place, Standing};
use super::{Monitor, OpNumber};
use crate::model::{Entry, Operation, Outcome, Promise, Token};

impl Monitor {
    /// The line after an operation that takes effect now and is answered so; `None` where it cannot be answered so.
    pub(super) fn settle(&self, mut line: Line, operation: &Operation, answer: &Outcome) -> Option<Line> {
        self.settled(&mut line.standing, operation, answer).then_some(line)
    }

    /// The line after the answer to an operation that took effect before; none where it was not this.
    pub(super) fn confirmed(
        &self,
        line: &Line,
        op: OpNumber,
        operation: &Operation,
        done: &Done,
        answer: &Outcome,
    ) -> Option<Line> {
        let fits = match done {
            Done::Happened => match (operation, answer) {
                (Operation::Join(_), Outcome::Joined)
                | (Operation::Leave(_), Outcome::Left)
                | (Operation::Renew(_), Outcome::Renewed) => true,
                (Operation::Join(entry), Outcome::Duplicate(token)) => *token == entry.token,
                _ => false,
            },
            Done::Saw(seen) => {
                let changes = matches!(answer, Outcome::Joined | Outcome::Left | Outcome::Renewed);
                let own = |token: &Token| operation.entry().is_some_and(|entry| entry.token == *token);
                let own = matches!(answer, Outcome::Duplicate(token) if own(token));
                let mut then = seen.as_ref().clone();
                if changes || own || !self.settled(&mut then, operation, answer) {
                    return None;
                }
                // Whoever must have been in line then has joined since, at the latest.
                let mut line = line.without_done(op);
                let known = 0..self.tokens.len() as u8;
                let joined = |token: &u8| then.ever.holds(*token) && !seen.ever.holds(*token);
                return known
                    .filter(joined)
                    .all(|token| self.must_have_joined(&mut line.standing, token))
                    .then_some(line);
            }
            Done::Took(taken) => {
                matches!(answer, Outcome::Admitted(tokens) if self.same_admission(operation, taken, tokens))
            }
        };
        fits.then(|| line.without_done(op))
    }

    /// Whether an admission that took these would have been answered so.
    fn same_admission(&self, operation: &Operation, taken: &[u8], answer: &[Token]) -> bool {
        let Operation::Admit { count, .. } = operation else { return false };
        if self.rules.asks(Promise::Capacity) && answer.len() > *count as usize {
            return false;
        }
        let named: Option<Vec<u8>> = answer.iter().map(|token| self.place_of(*token)).collect();
        let Some(mut named) = named else { return false };
        if !self.rules.asks(Promise::GlobalFifo) {
            if self.rules.asks(Promise::PerUserFifo) {
                // Sorting by user keeps each user's own order.
                let mut taken = taken.to_vec();
                let user = |place: &u8| self.tokens[usize::from(*place)].user.0;
                taken.sort_by_key(user);
                named.sort_by_key(user);
                return named == taken;
            }
            let mut taken = taken.to_vec();
            taken.sort_unstable();
            named.sort_unstable();
            return named == taken;
        }
        named == taken
    }

    fn settled(&self, standing: &mut Standing, operation: &Operation, answer: &Outcome) -> bool {
        match (operation, answer) {
            (_, Outcome::Refused(_) | Outcome::Unknown(_)) => true,
            (Operation::Join(entry), Outcome::Joined) => self.join(standing, entry),
            (Operation::Join(entry), Outcome::Duplicate(token)) => self.duplicate(standing, entry, *token),
            (Operation::Admit { count, .. }, Outcome::Admitted(tokens)) => self.admit(standing, *count, tokens),
            (Operation::Leave(entry), Outcome::Left) => self.leave(standing, entry),
            (Operation::Renew(entry), Outcome::Renewed) => self.renew(standing, entry),
            (Operation::Position(entry), Outcome::Position(place)) => self.position(standing, entry, *place),
            (Operation::Leave(entry) | Operation::Renew(entry), Outcome::NotWaiting) => {
                !self.waits(standing, entry) || !self.rules.any(&[Promise::GlobalFifo, Promise::Expiry])
            }
            (Operation::Position(entry), Outcome::NotWaiting) => {
                !self.waits(standing, entry)
                    || !self.rules.any(&[Promise::GlobalFifo, Promise::Expiry, Promise::Position])
            }
            (Operation::Entries(_), Outcome::Entries(tokens)) => self.listed(standing, tokens),
            (Operation::Sweep { .. }, Outcome::Swept(_)) | (Operation::Stats, Outcome::Stats(_)) => true,
            // An answer of the wrong kind is none.
            _ => false,
        }
    }

    /// Whether somebody stands in line whose time has not come.
    fn waits(&self, standing: &Standing, entry: &Entry) -> bool {
        let at = self.place_of(entry.token).and_then(|token| standing.find(token));
        at.is_some_and(|at| self.rules.lives(standing.places[at]))
    }

    /// Somebody stands in line from now on.
    pub(super) fn join(&self, standing: &mut Standing, entry: &Entry) -> bool {
        let Some(token) = self.place_of(entry.token) else { return false };
        if standing.ever.holds(token) {
            // A token joins once. Where it was taken out of line before that is forgiven, this was it.
            return true;
        }
        if self.rules.asks(Promise::NoDuplicates) {
            let same_key = |place: &Place| self.tokens[usize::from(place.token)].dedupe == entry.dedupe;
            if standing.places.iter().any(|place| same_key(place) && self.rules.lives(*place)) {
                return false;
            }
            // Whoever may have expired has, or this one could not have joined.
            standing.expire(same_key);
        }
        standing.places.push(Place { token, age: 0 });
        standing.ever.add(token);
        true
    }

    /// An answer says that somebody is in line who is not: where that is forgiven, its join took effect by now.
    fn must_have_joined(&self, standing: &mut Standing, token: u8) -> bool {
        !standing.expired.holds(token) && self.join(standing, &self.tokens[usize::from(token)])
    }

    /// "That one stands for you", or stood.
    fn duplicate(&self, standing: &mut Standing, own: &Entry, token: Token) -> bool {
        let ghost = self.rules.any(&[Promise::NoPhantoms, Promise::GlobalFifo]);
        let Some(place) = self.place_of(token) else { return !ghost };
        if own.token == token && !standing.ever.holds(place) {
            return self.join(standing, own);
        }
        if !standing.ever.holds(place) {
            return !ghost && self.must_have_joined(standing, place);
        }
        if standing.expired.holds(place) && own.token != token {
            return false;
        }
        if standing.left.holds(place) && self.rules.asks(Promise::Idempotence) && own.token != token {
            return false;
        }
        let forgotten = standing.admitted.holds(place) && self.rules.forgets_admitted() && own.token != token;
        !(forgotten && self.rules.any(&[Promise::Idempotence, Promise::GlobalFifo]))
    }

    /// Who is not in line is taken out of it: whether that is forgiven. Where it is, it counts as having happened.
    fn taken_from_nowhere(&self, standing: &mut Standing, token: u8, ghost: bool) -> bool {
        if standing.admitted.holds(token) || standing.left.holds(token) {
            return !self.rules.any(&[Promise::NoDuplicates, Promise::GlobalFifo]);
        }
        if standing.expired.holds(token) {
            return false;
        }
        standing.ever.add(token);
        !ghost
    }

    fn admit(&self, standing: &mut Standing, count: u32, answer: &[Token]) -> bool {
        if self.rules.asks(Promise::Capacity) && answer.len() > count as usize {
            return false;
        }
        let in_line = self.rules.asks(Promise::GlobalFifo);
        let ghost = in_line || self.rules.asks(Promise::NoPhantoms);
        for token in answer {
            let Some(token) = self.place_of(*token) else {
                if ghost {
                    return false;
                }
                continue;
            };
            let Some(at) = standing.find(token) else {
                if !self.taken_from_nowhere(standing, token, ghost) {
                    return false;
                }
                standing.admitted.add(token);
                continue;
            };
            let user = |place: &Place| self.tokens[usize::from(place.token)].user;
            let own = user(&standing.places[at]);
            let overtaken = |place: &Place| {
                self.rules.lives(*place) && (in_line || self.rules.asks(Promise::PerUserFifo) && user(place) == own)
            };
            if standing.places[..at].iter().any(overtaken) {
                return false;
            }
            if in_line {
                // Whoever may have expired before them has.
                let ahead = standing.places[..at].to_vec();
                standing.expire(|place| ahead.contains(place));
            }
            standing.places.retain(|place| place.token != token);
            standing.admitted.add(token);
        }
        if in_line && answer.len() < count as usize {
            if standing.places.iter().any(|place| self.rules.lives(*place)) {
                return false;
            }
            standing.expire(|_| true);
        }
        true
    }

    fn leave(&self, standing: &mut Standing, entry: &Entry) -> bool {
        let Some(token) = self.place_of(entry.token) else { return false };
        let fine = match standing.find(token) {
            Some(at) => {
                standing.places.remove(at);
                true
            }
            None => self.taken_from_nowhere(standing, token, self.rules.asks(Promise::GlobalFifo)),
        };
        standing.left.add(token);
        fine
    }

    fn renew(&self, standing: &mut Standing, entry: &Entry) -> bool {
        let Some(token) = self.place_of(entry.token) else { return false };
        match standing.find(token) {
            Some(at) => {
                standing.places[at].age = 0;
                true
            }
            None => !self.rules.asks(Promise::GlobalFifo) && self.must_have_joined(standing, token),
        }
    }

    fn position(&self, standing: &mut Standing, entry: &Entry, told: u64) -> bool {
        let Some(token) = self.place_of(entry.token) else { return false };
        let Some(at) = standing.find(token) else {
            return !self.rules.any(&[Promise::GlobalFifo, Promise::Position])
                && self.must_have_joined(standing, token);
        };
        let certain = standing.places[..at].iter().filter(|place| self.rules.lives(**place)).count() as u64;
        !self.rules.asks(Promise::Position) || (certain < told && told <= at as u64 + 1)
    }

    fn listed(&self, standing: &Standing, tokens: &[Token]) -> bool {
        let ghost = self.rules.asks(Promise::NoPhantoms);
        let mut last = None;
        for token in tokens {
            let place = self.place_of(*token).filter(|place| standing.ever.holds(*place));
            let Some(place) = place else {
                if ghost {
                    return false;
                }
                continue;
            };
            let at = standing.find(place);
            if self.rules.asks(Promise::PerUserFifo) && at.is_some() && at < last {
                return false;
            }
            last = at.or(last);
        }
        true
    }

    /// A tick later.
    pub(super) fn older(&self, line: Line) -> Line {
        if !self.rules.ages() {
            return line;
        }
        let mut line = line;
        let standing = &mut line.standing;
        for place in &mut standing.places {
            place.age = self.rules.oldest().min(place.age + 1);
        }
        if self.rules.asks(Promise::Expiry) {
            standing.expire(|place| !self.rules.lives(*place));
        }
        line
    }

    /// Whether everything may be over with this line.
    pub(super) fn may_end(&self, line: &Line) -> bool {
        !self.rules.asks(Promise::NoLoss) || !line.standing.places.iter().any(|place| self.rules.lives(*place))
    }
}
