//! A breach of the line, told in words.

use super::notation::{NEVER, Trace, ValueId};
use super::stay::{Overtaking, Stays, overtaking};
use super::sweep::{Breach, Late, What};
use super::words::{Words, ms};

/// A breach in one or two sentences, and how far the clocks would have to be off to void it, if that is known.
pub(super) fn tell(words: Words<'_>, trace: &Trace, stays: &Stays<'_>, breach: &Breach) -> (String, Option<u64>) {
    match breach.what {
        What::NeverJoined { removal, value } => {
            let removed = words.removed(&trace.removals.at(removal));
            (format!("{} was {removed}, yet no join of it was accepted", words.whose(trace, value)), None)
        }
        What::RemovedTwice { removal, value } => {
            let again = words.removed(&trace.removals.at(removal));
            let first = stays.at(value).removal(trace).map_or_else(String::new, |first| words.removed(&first));
            (format!("{} was {first}, and again {again}", words.whose(trace, value)), None)
        }
        What::Late { removal, why } => late(words, trace, stays, removal, why),
        What::ReadTooSoon { read } => {
            let read = &trace.reads[read];
            let value = trace.value(read.value);
            let who = words.whose(trace, read.value);
            if value.join.inv_ns == NEVER {
                return (
                    format!(
                        "an answer at {} says that {who} stands in line, yet no join of it was accepted",
                        ms(read.span.ret_ns)
                    ),
                    None,
                );
            }
            let gap_ns = value.join.inv_ns.saturating_sub(read.span.ret_ns);
            (format!("an answer says that {who} stands in line {} before its join was sent", ms(gap_ns)), Some(gap_ns))
        }
        What::ReadTooLate { read } | What::ReadExpired { read } => {
            let read = &trace.reads[read];
            let stay = &stays.at(read.value);
            let gap_ns = read.span.inv_ns.saturating_sub(stay.gone_by_ns);
            let gone = stay.removal(trace).map_or_else(|| "expired".to_owned(), |removal| words.removed(&removal));
            let who = words.whose(trace, read.value);
            (
                format!("{who} was {gone}, yet a call sent {} later was answered that it still waits", ms(gap_ns)),
                Some(gap_ns),
            )
        }
        What::NotAbsent { read } => {
            let read = &trace.reads[read];
            let who = words.whose(trace, read.value);
            let margin_ns = present(stays, read.value, read.span.inv_ns, read.span.ret_ns);
            let story = format!(
                "{who} was answered \"not waiting\" at {}, although it waited{}",
                ms(read.span.ret_ns),
                after(stays, trace, read.value, read.span.ret_ns)
            );
            (story, margin_ns)
        }
        What::Outlived { maybe } => {
            let maybe = &trace.maybes[maybe];
            let who = words.whose(trace, maybe.value);
            (format!("{who} must have expired by {}, and was still in line", ms(maybe.span.ret_ns)), None)
        }
    }
}

