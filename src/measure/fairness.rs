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
//! The share of inverted *pairs* is not among the figures: it hides the harm. At thirty joins a
//! millisecond, ordering by milliseconds swaps half of all neighbours, yet few of all pairs.

use std::collections::{HashMap, HashSet};

use super::Fairness;
use super::fenwick::Fenwick;
use crate::history::History;
use crate::model::{BatchId, Operation, Outcome, Token, UserId};

/// One admitted token whose join is known.
struct Turn {
    user: UserId,
    /// When the first attempt of its join that may have been the accepted one was sent.
    join_sent_ns: u64,
    /// When it was first known to be accepted; `None`: never answered.
    joined_ns: Option<u64>,
    /// When the admission that brought it was first sent.
    admit_sent_ns: u64,
    /// When the first answer that lists it came; `u64::MAX`: it never did, though it was read later.
    admitted_ns: u64,
    /// The record of that answer.
    answer: usize,
    /// Its place in that answer.
    place: usize,
}

/// The figures, or `None` if fewer than two admitted tokens have a known join.
pub(super) fn fairness(history: &History) -> Option<Fairness> {
    let turns = turns(history);
    if turns.len() < 2 {
        return None;
    }
    let overtakes = overtakes(&turns);
    let overtaken: HashSet<UserId> =
        turns.iter().zip(&overtakes).filter(|(_, count)| **count > 0).map(|(turn, _)| turn.user).collect();
    Some(Fairness {
        admitted: turns.len() as u64,
        adjacent_inversions: adjacent_inversions(&turns),
        max_overtakes: overtakes.into_iter().max().unwrap_or(0),
        overtaken_users: overtaken.len() as u64,
        max_displacement: max_displacement(&turns),
    })
}

/// The admitted tokens in the order of their admission: by answer, then by place in it.
fn turns(history: &History) -> Vec<Turn> {
    struct Join {
        user: UserId,
        sent_ns: Option<u64>,
    }
    let earlier = |slot: &mut Option<u64>, ns: u64| *slot = Some(slot.map_or(ns, |known| known.min(ns)));
    let mut joins: HashMap<Token, Join> = HashMap::new();
    let mut joined_ns: HashMap<Token, Option<u64>> = HashMap::new();
    let mut batch_sent_ns: HashMap<BatchId, Option<u64>> = HashMap::new();
    let mut admissions: HashMap<Token, (u64, usize, usize)> = HashMap::new();
    for (index, record) in history.records.iter().enumerate() {
        match (&record.call, &record.outcome) {
            (Operation::Join(entry), outcome) => {
                // What a "duplicate" names was accepted earlier, maybe by an attempt whose reply was lost.
                let accepted = match outcome {
                    Outcome::Joined => Some(entry.token),
                    Outcome::Duplicate(standing) => Some(*standing),
                    _ => None,
                };
                if let (Some(token), Some(returned)) = (accepted, record.returned_ns) {
                    earlier(joined_ns.entry(token).or_default(), returned);
                }
                if accepted == Some(entry.token) || matches!(outcome, Outcome::Unknown(_)) {
                    let join = joins.entry(entry.token).or_insert(Join { user: entry.user, sent_ns: None });
                    earlier(&mut join.sent_ns, record.sent_ns);
                }
            }
            (Operation::Admit { batch, .. }, outcome) => {
                earlier(batch_sent_ns.entry(*batch).or_default(), record.sent_ns);
                let Outcome::Admitted(tokens) = outcome else { continue };
                let returned = record.returned_ns.unwrap_or(u64::MAX);
                for (place, token) in tokens.iter().enumerate() {
                    let seen = (returned, index, place);
                    admissions.entry(*token).and_modify(|known| *known = seen.min(*known)).or_insert(seen);
                }
            }
            _ => {}
        }
    }
    let mut turns: Vec<Turn> = admissions
        .into_iter()
        .filter_map(|(token, (admitted_ns, answer, place))| {
            let join = joins.get(&token)?;
            let Operation::Admit { batch, .. } = history.records[answer].call else { return None };
            Some(Turn {
                user: join.user,
                join_sent_ns: join.sent_ns?,
                joined_ns: joined_ns.get(&token).copied().flatten(),
                admit_sent_ns: batch_sent_ns.get(&batch).copied().flatten()?,
                admitted_ns,
                answer,
                place,
            })
        })
        .collect();
    turns.sort_unstable_by_key(|turn| (turn.admitted_ns, turn.answer, turn.place));
    turns
}

/// For each turn, how many certainly overtook it. O(n log n).
fn overtakes(turns: &[Turn]) -> Vec<u64> {
    let mut counts = across_answers(turns);
    // Turns of one answer stand together and in the order of the answer.
    let mut begin = 0;
    for answer in turns.chunk_by(|a, b| a.answer == b.answer) {
        within_answer(answer, &mut counts[begin..]);
        begin += answer.len();
    }
    counts
}

