//! `position`, `idempotence` and `capacity`: a history that breaks one is caught by its check, a clean one
//! holds, one with nothing to see is undecided.

use crate::judging::recorded::{Book, MS, entry};
use stanchion::model::{BatchId, Dedupe, DuplicateMeans, Operation, Outcome, Phase, PositionTolerance, Promise, Token};

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
