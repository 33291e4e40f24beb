//! One way the line may look, and what the operations under way did in it.

use super::OpNumber;

/// Somebody in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    /// The token, by its place in the bit sets.
    pub token: u8,
    /// Ticks since the last refresh.
    pub age: u8,
}

/// A set of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Tokens(u32);

impl Tokens {
    pub(super) fn holds(self, token: u8) -> bool {
        self.0 >> token & 1 == 1
    }

    pub(super) fn add(&mut self, token: u8) {
        self.0 |= 1 << token;
    }
}

/// The line itself, and where everybody went who stood in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Standing {
    /// In the order of joining.
    pub places: Vec<Place>,
    /// Stood in line at some time.
    pub ever: Tokens,
    /// Were let in.
    pub admitted: Tokens,
    /// Gave up their place.
    pub left: Tokens,
    /// Their time to live ended.
    pub expired: Tokens,
}

impl Standing {
    /// Where somebody stands, from 0.
    pub(super) fn find(&self, token: u8) -> Option<usize> {
        self.places.iter().position(|place| place.token == token)
    }

    /// The time of these has come.
    pub(super) fn expire(&mut self, is_gone: impl Fn(&Place) -> bool) {
        let Standing { places, expired, .. } = self;
        places.iter().filter(|place| is_gone(place)).for_each(|place| expired.add(place.token));
        places.retain(|place| !is_gone(place));
    }
}

/// What an operation did that took effect and is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Done {
    /// It joined, left or renewed.
    Happened,
    /// It changed nothing, and saw this.
    Saw(Box<Standing>),
    /// It let these in.
    Took(Vec<u8>),
}

/// One way the line may look, and what the operations under way did in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Line {
    pub standing: Standing,
    done: Vec<(OpNumber, Done)>,
}

impl Line {
    pub(super) fn of(standing: Standing) -> Line {
        Line { standing, done: Vec::new() }
    }

    pub(super) fn done(&self, op: OpNumber) -> Option<&Done> {
        self.done.iter().find(|(other, _)| *other == op).map(|(_, done)| done)
    }

    pub(super) fn with_done(&self, standing: Standing, op: OpNumber, done: Done) -> Line {
        let mut all = self.done.clone();
        all.push((op, done));
        all.sort_unstable();
        Line { standing, done: all }
    }

    pub(super) fn without_done(&self, op: OpNumber) -> Line {
        let mut line = self.clone();
        line.done.retain(|(other, _)| *other != op);
        line
    }

    pub(super) fn map_standings(mut self, mut map: impl FnMut(&mut Standing)) -> Line {
        map(&mut self.standing);
        for (_, done) in &mut self.done {
            if let Done::Saw(seen) = done {
                map(seen);
            }
        }
        self.done.sort_unstable();
        self
    }
}
