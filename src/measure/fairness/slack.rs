//! How far the clocks would have to be off, so that nobody was certainly overtaken.
//!
//! If every clock may be off by δ, a request may have been sent δ earlier and an answer read δ later than recorded.
//! "x was answered before y was sent" then needs a gap of more than 2 δ. The smallest δ at which no overtaking is
//! left is found by bisection: whether one is left at a δ is a single pass over the turns in order of joining, and
//! a larger δ leaves no more. Exact, and O(n log n + n log T) for times up to T.
//!
//! It is about pairs, as all figures of fairness are. A few admissions of several tokens can contradict every order
//! although no two tokens alone do; the promise `global-fifo` finds those, and no slack is told for them.

use super::answers;
use super::overtakes::by_joined;
use super::turns::Turn;

/// The smallest δ in ns.
pub(super) fn clock_slack_ns(turns: &[Turn]) -> u64 {
    within_answers_ns(turns).max(across_answers_ns(turns))
}

/// One answer lists b before a: only the joins can still have been the other way round.
fn within_answers_ns(turns: &[Turn]) -> u64 {
    let mut widest_ns: u64 = 0;
    for (_, answer) in answers(turns) {
        let mut newest_ns: u64 = 0;
        for turn in answer {
            let gap_ns = turn.joined_ns.map_or(0, |joined_ns| newest_ns.saturating_sub(joined_ns));
            widest_ns = gap_ns.max(widest_ns);
            newest_ns = turn.join_sent_ns.max(newest_ns);
        }
    }
    // x < y no longer holds once x + δ ≥ y − δ.
    widest_ns.div_ceil(2)
}

fn across_answers_ns(turns: &[Turn]) -> u64 {
    let victims: Vec<(u64, u64)> =
        by_joined(turns).into_iter().map(|(joined_ns, victim)| (joined_ns, turns[victim].admit_sent_ns)).collect();
    let mut later_joins: Vec<(u64, u64)> = turns.iter().map(|turn| (turn.join_sent_ns, turn.admitted_ns)).collect();
    later_joins.sort_unstable();
    let overtaken = |slack_ns: u64| {
        let gap_ns = slack_ns.saturating_mul(2);
        let mut later_joins = later_joins.iter().rev().peekable();
        let mut first_admitted_ns = u64::MAX;
        victims.iter().rev().any(|(joined_ns, admit_sent_ns)| {
            let bound_ns = joined_ns.saturating_add(gap_ns);
            while let Some((_, admitted_ns)) = later_joins.next_if(|(join_sent_ns, _)| *join_sent_ns > bound_ns) {
                first_admitted_ns = first_admitted_ns.min(*admitted_ns);
            }
            first_admitted_ns.saturating_add(gap_ns) < *admit_sent_ns
        })
    };
    // No gap is wider than the latest sending.
    let last_sent_ns = turns.iter().map(|turn| turn.join_sent_ns.max(turn.admit_sent_ns)).max().unwrap_or(0);
    let (mut enough, mut least) = (last_sent_ns.div_ceil(2), 0);
    // Mostly it is nothing at all, or little.
    let mut guess = 0;
    while guess < enough {
        if overtaken(guess) {
            least = guess + 1;
            guess = guess.saturating_mul(4).max(1_000);
        } else {
            enough = guess;
        }
    }
    while least < enough {
        let middle = least + (enough - least) / 2;
        if overtaken(middle) { least = middle + 1 } else { enough = middle }
    }
    enough
}
