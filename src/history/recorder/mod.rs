//! Where the clients of a thread write down what they do: an arena of its own, so that recording shares nothing.

mod pieces;
mod slot;

use std::mem::MaybeUninit;

use super::Record;
use crate::model::Outcome;
use pieces::{PIECE, Pieces};
use slot::Slot;

/// So many attempts lie on a page of memory, or more.
const PER_PAGE: usize = 4096 / size_of::<Slot>();

/// The attempts of the clients of one thread, those on their way among them.
///
/// An attempt is written down before the request is sent. If the run is interrupted between request and reply, the history
/// still keeps the invocation. All clients write to one end, one after the other, which is what caches are made for; and the
/// arena grows by pieces, so that nothing is ever copied in the middle of a load. What nearly all attempts are takes one line
/// of the cache; whatever is larger than that is kept whole, beside it.
#[derive(Debug, Default)]
pub struct Recorder {
    slots: Pieces<Slot>,
    odd: Pieces<Record>,
}

/// Where an attempt was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(usize);

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When its first request left, if that is known better than when the attempt began: no earlier than that.
    pub sent_ns: Option<u64>,
    /// See [`Record::returned_ns`].
    pub returned_ns: Option<u64>,
    /// See [`Record::outcome`].
    pub outcome: Outcome,
    /// See [`Record::reply_dropped`].
    pub reply_dropped: bool,
    /// See [`Record::commands`].
    pub commands: u32,
    /// See [`Record::round_trips`].
    pub round_trips: u32,
    /// See [`Record::bytes_sent`].
    pub bytes_sent: u32,
    /// See [`Record::bytes_received`].
    pub bytes_received: u32,
}

impl Answer {
    /// Nothing was sent.
    #[must_use]
    pub fn unsent(returned_ns: Option<u64>, outcome: Outcome) -> Answer {
        let (commands, round_trips, bytes_sent, bytes_received) = (0, 0, 0, 0);
        Answer {
            sent_ns: None,
            returned_ns,
            outcome,
            reply_dropped: false,
            commands,
            round_trips,
            bytes_sent,
            bytes_received,
        }
    }
}

impl Recorder {
    /// An arena with room for so many attempts, whose memory the system has handed out: it does so page by page when a page is
    /// first touched, which takes longer than writing to it.
    #[must_use]
    pub fn with_capacity(attempts: usize) -> Recorder {
        let room = touched(Vec::with_capacity(attempts.max(PIECE)));
        Recorder { slots: Pieces::beginning_with(room), odd: Pieces::default() }
    }

    /// An attempt is about to be sent. Its outcome must be the one it has if no reply ever comes.
    #[inline]
    pub fn begin(&mut self, record: Record) -> Place {
        let slot = match Slot::of(&record) {
            Some(slot) => slot,
            None => self.keep(record),
        };
        Place(self.slots.push(slot))
    }

    /// The attempt was answered, or is known not to be. A place of before [`Recorder::take`] is no more.
    #[inline]
    pub fn end(&mut self, place: Place, answer: Answer) {
        if let Some(slot) = self.slots.get_mut(place.0)
            && slot.complete(&answer).is_none()
        {
            self.end_odd(place, answer);
        }
    }

    /// Keeps a record that fits in no slot.
    #[cold]
    fn keep(&mut self, record: Record) -> Slot {
        Slot::odd(self.odd.push(record))
    }

    #[cold]
    fn end_odd(&mut self, place: Place, answer: Answer) {
        let Some(slot) = self.slots.get(place.0) else { return };
        let index = match slot.index() {
            Some(index) => index,
            None => self.odd.push(slot.record()),
        };
        if let Some(record) = self.odd.get_mut(index) {
            let Answer {
                sent_ns,
                returned_ns,
                outcome,
                reply_dropped,
                commands,
                round_trips,
                bytes_sent,
                bytes_received,
            } = answer;
            record.sent_ns = sent_ns.unwrap_or(record.sent_ns);
            (record.returned_ns, record.outcome, record.reply_dropped) = (returned_ns, outcome, reply_dropped);
            (record.commands, record.round_trips) = (commands, round_trips);
            (record.bytes_sent, record.bytes_received) = (bytes_sent, bytes_received);
        }
        if let Some(slot) = self.slots.get_mut(place.0) {
            *slot = Slot::odd(index);
        }
    }

    /// Attempts so far.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The attempts so far, in the order begun.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.slots.iter().map(|slot| {
            let odd = slot.index().and_then(|index| self.odd.get(index));
            odd.map_or_else(|| slot.record(), Record::clone)
        })
    }

    /// Takes what was recorded.
    #[must_use]
    pub fn take(&mut self) -> Vec<Record> {
        let taken = std::mem::take(self);
        taken.records().collect()
    }

    /// Puts the records of all threads in order of their sending.
    #[must_use]
    pub fn merge(threads: Vec<Vec<Record>>) -> Vec<Record> {
        let mut all: Vec<Record> = threads.into_iter().flatten().collect();
        all.sort_by_key(|record| (record.sent_ns, record.client, record.op, record.attempt));
        all
    }
}

/// Touches each page of an empty list.
fn touched(mut room: Vec<Slot>) -> Vec<Slot> {
    for place in room.spare_capacity_mut().iter_mut().step_by(PER_PAGE) {
        *place = MaybeUninit::zeroed();
    }
    room
}

#[cfg(test)]
mod tests;
