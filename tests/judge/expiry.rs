//! `expiry`: an entry that lives too long, or not long enough, is caught.

use crate::judging::recorded::{Book, MS, entry};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use stanchion::checks::{CheckOutcome, judge};
use stanchion::model::{Operation, Promise, Terms};

/// TTL 60 ms, tolerance 10 ms, lag 10 ms; u1 joins between 40 and 80 ms.
fn one() -> Book {
    let mut book = ttl_60_ms();
    book.joined(1, 1, 40, 80);
    book
}

fn ttl_60_ms() -> Book {
    let mut book = Book::new(Promise::Expiry);
    *book.terms() =
        Terms { ttl_ns: Some(60 * MS), ttl_tolerance_ns: 10 * MS, ttl_lag_ns: 10 * MS, ..book.terms().clone() };
    book
}

#[test]
fn renewed_after_it_must_have_expired_is_caught() {
    let mut book = one();
    book.renewed(1, 170, 190);
    assert_eq!(book.violated().1.margin_ns, Some(10 * MS));
}

#[test]
fn renewed_in_time_lives_on() {
    let mut book = one();
    book.renewed(1, 140, 160);
    book.position(1, Some(1), 230, 240);
    assert_eq!(book.holds(), 1);
    book.position(1, Some(1), 241, 242);
    book.violated();
}

#[test]
fn renewing_does_not_prolong_a_life_counted_from_the_join() {
    let mut book = one();
    book.renewed(1, 100, 101);
    book.position(1, Some(1), 165, 166);
    book.holds();
    book.terms().ttl_from_join_only = true;
    book.violated();
}

#[test]
fn admitted_after_it_must_have_expired_is_caught() {
    let mut book = one();
    book.admitted(1, &[1], 161, 162);
    let (_, proof) = book.violated();
    assert_eq!(proof.story, "t1 (u1) must have expired by 160.0 ms, yet 1.0 ms later \"admit 1 → t1\"");
}

#[test]
fn gone_too_early_is_caught() {
    let mut book = one();
    book.position(1, None, 85, 89);
    assert_eq!(book.violated().1.margin_ns, Some(MS));
    let mut book = one();
    book.position(1, None, 85, 90);
    assert_eq!(book.holds(), 1);
}

#[test]
fn whoever_left_is_not_gone_too_early() {
    let mut book = one();
    book.left(1, 81, 82);
    book.position(1, None, 85, 89);
    assert!(book.undecided().contains("no entry was observed past its time to live"));
}

#[test]
fn a_key_that_is_not_released_after_expiry_is_caught() {
    let mut book = one();
    book.duplicate(1, 2, 1, 161, 162);
    book.violated();
    let mut book = one();
    book.joined(1, 2, 161, 162);
    assert_eq!(book.holds(), 1);
}

#[test]
fn an_unanswered_renewal_prolongs_but_does_not_protect() {
    let mut book = one();
    book.unanswered(Operation::Renew(entry(1, 1)), 100);
    book.position(1, None, 120, 121);
    assert_eq!(book.holds(), 1);
    book.position(1, Some(1), 300, 301);
    assert_eq!(book.holds(), 1);
}

/// Instants that are equal are concurrent: the renewal may have come first.
#[test]
fn an_unanswered_renewal_of_the_same_instant_may_have_prolonged() {
    let mut book = one();
    book.admitted(1, &[1], 161, 162);
    book.unanswered(Operation::Renew(entry(1, 1)), 163);
    book.violated();
    book.history.records.last_mut().unwrap().sent_ns = 162 * MS;
    assert_eq!(book.holds(), 1);
}

/// "Not waiting" at the last instant of its join shows that it joined only then, and so expires at the last instant that
/// it may.
#[test]
fn an_entry_may_expire_at_the_very_last_instant() {
    let mut book = ttl_60_ms();
    *book.terms() =
        Terms { promises: vec![Promise::GlobalFifo], ttl_tolerance_ns: 0, ttl_lag_ns: 0, ..book.terms().clone() };
    book.joined(1, 1, 0, 5);
    book.position(1, None, 5, 6);
    book.joined(2, 2, 6, 7);
    book.admitted(1, &[2], 66, 67);
    book.holds();
}

