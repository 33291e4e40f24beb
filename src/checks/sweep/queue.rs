//! Who is in line: for each FIFO class the values whose join has returned, oldest first, without those
//! that are gone.
//!
//! Joins return in order of time, so putting one in line is appending. Taking one out leaves a link to its
//! neighbour behind, and following links shortens them (union-find with path halving): finding the oldest,
//! or the next after a place, takes nearly constant time. Four bytes a place, four a value.

use super::classes::{ALONE, Classes};
use crate::checks::notation::ValueId;

/// Marks a place whose value is gone; the rest of the number is where to look on.
const LINK: u32 = 1 << 31;
const NOT_YET: u32 = u32::MAX;
const GONE: u32 = u32::MAX - 1;

#[derive(Clone, Copy, Default)]
struct Stretch {
    end: u32,
    oldest: u32,
}

/// All lines.
pub(super) struct Line {
    /// Where the places of each class begin, end by now, and are all gone before.
    stretches: Vec<Stretch>,
    /// A value, or a link.
    places: Vec<u32>,
    /// By value: its place, or why it has none.
    place_of: Vec<u32>,
    /// How many are in line.
    len: usize,
}

/// What a value was when it was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Was {
    /// In line.
    Waiting,
    /// Not in line yet: its join had not returned.
    Joining,
    /// Gone already.
    Gone,
}

impl Line {
    pub(super) fn new(classes: &Classes, values: usize) -> Line {
        let (stretches, places) = match classes {
            Classes::One => (vec![Stretch::default()], Vec::with_capacity(values)),
            Classes::Own => {
                let own = |value: u32| Stretch { end: value, oldest: value };
                ((0..values as u32).map(own).collect(), vec![0; values])
            }
            Classes::Many(class_of, count) => {
                let mut sizes = vec![0u32; *count];
                for class in class_of.iter().filter(|class| **class != ALONE) {
                    sizes[*class as usize] += 1;
                }
                let mut begin = 0;
                let lay = |size: u32| {
                    let stretch = Stretch { end: begin, oldest: begin };
                    begin += size;
                    stretch
                };
                let stretches: Vec<Stretch> = sizes.into_iter().map(lay).collect();
                (stretches, vec![0; begin as usize])
            }
        };
        Line { stretches, places, place_of: vec![NOT_YET; values], len: 0 }
    }

    /// How many are in line.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether the value is gone.
    pub(super) fn is_gone(&self, value: ValueId) -> bool {
        self.place_of[value as usize] == GONE
    }

    /// Puts a value at the end of its class's line, unless it is gone already.
    pub(super) fn push(&mut self, class: u32, value: ValueId) -> bool {
        if self.is_gone(value) {
            return false;
        }
        let end = &mut self.stretches[class as usize].end;
        self.place_of[value as usize] = *end;
        match self.places.get_mut(*end as usize) {
            Some(place) => *place = value,
            None => self.places.push(value),
        }
        *end += 1;
        self.len += 1;
        true
    }

    /// Takes a value out, or keeps it from ever coming in.
    pub(super) fn remove(&mut self, value: ValueId) -> Was {
        match std::mem::replace(&mut self.place_of[value as usize], GONE) {
            GONE => Was::Gone,
            NOT_YET => Was::Joining,
            place => {
                self.places[place as usize] = LINK | (place + 1);
                self.len -= 1;
                Was::Waiting
            }
        }
    }

    /// The first place at or after this one whose value is in line.
    pub(super) fn next(&mut self, class: u32, from: u32) -> Option<(u32, ValueId)> {
        let end = self.stretches[class as usize].end;
        let mut at = from;
        while at < end {
            let place = self.places[at as usize];
            if place & LINK == 0 {
                return Some((at, place));
            }
            let onward = place & !LINK;
            if onward < end {
                let further = self.places[onward as usize];
                if further & LINK != 0 {
                    self.places[at as usize] = further;
                }
            }
            at = onward;
        }
        None
    }

    /// The oldest in line.
    pub(super) fn oldest(&mut self, class: u32) -> Option<(u32, ValueId)> {
        let found = self.next(class, self.stretches[class as usize].oldest);
        let stretch = &mut self.stretches[class as usize];
        stretch.oldest = found.map_or(stretch.end, |(place, _)| place);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_line_answers_as_a_plain_list_does(steps in prop::collection::vec((0u32..12, 0u32..3, any::<bool>()), 0..60)) {
            let class_of: Vec<u32> = (0..12).map(|value| value % 3).collect();
            let mut line = Line::new(&Classes::Many(class_of.clone(), 3), 12);
            let mut plain: Vec<u32> = Vec::new();
            let (mut joined, mut gone) = (Vec::new(), Vec::new());
            for (value, class, joins) in steps {
                if joins && !joined.contains(&value) {
                    joined.push(value);
                    prop_assert_eq!(line.push(class_of[value as usize], value), !gone.contains(&value));
                    if !gone.contains(&value) {
                        plain.push(value);
                    }
                } else if !joins {
                    let was = if gone.contains(&value) { Was::Gone } else if plain.contains(&value) { Was::Waiting } else { Was::Joining };
                    prop_assert_eq!(line.remove(value), was);
                    plain.retain(|other| *other != value);
                    gone.push(value);
                }
                prop_assert_eq!(line.len(), plain.len());
                let expected: Vec<u32> = plain.iter().copied().filter(|value| value % 3 == class).collect();
                let mut found = Vec::new();
                let mut next = line.oldest(class);
                while let Some((place, value)) = next {
                    found.push(value);
                    next = line.next(class, place + 1);
                }
                prop_assert_eq!(found, expected);
            }
        }
    }
}
