//! Fairness counts what certainly happened, and counts it as its definition says.

use std::collections::{BTreeMap, HashSet};

use crate::history_arbitrary::own_history;
use proptest::prelude::*;
use stanchion::history::{History, Record};
use stanchion::measure::{Fairness, Overtakes, OvertakesBand, WaitLost, measure};
use stanchion::model::{BatchId, DedupeKey, Entry, OpId, Operation, Outcome, Token, UnknownCause, UserId};

fn record(sent_ns: u64, returned_ns: Option<u64>, call: Operation, outcome: Outcome) -> Record {
    let template = own_history(1).records.at(0);
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
    measure(&History { records: records.into(), ..own_history(0) }).fairness
}

/// The figures of so many tokens in a line that is kept.
fn kept(admitted: u64) -> Fairness {
    let nobody = || "nobody was certainly overtaken".to_owned();
    Fairness {
        admitted,
        adjacent_inversions: 0,
        max_overtakes: 0,
        overtaken_users: 0,
        max_displacement: 0,
        overtakes: None,
        wait_lost: None,
        k_fifo: Some(1),
        clock_slack_ns: Some(0),
        reasons: BTreeMap::from([("overtakes".to_owned(), nobody()), ("wait_lost".to_owned(), nobody())]),
    }
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
    assert_eq!(fairness, Some(kept(3)));
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
    // The order of admission is 2 6 4 0: 6 overtook 4 and 0, and both others overtook 0. In the order of joining
    // the first admission would have brought 0 by 9; it was not let in before 10.
    let expected = Fairness {
        admitted: 4,
        adjacent_inversions: 2,
        max_overtakes: 3,
        overtaken_users: 2,
        max_displacement: 3,
        overtakes: Some(Overtakes {
            tokens: 2,
            p50: 1,
            p90: 3,
            p99: 3,
            bands: vec![OvertakesBand { from: 1, to: 1, tokens: 1 }, OvertakesBand { from: 2, to: 3, tokens: 1 }],
        }),
        wait_lost: Some(WaitLost { sum_ns: 1, p50_ns: 0, p99_ns: 1, max_ns: 1 }),
        k_fifo: Some(3),
        // 4 was answered 2 ns after 0, in one admission: one ns earlier and one later, and nobody knows.
        clock_slack_ns: Some(2),
        reasons: BTreeMap::new(),
    };
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
    assert_eq!(fairness, Some(kept(4)));
}

#[test]
fn a_lost_join_counts_from_the_duplicate_that_proves_it() {
    let retried = |returned| {
        let mut retry = join(0, 2, Some(returned));
        retry.outcome = Outcome::Duplicate(Token(0));
        vec![join(0, 0, None), retry, join(2, 5, Some(6)), admit(0, &[2, 0], 8, 9)]
    };
    assert_eq!(fairness(retried(4)).map(|fairness| fairness.max_overtakes), Some(1));
    assert_eq!(fairness(retried(5)), Some(kept(2)), "not certain: equal times");
}

