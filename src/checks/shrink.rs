//! The smallest part of a trace that still breaks a promise.
//!
//! Leaving out a value with all that concerns it, a read, or the fact that a batch was short keeps every
//! legal trace legal. So whatever breach remains in a part is a breach of the whole, and the part is a
//! proof that can be read by itself.

use std::collections::BTreeSet;

use super::notation::{Maybe, NEVER, Read, Removal, RemovalKind, Span, Trace, ValueId};

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

/// A limit on the work: the items of all parts judged. The smallest part found until then is returned.
const LOOKED_AT: usize = 20_000_000;

/// What remains of a trace when only these items are kept.
#[must_use]
pub(super) fn project(trace: &Trace, kept: &BTreeSet<Item>) -> Trace {
    let mut ids = vec![None; trace.values.len()];
    let mut part = Trace::default();
    for item in kept {
        if let Item::Value(id) = item {
            ids[*id as usize] = Some(u32::try_from(part.values.len()).expect("a part is no larger than the whole"));
            part.values.push(trace.value(*id));
        }
    }
    for (index, removal) in trace.removals.iter().enumerate() {
        let values: Vec<ValueId> = removal.values.iter().filter_map(|id| ids[*id as usize]).collect();
        let short = removal.is_short() && kept.contains(&Item::Short(index));
        if values.is_empty() && !short {
            continue;
        }
        let kind = if removal.is_batch() { RemovalKind::Batch { short } } else { RemovalKind::Leave };
        part.removals.push(Removal { kind, values: &values, ..removal });
    }
    for maybe in &trace.maybes {
        if let Some(value) = ids[maybe.value as usize] {
            part.maybes.push(Maybe { value, ..*maybe });
        }
    }
    for (index, read) in trace.reads.iter().enumerate() {
        if let Some(value) = ids[read.value as usize]
            && kept.contains(&Item::Read(index))
        {
            part.reads.push(Read { value, ..*read });
        }
    }
    part
}

/// A smallest part that still breaks: of the seed if that breaks, else of the shortest stretch of time
/// around the reply that failed.
pub(super) fn shrink(trace: &Trace, seed: &BTreeSet<Item>, failed_ns: u64, breaks: impl Fn(&Trace) -> bool) -> Trace {
    let mut part = project(trace, seed);
    let mut half_ns = 1_000;
    while !breaks(&part) && half_ns < NEVER {
        half_ns = half_ns.saturating_mul(2);
        part = project(trace, &within(trace, failed_ns.saturating_sub(half_ns), failed_ns.saturating_add(half_ns)));
    }
    // From here on only the part is looked at, however long the history is.
    leave_out(part, breaks)
}

/// Delta debugging: leaves out ever smaller chunks until nothing more can go.
fn leave_out(mut part: Trace, breaks: impl Fn(&Trace) -> bool) -> Trace {
    let mut items = all(&part);
    let mut chunk = items.len().div_ceil(2);
    let mut looked_at = 0;
    while chunk > 0 {
        let before = items.len();
        let mut from = 0;
        while from < items.len() && looked_at < LOOKED_AT {
            let until = (from + chunk).min(items.len());
            let rest = items[..from].iter().chain(&items[until..]).copied().collect();
            looked_at += before;
            if breaks(&project(&part, &rest)) {
                items.drain(from..until);
            } else {
                from = until;
            }
        }
        let dropped = items.len() < before;
        // What was left out need not be looked at again.
        part = project(&part, &items.into_iter().collect());
        items = all(&part);
        if looked_at >= LOOKED_AT {
            break;
        }
        if !dropped || chunk > items.len() {
            chunk = if chunk == 1 && !dropped { 0 } else { (chunk / 2).max(1) };
        }
    }
    part
}

/// What happened in a stretch of time: the values with an operation in it, what is read of them, and the
/// short batches.
fn within(trace: &Trace, from_ns: u64, until_ns: u64) -> BTreeSet<Item> {
    let touches = |span: Span| [span.inv_ns, span.ret_ns].iter().any(|ns| (from_ns..=until_ns).contains(ns));
    let mut values: BTreeSet<ValueId> = BTreeSet::new();
    values.extend((0u32..).zip(trace.values.iter()).filter(|(_, value)| touches(value.join)).map(|(id, _)| id));
    for removal in trace.removals.iter().filter(|removal| touches(removal.span)) {
        values.extend(removal.values);
    }
    values.extend(trace.reads.iter().filter(|read| touches(read.span)).map(|read| read.value));
    let mut items = about(trace, values);
    let shorts = trace.removals.iter().enumerate().filter(|(_, removal)| removal.is_short() && touches(removal.span));
    items.extend(shorts.map(|(index, _)| Item::Short(index)));
    items
}

/// These values and what is read of them.
pub(super) fn about(trace: &Trace, values: BTreeSet<ValueId>) -> BTreeSet<Item> {
    let reads = trace.reads.iter().enumerate().filter(|(_, read)| values.contains(&read.value));
    let reads: Vec<Item> = reads.map(|(index, _)| Item::Read(index)).collect();
    values.into_iter().map(Item::Value).chain(reads).collect()
}

/// Everything.
fn all(trace: &Trace) -> Vec<Item> {
    let values = trace.values.ids().map(Item::Value);
    let shorts = trace.removals.iter().enumerate().filter(|(_, removal)| removal.is_short());
    let reads = (0..trace.reads.len()).map(Item::Read);
    values.chain(shorts.map(|(index, _)| Item::Short(index))).chain(reads).collect()
}
