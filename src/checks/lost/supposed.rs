//! A supposition: what each lost admission took.

use crate::checks::notation::{LostAdmission, NEVER, Removal, RemovalKind, Span, Trace, ValueId};

/// What one lost admission is supposed to have taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// An index into [`Trace::lost`].
    pub lost: u32,
    /// Whom it took, first in line first: as many as it asked for, or everybody who waited.
    pub values: Vec<ValueId>,
}

/// The trace in which lost admissions did what is supposed, and those not named did nothing. `None`: it
/// cannot be supposed, since an admission is named twice, takes nobody or more than it asked for.
#[must_use]
pub fn suppose(trace: &Trace, taken: &[Taken]) -> Option<Trace> {
    let mut supposed = Trace { lost: Vec::new(), ..trace.clone() };
    let mut named = vec![false; trace.lost.len()];
    for Taken { lost, values } in taken {
        let first = !std::mem::replace(named.get_mut(*lost as usize)?, true);
        let lost = &trace.lost[*lost as usize];
        let known = values.iter().all(|id| (*id as usize) < trace.values.len());
        if !first || !known || values.is_empty() || values.len() > lost.asked as usize {
            return None;
        }
        take(&mut supposed, lost, values, values.len() < lost.asked as usize);
    }
    Some(supposed)
}

/// Adds the removal of these values by a lost admission.
pub(super) fn take(trace: &mut Trace, lost: &LostAdmission, values: &[ValueId], short: bool) {
    let span = Span { inv_ns: lost.inv_ns, ret_ns: NEVER };
    trace.removals.push(Removal { kind: RemovalKind::Batch { short }, values, span, record: lost.record });
}
