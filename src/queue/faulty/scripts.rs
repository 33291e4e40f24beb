//! Broken scripts: those of a correct design with a line or two of them changed.

use crate::queue::line::{LineScripts, Placing, fragment};

/// A change to a fragment of `lua/`, named by its stem: this text, of which there is one, becomes that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patch {
    pub(super) fragment: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

/// The scripts of a way to place members, patched.
pub(super) fn patched(placing: Placing, patches: &[Patch]) -> LineScripts {
    placing.patched(|stem| {
        let own = patches.iter().filter(|patch| patch.fragment == stem);
        own.fold(fragment(stem).to_owned(), |text, patch| text.replacen(patch.from, patch.to, 1))
    })
}

#[cfg(test)]
mod tests {
    use super::super::ZOO;
    use super::*;

    #[test]
    fn every_patch_fits_one_place_and_changes_it() {
        for broken in ZOO.iter() {
            for Patch { fragment: stem, from, to } in broken.bug.patches {
                assert_eq!(fragment(stem).matches(from).count(), 1, "{}: `{from}` in {stem}.lua", broken.bug.name);
                assert_ne!(from, to, "{}", broken.bug.name);
            }
        }
    }
}
