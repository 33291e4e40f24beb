//! How findings speak: users, tokens, times in ms, and one line for each operation.

use super::finding::Event;
use super::notation::{NEVER, Removal, Span, Trace, ValueId};
use crate::history::{History, Record};
use crate::model::{Operation, Outcome, Token, UserId};

/// Turns pieces of a history into text.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    history: &'a History,
}

/// A length of time, in ms.
pub(super) fn ms(ns: u64) -> String {
    // u64 to f64 is exact to 2^53 ns, 104 days.
    let ms = ns as f64 / 1e6;
    if ns >= 1_000_000 || ns == 0 { format!("{ms:.1} ms") } else { format!("{ms:.3} ms") }
}

/// How many tokens of a list are written out.
const SHOWN: usize = 6;

impl<'a> Words<'a> {
    pub(super) fn new(history: &'a History) -> Self {
        Words { history }
    }

    pub(super) fn user(self, user: UserId) -> String {
        self.history.names.user(user)
    }

    pub(super) fn token(self, token: Token) -> String {
        self.history.names.token(token)
    }

    /// A value's token.
    pub(super) fn value(self, trace: &Trace, id: ValueId) -> String {
        self.token(trace.value(id).token)
    }

    /// A value's token and its user: `t12 (u7)`.
    pub(super) fn whose(self, trace: &Trace, id: ValueId) -> String {
        let value = trace.value(id);
        match value.user {
            Some(user) => format!("{} ({})", self.token(value.token), self.user(user)),
            None => self.token(value.token),
        }
    }

    /// "u7's join of t12"
    pub(super) fn join(self, trace: &Trace, id: ValueId) -> String {
        let value = trace.value(id);
        match value.user {
            Some(user) => format!("{}'s join of {}", self.user(user), self.token(value.token)),
            None => format!("the join of {}", self.token(value.token)),
        }
    }

    /// "admitted at 12.3 ms" or "left at 12.3 ms".
    pub(super) fn removed(self, removal: &Removal<'_>) -> String {
        let verb = if removal.is_batch() { "admitted" } else { "removed by its leave" };
        if removal.span.ret_ns == NEVER { verb.to_owned() } else { format!("{verb} by {}", ms(removal.span.ret_ns)) }
    }

    /// "asked for 5 and was answered with 1"; from the record, since a part of a trace may hold fewer.
    pub(super) fn answered(self, index: usize) -> String {
        let record = self.history.records.at(index);
        let (Operation::Admit { count, .. }, Outcome::Admitted(tokens)) = (&record.call, &record.outcome) else {
            return self.text(&record, &[]);
        };
        match tokens.len() {
            0 => format!("asked for {count} and was answered that nobody waits"),
            admitted => format!("asked for {count} and was answered with {admitted}"),
        }
    }

    /// A record as an event. Of a list of tokens only those that matter here are written out.
    pub(super) fn event(self, index: usize, about: &[Token]) -> Event {
        let record = self.history.records.at(index);
        self.event_in(index, Span { inv_ns: record.sent_ns, ret_ns: record.returned_ns.unwrap_or(NEVER) }, about)
    }

    /// A record as an event with the span of all its attempts.
    pub(super) fn event_in(self, index: usize, span: Span, about: &[Token]) -> Event {
        let record = self.history.records.at(index);
        Event {
            commands: Vec::new(),
            record: index as u64,
            client: record.client.0,
            invoked_ns: span.inv_ns,
            returned_ns: (span.ret_ns < NEVER).then_some(span.ret_ns),
            text: self.text(&record, about),
        }
    }

    /// The join of a value as an event, if the history holds it.
    pub(super) fn join_event(self, trace: &Trace, id: ValueId) -> Option<Event> {
        let value = trace.value(id);
        let record = value.record?;
        if value.join.inv_ns == NEVER {
            return Some(self.event(record, &[value.token]));
        }
        let mut event = self.event_in(record, value.join, &[value.token]);
        if value.join.ret_ns < NEVER && matches!(self.history.records.at(record).outcome, Outcome::Unknown(_)) {
            // The first attempt went unanswered; a later one told that it stands.
            event.text = format!("{} → no reply, repeated, stands", self.call(&self.history.records.at(record).call));
        }
        Some(event)
    }

