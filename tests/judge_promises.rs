//! For each promise about entries and answers: a history that breaks it is caught by its check, a clean
//! one holds, one with nothing to see is undecided.

mod judging;

use judging::recorded::{Book, MS, entry};
use stanchion::history::RunEnd;
use stanchion::model::{
    BatchId, Dedupe, DuplicateMeans, Operation, Outcome, Phase, PositionTolerance, Promise, Refusal, Token,
};

mod no_duplicates {
    use super::*;

    #[test]
    fn two_places_of_one_key_at_once_are_caught() {
        let mut book = Book::new(Promise::NoDuplicates);
        book.joined(7, 1, 0, 1);
        book.joined(7, 2, 0, 3);
        book.admitted(2, &[1, 2], 8, 9);
        let (violations, proof) = book.violated();
        assert_eq!((violations, proof.margin_ns), (1, Some(5 * MS)));
        assert!(proof.story.starts_with("u7 holds two places at once: t1 was accepted by 1.0 ms"), "{}", proof.story);
    }

    #[test]
    fn every_place_too_many_is_counted() {
        let mut book = Book::new(Promise::NoDuplicates);
        for token in 1..=5 {
            book.joined(7, token, 0, token);
        }
        assert_eq!(book.violated().0, 4);
    }

    #[test]
    fn a_second_place_that_was_gone_at_once_is_caught_by_when_it_was_taken() {
        let mut book = Book::new(Promise::NoDuplicates);
        book.joined(7, 1, 0, 1);
        book.joined(7, 2, 5, 9);
        // The leave may have come before the join's reply; t1 stood all the same when t2 joined.
        book.left(2, 6, 10);
        book.violated();
    }

    #[test]
    fn a_place_that_may_have_been_given_up_is_not_held_twice() {
        let mut book = Book::new(Promise::NoDuplicates);
        book.joined(7, 1, 0, 1);
        book.left(1, 2, 9);
        book.joined(7, 2, 3, 4);
        assert_eq!(book.holds(), 2, "one removal, one repeated key");
    }

    #[test]
    fn a_token_admitted_twice_is_caught() {
        let mut book = Book::new(Promise::NoDuplicates);
        book.joined(7, 1, 0, 1);
        book.admitted(1, &[1], 2, 3);
        book.admitted(1, &[1], 4, 5);
        assert!(book.violated().1.story.contains("t1 (u7) was admitted by 3.0 ms, and again admitted by 5.0 ms"));
    }

    #[test]
    fn a_token_that_left_and_is_admitted_is_caught() {
        let mut book = Book::new(Promise::NoDuplicates);
        book.joined(7, 1, 0, 1);
        book.left(1, 2, 3);
        book.admitted(1, &[1], 4, 5);
        book.violated();
    }

    #[test]
    fn one_success_and_99_duplicates_hold() {
        let mut book = Book::new(Promise::NoDuplicates);
        book.joined(7, 0, 0, 3);
        for token in 1..100 {
            book.duplicate(7, token, 0, 0, 4);
        }
        assert_eq!(book.holds(), 99);
    }

    #[test]
    fn nobody_joining_twice_is_undecided() {
        let mut book = Book::new(Promise::NoDuplicates);
        book.joined(7, 1, 0, 1);
        assert!(book.undecided().contains("no dedupe key was asked for twice"));
    }
}

mod no_loss {
    use super::*;

    fn three_waiting() -> Book {
        let mut book = Book::new(Promise::NoLoss);
        for token in 1..=3 {
            book.joined(token, token, 0, token);
        }
        book
    }

    #[test]
    fn an_acknowledged_join_that_the_drain_does_not_find_is_lost() {
        let mut book = three_waiting();
        book.drained(2, &[1, 3], 10, 11);
        book.drained(2, &[], 12, 13);
        let (violations, proof) = book.violated();
        assert_eq!((violations, proof.margin_ns), (1, Some(10 * MS)));
        assert!(
            proof.story.contains("u2's join of t2 was acknowledged by 2.0 ms, was never admitted"),
            "{}",
            proof.story
        );
    }

