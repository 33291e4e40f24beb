//! `global-fifo` and `per-user-fifo` on recorded histories: what breaks them is caught and told, what does
//! not is left alone.

use crate::judging::recorded::{Book, MS, entry};
use stanchion::checks::CheckOutcome;
use stanchion::model::{BatchId, Operation, Outcome, Promise, Token, UserId};

/// u7 joins long before u9 and is admitted after.
fn overtaken() -> Book {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(7, 12, 0, 1);
    book.joined(9, 31, 4, 5);
    book.admitted(1, &[31], 6, 8);
    book.admitted(1, &[12], 19, 20);
    book
}

#[test]
fn an_overtaken_user_is_told_with_names_and_times() {
    let (violations, proof) = overtaken().violated();
    assert_eq!(violations, 1);
    assert_eq!(
        proof.story,
        "u7's join of t12 returned 3.0 ms before u9's join of t31 was sent, yet t31 was admitted 11.0 ms before the admission of t12 was even sent"
    );
    assert_eq!(proof.margin_ns, Some(3 * MS));
    let texts: Vec<_> = proof.events.iter().map(|event| event.text.as_str()).collect();
    assert_eq!(texts, ["join u7 t12 → joined", "join u9 t31 → joined", "admit 1 → t31", "admit 1 → t12"]);
}

#[test]
fn everybody_who_was_overtaken_counts_however_few_answers_did_it() {
    // One answer names three who joined first after the one who joined last.
    let mut one_answer = Book::new(Promise::GlobalFifo);
    for token in 1..=4 {
        one_answer.joined(token, token, token * 10, token * 10 + 1);
    }
    one_answer.admitted(4, &[4, 1, 2, 3], 100, 101);
    assert_eq!(one_answer.violated().0, 3);

    // One answer lets the last in, and the next one the three before.
    let mut two_answers = Book::new(Promise::GlobalFifo);
    for token in 1..=4 {
        two_answers.joined(token, token, token * 10, token * 10 + 1);
    }
    two_answers.admitted(1, &[4], 100, 101);
    two_answers.admitted(3, &[1, 2, 3], 110, 111);
    assert_eq!(two_answers.violated().0, 3);
}

#[test]
fn of_a_long_answer_only_what_matters_is_told() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(0, 0, 0, 1);
    for token in 1..=9 {
        book.joined(token, token, 10 + token, 30);
    }
    book.admitted(9, &[1, 2, 3, 4, 5, 6, 7, 8, 9], 40, 41);
    book.admitted(1, &[0], 50, 51);
    let (_, proof) = book.violated();
    let texts: Vec<_> = proof.events.iter().map(|event| event.text.as_str()).collect();
    assert_eq!(texts, ["join u0 t0 → joined", "join u9 t9 → joined", "admit 9 → … t9 … (9 in all)", "admit 1 → t0"]);
}

#[test]
fn a_foreign_history_is_told_in_its_own_names() {
    let mut book = overtaken();
    book.history.names.users = (0..10).map(|n| format!("person-{n}")).collect();
    book.history.names.tokens = (0..40).map(|n| format!("place-{n}")).collect();
    let (_, proof) = book.violated();
    assert!(proof.story.starts_with("person-7's join of place-12 returned"), "{}", proof.story);
}

#[test]
fn concurrent_joins_may_be_admitted_in_either_order() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(7, 12, 0, 5);
    book.joined(9, 31, 4, 6);
    book.admitted(1, &[31], 7, 8);
    book.admitted(2, &[12], 9, 10);
    assert_eq!(book.holds(), 3, "two tokens and one short answer");
}

#[test]
fn the_same_history_is_told_in_the_same_bytes() {
    assert_eq!(format!("{:?}", overtaken().finding()), format!("{:?}", overtaken().finding()));
}

#[test]
fn every_overtaking_is_counted_and_the_first_ten_are_listed() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(0, 0, 0, 1);
    for token in 1..=14 {
        book.joined(token, token, 10 * token, 10 * token + 1);
    }
    for token in 1..=14 {
        book.admitted(1, &[token], 200 + 10 * token, 205 + 10 * token);
    }
    book.admitted(1, &[0], 500, 501);
    assert_eq!(book.violated().0, 14);
}