#[test]
fn entries_that_the_drain_does_not_find_have_expired() {
    let mut book = one();
    book.drained(1, &[], 170, 171);
    assert_eq!(book.holds(), 1);
}

#[test]
fn without_a_ttl_it_is_undecided() {
    let mut book = Book::new(Promise::Expiry);
    book.joined(1, 1, 0, 1);
    assert!(book.undecided().contains("do not expire"));
}

#[test]
fn an_entry_that_outlives_its_time_does_not_break_the_line() {
    let mut book = one();
    book.terms().promises = vec![Promise::GlobalFifo];
    book.admitted(1, &[1], 161, 162);
    book.holds();
}

/// How a simulated queue treats its entries' time to live of 60 ms ± 10 ms, swept within another 10 ms.
#[derive(Clone, Copy, PartialEq)]
enum Expiry {
    /// Between the earliest and the latest time allowed.
    Right,
    /// Entries stay for ever.
    Never,
    /// Renewing is answered, and does not prolong.
    IgnoresRenewals,
}

/// A queue of six users, each ms some operation, with spans of up to 8 ms around the moment.
fn simulate(seed: u64, expiry: Expiry) -> Book {
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let mut book = ttl_60_ms();
    book.history.header.terms.promises = Promise::ALL.to_vec();
    // Token, last refresh, and when it will be gone.
    let mut line: Vec<(u64, u64)> = Vec::new();
    let mut tokens = 0;
    for now in 10..600 {
        line.retain(|(_, gone_ms)| *gone_ms > now);
        let life_ms = if expiry == Expiry::Never { 10_000 } else { random.random_range(50..=80) };
        let (sent, returned) = (now - random.random_range(0..8), now + random.random_range(0..8));
        let asked = random.random_range(0..=tokens);
        let place = line.iter().position(|(token, _)| *token == asked);
        match random.random_range(0..20) {
            0 => {
                tokens += 1;
                line.push((tokens, now + life_ms));
                book.joined(tokens, tokens, sent, returned);
            }
            1..8 => {
                book.position(asked, place.map(|at| at as u64 + 1), sent, returned);
            }
            8..12 => {
                if let Some(at) = place {
                    if expiry != Expiry::IgnoresRenewals {
                        line[at].1 = now + life_ms;
                    }
                    book.renewed(asked, sent, returned);
                }
            }
            12 => {
                let front: Vec<u64> = line.drain(..line.len().min(1)).map(|(token, _)| token).collect();
                book.admitted(1, &front, sent, returned);
            }
            _ => {}
        }
    }
    line.retain(|(_, gone_ms)| *gone_ms > 700);
    let rest: Vec<u64> = line.into_iter().map(|(token, _)| token).collect();
    book.drained(1_000, &rest, 700, 701);
    book.history.records.sort_by_key(|record| record.sent_ns);
    book
}

#[test]
fn a_queue_that_expires_in_time_breaks_nothing() {
    for seed in 0..300 {
        let book = simulate(seed, Expiry::Right);
        for finding in judge(&book.saved()) {
            let broken = matches!(finding.outcome, CheckOutcome::Violated { .. });
            assert!(!broken, "seed {seed}: {finding:?}");
        }
    }
}

#[test]
fn queues_that_expire_wrongly_are_caught_and_only_early_expiry_breaks_the_line_too() {
    // Not every run asks at the moment that shows a renewal to be ignored.
    for (wrong, at_least) in [(Expiry::Never, 95), (Expiry::IgnoresRenewals, 50)] {
        let mut caught = 0;
        for seed in 0..100 {
            for finding in judge(&simulate(seed, wrong).saved()) {
                let broken = matches!(finding.outcome, CheckOutcome::Violated { .. });
                caught += u32::from(broken && finding.promise == Promise::Expiry);
                let line = [Promise::GlobalFifo, Promise::PerUserFifo, Promise::NoDuplicates, Promise::NoPhantoms];
                // Whoever vanishes early is overtaken as well; whoever stays too long is in nobody's way.
                let spared = wrong == Expiry::Never && line.contains(&finding.promise);
                assert!(!broken || !spared, "seed {seed}: {finding:?}");
            }
        }
        assert!(caught >= at_least, "{caught} of 100 caught");
    }
}
