//! What an answer says that repeats one which its client never heard.

use super::Monitor;
use super::line::Line;
use crate::model::{Operation, Outcome, Promise, Token};

impl Monitor {
    /// The line after a repeated operation is answered; `None` where it cannot be answered so.
    pub(super) fn again(
        &self,
        mut line: Line,
        operation: &Operation,
        first: &Outcome,
        answer: &Outcome,
    ) -> Option<Line> {
        let strict = self.rules.asks(Promise::Idempotence);
        match (operation, first, answer) {
            (Operation::Admit { .. }, Outcome::Admitted(before), Outcome::Admitted(now)) => {
                if before == now {
                    return Some(line);
                }
                if strict { None } else { self.settle(line, operation, answer) }
            }
            (Operation::Join(own), _, Outcome::Joined | Outcome::Duplicate(_)) => {
                let named = |outcome: &Outcome| match outcome {
                    Outcome::Duplicate(token) => Some(*token),
                    Outcome::Joined => Some(own.token),
                    _ => None,
                };
                let (before, now) = (named(first), named(answer));
                if before == now && now == Some(own.token) {
                    return Some(line);
                }
                let stands = |token: Token| {
                    let at = self.place_of(token).and_then(|token| line.standing.find(token));
                    at.is_some_and(|at| self.rules.lives(line.standing.places[at]))
                };
                if strict && before != now && before.is_some_and(stands) {
                    return None;
                }
                if let Some(before) = before.and_then(|token| self.place_of(token)).filter(|_| strict && before != now)
                {
                    // It may have expired, so it has.
                    line.standing.expire(|place| place.token == before);
                }
                if now == Some(own.token) && !self.place_of(own.token).is_some_and(|own| line.standing.ever.holds(own))
                {
                    return self.join(&mut line.standing, own).then_some(line);
                }
                self.settle(line, operation, answer)
            }
            // The first attempt took it out of line; the second finds it gone.
            (Operation::Leave(_), Outcome::Left, Outcome::NotWaiting | Outcome::Left) => Some(line),
            _ => self.settle(line, operation, answer),
        }
    }
}
