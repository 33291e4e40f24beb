//! Constructed histories that once fooled a judge, or would fool a simpler one. Each is decided by the
//! sweep and by the oracle, and both must agree with what is written here.
//!
//! Notation: kind, values, `/` how many were asked for, `[invocation,reply]`. E join, B admission, P lost
//! admission, L leave → left, K removed if present (lost leave, expiry), F "not waiting", G "waiting now",
//! H "accepted before"; `inf` no reply; `B/1` asked for one, nobody waiting.

use crate::judging::{ONE_USER, Users, oracle, parse, trace};
use stanchion::checks::lost::{Explained, explain};
use stanchion::checks::notation::Trace;
use stanchion::checks::sweep::{FifoClass, Scope, sweep};

#[derive(Debug, PartialEq)]
enum Verdict {
    Holds,
    Violated,
}

fn verdict(text: &str, class: FifoClass, users: &Users) -> Verdict {
    let trace = trace(&parse(text), users);
    let first_breach_ns = |trace: &Trace| sweep(trace, class, Scope::Everything).first().map(|breach| breach.at_ns);
    if first_breach_ns(&trace).is_none() {
        return Verdict::Holds;
    }
    match explain(&trace, (class, Scope::Everything), first_breach_ns) {
        Explained::Holds(_) => Verdict::Holds,
        Explained::Violated(_) | Explained::Exhausted => Verdict::Violated,
        Explained::Undecided => panic!("undecided"),
    }
}

const ONE_LINE: (FifoClass, Users) = (FifoClass::Everyone, ONE_USER);

/// `name: legal or illegal => verdict, classes, history;`
macro_rules! histories {
    ($($name:ident: $legal:literal => $verdict:ident, $classes:expr, $text:literal;)*) => {$(
        #[test]
        fn $name() {
            let (class, users): (FifoClass, Users) = $classes;
            assert_eq!(oracle::is_legal(&parse($text), class, &users), $legal == "legal", "the oracle");
            assert_eq!(verdict($text, class, &users), Verdict::$verdict, "the sweep");
        }
    )*};
}