    pub(super) fn removal_event(self, removal: &Removal<'_>, about: &[Token]) -> Event {
        self.event_in(removal.record, removal.span, about)
    }

    fn text(self, record: &Record, about: &[Token]) -> String {
        format!("{} → {}", self.call(&record.call), self.answer(&record.outcome, about))
    }

    fn call(self, call: &Operation) -> String {
        let name = call.kind().name();
        match call {
            Operation::Join(entry) => format!("{name} {} {}", self.user(entry.user), self.token(entry.token)),
            Operation::Position(entry) | Operation::Leave(entry) | Operation::Renew(entry) => {
                format!("{name} {}", self.token(entry.token))
            }
            Operation::Admit { count, .. } => format!("{name} {count}"),
            Operation::Entries(user) => format!("{name} {}", self.user(*user)),
            Operation::Sweep { max_age_ns } => format!("{name} older than {}", ms(*max_age_ns)),
            Operation::Stats => name.to_owned(),
        }
    }

    fn answer(self, outcome: &Outcome, about: &[Token]) -> String {
        match outcome {
            Outcome::Duplicate(token) => format!("duplicate of {}", self.token(*token)),
            Outcome::Position(place) => format!("position {place}"),
            Outcome::Admitted(tokens) if tokens.is_empty() => "nobody waits".to_owned(),
            Outcome::Admitted(tokens) | Outcome::Entries(tokens) => self.list(tokens, about),
            Outcome::Swept(count) => format!("swept {count}"),
            Outcome::Stats(stats) => format!("{} users, {} entries", stats.users, stats.entries),
            Outcome::Refused(refusal) => format!("refused: {}", refusal.name()),
            Outcome::Unknown(cause) => format!("unknown: {}", cause.name()),
            Outcome::NotWaiting => "not waiting".to_owned(),
            Outcome::Joined | Outcome::Left | Outcome::Renewed => outcome.name().to_owned(),
        }
    }

    fn list(self, tokens: &[Token], about: &[Token]) -> String {
        let write = |tokens: &mut dyn Iterator<Item = &Token>| {
            tokens.take(SHOWN).map(|token| self.token(*token)).collect::<Vec<_>>().join(" ")
        };
        if tokens.len() <= SHOWN {
            return write(&mut tokens.iter());
        }
        let of_interest = write(&mut tokens.iter().filter(|token| about.contains(token)));
        let shown = if of_interest.is_empty() { String::new() } else { format!(" {of_interest} …") };
        format!("…{shown} ({} in all)", tokens.len())
    }
}

/// In order of invocation, each record once.
pub(super) fn in_order(events: impl IntoIterator<Item = Event>) -> Vec<Event> {
    let mut events: Vec<Event> = events.into_iter().collect();
    events.sort_by_key(|event| (event.invoked_ns, event.record));
    events.dedup_by_key(|event| event.record);
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_times_keep_their_digits() {
        let texts = [0, 12_000, 999_999, 1_000_000, 3_240_000, 120_000_000_000].map(ms);
        assert_eq!(texts, ["0.0 ms", "0.012 ms", "1.000 ms", "1.0 ms", "3.2 ms", "120000.0 ms"]);
    }

    #[test]
    fn events_are_told_in_order_and_once() {
        let event = |record, invoked_ns| Event {
            record,
            client: 0,
            invoked_ns,
            returned_ns: None,
            text: String::new(),
            commands: Vec::new(),
        };
        let told = in_order([event(3, 9), event(1, 2), event(3, 9)]);
        assert_eq!(told, [event(1, 2), event(3, 9)]);
    }
}