fn late(words: Words<'_>, trace: &Trace, stays: &Stays<'_>, removal: usize, why: Late) -> (String, Option<u64>) {
    let node = &trace.removals.at(removal);
    match why {
        Late::NotReady(value) => {
            let who = words.whose(trace, value);
            let removed = words.removed(node);
            match trace.value(value).join.inv_ns.checked_sub(node.span.ret_ns) {
                Some(gap_ns) if gap_ns > 0 => {
                    (format!("{who} was {removed}, {} before its join was sent", ms(gap_ns)), Some(gap_ns))
                }
                _ => (format!("{who} was {removed}, yet a call sent later was answered that it waits"), None),
            }
        }
        Late::Overtook { overtaken, overtaker } => match overtaking(trace, stays, overtaken, overtaker) {
            Some(pair) => (overtaken_story(words, trace, stays, pair), Some(pair.margin_ns)),
            None => {
                let (first, second) = (words.whose(trace, overtaker), words.whose(trace, overtaken));
                (
                    format!(
                        "{first} was {}, yet {second} stood before it: these answers fit no order in which a queue could have given them",
                        words.removed(node)
                    ),
                    None,
                )
            }
        },
        Late::Disordered { first, second } => {
            let margin_ns = trace.value(first).join.inv_ns.checked_sub(stays.at(second).joined_by_ns);
            let gap = margin_ns.map_or_else(
                || "certainly".to_owned(),
                |gap_ns| format!("{} {}", accepted(trace, stays, second), ms(gap_ns)),
            );
            let (earlier, later) = (words.join(trace, second), words.join(trace, first));
            let (one, two) = (words.value(trace, first), words.value(trace, second));
            (format!("{earlier} {gap} before {later} was sent, yet one admission let {one} in before {two}"), margin_ns)
        }
        Late::LeftBehind(value) => {
            let margin_ns = present(stays, value, node.span.inv_ns, node.span.ret_ns);
            let who = words.whose(trace, value);
            let got = words.answered(node.record);
            let when = ms(node.span.ret_ns);
            (
                format!(
                    "an admission {got} at {when}, although {who} waited{}",
                    after(stays, trace, value, node.span.ret_ns)
                ),
                margin_ns,
            )
        }
    }
}

/// "u7's join of t12 returned 3.2 ms before u9's join of t31 was sent, yet t31 was admitted 11.0 ms before …"
pub(super) fn overtaken_story(words: Words<'_>, trace: &Trace, stays: &Stays<'_>, pair: Overtaking) -> String {
    let Overtaking { overtaken, overtaker, .. } = pair;
    let (a, b) = (&stays.at(overtaken), &stays.at(overtaker));
    let joined_ns = trace.value(overtaker).join.inv_ns.saturating_sub(a.joined_by_ns);
    let (first, second) = (words.join(trace, overtaken), words.join(trace, overtaker));
    let (late, early) = (words.value(trace, overtaken), words.value(trace, overtaker));
    let admitted_ns = b.removal(trace).map_or(0, |removal| removal.span.ret_ns);
    let rest = if a.stays_until_ns == NEVER {
        format!("{early} was admitted at {} and {late} never left the line", ms(admitted_ns))
    } else {
        let gap = ms(a.stays_until_ns.saturating_sub(admitted_ns));
        let what = match a.removal(trace) {
            Some(removal) if removal.is_batch() => format!("the admission of {late} was even sent"),
            Some(_) => format!("{late} asked to leave"),
            None => format!("{late} can have gone"),
        };
        format!("{early} was admitted {gap} before {what}")
    };
    format!("{first} {} {} before {second} was sent, yet {rest}", accepted(trace, stays, overtaken), ms(joined_ns))
}

/// How it is known that a value had joined: by its own reply, or by another answer that names it.
fn accepted(trace: &Trace, stays: &Stays<'_>, value: ValueId) -> &'static str {
    let own = trace.value(value).join.ret_ns == stays.at(value).joined_by_ns;
    if own { "returned" } else { "was known to be accepted" }
}

/// How certainly a value was in line all through a span: the smaller of the two gaps.
fn present(stays: &Stays<'_>, value: ValueId, inv_ns: u64, ret_ns: u64) -> Option<u64> {
    let stay = &stays.at(value);
    Some(inv_ns.checked_sub(stay.joined_by_ns)?.min(stay.stays_until_ns.checked_sub(ret_ns)?))
}

/// Since when a value waited, and how long after an answer it left.
fn after(stays: &Stays<'_>, trace: &Trace, value: ValueId, ret_ns: u64) -> String {
    let stay = &stays.at(value);
    let joined = if stay.joined_by_ns == NEVER {
        String::new()
    } else {
        format!(": it had joined by {}", ms(stay.joined_by_ns))
    };
    let left = match stay.removal(trace) {
        Some(removal) if removal.span.inv_ns > ret_ns => {
            format!(", and it left {} later", ms(removal.span.ret_ns.saturating_sub(ret_ns)))
        }
        Some(_) => String::new(),
        None => ", and nothing is known to have removed it".to_owned(),
    };
    joined + &left
}
