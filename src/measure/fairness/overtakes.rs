//! Who overtook how many, and who was overtaken by how many.
//!
//! Overtaking is an inversion between two orders of intervals, counted for each end of the pairs with a
//! Fenwick tree. A token that overtook m others was let in while m certainly older ones still stood in
//! line, so it was at best the (m + 1)th oldest: a line is *k-FIFO* if an admission lets in one of the k
//! oldest, and the largest m + 1 is the smallest k that the history leaves possible.
//!
//! Sources: T. A. Henzinger, C. M. Kirsch, H. Payer, A. Sezgin, A. Sokolova, "Quantitative Relaxation of
//! Concurrent Data Structures", POPL 2013; C. M. Kirsch, M. Lippautz, H. Payer, "Fast and Scalable,
//! Lock-Free k-FIFO Queues", PaCT 2013.

use std::cmp::Reverse;

use super::answers;
use super::fenwick::Fenwick;
use super::turns::Turn;

/// For each turn, how many certainly overtook it. O(n log n).
pub(super) fn overtakers(turns: &[Turn]) -> Vec<u64> {
    // Walks the turns by the time their join was answered, latest first. By then every turn whose join was
    // sent later is in the tree, at the rank of its admission: those admitted early enough overtook.
    let mut later_joins: Vec<usize> = (0..turns.len()).collect();
    later_joins.sort_unstable_by_key(|index| Reverse(turns[*index].join_sent_ns));
    let mut later_joins = later_joins.into_iter().peekable();
    // The turns are sorted by the time they were admitted, so the index is the rank.
    let mut admitted = Fenwick::new(turns.len());
    let mut counts = vec![0; turns.len()];
    for (joined_ns, victim) in by_joined(turns).into_iter().rev() {
        while let Some(later) = later_joins.next_if(|later| turns[*later].join_sent_ns > joined_ns) {
            admitted.add(later);
        }
        let before = turns.partition_point(|turn| turn.admitted_ns < turns[victim].admit_sent_ns);
        counts[victim] = admitted.below(before);
    }
    for (begin, answer) in answers(turns) {
        overtakers_within(answer, &mut counts[begin..]);
    }
    counts
}

/// Walks one answer from its front, and counts for each turn the joins in front of it that were sent
/// after its own was answered.
fn overtakers_within(answer: &[Turn], counts: &mut [u64]) {
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

/// For each turn, how many it certainly overtook: the same pairs, seen from the other end. O(n log n).
pub(super) fn overtaking(turns: &[Turn]) -> Vec<u64> {
    // Walks the turns by the time their join was sent, earliest first. By then every turn whose join was
    // answered before is in the tree, at the rank at which its admission was sent.
    let mut admit_sent: Vec<u64> = turns.iter().map(|turn| turn.admit_sent_ns).collect();
    admit_sent.sort_unstable();
    let mut by_join: Vec<usize> = (0..turns.len()).collect();
    by_join.sort_unstable_by_key(|index| turns[*index].join_sent_ns);
    let mut victims = by_joined(turns).into_iter().peekable();
    let mut waiting = Fenwick::new(turns.len());
    let (mut older, mut counts) = (0, vec![0; turns.len()]);
    for index in by_join {
        let turn = &turns[index];
        while let Some((_, victim)) = victims.next_if(|(joined_ns, _)| *joined_ns < turn.join_sent_ns) {
            waiting.add(admit_sent.partition_point(|sent_ns| *sent_ns < turns[victim].admit_sent_ns));
            older += 1;
        }
        counts[index] = older - waiting.below(admit_sent.partition_point(|sent_ns| *sent_ns <= turn.admitted_ns));
    }
    for (begin, answer) in answers(turns) {
        overtaking_within(answer, &mut counts[begin..]);
    }
    counts
}

/// Walks one answer from its back, and counts for each turn the joins behind it that were answered before
/// its own was sent.
fn overtaking_within(answer: &[Turn], counts: &mut [u64]) {
    let mut joined: Vec<u64> = answer.iter().filter_map(|turn| turn.joined_ns).collect();
    joined.sort_unstable();
    let mut behind = Fenwick::new(joined.len());
    for (turn, count) in answer.iter().zip(counts).rev() {
        *count += behind.below(joined.partition_point(|joined_ns| *joined_ns < turn.join_sent_ns));
        if let Some(joined_ns) = turn.joined_ns {
            behind.add(joined.partition_point(|other_ns| *other_ns < joined_ns));
        }
    }
}

/// The turns whose join was answered, by when.
pub(super) fn by_joined(turns: &[Turn]) -> Vec<(u64, usize)> {
    let mut joined: Vec<(u64, usize)> =
        turns.iter().enumerate().filter_map(|(index, turn)| Some((turn.joined_ns?, index))).collect();
    joined.sort_unstable();
    joined
}
