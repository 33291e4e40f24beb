//! A list that grows without ever being copied.

use std::mem::MaybeUninit;

/// Entries of the pieces that it grows by.
pub(super) const PIECE: usize = 8192;

/// So many entries are brought into the cache together.
const FETCHED: usize = 64;

/// A list in pieces: one as long as was asked for, and those that it grew by.
#[derive(Debug)]
pub(super) struct Pieces<T> {
    /// All are full but for the last.
    pieces: Vec<Vec<T>>,
    /// Room in the first.
    first: usize,
}

impl<T> Default for Pieces<T> {
    fn default() -> Pieces<T> {
        Pieces { pieces: Vec::new(), first: PIECE }
    }
}

impl<T> Pieces<T> {
    /// An empty list that begins with this piece, which must have room.
    pub(super) fn beginning_with(piece: Vec<T>) -> Pieces<T> {
        Pieces { first: piece.capacity(), pieces: vec![piece] }
    }

    /// Adds an entry; gives its index.
    #[inline]
    pub(super) fn push(&mut self, entry: T) -> usize {
        let room = if self.pieces.len() == 1 { self.first } else { PIECE };
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < room => {
                if piece.len().is_multiple_of(FETCHED) {
                    fetch(piece);
                }
                piece.push(entry);
            }
            _ => self.grow(entry),
        }
        self.len() - 1
    }

    #[cold]
    fn grow(&mut self, entry: T) {
        let mut piece = Vec::with_capacity(if self.pieces.is_empty() { self.first } else { PIECE });
        piece.push(entry);
        self.pieces.push(piece);
    }

    /// The entry of an index.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        let (piece, place) = self.find(index);
        self.pieces.get(piece)?.get(place)
    }

    /// The same, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let (piece, place) = self.find(index);
        self.pieces.get_mut(piece)?.get_mut(place)
    }

    #[inline]
    fn find(&self, index: usize) -> (usize, usize) {
        match index.checked_sub(self.first) {
            None => (0, index),
            Some(behind) => (1 + behind / PIECE, behind % PIECE),
        }
    }

    /// How many.
    #[inline]
    pub(super) fn len(&self) -> usize {
        match self.pieces.as_slice() {
            [] => 0,
            [only] => only.len(),
            [_, grown @ .., last] => self.first + grown.len() * PIECE + last.len(),
        }
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten()
    }
}

/// Writes over the room of the next entries. Between two of them so much else happens that each would wait for its own line of
/// the cache; one long write has them come all at once.
#[inline(never)]
fn fetch<T>(piece: &mut Vec<T>) {
    let room = piece.spare_capacity_mut();
    let length = room.len().min(FETCHED);
    room[..length].fill_with(MaybeUninit::zeroed);
}