    #[test]
    fn admitted_left_or_possibly_left_is_not_lost() {
        let mut book = three_waiting();
        book.left(1, 4, 5);
        book.unanswered(Operation::Leave(entry(2, 2)), 4);
        book.drained(2, &[3], 12, 13);
        assert_eq!(book.holds(), 3);
    }

    #[test]
    fn possibly_expired_is_not_lost_but_still_alive_is() {
        let mut book = three_waiting();
        book.terms().ttl_ns = Some(8 * MS);
        book.drained(2, &[], 9, 10);
        assert_eq!(book.holds(), 3);
        book.terms().ttl_ns = Some(80 * MS);
        assert_eq!(book.violated().0, 3);
    }

    #[test]
    fn without_a_drain_whoever_waits_is_undecided() {
        let mut book = three_waiting();
        book.history.header.drained = false;
        book.admitted(2, &[1], 4, 5);
        assert!(
            book.undecided()
                .contains("2 acknowledged joins were neither admitted nor left, and there was no final drain")
        );
        book.history.header.end = RunEnd::Interrupted;
        assert!(book.undecided().contains("interrupted"));
        book.history.header.end = RunEnd::ServerLost;
        assert!(book.undecided().contains("the server went away"));
    }

    #[test]
    fn a_drain_that_does_not_end_empty_is_undecided() {
        let mut book = three_waiting();
        book.drained(1, &[1], 10, 11);
        assert!(book.undecided().contains("did not end with an answer that nobody waits"), "{}", book.undecided());
    }

    #[test]
    fn lost_admissions_are_given_no_more_than_they_asked_for() {
        let mut book = three_waiting();
        book.unanswered(Operation::Admit { count: 1, batch: BatchId(7) }, 5);
        book.drained(2, &[], 12, 13);
        assert_eq!(book.violated().0, 2);
        book.history.records[3].call = Operation::Admit { count: 3, batch: BatchId(7) };
        assert!(book.undecided().contains("3 acknowledged joins are unaccounted for"));
    }

    #[test]
    fn no_acknowledged_join_is_undecided() {
        let mut book = Book::new(Promise::NoLoss);
        book.unanswered(Operation::Join(entry(1, 1)), 0);
        book.drained(1, &[], 2, 3);
        assert!(book.undecided().contains("no join was acknowledged"));
    }
}

mod no_phantoms {
    use super::*;

    #[test]
    fn a_token_that_nobody_joined_is_caught() {
        let mut book = Book::new(Promise::NoPhantoms);
        book.joined(1, 1, 0, 1);
        book.admitted(3, &[1, 5, Token::ALIEN + 1], 2, 3);
        let (violations, proof) = book.violated();
        assert_eq!(violations, 2);
        assert!(proof.story.contains("t5 was admitted at 3.0 ms, but nobody joined with it"), "{}", proof.story);
    }

    #[test]
    fn a_token_admitted_before_its_join_was_sent_is_caught() {
        let mut book = Book::new(Promise::NoPhantoms);
        book.admitted(1, &[1], 0, 1);
        book.joined(1, 1, 4, 5);
        assert_eq!(book.violated().1.margin_ns, Some(3 * MS));
    }

    #[test]
    fn a_refused_join_that_is_admitted_is_caught() {
        let mut book = Book::new(Promise::NoPhantoms);
        book.add(Operation::Join(entry(1, 1)), Outcome::Refused(Refusal::OutOfMemory), 0, 1);
        book.admitted(1, &[1], 2, 3);
        assert!(book.violated().1.story.contains("its join was refused"));
    }

    #[test]
    fn an_unanswered_join_may_be_admitted() {
        let mut book = Book::new(Promise::NoPhantoms);
        book.unanswered(Operation::Join(entry(1, 1)), 0);
        book.admitted(1, &[1], 2, 3);
        assert_eq!(book.holds(), 1);
    }

    #[test]
    fn no_token_named_is_undecided() {
        let mut book = Book::new(Promise::NoPhantoms);
        book.joined(1, 1, 0, 1);
        book.undecided();
    }
}

mod position {
    use super::*;

    /// u1, u2 and u3 joined one after the other, u4 beside u3.
    fn four() -> Book {
        let mut book = Book::new(Promise::Position);
        book.joined(1, 1, 0, 1);
        book.joined(2, 2, 2, 3);
        book.joined(3, 3, 4, 7);
        book.joined(4, 4, 5, 8);
        book
    }

