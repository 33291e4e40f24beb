//! Tokens and their joins, in columns: a history has millions of them, and the sweep reads only the times.

use super::numbers::Numbers;
use super::{NEVER, Span, ValueId};
use crate::model::{DedupeKey, Token, UserId};

/// What became of a token's join, as far as its own replies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// A reply said so.
    Accepted,
    /// No reply: it may have been accepted.
    Unknown,
    /// Every attempt was refused, or answered with another token.
    Refused,
    /// No join of this token is in the history.
    Never,
}

impl Acceptance {
    /// Whether the token may have been in line at all.
    #[must_use]
    pub fn may_have_joined(self) -> bool {
        matches!(self, Acceptance::Accepted | Acceptance::Unknown)
    }
}

/// One token and its join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The token.
    pub token: Token,
    /// Who joined; `None` for a token that only answers name.
    pub user: Option<UserId>,
    /// What it was deduplicated by.
    pub dedupe: Option<DedupeKey>,
    /// Whether it was accepted.
    pub acceptance: Acceptance,
    /// From the first attempt that may be the accepted one to the first reply that says accepted.
    pub join: Span,
    /// The record of that first attempt.
    pub record: Option<usize>,
}

impl Value {
    /// A token that so far only an answer names.
    #[must_use]
    pub fn named(token: Token) -> Value {
        Value {
            token,
            user: None,
            dedupe: None,
            acceptance: Acceptance::Never,
            join: Span { inv_ns: NEVER, ret_ns: NEVER },
            record: None,
        }
    }

    /// Whether the value may have been in line at all.
    #[must_use]
    pub fn may_have_joined(&self) -> bool {
        self.acceptance.may_have_joined()
    }
}

/// What joins are deduplicated by: mostly all by their users, or all by their tokens.
#[derive(Clone, Debug, Default)]
enum Dedupes {
    #[default]
    Users,
    Tokens,
    Own(Numbers),
}

/// No record.
const NO_RECORD: u32 = u32::MAX;

/// All values of a trace; a [`ValueId`] is an index.
#[derive(Clone, Debug, Default)]
pub struct Values {
    tokens: Numbers,
    users: Numbers,
    dedupes: Dedupes,
    acceptances: Vec<Acceptance>,
    inv_ns: Vec<u64>,
    ret_ns: Vec<u64>,
    records: Vec<u32>,
}

