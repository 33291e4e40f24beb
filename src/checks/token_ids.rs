//! From tokens to values: an array while tokens are numbered densely, as plans and foreign histories number
//! them, and a map for the others.

use std::collections::HashMap;

use super::notation::ValueId;
use crate::model::Token;

const NONE: ValueId = ValueId::MAX;

/// Tokens below this many times the number of tokens seen, and some more, have a place in the array.
const ROOM: usize = 4;
const MORE: usize = 65_536;

/// Which value a token is.
#[derive(Debug, Default)]
pub(super) struct TokenIds {
    dense: Vec<ValueId>,
    sparse: HashMap<Token, ValueId>,
    seen: usize,
}

impl TokenIds {
    /// With room for tokens numbered up to so many.
    pub(super) fn with_room(tokens: usize) -> TokenIds {
        TokenIds { dense: Vec::with_capacity(tokens), ..TokenIds::default() }
    }

    /// The value of a token that was seen before.
    pub(super) fn get(&self, token: Token) -> Option<ValueId> {
        let place = usize::try_from(token.0).ok().and_then(|at| self.dense.get(at)).copied();
        place.filter(|id| *id != NONE).or_else(|| self.sparse.get(&token).copied().filter(|_| !self.sparse.is_empty()))
    }

    /// The value of a token, which is made if it was not seen before.
    pub(super) fn get_or_insert(&mut self, token: Token, make: impl FnOnce() -> ValueId) -> ValueId {
        if let Some(id) = self.get(token) {
            return id;
        }
        let id = make();
        self.seen += 1;
        match usize::try_from(token.0).ok().filter(|at| *at < ROOM * self.seen + MORE) {
            Some(at) => {
                if at >= self.dense.len() {
                    self.dense.resize(at + 1, NONE);
                }
                self.dense[at] = id;
            }
            None => {
                self.sparse.insert(token, id);
            }
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_token_keeps_its_value(tokens in prop::collection::vec(prop_oneof![0..50u64, 65_000..66_000u64, any::<u64>()], 0..200)) {
            let (mut ids, mut plain) = (TokenIds::default(), HashMap::new());
            for (next, token) in (0u32..).zip(tokens) {
                let expected = *plain.entry(token).or_insert(next);
                prop_assert_eq!(ids.get_or_insert(Token(token), || next), expected);
                prop_assert_eq!(ids.get(Token(token)), Some(expected));
            }
            prop_assert_eq!(ids.get(Token(u64::MAX - 1)), plain.get(&(u64::MAX - 1)).copied());
        }
    }
}
