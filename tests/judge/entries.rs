//! `no-duplicates`, `no-loss` and `no-phantoms`: a history that breaks one is caught by its check, a clean
//! one holds, one with nothing to see is undecided.

use crate::judging::recorded::{Book, MS, entry};
use stanchion::history::RunEnd;
use stanchion::model::{BatchId, Operation, Outcome, Promise, Refusal, Token};

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
    fn an_entry_that_expires_only_after_the_run_still_waits() {
        let mut book = three_waiting();
        book.history.header.drained = false;
        book.terms().ttl_ns = Some(100 * MS);
        book.admitted(2, &[1], 4, 5);
        assert!(book.undecided().contains("2 acknowledged joins"), "{}", book.undecided());
        book.admitted(2, &[], 110, 111);
        assert_eq!(book.holds(), 3);
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
