//! Which promises a monitor asks about, and what a line may therefore not do.

use super::line::{Line, Place};
use crate::model::{DuplicateMeans, Entry, Promise};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explore) struct Rules {
    asked: u16,
    /// So many ticks end a time to live; 0: nothing expires.
    lives_ticks: u8,
    /// What a "duplicate" says.
    duplicate_means: DuplicateMeans,
}

impl Rules {
    pub(in crate::explore) fn new(promises: &[Promise], lives_ticks: u8, duplicate_means: DuplicateMeans) -> Rules {
        let asked = promises.iter().fold(0, |asked, promise| asked | bit(*promise));
        Rules { asked, lives_ticks, duplicate_means }
    }

    pub(in crate::explore) fn promises(self) -> Vec<Promise> {
        Promise::ALL.iter().copied().filter(|promise| self.asks(*promise)).collect()
    }

    pub(super) fn asks(self, promise: Promise) -> bool {
        self.asked & bit(promise) != 0
    }

    pub(super) fn any(self, promises: &[Promise]) -> bool {
        promises.iter().any(|promise| self.asks(*promise))
    }

    /// Whether an entry's time to live has certainly not ended.
    pub(super) fn lives(self, place: Place) -> bool {
        self.lives_ticks == 0 || place.age < self.lives_ticks
    }

    pub(super) fn ages(self) -> bool {
        self.lives_ticks > 0
    }

    /// The oldest that an age matters.
    pub(super) fn oldest(self) -> u8 {
        self.lives_ticks
    }

    pub(super) fn forgets_admitted(self) -> bool {
        self.duplicate_means == DuplicateMeans::WaitingNow
    }

    /// A line with what no promise asks about brought into one form: its order, or that between users.
    pub(super) fn normalised(self, line: Line, tokens: &[Entry]) -> Line {
        if self.any(&[Promise::GlobalFifo, Promise::Position]) {
            return line;
        }
        let by_user = self.asks(Promise::PerUserFifo);
        line.map_standings(|standing| {
            if by_user {
                standing.places.sort_by_key(|place| tokens[usize::from(place.token)].user.0);
            } else {
                standing.places.sort_unstable();
            }
        })
    }
}

fn bit(promise: Promise) -> u16 {
    1 << (promise as u16)
}
