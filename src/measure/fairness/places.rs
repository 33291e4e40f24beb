//! Places: by joining and by admission, and when a place by joining would have been let in.
//!
//! Where joins or admissions were under way together a token's place is not one number but a range: at least as
//! many are before it as certainly were, at most all but those that certainly were after.

use super::answers;
use super::turns::Turn;

/// Neighbours in the order of admission of which the one behind certainly joined first.
pub(super) fn adjacent_inversions(turns: &[Turn]) -> u64 {
    let inverted = |ahead: &Turn, behind: &Turn| {
        let admitted_before = ahead.answer == behind.answer || ahead.admitted_ns < behind.admit_sent_ns;
        admitted_before && behind.joined_ns.is_some_and(|joined_ns| joined_ns < ahead.join_sent_ns)
    };
    turns.windows(2).filter(|pair| inverted(&pair[0], &pair[1])).count() as u64
}

/// The largest distance that is certain between a token's place by joining and its place by admission: the
/// gap between the two ranges, so an exact queue has 0 however concurrent it was.
pub(super) fn max_displacement(turns: &[Turn]) -> u64 {
    let joined = sorted(turns, |turn| turn.joined_ns.unwrap_or(u64::MAX));
    let admitted = sorted(turns, |turn| turn.admitted_ns);
    let admit_sent = sorted(turns, |turn| turn.admit_sent_ns);
    let latest_places = latest_places(turns);
    let last = turns.len() - 1;
    let mut largest = 0;
    for (begin, answer) in answers(turns) {
        // The turns of one answer follow one another, in its order.
        for (earlier, turn) in answer.iter().enumerate() {
            let later = answer.len() - 1 - earlier;
            let joined_at = (before(&joined, turn.join_sent_ns), latest_places[begin + earlier]);
            let admitted_at = (
                before(&admitted, turn.admit_sent_ns) + earlier,
                last.saturating_sub(after(&admit_sent, turn.admitted_ns) + later),
            );
            let late = admitted_at.0.saturating_sub(joined_at.1);
            let early = joined_at.0.saturating_sub(admitted_at.1);
            largest = largest.max(late).max(early);
        }
    }
    largest as u64
}

/// For each turn, how much longer it certainly waited than it would have in the order of joining, ns.
///
/// Had the same admissions, at the same times, let the same tokens in in the order of joining, the token in place p
/// by joining would have been the pth let in. (That can be done: by the time of the pth admission p tokens had
/// joined.) A token's latest possible place by joining has at the latest the reply of that admission; its own
/// admission happened at the earliest when that was sent. What lies between was lost to others that went first:
/// nobody loses anything who was not overtaken, since fewer than p can have been let in before it otherwise.
pub(super) fn wait_lost_ns(turns: &[Turn]) -> Vec<u64> {
    // The turns are sorted by the time they were admitted: the pth is at index p.
    let due = latest_places(turns);
    turns.iter().zip(due).map(|(turn, due)| turn.admit_sent_ns.saturating_sub(turns[due].admitted_ns)).collect()
}

/// The latest place by joining, from 0, that each turn can have had: all but those that certainly joined after it
/// stand before it.
fn latest_places(turns: &[Turn]) -> Vec<usize> {
    let join_sent = sorted(turns, |turn| turn.join_sent_ns);
    let last = turns.len() - 1;
    let latest = |turn: &Turn| last.saturating_sub(after(&join_sent, turn.joined_ns.unwrap_or(u64::MAX)));
    turns.iter().map(latest).collect()
}

fn sorted(turns: &[Turn], of: impl Fn(&Turn) -> u64) -> Vec<u64> {
    let mut times: Vec<u64> = turns.iter().map(of).collect();
    times.sort_unstable();
    times
}

fn before(times: &[u64], ns: u64) -> usize {
    times.partition_point(|time| *time < ns)
}

fn after(times: &[u64], ns: u64) -> usize {
    times.len() - times.partition_point(|time| *time <= ns)
}
