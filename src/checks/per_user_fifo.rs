//! `per-user-fifo`: a user's tokens are admitted in the order joined.
//!
//! The [sweep](super::sweep) with one FIFO class a user. Only order is judged:
//! - *Short batches count as full ones.* That somebody was left waiting is a fact about the whole line,
//!   which `global-fifo` judges; a design may well keep each user's order and answer "nobody waits" too
//!   early, and must not be accused of overtaking for it. A batch is still one instant for all its users.
//! - *Reads are left out.* One wrong "not waiting" would otherwise be taken for a late join, and the
//!   admissions around it for overtaking.
//!
//! Leaving out keeps every legal history legal, so nothing is accused wrongly. A list of a user's own
//! entries must be in the order of joining as well.

use super::Normalised;
use super::finding::Finding;
use super::line::Rule;
use super::notation::{NEVER, Trace, ValueId};
use super::numbering::Numbering;
use super::stay::Stays;
use super::sweep::{FifoClass, Scope};
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::History;
use crate::model::{OpKind, Outcome, Promise};

/// Judges `per-user-fifo`. Examined: admitted tokens of users who held more than one, and lists of two or
/// more entries.
#[must_use]
pub fn check(history: &History, normalised: &Normalised) -> Finding {
    let trace = &normalised.trace;
    let stays = normalised.stays();
    let mut tally = Tally::default();
    tally.examine(examined(trace, &stays));
    let several = tally.examined() > 0;
    judge_lists(history, normalised, &stays, &mut tally);
    let rule = Rule {
        promise: Promise::PerUserFifo,
        class: FifoClass::User,
        scope: Scope::OrderOnly,
        nothing: "no user with two or more tokens was admitted, so no user's order was seen: give users several tokens (dedupe by request)",
    };
    // Whoever holds one token cannot be overtaken by another of theirs.
    if several { rule.judge(history, trace, tally) } else { tally.finding(rule.promise, rule.nothing) }
}

/// How many admitted tokens belong to users of several accepted ones.
fn examined(trace: &Trace, stays: &Stays<'_>) -> usize {
    let tokens = || {
        let accepted = trace.values.ids().filter(|id| stays.accepted(*id));
        accepted.filter_map(|id| Some((trace.values.user(id)?.0, id)))
    };
    let users = Numbering::new(tokens().map(|(user, _)| user));
    /// What a user has so far.
    #[derive(Clone, Copy)]
    enum Has {
        Nothing,
        One { admitted: bool },
        Several,
    }
    let mut by_user = vec![Has::Nothing; users.len()];
    let mut count = 0;
    for (user, id) in tokens() {
        let admitted = stays.is_admitted(id);
        let has = &mut by_user[users.of(user)];
        *has = match *has {
            Has::Nothing => Has::One { admitted },
            Has::One { admitted: other } => {
                count += usize::from(admitted) + usize::from(other);
                Has::Several
            }
            Has::Several => {
                count += usize::from(admitted);
                Has::Several
            }
        };
    }
    count
}

fn judge_lists(history: &History, normalised: &Normalised, stays: &Stays<'_>, tally: &mut Tally) {
    let trace = &normalised.trace;
    let words = Words::new(history);
    let lists = history.records.rows().enumerate().filter(|(_, row)| row.kind() == OpKind::Entries);
    for (index, row) in lists {
        let Outcome::Entries(tokens) = row.outcome() else { continue };
        if tokens.len() < 2 {
            continue;
        }
        tally.examine(1);
        let mut latest: Option<ValueId> = None;
        for second in tokens.iter().filter_map(|token| normalised.id(*token)) {
            let inv_ns = |id: ValueId| trace.value(id).join.inv_ns;
            if !trace.value(second).may_have_joined() {
                continue;
            }
            if let Some(first) = latest
                && stays.at(second).joined_by_ns < inv_ns(first)
            {
                let gap_ns = inv_ns(first) - stays.at(second).joined_by_ns;
                let story = || {
                    format!(
                        "{} returned {} before {} was sent, yet a list of the user's entries names {} first",
                        words.join(trace, second),
                        ms(gap_ns),
                        words.join(trace, first),
                        words.value(trace, first)
                    )
                };
                let about = [trace.value(first).token, trace.value(second).token];
                let joins = [first, second].into_iter().filter_map(|id| words.join_event(trace, id));
                tally.violation(story, Some(gap_ns), || in_order(joins.chain([words.event(index, &about)])));
                break;
            }
            if latest.is_none_or(|latest| inv_ns(latest) < inv_ns(second)) && inv_ns(second) < NEVER {
                latest = Some(second);
            }
        }
    }
}