#[test]
fn a_waiter_left_behind_by_a_short_answer_is_caught() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(1, 1, 0, 1);
    book.joined(2, 2, 2, 3);
    book.admitted(5, &[1], 5, 6);
    book.admitted(5, &[2], 9, 10);
    let (violations, proof) = book.violated();
    assert_eq!((violations, proof.margin_ns), (1, Some(2 * MS)));
    assert_eq!(
        proof.story,
        "an admission asked for 5 and was answered with 1 at 6.0 ms, although t2 (u2) waited: it had joined by 3.0 ms, and it left 4.0 ms later"
    );
}

#[test]
fn a_crashed_join_keeps_its_first_invocation() {
    // The first attempt went through, its reply was lost; the retry heard of its own token.
    let mut book = Book::new(Promise::GlobalFifo);
    book.unanswered(Operation::Join(entry(1, 1)), 0);
    book.duplicate(1, 1, 1, 20, 21);
    book.as_retry();
    book.joined(2, 2, 10, 11);
    book.admitted(2, &[1, 2], 30, 31);
    assert!(book.holds() > 0);
    // Had the retry been the first attempt, t1 would have come after t2.
    book.history.records.remove(0);
    book.history.records[0].attempt = 0;
    book.violated();
}

#[test]
fn an_unanswered_join_is_proved_by_the_answer_that_names_it() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.unanswered(Operation::Join(entry(1, 1)), 0);
    book.position(1, Some(1), 2, 3);
    book.joined(2, 2, 5, 6);
    book.admitted(1, &[2], 7, 8);
    book.admitted(1, &[1], 9, 10);
    let (_, proof) = book.violated();
    assert!(proof.story.starts_with("u1's join of t1 was known to be accepted 2.0 ms before"), "{}", proof.story);
    assert!(proof.events.iter().any(|event| event.text == "position t1 → position 1"), "{:?}", proof.events);
}

#[test]
fn a_reply_that_was_kept_from_the_client_counts() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(1, 1, 0, 1);
    book.joined(2, 2, 2, 3);
    book.admitted(1, &[2], 5, 6).reply_dropped = true;
    book.admitted(1, &[1], 9, 10);
    book.violated();
}

#[test]
fn a_repeated_batch_is_not_a_second_removal() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(1, 1, 0, 1);
    for (sent, returned) in [(2, 3), (4, 5)] {
        let call = Operation::Admit { count: 1, batch: BatchId(7) };
        book.add(call, Outcome::Admitted(vec![Token(1)]), sent, returned);
    }
    book.holds();
}

#[test]
fn a_lost_admission_explains_what_it_may_have_taken() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(1, 1, 0, 1);
    book.joined(2, 2, 2, 3);
    book.unanswered(Operation::Admit { count: 1, batch: BatchId(7) }, 4);
    book.admitted(1, &[2], 5, 6);
    book.holds();
    // Sent too late, it explains nothing.
    book.history.records[2].sent_ns = 7 * MS;
    book.violated();
}

#[test]
fn a_lost_admission_takes_no_fewer_than_it_can() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(1, 1, 0, 1);
    book.joined(2, 2, 2, 3);
    book.unanswered(Operation::Admit { count: 3, batch: BatchId(7) }, 4);
    book.admitted(1, &[2], 5, 6);
    let (_, proof) = book.violated();
    let told = "whatever the admissions took whose answers were lost (admit 3 → unknown: timed-out sent at 4.0 ms by client 0)";
    assert!(proof.story.contains(told), "{}", proof.story);
    assert_eq!(proof.events.len(), 4, "{:?}", proof.events);
}

/// Ten lost admissions of two cannot take nineteen, but there are too many ways to try.
#[test]
fn too_many_lost_admissions_leave_it_undecided_and_are_named() {
    let mut book = Book::new(Promise::GlobalFifo);
    for token in 0..20 {
        book.joined(token, token, 2 * token, 2 * token + 1);
    }
    for batch in 0..10 {
        book.unanswered(Operation::Admit { count: 2, batch: BatchId(batch) }, 50 + batch);
    }
    book.admitted(1, &[19], 70, 71);
    let why = book.undecided();
    assert!(why.contains("admit 2 → unknown: timed-out sent at 50.0 ms by client 0"), "{why}");
    assert!(why.contains("and 5 more"), "{why}");
}

