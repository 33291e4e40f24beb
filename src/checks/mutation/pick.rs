//! Which values a slice is about: a few that joined near each other, and some that something special happened to.

use std::collections::HashMap;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::history::{History, Record};
use crate::model::{Operation, Outcome, Phase, Token, UserId};

/// How many slices are made.
const SLICES: u64 = 20;

/// Joins after the first one of a slice that belong to it: near ones stood in line together if the line was short, far ones
/// certainly joined one after the other if many joined at once.
const NEAR: [u64; 8] = [0, 1, 2, 4, 8, 16, 32, 64];

/// Further tokens of the first one's user are looked for so many joins on, and so many are taken.
const SAME_USER_WITHIN: u64 = 4096;
const SAME_USER_MAX: u32 = 4;

/// A set of slices, by their numbers.
pub(super) type Mask = u32;

/// What was picked.
pub(super) struct Picked {
    /// How many slices there are.
    pub(super) slices: u32,
    /// The tokens, each with the slices that it belongs to.
    tokens: HashMap<Token, Mask>,
    /// Whether a token with such low bits was picked: spares nearly all tokens of a long history the look-up.
    low_bits: Vec<bool>,
    /// The record of the drain's last answer, if there was a drain.
    pub(super) drained: Option<usize>,
    /// The record of the first sweep that may have removed somebody.
    pub(super) swept: Option<usize>,
}

const LOW_BITS: u64 = 0xffff;

fn low_bits(token: Token) -> usize {
    usize::try_from(token.0 & LOW_BITS).unwrap_or(0)
}

impl Picked {
    /// The slices that a token belongs to.
    pub(super) fn slices_of(&self, token: Token) -> Mask {
        if self.low_bits[low_bits(token)] { self.tokens.get(&token).copied().unwrap_or(0) } else { 0 }
    }
}

struct Picking {
    /// By slice, the ordinal of its first join.
    anchors: Vec<u64>,
    /// By slice, the user of that join, and how many further tokens of hers were taken.
    users: Vec<Option<(UserId, u32)>>,
    /// By slice, which special things it has.
    special: Vec<[bool; Special::COUNT]>,
    tokens: HashMap<Token, Mask>,
    joins: u64,
}

/// What one slice shall hold one of, if the run has it.
#[derive(Clone, Copy)]
enum Special {
    Duplicate,
    RepeatedJoin,
    RepeatedAdmission,
    Absent,
    Asked,
    Left,
    Renewed,
}

impl Special {
    const COUNT: usize = Special::Renewed as usize + 1;
}

/// Picks by two passes over the history.
pub(super) fn pick(history: &History, rng: &mut ChaCha8Rng) -> Picked {
    let joins = history.records.iter().filter(|record| record.outcome == Outcome::Joined).count() as u64;
    let slices = SLICES.min(joins);
    let anchor = |number: u64| {
        let from = joins * number / slices;
        rng.random_range(from..(joins * (number + 1) / slices).max(from + 1))
    };
    let anchors: Vec<u64> = (0..slices).map(anchor).collect();
    let mut picking = Picking {
        users: vec![None; anchors.len()],
        special: vec![[false; Special::COUNT]; anchors.len()],
        anchors,
        tokens: HashMap::new(),
        joins: 0,
    };
    let (mut drained, mut swept) = (None::<((bool, u64), usize)>, None);
    for (index, record) in history.records.iter().enumerate() {
        picking.look(&record);
        if let (Operation::Admit { .. }, Outcome::Admitted(_)) = (&record.call, &record.outcome) {
            let last = (record.phase == Phase::Drain, record.sent_ns);
            if drained.is_none_or(|(known, _)| known <= last) {
                drained = Some((last, index));
            }
        }
        if swept.is_none() && matches!(record.call, Operation::Sweep { .. }) && may_have_removed(&record) {
            swept = Some(index);
        }
    }
    let drained = drained.filter(|_| history.header.drained).map(|(_, index)| index);
    // With a time to live, the judge expects nothing of sweeps.
    let swept = swept.filter(|_| history.header.terms.ttl_ns.is_none());
    let slices = u32::try_from(picking.anchors.len()).unwrap_or(0);
    let tokens = picking.tokens;
    let mut low = vec![false; low_bits(Token(LOW_BITS)) + 1];
    tokens.keys().for_each(|token| low[low_bits(*token)] = true);
    Picked { slices, tokens, low_bits: low, drained, swept }
}

fn may_have_removed(sweep: &Record) -> bool {
    matches!(sweep.outcome, Outcome::Swept(1..) | Outcome::Unknown(_))
}

impl Picking {
    fn take(&mut self, slice: usize, token: Token) {
        *self.tokens.entry(token).or_default() |= 1 << slice;
    }

    fn look(&mut self, record: &Record) {
        match (&record.call, &record.outcome) {
            (Operation::Join(entry), Outcome::Joined) => {
                self.joined(entry.user, entry.token);
                if record.attempt > 0 {
                    self.special(Special::RepeatedJoin, &[entry.token]);
                }
            }
            (Operation::Join(entry), Outcome::Duplicate(token)) => {
                let special = if *token == entry.token { Special::RepeatedJoin } else { Special::Duplicate };
                self.special(special, &[*token, entry.token]);
            }
            (Operation::Admit { .. }, Outcome::Admitted(tokens)) if record.attempt > 0 && !tokens.is_empty() => {
                self.special(Special::RepeatedAdmission, &tokens[..tokens.len().min(2)]);
            }
            (Operation::Position(entry), Outcome::Position(_)) => self.special(Special::Asked, &[entry.token]),
            (Operation::Position(entry) | Operation::Renew(entry), Outcome::NotWaiting) => {
                self.special(Special::Absent, &[entry.token]);
            }
            (Operation::Leave(entry), Outcome::Left) => self.special(Special::Left, &[entry.token]),
            (Operation::Renew(entry), Outcome::Renewed) => self.special(Special::Renewed, &[entry.token]),
            _ => {}
        }
    }

    fn joined(&mut self, user: UserId, token: Token) {
        let number = self.joins;
        self.joins += 1;
        let begun = self.anchors.partition_point(|anchor| *anchor <= number);
        for slice in (0..begun).rev() {
            let after = number - self.anchors[slice];
            if after > SAME_USER_WITHIN {
                break;
            }
            let of_user = match &mut self.users[slice] {
                none @ None => {
                    *none = Some((user, 0));
                    false
                }
                Some((first, taken)) if *first == user && *taken < SAME_USER_MAX => {
                    *taken += 1;
                    true
                }
                Some(_) => false,
            };
            if of_user || NEAR.contains(&after) {
                self.take(slice, token);
            }
        }
    }

    /// The slice that began last takes one of each.
    fn special(&mut self, special: Special, tokens: &[Token]) {
        let Some(slice) = self.anchors.partition_point(|anchor| *anchor < self.joins).checked_sub(1) else { return };
        if !std::mem::replace(&mut self.special[slice][special as usize], true) {
            tokens.iter().for_each(|token| self.take(slice, *token));
        }
    }
}