#[test]
fn a_repeated_answer_admits_nobody_later_than_the_first() {
    let mut again = admit(0, &[2], 20, 21);
    again.attempt = 1;
    let records = vec![join(0, 0, Some(1)), join(2, 2, Some(3)), admit(0, &[2], 6, 7), admit(1, &[0], 10, 11), again];
    let fairness = fairness(records).unwrap();
    assert_eq!((fairness.max_overtakes, fairness.k_fifo, fairness.clock_slack_ns), (1, Some(2), Some(1)));
    // In the order of joining 0 would have been let in by 7; it was not before 10.
    assert_eq!(fairness.wait_lost.map(|lost| lost.sum_ns), Some(3));
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

/// Whether b certainly overtook a if every clock may be off by so much.
fn overtook(b: &Seen, a: &Seen, slack: u64) -> bool {
    joined_before(a, b, slack) && admitted_before(b, a, slack)
}

fn joined_before(a: &Seen, b: &Seen, slack: u64) -> bool {
    a.joined.1.is_some_and(|returned| returned + 2 * slack < b.joined.0)
}

fn admitted_before(b: &Seen, a: &Seen, slack: u64) -> bool {
    if a.batch == b.batch { b.place < a.place } else { b.admitted.1 + 2 * slack < a.admitted.0 }
}

/// The smallest of these that at least so many percent of them are not above.
fn percentile(numbers: &[u64], percent: usize) -> u64 {
    let enough = |most: u64| numbers.iter().filter(|number| **number <= most).count() * 100 >= percent * numbers.len();
    numbers.iter().copied().filter(|number| enough(*number)).min().unwrap()
}

/// What each token lost, by letting the same admissions take the tokens in the order of joining: as late as the
/// times allow, and each admission as late as its reply.
fn lost(seen: &[Seen], a: &Seen) -> u64 {
    let ahead = seen.iter().filter(|b| !joined_before(a, b, 0)).count() - 1;
    let mut replies: Vec<u64> = seen.iter().map(|b| b.admitted.1).collect();
    replies.sort_unstable();
    a.admitted.0.saturating_sub(replies[ahead])
}

/// The definition, pair by pair.
fn by_definition(mut seen: Vec<Seen>) -> Option<Fairness> {
    if seen.len() < 2 {
        return None;
    }
    seen.sort_by_key(|turn| (turn.admitted.1, turn.batch, turn.place));
    let overtakers = |a: &Seen| seen.iter().filter(|b| overtook(b, a, 0)).count() as u64;
    let victims = |b: &Seen| seen.iter().filter(|a| overtook(b, a, 0)).count() as u64;
    let any_left = |slack: u64| seen.iter().any(|a| seen.iter().any(|b| overtook(b, a, slack)));
    let count = |of: &dyn Fn(&Seen) -> bool| seen.iter().filter(|other| of(other)).count();
    let displacement = |a: &Seen| {
        let joined_at = (count(&|b| joined_before(b, a, 0)), seen.len() - 1 - count(&|b| joined_before(a, b, 0)));
        let admitted_at = (count(&|b| admitted_before(b, a, 0)), seen.len() - 1 - count(&|b| admitted_before(a, b, 0)));
        admitted_at.0.saturating_sub(joined_at.1).max(joined_at.0.saturating_sub(admitted_at.1)) as u64
    };
    let overtaken: Vec<&Seen> = seen.iter().filter(|a| overtakers(a) > 0).collect();
    let users: HashSet<u64> = overtaken.iter().map(|a| a.user).collect();
    let counts: Vec<u64> = overtaken.iter().map(|a| overtakers(a)).collect();
    let lost: Vec<u64> = overtaken.iter().map(|a| lost(&seen, a)).collect();
    let band = |from: u64| {
        let tokens = counts.iter().filter(|count| (from..2 * from).contains(*count)).count() as u64;
        OvertakesBand { from, to: 2 * from - 1, tokens }
    };
    let figures = (!overtaken.is_empty()).then(|| {
        let bands = (0..6).map(|power| band(1 << power)).filter(|band| band.tokens > 0).collect();
        let [p50, p90, p99] = [50, 90, 99].map(|percent| percentile(&counts, percent));
        (
            Overtakes { tokens: overtaken.len() as u64, p50, p90, p99, bands },
            WaitLost {
                sum_ns: lost.iter().sum(),
                p50_ns: percentile(&lost, 50),
                p99_ns: percentile(&lost, 99),
                max_ns: percentile(&lost, 100),
            },
        )
    });
    let (overtakes, wait_lost) = figures.unzip();
    Some(Fairness {
        adjacent_inversions: seen.windows(2).filter(|pair| overtook(&pair[0], &pair[1], 0)).count() as u64,
        max_overtakes: seen.iter().map(overtakers).max().unwrap(),
        overtaken_users: users.len() as u64,
        max_displacement: seen.iter().map(displacement).max().unwrap(),
        k_fifo: seen.iter().map(victims).max().map(|most| most + 1),
        clock_slack_ns: (0..).find(|slack| !any_left(*slack)),
        reasons: if overtakes.is_none() { kept(0).reasons } else { BTreeMap::new() },
        overtakes,
        wait_lost,
        ..kept(seen.len() as u64)
    })
}

/// Leaves room to tell the replies of thirty tokens apart.
const SCALE: u64 = 32;

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
            answered.then(|| (sent + duration) * SCALE + token as u64)
        };
        for (token, (sent, ..)) in joins.iter().enumerate() {
            records.push(join(token as u64, sent * SCALE, reply(token)));
        }
        let mut seen = Vec::new();
        let mut order = order.into_iter().filter(|token| (*token as usize) < joins.len());
        // Answers at distinct times, so that the order of admission is one.
        for (batch, (sent, duration, size)) in batches.iter().enumerate() {
            let tokens: Vec<u64> = order.by_ref().take(*size).collect();
            let times = (sent * SCALE, (sent + duration) * SCALE + batch as u64);
            for (place, token) in tokens.iter().enumerate() {
                let (at, join_sent) = (*token as usize, joins[*token as usize].0 * SCALE);
                seen.push(Seen { user: token / 2, joined: (join_sent, reply(at)), admitted: times, batch, place });
            }
            records.push(admit(batch as u64, &tokens, times.0, times.1));
        }
        records.sort_by_key(|record| record.sent_ns);
        prop_assert_eq!(fairness(records), by_definition(seen));
    }
}