impl Values {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inv_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inv_ns.is_empty()
    }

    /// All ids.
    #[must_use]
    pub fn ids(&self) -> std::ops::Range<ValueId> {
        // `push` gives out no more than 2^32 - 1.
        0..self.len() as ValueId
    }

    /// The value of this id.
    #[must_use]
    pub fn at(&self, id: ValueId) -> Value {
        let index = id as usize;
        let record = self.records[index];
        let known = record != NO_RECORD;
        Value {
            token: Token(self.tokens.at(index)),
            user: known.then(|| UserId(self.users.at(index))),
            dedupe: self.dedupe(id),
            acceptance: self.acceptances[index],
            join: self.join(id),
            record: known.then_some(record as usize),
        }
    }

    /// The value's join.
    #[must_use]
    pub fn join(&self, id: ValueId) -> Span {
        Span { inv_ns: self.inv_ns[id as usize], ret_ns: self.ret_ns[id as usize] }
    }

    /// Whether the value may have been in line at all.
    #[must_use]
    pub fn may_have_joined(&self, id: ValueId) -> bool {
        self.acceptances[id as usize].may_have_joined()
    }

    /// Who joined.
    #[must_use]
    pub fn user(&self, id: ValueId) -> Option<UserId> {
        (self.records[id as usize] != NO_RECORD).then(|| UserId(self.users.at(id as usize)))
    }

    /// What the join is deduplicated by.
    #[must_use]
    pub fn dedupe(&self, id: ValueId) -> Option<DedupeKey> {
        let index = id as usize;
        (self.records[index] != NO_RECORD).then(|| {
            DedupeKey(match &self.dedupes {
                Dedupes::Users => self.users.at(index),
                Dedupes::Tokens => self.tokens.at(index),
                Dedupes::Own(keys) => keys.at(index),
            })
        })
    }

    /// What became of the join.
    #[must_use]
    pub fn acceptance(&self, id: ValueId) -> Acceptance {
        self.acceptances[id as usize]
    }

    /// The invocations of all joins, ns, by id.
    #[must_use]
    pub fn invocations_ns(&self) -> &[u64] {
        &self.inv_ns
    }

    /// The replies of all joins, ns, by id.
    #[must_use]
    pub fn returns_ns(&self) -> &[u64] {
        &self.ret_ns
    }

    /// Adds one and says its id.
    ///
    /// # Panics
    /// With 2^31 values, which no machine's memory holds together with their history.
    pub fn push(&mut self, value: Value) -> ValueId {
        let id = u32::try_from(self.len()).ok().filter(|id| *id < 1 << 31).expect("fewer than 2^31 tokens");
        self.tokens.push(value.token.0);
        self.users.push(0);
        if let Dedupes::Own(keys) = &mut self.dedupes {
            keys.push(0);
        }
        self.acceptances.push(value.acceptance);
        self.inv_ns.push(value.join.inv_ns);
        self.ret_ns.push(value.join.ret_ns);
        self.records.push(NO_RECORD);
        self.set(id, value);
        id
    }

    /// Replaces one. The user, the key and the record of a join are known together.
    pub fn set(&mut self, id: ValueId, value: Value) {
        let index = id as usize;
        self.acceptances[index] = value.acceptance;
        self.inv_ns[index] = value.join.inv_ns;
        self.ret_ns[index] = value.join.ret_ns;
        self.tokens.set(index, value.token.0);
        if let (Some(user), Some(dedupe), Some(record)) = (value.user, value.dedupe, value.record) {
            self.users.set(index, user.0);
            self.records[index] = u32::try_from(record).expect("fewer than 2^32 records");
            if self.dedupe(id) != Some(dedupe) {
                self.set_dedupe(index, dedupe);
            }
        }
    }

    /// Notes a key that is not where keys were found so far.
    fn set_dedupe(&mut self, index: usize, dedupe: DedupeKey) {
        let tokens = |values: &Values| {
            values.ids().all(|id| values.dedupe(id).is_none_or(|key| key.0 == values.tokens.at(id as usize)))
        };
        if matches!(self.dedupes, Dedupes::Users) && dedupe.0 == self.tokens.at(index) {
            // Whoever was noted before this one may have had a key that is both.
            let before = std::mem::replace(&mut self.records[index], NO_RECORD);
            let all = tokens(self);
            self.records[index] = before;
            if all {
                self.dedupes = Dedupes::Tokens;
                return;
            }
        }
        if !matches!(self.dedupes, Dedupes::Own(_)) {
            let mut keys = Numbers::default();
            keys.reserve(self.records.capacity());
            self.ids().for_each(|id| keys.push(self.dedupe(id).map_or(0, |key| key.0)));
            self.dedupes = Dedupes::Own(keys);
        }
        if let Dedupes::Own(keys) = &mut self.dedupes {
            keys.set(index, dedupe.0);
        }
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.tokens.reserve(more);
        self.users.reserve(more);
        self.acceptances.reserve_exact(more);
        self.inv_ns.reserve_exact(more);
        self.ret_ns.reserve_exact(more);
        self.records.reserve_exact(more);
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value> + '_ {
        self.ids().map(|id| self.at(id))
    }
}

impl FromIterator<Value> for Values {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut column = Values::default();
        for value in values {
            column.push(value);
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let number = || prop_oneof![0..4u64, Just(u64::MAX)];
        (number(), number(), prop::option::of(number()), 0..3u8).prop_map(|(token, user, dedupe, known)| Value {
            user: (known > 0).then_some(UserId(user)),
            // As plans have it, or anything.
            dedupe: (known > 0).then(|| DedupeKey(dedupe.unwrap_or(if known > 1 { user } else { token }))),
            record: (known > 0).then_some(7),
            ..Value::named(Token(token))
        })
    }

    proptest! {
        #[test]
        fn values_are_what_was_put_in(pushed in prop::collection::vec(value(), 1..8), set in prop::collection::vec((0..8usize, value()), 0..4)) {
            let mut plain = pushed.clone();
            let mut values: Values = pushed.into_iter().collect();
            for (at, value) in set {
                let at = at % plain.len();
                // What was known of a value stays known.
                if value.record.is_some() {
                    plain[at] = value;
                    values.set(at as ValueId, value);
                }
            }
            prop_assert_eq!(values.iter().collect::<Vec<_>>(), plain);
        }
    }
}
