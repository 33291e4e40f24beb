//! How far the order of admission strays from the order of joining.
//!
//! Only what is *certain* counts, so that no figure blames a queue for the order in which two requests
//! that were under way together happened to take effect:
//!
//! - a joined before b if a's join was answered before b's was first sent;
//! - b was admitted before a if an answer listed b before the admission that brought a was first sent,
//!   or if one answer lists b before a;
//! - b **overtook** a if both hold.
//!
//! | figure | says | file |
//! |---|---|---|
//! | `overtakes` | how many overtook each that was overtaken | [`overtakes`] |
//! | `k_fifo` | how deep into the line an admission reached | [`overtakes`] |
//! | `adjacent_inversions`, `max_displacement` | neighbours and places | [`places`] |
//! | `wait_lost` | how much longer people waited than in the order of joining | [`places`] |
//! | `clock_slack_ns` | how far the clocks would have to be off to void all that | [`slack`] |
//! | `line` | the picture of it | [`picture`] |
//!
//! All of it takes O(n log n) for n admitted tokens. Tokens that left or expired are not compared: nobody
//! knows when their turn would have come.
//!
//! The share of inverted *pairs* is not among the figures: it hides the harm. At thirty joins a
//! millisecond, ordering by milliseconds swaps half of all neighbours, yet few of all pairs.

mod fenwick;
mod figures;
mod overtakes;
mod picture;
mod places;
mod slack;
mod turns;

use std::collections::{BTreeMap, HashSet};

pub use figures::{Fairness, Overtakes, OvertakesBand, WaitLost};
pub use picture::{Line, Places};

use crate::history::History;
use crate::model::UserId;
use overtakes::{overtakers, overtaking};
use turns::{Turn, turns};

/// The figures and the picture, or `None` if fewer than two admitted tokens have a known join.
pub(super) fn fairness(history: &History) -> Option<(Fairness, Line)> {
    let turns = turns(history);
    if turns.len() < 2 {
        return None;
    }
    let clock_slack_ns = slack::clock_slack_ns(&turns);
    if clock_slack_ns == 0 {
        let none = vec![0; turns.len()];
        return Some((Fairness::in_order(turns.len() as u64), picture::line(&turns, &none)));
    }
    let counts = overtakers(&turns);
    let overtaken = || turns.iter().zip(&counts).filter(|(_, count)| **count > 0);
    let users: HashSet<UserId> = overtaken().map(|(turn, _)| turn.user).collect();
    let overtakes = Overtakes::of(overtaken().map(|(_, count)| *count).collect());
    let lost_ns = places::wait_lost_ns(&turns);
    let lost_ns = counts.iter().zip(lost_ns).filter(|(count, _)| **count > 0).map(|(_, lost_ns)| lost_ns);
    let wait_lost = WaitLost::of(lost_ns.collect());
    let line = picture::line(&turns, &counts);
    let fairness = Fairness {
        admitted: turns.len() as u64,
        adjacent_inversions: places::adjacent_inversions(&turns),
        max_overtakes: counts.iter().copied().max().unwrap_or(0),
        overtaken_users: users.len() as u64,
        max_displacement: places::max_displacement(&turns),
        overtakes,
        wait_lost,
        k_fifo: Some(1 + overtaking(&turns).into_iter().max().unwrap_or(0)),
        clock_slack_ns: Some(clock_slack_ns),
        reasons: BTreeMap::new(),
    };
    Some((fairness, line))
}

/// Runs of turns that one answer brought, each with the index of its first.
fn answers(turns: &[Turn]) -> impl Iterator<Item = (usize, &[Turn])> {
    let mut begin = 0;
    turns.chunk_by(|a, b| a.answer == b.answer).map(move |answer| {
        let first = begin;
        begin += answer.len();
        (first, answer)
    })
}