    #[test]
    fn the_place_of_concurrent_joins_may_be_either() {
        for place in [3, 4] {
            let mut book = four();
            book.position(3, Some(place), 10, 11);
            assert_eq!(book.holds(), 1);
        }
    }

    #[test]
    fn a_place_ahead_of_those_certainly_before_is_impossible() {
        let mut book = four();
        book.position(3, Some(2), 10, 11);
        let (violations, proof) = book.violated();
        assert_eq!((violations, proof.margin_ns), (1, Some(MS)));
        assert_eq!(
            proof.story,
            "t3 (u3) was told the impossible position 2 at 11.0 ms: 2 were certainly ahead, so that only places 3 to 4 could be"
        );
        assert_eq!(proof.events.len(), 4, "the question, the own join and two ahead");
    }

    #[test]
    fn a_place_behind_all_that_can_be_ahead_is_impossible() {
        let mut book = four();
        book.position(2, Some(3), 10, 11);
        assert!(book.violated().1.story.contains("at most 1 can have been ahead"));
    }

    #[test]
    fn the_tolerance_widens_the_bounds() {
        let mut book = four();
        book.position(2, Some(3), 10, 11);
        book.terms().position_tolerance = PositionTolerance { absolute: 1, relative: 0.0 };
        book.holds();
        book.terms().position_tolerance = PositionTolerance { absolute: 0, relative: 0.5 };
        book.holds();
        book.terms().position_tolerance = PositionTolerance { absolute: 0, relative: 0.4 };
        book.violated();
    }

    #[test]
    fn whoever_may_be_gone_counts_for_the_highest_place_only() {
        for (place, possible) in [(1, false), (2, true), (3, true), (4, true), (5, false)] {
            let mut book = four();
            book.unanswered(Operation::Leave(entry(1, 1)), 6);
            book.position(3, Some(place), 10, 11);
            if possible { assert_eq!(book.holds(), 1) } else { assert_eq!(book.violated().0, 1) }
        }
    }

    #[test]
    fn whoever_was_admitted_is_not_ahead() {
        let mut book = four();
        book.admitted(2, &[1, 2], 8, 9);
        book.position(3, Some(1), 10, 11);
        book.position(3, Some(3), 12, 13);
        assert_eq!(book.violated().0, 1);
    }

    #[test]
    fn entries_that_may_have_expired_widen_the_bounds() {
        let mut book = four();
        book.terms().ttl_ns = Some(10 * MS);
        book.position(3, Some(1), 12, 13);
        book.holds();
        book.terms().ttl_ns = Some(100 * MS);
        book.violated();
    }

    #[test]
    fn not_waiting_for_somebody_who_waits_is_impossible() {
        let mut book = four();
        book.position(3, None, 10, 11);
        assert!(book.violated().1.story.contains("although it certainly waited"));
    }

    #[test]
    fn a_place_for_somebody_who_left_is_impossible() {
        let mut book = four();
        book.left(3, 8, 9);
        book.position(3, Some(3), 10, 11);
        assert!(book.violated().1.story.contains("although it was not in line"));
    }

    #[test]
    fn nobody_asking_is_undecided() {
        assert!(four().undecided().contains("let users poll"));
    }
}

mod expiry {
    use super::*;

    /// TTL 60 ms, tolerance 10 ms, lag 10 ms; u1 joins between 40 and 80 ms.
    fn one() -> Book {
        let mut book = Book::new(Promise::Expiry);
        *book.terms() = stanchion::model::Terms {
            ttl_ns: Some(60 * MS),
            ttl_tolerance_ns: 10 * MS,
            ttl_lag_ns: 10 * MS,
            ..book.terms().clone()
        };
        book.joined(1, 1, 40, 80);
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
}

mod idempotence {
    use super::*;

    fn batch(book: &mut Book, tokens: &[u64], sent: u64) {
        let call = Operation::Admit { count: 2, batch: BatchId(7) };
        book.add(call, Outcome::Admitted(tokens.iter().copied().map(Token).collect()), sent, sent + 1);
    }

