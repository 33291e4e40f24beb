//! Memory for the arena that the system has handed out before the load begins.

use std::mem::MaybeUninit;

use super::slot::Slot;

/// So many slots lie on a page of memory, or more.
const PER_PAGE: usize = 4096 / size_of::<Slot>();

/// An empty list with room for so many slots, each page of which was touched.
pub(super) fn room(slots: usize) -> Vec<Slot> {
    let mut room = Vec::with_capacity(slots);
    ask_for_large_pages(&mut room);
    for place in room.spare_capacity_mut().iter_mut().step_by(PER_PAGE) {
        *place = MaybeUninit::zeroed();
    }
    room
}

/// Asks for pages of two megabytes, each of which the system hands out in a small part of the time that five hundred common ones
/// take. Where it has none to give, the common ones do.
#[cfg(target_os = "linux")]
fn ask_for_large_pages(room: &mut Vec<Slot>) {
    const COMMON_BYTES: usize = 4096;
    const LARGE_BYTES: usize = 2 << 20;
    let room = room.spare_capacity_mut();
    // Whole pages only: what else is on the first and the last may be somebody else's.
    let before = room.as_ptr().addr().wrapping_neg() % COMMON_BYTES;
    let bytes = size_of_val(room).saturating_sub(before) / COMMON_BYTES * COMMON_BYTES;
    if bytes >= LARGE_BYTES {
        let begin = room.as_mut_ptr().wrapping_byte_add(before);
        // SAFETY: all of it lies within memory that the list owns, and the advice is about how that is backed, not about what
        // it holds. A refusal changes nothing.
        unsafe { libc::madvise(begin.cast(), bytes, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
fn ask_for_large_pages(_: &mut Vec<Slot>) {}