histories! {
    batches_in_a_cycle_are_caught: "illegal" => Violated, ONE_LINE, "E0[0,1] E1[2,3] B1/1[4,7] E2[5,8] B0.2/2[6,9]";
    a_short_batch_that_leaves_a_waiter_behind_is_caught: "illegal" => Violated, ONE_LINE, "E0[0,2] E1[1,3] B0/2[4,5]";
    a_full_batch_may_leave_a_waiter_behind: "legal" => Holds, ONE_LINE, "E0[0,2] E1[1,3] B0/1[4,5]";
    a_short_batch_is_one_instant: "illegal" => Violated, ONE_LINE, "E1[0,3] E0[1,2] B1/3[4,7] B0/3[5,6]";
    a_full_batch_inside_a_short_one_is_fine: "legal" => Holds, ONE_LINE, "E1[0,3] E0[1,2] B1/3[4,7] B0/1[5,6]";
    the_order_inside_a_batch_counts: "illegal" => Violated, ONE_LINE, "E0[0,1] E1[2,3] B1.0/2[4,5]";
    an_absence_pushes_a_join_later: "illegal" => Violated, ONE_LINE, "E2[0,1] E0[2,9] E1[3,4] F0[5,10] B0/1[8,14] B2/1[12,13]";
    without_the_absence_the_join_may_be_early: "legal" => Holds, ONE_LINE, "E2[0,1] E0[2,9] E1[3,4] B0/1[8,14] B2/1[12,13]";
    a_witness_needs_the_tightened_invocation: "illegal" => Violated, ONE_LINE, "E1[0,inf] E3[1,7] E2[2,6] E0[3,4] B0/1[5,11] B1.2/2[8,16] B3.4/2[9,15] B/1[10,12] E4[13,14]";
    a_lost_leave_explains_an_empty_line: "legal" => Holds, ONE_LINE, "E0[0,2] K0[1,inf] B/3[3,4]";
    a_lost_leave_sent_too_late_explains_nothing: "illegal" => Violated, ONE_LINE, "E0[0,1] B/3[2,3] K0[4,inf]";
    expiry_of_somebody_already_served_does_nothing: "legal" => Holds, ONE_LINE, "E0[0,1] B0/3[2,3] K0[4,5]";
    somebody_served_after_the_expiry_is_caught: "illegal" => Violated, ONE_LINE, "E0[0,1] K0[2,3] B0/1[4,5]";
    an_expiry_before_the_join_does_nothing: "illegal" => Violated, ONE_LINE, "K0[0,1] E0[2,3] B/1[4,5]";
    an_expired_entry_does_not_wait: "legal" => Holds, ONE_LINE, "E0[0,1] K0[2,3] B/1[4,5]";
    waiting_after_admission_is_caught: "illegal" => Violated, ONE_LINE, "E0[0,1] B0/3[2,3] G0[4,5]";
    accepted_before_after_admission_is_fine: "legal" => Holds, ONE_LINE, "E0[0,1] B0/1[2,3] H0[4,5]";
    a_duplicate_proves_a_lost_join: "illegal" => Violated, ONE_LINE, "E0[0,inf] G0[1,2] B/1[3,4]";
    a_lost_join_may_not_have_happened: "legal" => Holds, ONE_LINE, "E0[0,inf] B/1[3,4]";
    a_duplicate_forces_the_removal_later: "illegal" => Violated, ONE_LINE, "E0[0,1] E1[2,3] B0/1[4,9] B1/1[5,6] G0[7,8]";
    a_lost_admission_may_explain_an_empty_line: "legal" => Holds, ONE_LINE, "E0[0,1] P/3[2,inf] B/3[3,4]";
    a_lost_admission_takes_all_it_can: "illegal" => Violated, ONE_LINE, "E0[0,1] E1[2,3] P/3[4,inf] B1/1[5,6]";
    a_lost_admission_of_one_takes_one: "legal" => Holds, ONE_LINE, "E0[0,1] E1[2,3] P/1[4,inf] B1/1[5,6]";
    a_lost_admission_may_have_been_short: "legal" => Holds, ONE_LINE, "E0[0,1] P/3[2,inf] E1[3,4] B1/1[5,6]";
    an_unseen_join_may_fill_a_lost_admission: "legal" => Holds, ONE_LINE, "E0[0,2] E1[1,inf] E2[3,4] P/2[5,inf] B2/1[6,7]";
    nobody_fills_the_lost_admission: "illegal" => Violated, ONE_LINE, "E0[0,2] E2[3,4] P/2[5,inf] B2/1[6,7]";
    the_right_unseen_join_fills_it: "legal" => Holds, ONE_LINE, "E0[0,inf] E1[1,2] E2[3,4] E3[5,6] P/2[7,inf] B2/1[8,9]";
    a_lost_leave_need_not_have_happened: "legal" => Holds, ONE_LINE, "E1[0,1] E0[2,3] K0[4,inf] E2[5,6] P/2[7,inf] B2/2[8,9]";
    an_acknowledged_leave_fills_nothing: "illegal" => Violated, ONE_LINE, "E1[0,1] E0[2,3] L0[4,5] E2[6,7] P/2[8,inf] B2/2[9,10]";
    of_two_lost_admissions_one_has_the_size: "legal" => Holds, ONE_LINE, "E0[0,1] E1[2,3] E2[4,5] E3[6,7] P/3[8,inf] P/2[9,inf] B3/1[10,11]";
    twice_two_is_not_three: "illegal" => Violated, ONE_LINE, "E0[0,1] E1[2,3] E2[4,5] E3[6,7] P/2[8,inf] P/2[9,inf] B3/1[10,11]";
    a_lost_admission_need_not_take_the_oldest_unseen: "legal" => Holds, ONE_LINE, "E3[0,2] E1[1,5] E0[3,6] E2[4,7] P/3[8,inf] P/3[9,inf] F1[10,14] B2/1[11,15] P/1[12,inf] B0/1[13,16]";
    expiry_waits_for_the_lost_admission: "legal" => Holds, ONE_LINE, "E0[0,7] P/1[1,inf] E2[2,4] E1[3,6] B/2[5,10] K0[8,9]";
    two_users_may_pass_each_other: "legal" => Holds, (FifoClass::User, [0, 1, 0, 0, 0, 0, 0, 0]), "E1[0,1] E0[2,3] B0/1[4,5]";
    one_user_may_not_pass_themselves: "illegal" => Violated, (FifoClass::User, ONE_USER), "E1[0,1] E0[2,3] B0/1[4,5]";
    a_short_batch_counts_every_user: "illegal" => Violated, (FifoClass::User, [1, 0, 1, 1, 1, 1, 1, 1]), "E1[0,2] B0/3[1,5] E0[3,4]";
    overlapping_joins_go_in_either_order: "legal" => Holds, ONE_LINE, "E0[0,2] E1[1,3] B1.0/2[4,5]";
    an_absence_may_be_due_to_a_lost_admission: "legal" => Holds, ONE_LINE, "E0[0,3] E1[1,4] P/1[2,inf] F1[5,6]";
    lost_admissions_cannot_take_more_than_they_asked_for: "illegal" => Violated, ONE_LINE, "E0[0,1] E1[2,3] E2[4,5] P/1[6,inf] B2/1[7,8]";
}