#[test]
fn refused_joins_are_not_waited_for() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.duplicate(1, 5, 1, 3, 4);
    book.joined(1, 1, 0, 1);
    book.admitted(2, &[1], 5, 6);
    book.holds();
}

#[test]
fn nothing_admitted_is_undecided() {
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(1, 1, 0, 1);
    assert!(book.undecided().contains("no admission was answered"));
}

/// One user's tokens 1 and 2, in this order, and another's token 3.
fn two_users() -> Book {
    let mut book = Book::new(Promise::PerUserFifo);
    book.joined(3, 3, 0, 1);
    book.joined(1, 1, 2, 3);
    book.joined(1, 2, 4, 5);
    book
}

#[test]
fn users_may_pass_each_other_but_not_themselves() {
    let mut book = two_users();
    book.admitted(2, &[1, 2], 6, 7);
    book.admitted(1, &[3], 8, 9);
    assert_eq!(book.holds(), 2, "the two tokens of the user who held two");
    let mut book = two_users();
    book.admitted(2, &[2, 3], 6, 7);
    book.admitted(1, &[1], 9, 10);
    let (violations, proof) = book.violated();
    assert_eq!((violations, proof.margin_ns), (1, Some(MS)));
    assert!(proof.story.starts_with("u1's join of t1 returned 1.0 ms before u1's join of t2"), "{}", proof.story);
    assert_eq!(proof.events.len(), 4);
}

#[test]
fn the_order_within_one_answer_counts() {
    let mut book = two_users();
    book.admitted(3, &[2, 1, 3], 6, 7);
    let (violations, proof) = book.violated();
    assert_eq!(violations, 1);
    assert!(proof.story.contains("one admission let t2 in before t1"), "{}", proof.story);
}

#[test]
fn a_short_answer_or_a_wrong_read_is_not_overtaking() {
    let mut book = two_users();
    book.admitted(9, &[1], 6, 7);
    book.position(2, None, 8, 9).call = Operation::Position(entry(1, 2));
    book.admitted(9, &[2], 10, 11);
    book.holds();
}

#[test]
fn a_list_of_entries_in_the_wrong_order_is_caught() {
    let mut book = two_users();
    let mut list = |tokens: [u64; 2]| {
        book.add(Operation::Entries(UserId(1)), Outcome::Entries(tokens.map(Token).to_vec()), 6, 7);
        book.finding().outcome
    };
    assert!(matches!(list([1, 2]), CheckOutcome::Holds { examined } if examined.get() == 1));
    let CheckOutcome::Violated { counterexample, .. } = list([2, 1]) else { panic!("expected to be violated") };
    assert!(counterexample.story.contains("a list of the user's entries names t2 first"), "{}", counterexample.story);
}

#[test]
fn one_token_a_user_is_undecided() {
    let mut book = Book::new(Promise::PerUserFifo);
    book.joined(1, 1, 0, 1);
    book.admitted(1, &[1], 2, 3);
    assert!(book.undecided().contains("give users several tokens"));
}

/// Who hears "duplicate of your own token" hears of the past if the request is repeated, and of the line if it is new.
#[test]
fn a_duplicate_of_the_own_token_says_that_it_waits_unless_it_is_repeated() {
    let told = |repeated: bool| {
        let mut book = Book::new(Promise::GlobalFifo);
        book.joined(1, 1, 0, 1);
        book.admitted(1, &[1], 2, 3);
        if repeated {
            book.unanswered(Operation::Join(entry(1, 1)), 4);
        }
        book.duplicate(1, 1, 1, 5, 6);
        if repeated {
            book.as_retry();
        }
        book
    };
    told(true).holds();
    told(false).violated();
}

/// The attempt whose answer got lost may be the one that let them in.
#[test]
fn an_admission_begins_with_the_first_attempt_at_its_batch() {
    let mut book = Book::new(Promise::GlobalFifo);
    let call = Operation::Admit { count: 1, batch: BatchId(7) };
    book.joined(1, 1, 0, 1);
    book.unanswered(call, 2);
    book.add(call, Outcome::Admitted(vec![Token(1)]), 10, 11);
    book.as_retry();
    book.holds();
    book.position(1, None, 5, 6);
    book.holds();
    book.history.records.retain(|record| record.returned_ns.is_some());
    book.violated();
}
