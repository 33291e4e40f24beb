//! Where the clients of a thread write down what they do: an arena of its own, so that recording shares nothing.

use std::mem::MaybeUninit;

use super::Record;

/// Records in one piece of the arena: a megabyte.
const PIECE: usize = 8192;

/// So many records lie on a page of memory, or more.
const PER_PAGE: usize = 16;

/// The records of the clients of one thread, with the attempts that are on their way.
///
/// An attempt is written down before the request is sent. If the run is interrupted between request and reply, the history
/// still keeps the invocation. All clients write to one end, one after the other, which is what caches are made for; and the
/// arena grows by pieces, so that nothing is ever copied in the middle of a load.
#[derive(Debug, Default)]
pub struct Recorder {
    /// All are full but for the last.
    pieces: Vec<Vec<Record>>,
    /// Empty ones, for later.
    ready: Vec<Vec<Record>>,
}

/// Where an attempt was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(usize);

impl Recorder {
    /// An arena with room for so many attempts, whose memory the system has handed out: it does so page by page when a page is
    /// first touched, which takes longer than writing to it.
    #[must_use]
    pub fn with_capacity(attempts: usize) -> Recorder {
        let ready = (0..attempts.div_ceil(PIECE)).map(|_| touched(Vec::with_capacity(PIECE))).collect();
        Recorder { pieces: Vec::with_capacity(attempts.div_ceil(PIECE)), ready }
    }

    /// An attempt is about to be sent. Its outcome must be the one it has if no reply ever comes.
    #[inline]
    pub fn begin(&mut self, record: Record) -> Place {
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(record),
            _ => {
                let mut piece = self.ready.pop().unwrap_or_else(|| Vec::with_capacity(PIECE));
                piece.push(record);
                self.pieces.push(piece);
            }
        }
        Place(self.len() - 1)
    }

    /// The attempt was answered, or is known not to be. A place of before [`Recorder::take`] is no more.
    #[inline]
    pub fn end(&mut self, place: Place, complete: impl FnOnce(&mut Record)) {
        if let Some(record) = self.pieces.get_mut(place.0 / PIECE).and_then(|piece| piece.get_mut(place.0 % PIECE)) {
            complete(record);
        }
    }

    /// Attempts so far.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The attempts so far, in the order sent.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.pieces.iter().flatten()
    }

    /// Takes what was recorded.
    #[must_use]
    pub fn take(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.pieces).into_iter().flatten().collect()
    }

    /// Puts the records of all threads in order of their sending.
    #[must_use]
    pub fn merge(threads: Vec<Vec<Record>>) -> Vec<Record> {
        let mut all: Vec<Record> = threads.into_iter().flatten().collect();
        all.sort_by_key(|record| (record.sent_ns, record.client, record.op, record.attempt));
        all
    }
}

/// Touches each page of an empty piece.
fn touched(mut piece: Vec<Record>) -> Vec<Record> {
    for place in piece.spare_capacity_mut().iter_mut().step_by(PER_PAGE) {
        *place = MaybeUninit::zeroed();
    }
    piece
}

#[cfg(test)]
mod tests {
    use super::super::samples::small;
    use super::*;
    use crate::model::Outcome;

    #[test]
    fn a_record_is_completed_where_it_was_begun_however_many_came_after_it() {
        let sample = small().records.at(0);
        for room in [0, 10, 3 * PIECE] {
            let mut recorder = Recorder::with_capacity(room);
            assert!(recorder.is_empty());
            let places: Vec<Place> = (0..2 * PIECE as u64 + 5)
                .map(|number| recorder.begin(Record { sent_ns: number, outcome: Outcome::Left, ..sample.clone() }))
                .collect();
            for place in [0, PIECE - 1, PIECE, 2 * PIECE + 4] {
                recorder.end(places[place], |record| record.outcome = Outcome::Position(record.sent_ns));
            }
            assert_eq!(recorder.len(), 2 * PIECE + 5);
            let answered: Vec<u64> = recorder
                .records()
                .filter_map(|record| match record.outcome {
                    Outcome::Position(number) => Some(number),
                    _ => None,
                })
                .collect();
            assert_eq!(answered, [0, PIECE as u64 - 1, PIECE as u64, 2 * PIECE as u64 + 4]);
            let taken = recorder.take();
            assert!(taken.len() == 2 * PIECE + 5 && taken.is_sorted_by_key(|record| record.sent_ns));
            assert!(recorder.is_empty());
            recorder.end(places[3], |_| panic!("the place is no more"));
        }
    }
}
