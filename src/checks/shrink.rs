//! The smallest part of a trace that still breaks a promise.
//!
//! Leaving out a value with all that concerns it, a read, or the fact that a batch was short keeps every
//! legal trace legal. So whatever breach remains in a part is a breach of the whole, and the part is a
//! proof that can be read by itself.

use std::collections::BTreeSet;

use super::notation::{NEVER, RemovalKind, Trace, ValueId};

/// One thing that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// A value and all that concerns it.
    Value(ValueId),
    /// A read, by its index.
    Read(usize),
    /// That a removal was a short batch, by its index.
    Short(usize),
}

/// At most so many parts are judged; the smallest found until then is returned.
const JUDGED: usize = 3_000;

/// What remains of a trace when only these items are kept.
#[must_use]
pub(super) fn project(trace: &Trace, kept: &BTreeSet<Item>) -> Trace {
    let mut ids = vec![None; trace.values.len()];
    let mut part = Trace::default();
    for item in kept {
        if let Item::Value(id) = item {
            ids[*id as usize] = Some(u32::try_from(part.values.len()).expect("a part is no larger than the whole"));
            part.values.push(trace.value(*id).clone());
        }
    }
    for (index, removal) in trace.removals.iter().enumerate() {
        let values: Vec<ValueId> = removal.values.iter().filter_map(|id| ids[*id as usize]).collect();
        let short = removal.is_short() && kept.contains(&Item::Short(index));
        if values.is_empty() && !short {
            continue;
        }
        let kind = if removal.is_batch() { RemovalKind::Batch { short } } else { RemovalKind::Leave };
        part.removals.push(super::notation::Removal { kind, values, ..removal.clone() });
    }
    for maybe in &trace.maybes {
        if let Some(value) = ids[maybe.value as usize] {
            part.maybes.push(super::notation::Maybe { value, ..*maybe });
        }
    }
    for (index, read) in trace.reads.iter().enumerate() {
        if let Some(value) = ids[read.value as usize]
            && kept.contains(&Item::Read(index))
        {
            part.reads.push(super::notation::Read { value, ..*read });
        }
    }
    part
}

/// The items of a smallest part that still breaks, beginning near the reply that failed.
pub(super) fn shrink(
    trace: &Trace,
    near: &[ValueId],
    failed_ns: u64,
    breaks: impl Fn(&Trace) -> bool,
) -> BTreeSet<Item> {
    let about = |values: BTreeSet<ValueId>| items_about(trace, &values);
    let first = about(near.iter().copied().collect());
    let start = if breaks(&project(trace, &first)) {
        first
    } else {
        let mut half_ns = 1_000;
        loop {
            let part = about(within(trace, failed_ns.saturating_sub(half_ns), failed_ns.saturating_add(half_ns)));
            if half_ns > NEVER / 4 || breaks(&project(trace, &part)) {
                break part;
            }
            half_ns *= 2;
        }
    };
    leave_out(trace, start, breaks)
}

/// Delta debugging: leaves out ever smaller chunks until nothing more can go.
fn leave_out(trace: &Trace, mut kept: BTreeSet<Item>, breaks: impl Fn(&Trace) -> bool) -> BTreeSet<Item> {
    let mut chunk = kept.len().div_ceil(2);
    let mut judged = 0;
    while chunk > 0 {
        let mut dropped_any = false;
        let mut from = 0;
        let mut items: Vec<Item> = kept.iter().copied().collect();
        while from < items.len() && judged < JUDGED {
            let until = (from + chunk).min(items.len());
            let rest: BTreeSet<Item> = items[..from].iter().chain(&items[until..]).copied().collect();
            judged += 1;
            if breaks(&project(trace, &rest)) {
                items.drain(from..until);
                kept = rest;
                dropped_any = true;
            } else {
                from = until;
            }
        }
        if judged >= JUDGED {
            break;
        }
        if !dropped_any || chunk > kept.len() {
            chunk = if chunk == 1 && !dropped_any { 0 } else { (chunk / 2).max(1) };
        }
    }
    kept
}

/// The values with an operation in a stretch of time.
fn within(trace: &Trace, from_ns: u64, until_ns: u64) -> BTreeSet<ValueId> {
    let touches = |ns: u64| ns >= from_ns && ns <= until_ns;
    let mut values = BTreeSet::new();
    for (id, value) in (0u32..).zip(&trace.values) {
        if touches(value.join.inv_ns) || touches(value.join.ret_ns) {
            values.insert(id);
        }
    }
    for removal in trace.removals.iter().filter(|node| touches(node.span.inv_ns) || touches(node.span.ret_ns)) {
        values.extend(&removal.values);
    }
    for read in trace.reads.iter().filter(|read| touches(read.span.inv_ns) || touches(read.span.ret_ns)) {
        values.insert(read.value);
    }
    values
}

/// These values, what is read of them, and every short batch.
fn items_about(trace: &Trace, values: &BTreeSet<ValueId>) -> BTreeSet<Item> {
    let reads = trace.reads.iter().enumerate().filter(|(_, read)| values.contains(&read.value));
    let shorts = trace.removals.iter().enumerate().filter(|(_, removal)| removal.is_short());
    let mut items: BTreeSet<Item> = values.iter().map(|id| Item::Value(*id)).collect();
    items.extend(reads.map(|(index, _)| Item::Read(index)));
    items.extend(shorts.map(|(index, _)| Item::Short(index)));
    items
}
