//! `no-duplicates`: a dedupe key holds at most one entry, and no token is admitted twice.
//!
//! Two entries of one key break it if both were *certainly* in line at one moment: from the reply of the
//! later join until the first call that may have removed either; or at the moment the later one joined,
//! if that lies wholly within the other's certain stay. An entry that is taken out of line twice, by two
//! admissions or by a leave and an admission, must have stood there twice.

use super::Normalised;
use super::finding::Finding;
use super::grouped::grouped;
use super::notation::{Trace, ValueId};
use super::stay::Stays;
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::History;
use crate::model::{OpKind, Promise, Token};

/// Judges `no-duplicates`. Examined: removed tokens, and joins that asked for a key that was asked for before.
#[must_use]
pub fn check(history: &History, normalised: &Normalised) -> Finding {
    let trace = &normalised.trace;
    let stays = normalised.stays();
    let words = Words::new(history);
    let mut tally = Tally::default();
    judge_removals(words, trace, &mut tally);

    // Every join has a value, and every key a join, so keys are counted here and requests there.
    let keys = |id: ValueId| trace.values.dedupe(id).map(|key| (key.0, id));
    let by_key = grouped(trace.values.ids().filter_map(keys));
    let requests = history.records.rows().filter(|row| row.kind() == OpKind::Join).count();
    tally.examine(requests - by_key.keys());
    for entries in by_key.several() {
        let mut entries: Vec<ValueId> = entries.iter().copied().filter(|id| stays.accepted(*id)).collect();
        if entries.len() > 1 {
            judge_key(words, trace, &stays, &mut entries, &mut tally);
        }
    }
    tally.finding(
        Promise::NoDuplicates,
        "no dedupe key was asked for twice and nothing was admitted: let users join again, and admit",
    )
}

/// Every token is removed once.
fn judge_removals(words: Words<'_>, trace: &Trace, tally: &mut Tally) {
    let removed: usize = trace.removals.iter().map(|removal| removal.values.len()).sum();
    if !removed_twice(trace) {
        tally.examine(removed);
        return;
    }
    let mut first: Vec<Option<usize>> = vec![None; trace.values.len()];
    let mut by_return: Vec<usize> = (0..trace.removals.len()).collect();
    by_return.sort_by_key(|index| (trace.removals.span(*index).ret_ns, *index));
    for index in by_return {
        let again = trace.removals.at(index);
        for &id in again.values {
            tally.examine(1);
            let Some(earlier) = first[id as usize].replace(index) else { continue };
            let earlier = trace.removals.at(earlier);
            let story = || {
                let whose = words.whose(trace, id);
                format!("{whose} was {}, and again {}", words.removed(&earlier), words.removed(&again))
            };
            let about: [Token; 1] = [trace.value(id).token];
            tally.violation(story, None, || {
                let removals = [earlier, again].map(|removal| words.removal_event(&removal, &about));
                in_order(words.join_event(trace, id).into_iter().chain(removals))
            });
        }
    }
}

/// Whether any token is removed more than once.
fn removed_twice(trace: &Trace) -> bool {
    let mut seen = vec![false; trace.values.len()];
    let mut values = trace.removals.iter().flat_map(|removal| removal.values.iter());
    values.any(|id| std::mem::replace(&mut seen[*id as usize], true))
}

/// The entries of one key: each is held against the longest-standing one that joined before it.
fn judge_key(words: Words<'_>, trace: &Trace, stays: &Stays<'_>, entries: &mut [ValueId], tally: &mut Tally) {
    entries.sort_by_key(|id| (stays.at(*id).joined_by_ns, *id));
    let mut longest = entries[0];
    for &later in &entries[1..] {
        if let Some(margin_ns) = together(trace, stays, longest, later) {
            let story = || both_in_line(words, trace, stays, longest, later);
            tally.violation(story, Some(margin_ns), || {
                let pair = [longest, later];
                let about = pair.map(|id| trace.value(id).token);
                let joins = pair.iter().filter_map(|id| words.join_event(trace, *id));
                let removals = pair.iter().filter_map(|id| stays.at(*id).removal(trace));
                in_order(joins.chain(removals.map(|removal| words.removal_event(&removal, &about))))
            });
        }
        if stays.at(later).stays_until_ns > stays.at(longest).stays_until_ns {
            longest = later;
        }
    }
}

/// For how long at least two entries, the first of which joined by the earlier time, were in line together.
fn together(trace: &Trace, stays: &Stays<'_>, first: ValueId, later: ValueId) -> Option<u64> {
    let (a, b) = (&stays.at(first), &stays.at(later));
    // Both stand from the later reply on until the first removal that is possible.
    let standing = a.stays_until_ns.min(b.stays_until_ns).checked_sub(b.joined_by_ns);
    // Or the later one joined while the first certainly stood.
    let inside = trace.value(later).join.inv_ns.checked_sub(a.joined_by_ns);
    let joining = inside.and_then(|inside_ns| Some(inside_ns.min(a.stays_until_ns.checked_sub(b.joined_by_ns)?)));
    standing.max(joining).filter(|margin_ns| *margin_ns > 0)
}

fn both_in_line(words: Words<'_>, trace: &Trace, stays: &Stays<'_>, first: ValueId, later: ValueId) -> String {
    let (a, b) = (&stays.at(first), &stays.at(later));
    let user = trace.value(later).user.map_or_else(|| "one key".to_owned(), |user| words.user(user));
    let (one, two) = (words.value(trace, first), words.value(trace, later));
    let gap_ns = b.joined_by_ns.saturating_sub(a.joined_by_ns);
    format!(
        "{user} holds two places at once: {one} was accepted by {} and {two} {} later under the same dedupe key, before either can have left",
        ms(a.joined_by_ns),
        ms(gap_ns)
    )
}
