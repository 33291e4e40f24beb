//! What one user does: joins, and what comes after.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::model::{Dedupe, DedupeKey, Entry, Operation, Token, UserId};
use crate::scenario::Scenario;

/// Deals out users, tokens and dedupe keys, and decides who does what.
pub(super) struct Crowd<'a> {
    scenario: &'a Scenario,
    rng: ChaCha8Rng,
    next_user: u64,
    next_token: u64,
    next_request: u64,
}

/// One operation of a user, so long after the user's first join, in ns.
pub(super) struct Action {
    pub(super) offset_ns: u64,
    pub(super) call: Operation,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(scenario: &'a Scenario, rng: ChaCha8Rng) -> Self {
        Crowd { scenario, rng, next_user: 0, next_token: 0, next_request: 0 }
    }

    pub(super) fn user(&mut self) -> UserId {
        self.next_user += 1;
        UserId(scattered(self.next_user))
    }

    /// A fresh token for a user under a dedupe key of its own (request) or the user's (user).
    pub(super) fn entry(&mut self, user: UserId) -> Entry {
        self.next_token += 1;
        let dedupe = match self.scenario.dedupe {
            Dedupe::User => DedupeKey(user.0),
            Dedupe::Request => {
                self.next_request += 1;
                DedupeKey(scattered(self.next_request))
            }
        };
        Entry { user, token: Token(self.next_token), dedupe }
    }

    /// The same dedupe key with a fresh token: the second click.
    fn again(&mut self, entry: Entry) -> Entry {
        self.next_token += 1;
        Entry { token: Token(self.next_token), ..entry }
    }

    fn chosen(&mut self, share: f64) -> bool {
        self.rng.random_bool(share.clamp(0.0, 1.0))
    }

    /// All that a user does, by offset. Whoever asks for several tokens asks for all at once: the client sends
    /// one when the other is answered.
    pub(super) fn actions(&mut self, tokens: u32) -> Vec<Action> {
        let scenario = self.scenario;
        let user = self.user();
        let mut actions = Vec::new();
        let mut act = |offset_ns: u64, call: Operation| actions.push(Action { offset_ns, call });
        for _ in 0..tokens {
            let entry = self.entry(user);
            act(0, Operation::Join(entry));
            if let Some(repeat) = scenario.repeat
                && self.chosen(repeat.share)
            {
                act(nanos(repeat.after), Operation::Join(self.again(entry)));
            }
            for (polling, call) in
                [(scenario.poll, Operation::Position(entry)), (scenario.renew, Operation::Renew(entry))]
            {
                if let Some(polling) = polling
                    && self.chosen(polling.share)
                {
                    for time in 1..=u64::from(polling.times) {
                        act(time * nanos(polling.every), call);
                    }
                }
            }
            if let Some(leave) = scenario.leave
                && self.chosen(leave.share)
            {
                act(nanos(leave.after), Operation::Leave(entry));
            }
            if let Some(rejoin) = scenario.rejoin
                && self.chosen(rejoin.share)
            {
                act(nanos(rejoin.after), Operation::Join(self.again(entry)));
            }
        }
        if let Some(entries) = scenario.entries
            && self.chosen(entries.share)
        {
            act(nanos(entries.after), Operation::Entries(user));
        }
        actions.sort_by_key(|action| action.offset_ns);
        actions
    }
}

/// A number that does not give away the order in which it was dealt out. Whoever comes first does not have
/// the smallest user number in production either, and a design that orders ties by member bytes would be
/// right by luck if it were so.
///
/// Multiplication modulo a prime is a bijection; the factor is near the golden section of it, which spreads
/// neighbours far apart (Knuth, TAOCP 6.4).
fn scattered(number: u64) -> u64 {
    const PRIME: u64 = 99_999_989;
    const FACTOR: u64 = 61_803_391;
    let (round, number) = (number / PRIME, number % PRIME);
    round * PRIME + number * FACTOR % PRIME
}

/// A duration of a scenario in ns; a scenario's durations are far below 584 years.
#[must_use]
pub fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_numbers_are_given_out_once_and_not_in_order() {
        let numbers: Vec<u64> = (1..=10_000).map(scattered).collect();
        assert_eq!(numbers.iter().collect::<std::collections::BTreeSet<_>>().len(), numbers.len());
        let ascending = numbers.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((2_000..8_000).contains(&ascending), "{ascending} of 9,999 neighbours ascend");
    }
}
