//! Small random programs for a queue: what proptest draws, runs and shrinks.

use std::fmt;

use proptest::prelude::*;
use stanchion::model::{Dedupe, DedupeKey, Entry, Token, UserId};

/// One step of one client. `who` names a dedupe key out of [`KEYS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Joins with a token of its own.
    Join(u64),
    /// Sends the client's last join for this key again, token and all, as after a lost reply.
    JoinAgain(u64),
    /// Asks for the position of the last token used for this key.
    Position(u64),
    /// Gives up the last token used for this key.
    Leave(u64),
    /// Renews the last token used for this key.
    Renew(u64),
    /// Lets so many in.
    Admit(u32),
    /// Sends the client's last admission again.
    AdmitAgain,
    /// Lists the entries of the key's user.
    Entries(u64),
    /// Removes everybody (`true`), or nobody, since nobody is an hour old.
    Sweep(bool),
    /// Counts.
    Stats,
}

/// Dedupe keys of a program; small, so that they collide. Above ten, so that member bytes and numbers differ in order.
pub const KEYS: u64 = 12;

/// Who stands behind a dedupe key: itself, or with several requests a user, one of four users.
pub fn user_of(dedupe: Dedupe, who: u64) -> UserId {
    match dedupe {
        Dedupe::User => UserId(who),
        Dedupe::Request => UserId(who % 4),
    }
}

/// The entry of a key under a token.
pub fn entry(dedupe: Dedupe, who: u64, token: Token) -> Entry {
    Entry { user: user_of(dedupe, who), token, dedupe: DedupeKey(who) }
}

/// Steps of every kind.
pub fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..KEYS).prop_map(Step::Join),
        2 => (0..KEYS).prop_map(Step::JoinAgain),
        4 => (0..KEYS).prop_map(Step::Position),
        3 => (0..KEYS).prop_map(Step::Leave),
        1 => (0..KEYS).prop_map(Step::Renew),
        3 => (0..5u32).prop_map(Step::Admit),
        1 => Just(Step::AdmitAgain),
        1 => (0..KEYS).prop_map(Step::Entries),
        1 => any::<bool>().prop_map(Step::Sweep),
        1 => Just(Step::Stats),
    ]
}

/// Steps whose outcome can be judged although others run at the same time.
pub fn concurrent_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..KEYS).prop_map(Step::Join),
        3 => (0..KEYS).prop_map(Step::JoinAgain),
        2 => (0..KEYS).prop_map(Step::Position),
        3 => (0..KEYS).prop_map(Step::Leave),
        3 => (0..4u32).prop_map(Step::Admit),
        1 => Just(Step::AdmitAgain),
    ]
}

/// What each client does between two barriers, all clients at the same time.
pub type Round = Vec<Vec<Step>>;

/// A program: round after round. Without rounds a race would not survive shrinking: taking a step from one
/// client alone moves all its later steps away from those that they raced with.
#[derive(Clone, PartialEq, Eq)]
pub struct Program(pub Vec<Round>);

impl Program {
    /// All steps, in an order that every interleaving agrees with for one client.
    pub fn steps(&self) -> Vec<Step> {
        self.0.iter().flatten().flatten().copied().collect()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (round, clients) in self.0.iter().enumerate() {
            for (client, steps) in clients.iter().enumerate().filter(|(_, steps)| !steps.is_empty()) {
                write!(f, "\n  round {round}, client {client}: {steps:?}")?;
            }
        }
        Ok(())
    }
}

/// One client alone, in one round.
pub fn sequential() -> impl Strategy<Value = Program> {
    prop::collection::vec(any_step(), 1..40).prop_map(|steps| Program(vec![vec![steps]]))
}

/// So many clients at the same time.
pub fn concurrent(clients: usize) -> impl Strategy<Value = Program> {
    let round = prop::collection::vec(prop::collection::vec(concurrent_step(), 0..4), clients);
    prop::collection::vec(round, 1..6).prop_map(Program)
}
