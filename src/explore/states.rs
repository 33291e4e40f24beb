//! The server's states: every key with what `DUMP` says of it and when it expires, and the time.
//!
//! `DEBUG DIGEST` would be shorter, and wrong: it does not see when a key expires, the last id of a stream whose last entry
//! was deleted, nor consumer groups. `DUMP` with `PEXPIRETIME` sees all three.

use super::intern::Interner;

/// A state, by its number.
pub(super) type StateId = u32;
/// A key, by its number.
pub(super) type KeyId = u32;
/// What a key holds and when it expires, by its number.
pub(super) type ContentId = u32;

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Content {
    /// As DUMP serialises it.
    pub dump: Vec<u8>,
    /// When it expires, ms since the epoch.
    pub expires_ms: Option<i64>,
}

/// Keys and their contents, in the order of the keys' numbers.
pub(super) type Keys = Vec<(KeyId, ContentId)>;

/// A state of the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub keys: Keys,
    /// The wall clock, µs since the epoch.
    pub clock_us: u64,
}

/// All states that were met.
#[derive(Default)]
pub(super) struct States {
    names: Interner<Vec<u8>>,
    contents: Interner<Content>,
    states: Interner<State>,
}

impl States {
    pub(super) fn key(&mut self, name: Vec<u8>) -> KeyId {
        self.names.number(name)
    }

    pub(super) fn name(&self, key: KeyId) -> &[u8] {
        self.names.at(key)
    }

    /// The names of all keys that were met.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        (0..self.names.len() as u32).map(|key| String::from_utf8_lossy(self.names.at(key)).into_owned())
    }

    pub(super) fn content_number(&mut self, content: Content) -> ContentId {
        self.contents.number(content)
    }

    pub(super) fn content(&self, number: ContentId) -> &Content {
        self.contents.at(number)
    }

    pub(super) fn number(&mut self, mut keys: Keys, clock_us: u64) -> StateId {
        keys.sort_unstable();
        self.states.number(State { keys, clock_us })
    }

    pub(super) fn at(&self, number: StateId) -> &State {
        self.states.at(number)
    }

    /// The state when so much time has passed and nobody did anything: keys whose time has come are gone. Redis
    /// takes a key for expired when the clock is *beyond* its time.
    pub(super) fn later(&mut self, number: StateId, by_us: u64) -> StateId {
        let state = self.states.at(number).clone();
        let clock_us = state.clock_us + by_us;
        let now_ms = i64::try_from(clock_us / 1000).unwrap_or(i64::MAX);
        let lives = |content: ContentId| self.contents.at(content).expires_ms.is_none_or(|at_ms| at_ms >= now_ms);
        let keys: Keys = state.keys.into_iter().filter(|(_, content)| lives(*content)).collect();
        self.number(keys, clock_us)
    }
}
