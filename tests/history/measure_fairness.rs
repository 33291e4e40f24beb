//! Fairness counts what certainly happened, and counts it as its definition says.

use std::collections::HashSet;

use crate::history_arbitrary::own_history;
use proptest::prelude::*;
use stanchion::history::{History, Record};
use stanchion::measure::{Fairness, measure};
use stanchion::model::{BatchId, DedupeKey, Entry, OpId, Operation, Outcome, Token, UnknownCause, UserId};

fn record(sent_ns: u64, returned_ns: Option<u64>, call: Operation, outcome: Outcome) -> Record {
    let template = own_history(1).records.remove(0);
    Record { op: OpId(sent_ns), sent_ns, returned_ns, intended_ns: None, call, outcome, ..template }
}

/// Token `n` belongs to user `n / 2`.
fn join(token: u64, sent_ns: u64, returned_ns: Option<u64>) -> Record {
    let call = Operation::Join(Entry { user: UserId(token / 2), token: Token(token), dedupe: DedupeKey(token) });
    let outcome = if returned_ns.is_some() { Outcome::Joined } else { Outcome::Unknown(UnknownCause::TimedOut) };
    record(sent_ns, returned_ns, call, outcome)
}

fn admit(batch: u64, tokens: &[u64], sent_ns: u64, returned_ns: u64) -> Record {
    let call = Operation::Admit { count: tokens.len() as u32, batch: BatchId(batch) };
    record(sent_ns, Some(returned_ns), call, Outcome::Admitted(tokens.iter().copied().map(Token).collect()))
}

fn fairness(records: Vec<Record>) -> Option<Fairness> {
    measure(&History { records, ..own_history(0) }).fairness
}

#[test]
fn a_line_that_is_kept_has_no_overtakers() {
    let fairness = fairness(vec![
        join(0, 0, Some(1)),
        join(2, 2, Some(3)),
        join(4, 4, Some(5)),
        admit(0, &[0, 2], 6, 7),
        admit(1, &[4], 8, 9),
    ]);
    let expected =
        Fairness { admitted: 3, adjacent_inversions: 0, max_overtakes: 0, overtaken_users: 0, max_displacement: 0 };
    assert_eq!(fairness, Some(expected));
}

#[test]
fn one_who_is_let_in_last_although_first_was_overtaken_by_all() {
    let fairness = fairness(vec![
        join(0, 0, Some(1)),
        join(2, 2, Some(3)),
        join(4, 4, Some(5)),
        join(6, 6, Some(7)),
        admit(0, &[2, 6], 8, 9),
        admit(1, &[4, 0], 10, 11),
    ]);
    // The order of admission is 2 6 4 0: 6 overtook 4 and 0, and both others overtook 0.
    let expected =
        Fairness { admitted: 4, adjacent_inversions: 2, max_overtakes: 3, overtaken_users: 2, max_displacement: 3 };
    assert_eq!(fairness, Some(expected));
}

#[test]
fn requests_that_were_under_way_together_overtake_nobody() {
    // The joins overlap; and so do the admissions of 4 and 6.
    let fairness = fairness(vec![
        join(0, 0, Some(3)),
        join(2, 2, Some(5)),
        join(4, 6, Some(7)),
        join(6, 8, Some(9)),
        admit(0, &[2, 0], 10, 11),
        admit(1, &[6], 12, 15),
        admit(2, &[4], 14, 16),
    ]);
    let expected =
        Fairness { admitted: 4, adjacent_inversions: 0, max_overtakes: 0, overtaken_users: 0, max_displacement: 0 };
    assert_eq!(fairness, Some(expected));
}

#[test]
fn a_lost_join_counts_from_the_duplicate_that_proves_it() {
    let retried = |returned| {
        let mut retry = join(0, 2, Some(returned));
        retry.outcome = Outcome::Duplicate(Token(0));
        vec![join(0, 0, None), retry, join(2, 5, Some(6)), admit(0, &[2, 0], 8, 9)]
    };
    assert_eq!(fairness(retried(4)).map(|fairness| fairness.max_overtakes), Some(1));
    assert_eq!(fairness(retried(5)).map(|fairness| fairness.max_overtakes), Some(0), "not certain: equal times");
}

