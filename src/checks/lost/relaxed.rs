//! More than any real queue could do: every lost admission of n takes any n values, one by one.
//!
//! A history that is no queue even so is violated, whatever the lost admissions took.

use crate::checks::notation::{LostAdmission, Maybe, MaybeCause, NEVER, ReadKind, RemovalKind, Span, Trace, ValueId};
use crate::checks::stay::{Stays, stays};
use crate::checks::sweep::FifoClass;

/// The trace in which every lost admission is replaced by as many possible removals as it asked for.
#[must_use]
pub fn relaxed(trace: &Trace, class: FifoClass) -> Trace {
    let mut relaxed = trace.clone();
    let mut slots: Vec<LostAdmission> = std::mem::take(&mut relaxed.lost);
    slots.sort_by_key(|lost| (lost.inv_ns, lost.record));
    let Some(&first) = slots.first() else { return relaxed };
    let answered = Trace { lost: Vec::new(), ..trace.clone() };
    let stays = stays(&answered);
    let mut may_go = vec![false; trace.values.len()];
    for maybe in &trace.maybes {
        may_go[maybe.value as usize] = true;
    }
    let ids = trace.values.ids();
    let unseen = ids.filter(|id| stays.at(*id).accepted && stays.at(*id).taker.is_none());
    // Whoever may have gone by itself needs no place in a lost admission, but may have had one.
    let (free, mut bound): (Vec<ValueId>, Vec<ValueId>) = unseen.partition(|id| may_go[*id as usize]);
    let mut add = |value: ValueId, lost: LostAdmission| {
        let span = Span { inv_ns: lost.inv_ns, ret_ns: NEVER };
        relaxed.maybes.push(Maybe { value, span, after_join_ns: 0, cause: MaybeCause::LostAdmission(lost.record) });
    };
    for value in free {
        add(value, first);
    }
    if class == FifoClass::Everyone {
        // The most urgent value takes the earliest place; the others must have stayed.
        let due_ns = deadlines(trace, &stays, &bound, &may_go);
        bound.sort_by_key(|id| (due_ns[*id as usize], stays.at(*id).joined_by_ns, *id));
        let places = slots.iter().flat_map(|lost| std::iter::repeat_n(*lost, lost.asked as usize));
        for (value, lost) in bound.into_iter().zip(places) {
            add(value, lost);
        }
    } else {
        // A lost admission may take any user's next, so the order of urgency is not one: everybody may go.
        for value in bound {
            add(value, first);
        }
    }
    relaxed
}

/// By when each value that was never seen leaving must have left, or be in the way of what was answered.
fn deadlines(trace: &Trace, stays: &Stays<'_>, unseen: &[ValueId], may_go: &[bool]) -> Vec<u64> {
    let mut due_ns = vec![NEVER; trace.values.len()];
    // An admission is in the way of everybody who joined before its newest value; a short one of everybody.
    let mut admissions: Vec<(u64, u64)> = Vec::new();
    for removal in trace.removals.iter() {
        let RemovalKind::Batch { short } = removal.kind else { continue };
        let joined = removal.values.iter().filter(|id| trace.value(**id).may_have_joined());
        let newest_ns = joined.map(|id| trace.value(*id).join.inv_ns).max().unwrap_or(0);
        admissions.push((if short { newest_ns.max(removal.span.inv_ns) } else { newest_ns }, removal.span.ret_ns));
    }
    admissions.sort_unstable();
    let mut by_join: Vec<ValueId> = unseen.to_vec();
    by_join.sort_by_key(|id| std::cmp::Reverse(stays.at(*id).joined_by_ns));
    let mut soonest_ns = NEVER;
    for id in &by_join {
        while let Some((cut_ns, ret_ns)) = admissions.last()
            && *cut_ns > stays.at(*id).joined_by_ns
        {
            soonest_ns = soonest_ns.min(*ret_ns);
            admissions.pop();
        }
        due_ns[*id as usize] = soonest_ns;
    }
    for read in trace.reads.iter().filter(|read| read.kind == ReadKind::Absent) {
        if stays.at(read.value).joined_by_ns < read.span.inv_ns {
            let due_ns = &mut due_ns[read.value as usize];
            *due_ns = read.span.ret_ns.min(*due_ns);
        }
    }
    // Nobody can be taken from behind: who stands before one that is due is due as well.
    let own_due_ns = due_ns.clone();
    let mut by_send: Vec<ValueId> = unseen.iter().copied().filter(|id| !may_go[*id as usize]).collect();
    by_send.sort_by_key(|id| trace.value(*id).join.inv_ns);
    let mut soonest_ns = NEVER;
    for id in &by_join {
        while let Some(&behind) = by_send.last()
            && trace.value(behind).join.inv_ns > stays.at(*id).joined_by_ns
        {
            soonest_ns = soonest_ns.min(own_due_ns[behind as usize]);
            by_send.pop();
        }
        due_ns[*id as usize] = due_ns[*id as usize].min(soonest_ns);
    }
    due_ns
}