/// Walks the turns by the time their join was answered, latest first. By then every turn whose join was
/// sent later is in the tree, at the rank of its admission: those admitted early enough overtook.
fn across_answers(turns: &[Turn]) -> Vec<u64> {
    // The turns are sorted by the time they were admitted, so the index is the rank.
    let mut later_joins: Vec<usize> = (0..turns.len()).collect();
    later_joins.sort_unstable_by_key(|index| std::cmp::Reverse(turns[*index].join_sent_ns));
    let mut victims: Vec<(u64, usize)> =
        turns.iter().enumerate().filter_map(|(index, turn)| Some((turn.joined_ns?, index))).collect();
    victims.sort_unstable_by_key(|victim| std::cmp::Reverse(*victim));

    let mut admitted = Fenwick::new(turns.len());
    let mut later_joins = later_joins.into_iter().peekable();
    let mut counts = vec![0; turns.len()];
    for (joined_ns, victim) in victims {
        while let Some(later) = later_joins.next_if(|later| turns[*later].join_sent_ns > joined_ns) {
            admitted.add(later);
        }
        let before = turns.partition_point(|turn| turn.admitted_ns < turns[victim].admit_sent_ns);
        counts[victim] = admitted.below(before);
    }
    counts
}

/// Walks one answer from its front, and counts for each turn the joins in front of it that were sent
/// after its own was answered.
fn within_answer(answer: &[Turn], counts: &mut [u64]) {
    let mut sent: Vec<u64> = answer.iter().map(|turn| turn.join_sent_ns).collect();
    sent.sort_unstable();
    let mut in_front = Fenwick::new(sent.len());
    for (passed, (turn, count)) in answer.iter().zip(counts).enumerate() {
        if let Some(joined_ns) = turn.joined_ns {
            let not_later = sent.partition_point(|sent_ns| *sent_ns <= joined_ns);
            *count += passed as u64 - in_front.below(not_later);
        }
        in_front.add(sent.partition_point(|sent_ns| *sent_ns < turn.join_sent_ns));
    }
}

fn adjacent_inversions(turns: &[Turn]) -> u64 {
    let inverted = |ahead: &Turn, behind: &Turn| {
        let admitted_before = ahead.answer == behind.answer || ahead.admitted_ns < behind.admit_sent_ns;
        admitted_before && behind.joined_ns.is_some_and(|joined_ns| joined_ns < ahead.join_sent_ns)
    };
    turns.windows(2).filter(|pair| inverted(&pair[0], &pair[1])).count() as u64
}

/// The largest distance that is certain between a token's place by joining and its place by admission.
///
/// Where joins or admissions were under way together a token's place is not one number but a range: at least as
/// many are before it as certainly were, at most all but those that certainly were after. The distance is the
/// gap between the two ranges, so an exact queue has 0 however concurrent it was.
fn max_displacement(turns: &[Turn]) -> u64 {
    let sorted = |of: &dyn Fn(&Turn) -> u64| {
        let mut times: Vec<u64> = turns.iter().map(of).collect();
        times.sort_unstable();
        times
    };
    let joined = sorted(&|turn| turn.joined_ns.unwrap_or(u64::MAX));
    let join_sent = sorted(&|turn| turn.join_sent_ns);
    let admitted = sorted(&|turn| turn.admitted_ns);
    let admit_sent = sorted(&|turn| turn.admit_sent_ns);
    let before = |times: &[u64], ns: u64| times.partition_point(|time| *time < ns);
    let after = |times: &[u64], ns: u64| times.len() - times.partition_point(|time| *time <= ns);
    let last = turns.len() - 1;
    // The turns of one answer follow one another, in its order.
    let displacement = |(index, turn): (usize, &Turn)| {
        let earlier = turns[..index].iter().rev().take_while(|other| other.answer == turn.answer).count();
        let later = turns[index + 1..].iter().take_while(|other| other.answer == turn.answer).count();
        let joined_at = (
            before(&joined, turn.join_sent_ns),
            last.saturating_sub(after(&join_sent, turn.joined_ns.unwrap_or(u64::MAX))),
        );
        let admitted_at = (
            before(&admitted, turn.admit_sent_ns) + earlier,
            last.saturating_sub(after(&admit_sent, turn.admitted_ns) + later),
        );
        admitted_at.0.saturating_sub(joined_at.1).max(joined_at.0.saturating_sub(admitted_at.1)) as u64
    };
    turns.iter().enumerate().map(displacement).max().unwrap_or(0)
}