#[test]
fn fewer_than_two_admitted_tokens_have_no_fairness() {
    assert_eq!(fairness(vec![join(0, 0, Some(1)), admit(0, &[0, 99], 2, 3)]), None, "nobody joined as 99");
}

/// A token as the definition sees it.
struct Seen {
    user: u64,
    joined: (u64, Option<u64>),
    admitted: (u64, u64),
    batch: usize,
    place: usize,
}

/// The definition, pair by pair.
fn by_definition(mut seen: Vec<Seen>) -> Option<Fairness> {
    if seen.len() < 2 {
        return None;
    }
    seen.sort_by_key(|turn| (turn.admitted.1, turn.batch, turn.place));
    let joined_before = |a: &Seen, b: &Seen| a.joined.1.is_some_and(|returned| returned < b.joined.0);
    let admitted_before = |b: &Seen, a: &Seen| {
        if a.batch == b.batch { b.place < a.place } else { b.admitted.1 < a.admitted.0 }
    };
    let overtook = |b: &Seen, a: &Seen| joined_before(a, b) && admitted_before(b, a);
    let overtakers = |a: &Seen| seen.iter().filter(|b| overtook(b, a)).count() as u64;
    let count = |of: &dyn Fn(&Seen) -> bool| seen.iter().filter(|other| of(other)).count();
    let displacement = |a: &Seen| {
        let joined_at = (count(&|b| joined_before(b, a)), seen.len() - 1 - count(&|b| joined_before(a, b)));
        let admitted_at = (count(&|b| admitted_before(b, a)), seen.len() - 1 - count(&|b| admitted_before(a, b)));
        admitted_at.0.saturating_sub(joined_at.1).max(joined_at.0.saturating_sub(admitted_at.1)) as u64
    };
    let users: HashSet<u64> = seen.iter().filter(|a| overtakers(a) > 0).map(|a| a.user).collect();
    Some(Fairness {
        admitted: seen.len() as u64,
        adjacent_inversions: seen.windows(2).filter(|pair| overtook(&pair[0], &pair[1])).count() as u64,
        max_overtakes: seen.iter().map(overtakers).max().unwrap_or(0),
        overtaken_users: users.len() as u64,
        max_displacement: seen.iter().map(displacement).max().unwrap_or(0),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_figures_are_those_of_the_definition(
        // Sent, duration, answered; replies at distinct times, so that ranks are.
        joins in prop::collection::vec((0..120_u64, 0..40_u64, prop::bool::weighted(0.9)), 1..30),
        batches in prop::collection::vec((0..200_u64, 0..30_u64, 1..6_usize), 1..12),
        order in any::<prop::sample::Index>().prop_flat_map(|_| Just((0..30_u64).collect::<Vec<_>>()).prop_shuffle()),
    ) {
        let mut records = Vec::new();
        let reply = |token: usize| {
            let (sent, duration, answered) = joins[token];
            answered.then(|| (sent + duration) * 100 + token as u64)
        };
        for (token, (sent, ..)) in joins.iter().enumerate() {
            records.push(join(token as u64, sent * 100, reply(token)));
        }
        let mut seen = Vec::new();
        let mut order = order.into_iter().filter(|token| (*token as usize) < joins.len());
        // Answers at distinct times, so that the order of admission is one.
        for (batch, (sent, duration, size)) in batches.iter().enumerate() {
            let tokens: Vec<u64> = order.by_ref().take(*size).collect();
            let times = (sent * 100, (sent + duration) * 100 + batch as u64);
            for (place, token) in tokens.iter().enumerate() {
                let (at, join_sent) = (*token as usize, joins[*token as usize].0 * 100);
                seen.push(Seen { user: token / 2, joined: (join_sent, reply(at)), admitted: times, batch, place });
            }
            records.push(admit(batch as u64, &tokens, times.0, times.1));
        }
        records.sort_by_key(|record| record.sent_ns);
        prop_assert_eq!(fairness(records), by_definition(seen));
    }
}