    #[test]
    fn a_batch_that_is_answered_differently_is_caught() {
        let mut book = Book::new(Promise::Idempotence);
        batch(&mut book, &[1, 2], 0);
        batch(&mut book, &[1, 2], 2);
        assert_eq!(book.holds(), 1);
        batch(&mut book, &[3, 4], 4);
        let (violations, proof) = book.violated();
        assert_eq!((violations, proof.events.len()), (1, 2));
        assert!(proof.story.contains("\"admit 2 → t1 t2\", then \"admit 2 → t3 t4\""), "{}", proof.story);
    }

    #[test]
    fn a_retried_join_hears_that_its_place_stands() {
        let mut book = Book::new(Promise::Idempotence);
        book.joined(1, 1, 0, 1).reply_dropped = true;
        book.duplicate(1, 1, 1, 5, 6);
        book.as_retry();
        assert!(book.holds() > 0);
    }

    #[test]
    fn a_retried_join_that_hears_of_another_place_is_caught() {
        let mut book = Book::new(Promise::Idempotence);
        book.joined(1, 1, 0, 1).reply_dropped = true;
        book.duplicate(1, 1, 9, 5, 6);
        book.as_retry();
        assert!(book.violated().1.story.contains("while t1 was still in line"));
        // Unless the place may have been given up in between.
        book.left(1, 2, 3);
        book.holds();
    }

    #[test]
    fn a_key_that_is_not_released_by_leaving_is_caught() {
        for means in [DuplicateMeans::WaitingNow, DuplicateMeans::AcceptedBefore] {
            let mut book = Book::new(Promise::Idempotence);
            book.terms().duplicate_means = means;
            book.joined(1, 1, 0, 1);
            book.left(1, 2, 3);
            book.duplicate(1, 2, 1, 5, 6);
            assert_eq!(book.violated().1.margin_ns, Some(2 * MS));
        }
    }

    #[test]
    fn an_admitted_place_may_stand_if_the_design_keeps_it() {
        let mut book = Book::new(Promise::Idempotence);
        book.joined(1, 1, 0, 1);
        book.admitted(1, &[1], 2, 3);
        book.duplicate(1, 2, 1, 5, 6);
        book.violated();
        book.terms().duplicate_means = DuplicateMeans::AcceptedBefore;
        assert_eq!(book.holds(), 1);
    }

    #[test]
    fn nothing_repeated_is_undecided() {
        let mut book = Book::new(Promise::Idempotence);
        book.terms().dedupe = Dedupe::Request;
        book.joined(1, 1, 0, 1);
        book.admitted(1, &[1], 2, 3);
        assert!(book.undecided().contains("no request was repeated"));
    }
}

mod capacity {
    use super::*;

    #[test]
    fn more_than_asked_for_is_caught() {
        let mut book = Book::new(Promise::Capacity);
        book.admitted(2, &[1, 2], 0, 1);
        assert_eq!(book.holds(), 1);
        book.admitted(2, &[3, 4, 5], 2, 3);
        assert!(book.violated().1.story.contains("asked for 2 and was answered with 3"));
    }

    #[test]
    fn more_than_asked_for_over_all_answers_to_one_batch_is_caught() {
        let mut book = Book::new(Promise::Capacity);
        for token in [1, 2] {
            let call = Operation::Admit { count: 1, batch: BatchId(7) };
            book.add(call, Outcome::Admitted(vec![Token(token)]), token, token + 1);
        }
        assert!(book.violated().1.story.contains("let 2 different tokens in"));
    }

    #[test]
    fn more_than_the_scenario_allows_in_the_load_is_caught() {
        let mut book = Book::new(Promise::Capacity);
        book.terms().capacity = Some(2);
        book.admitted(2, &[1, 2], 0, 1);
        book.admitted(1, &[3], 2, 3).phase = Phase::Drain;
        assert_eq!(book.holds(), 2);
        book.admitted(1, &[4], 4, 5);
        assert!(book.violated().1.story.contains("3 were let in during the load, 2 were allowed"));
    }

    #[test]
    fn no_admission_is_undecided() {
        assert!(Book::new(Promise::Capacity).undecided().contains("let the scenario admit"));
    }
}
