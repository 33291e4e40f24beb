//! Calls and outcomes as a few numbers, for whatever keeps many of them in little room.

use crate::model::{
    BatchId, DedupeKey, Entry, OpKind, Operation, Outcome, QueueStats, Refusal, Token, UnknownCause, UserId,
};

/// Outcomes with tokens.
pub(super) const ADMITTED: u8 = 4;
pub(super) const ENTRIES: u8 = 7;
/// The only outcome with two numbers.
const STATS: u8 = 9;
/// The codes of refusals begin here, those of unknown causes there.
const REFUSED: u8 = 16;
const UNKNOWN: u8 = 128;

/// Which outcome it is.
#[inline]
pub(super) fn code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Joined => 0,
        Outcome::Duplicate(_) => 1,
        Outcome::Position(_) => 2,
        Outcome::NotWaiting => 3,
        Outcome::Admitted(_) => ADMITTED,
        Outcome::Left => 5,
        Outcome::Renewed => 6,
        Outcome::Entries(_) => ENTRIES,
        Outcome::Swept(_) => 8,
        Outcome::Stats(_) => STATS,
        Outcome::Refused(refusal) => REFUSED + *refusal as u8,
        Outcome::Unknown(cause) => UNKNOWN + *cause as u8,
    }
}

/// The outcome of a code, with what it says: its numbers or its tokens.
#[inline]
pub(super) fn outcome(code: u8, number: impl Fn(usize) -> u64, tokens: impl FnOnce() -> Vec<Token>) -> Outcome {
    match code {
        0 => Outcome::Joined,
        1 => Outcome::Duplicate(Token(number(0))),
        2 => Outcome::Position(number(0)),
        3 => Outcome::NotWaiting,
        ADMITTED => Outcome::Admitted(tokens()),
        5 => Outcome::Left,
        6 => Outcome::Renewed,
        ENTRIES => Outcome::Entries(tokens()),
        8 => Outcome::Swept(number(0)),
        STATS => Outcome::Stats(QueueStats { users: number(0), entries: number(1) }),
        code if code < UNKNOWN => Outcome::Refused(Refusal::ALL[usize::from(code - REFUSED)]),
        code => Outcome::Unknown(UnknownCause::ALL[usize::from(code - UNKNOWN)]),
    }
}

/// Whether the outcome of a code says one number.
#[inline]
pub(super) fn has_number(code: u8) -> bool {
    matches!(code, 1 | 2 | 8)
}

/// The numbers of a call. The third is how far the dedupe key is from the user: nothing, where users are the keys.
#[inline]
pub(super) fn operands(call: &Operation) -> [u64; 3] {
    match call {
        Operation::Join(entry) | Operation::Position(entry) | Operation::Leave(entry) | Operation::Renew(entry) => {
            [entry.user.0, entry.token.0, entry.dedupe.0.wrapping_sub(entry.user.0)]
        }
        Operation::Admit { count, batch } => [batch.0, (*count).into(), 0],
        Operation::Entries(user) => [user.0, 0, 0],
        Operation::Sweep { max_age_ns } => [*max_age_ns, 0, 0],
        Operation::Stats => [0; 3],
    }
}

/// The call of a kind with these numbers.
#[inline]
pub(super) fn call(kind: OpKind, operand: impl Fn(usize) -> u64) -> Operation {
    let entry = || Entry {
        user: UserId(operand(0)),
        token: Token(operand(1)),
        dedupe: DedupeKey(operand(2).wrapping_add(operand(0))),
    };
    match kind {
        OpKind::Join => Operation::Join(entry()),
        OpKind::Position => Operation::Position(entry()),
        OpKind::Leave => Operation::Leave(entry()),
        OpKind::Renew => Operation::Renew(entry()),
        OpKind::Admit => Operation::Admit { count: operand(1) as u32, batch: BatchId(operand(0)) },
        OpKind::Entries => Operation::Entries(UserId(operand(0))),
        OpKind::Sweep => Operation::Sweep { max_age_ns: operand(0) },
        OpKind::Stats => Operation::Stats,
    }
}
