//! `zset-seq-slowed`: `zset-seq` with a join that costs the server a little more, and no other difference.
//!
//! It is there to compare with. A comparison that was never seen to notice a change, or that calls everything one,
//! says nothing; this is a change whose size is known to be small and whose direction is known. It keeps every promise
//! that `zset-seq` keeps, so it is no broken design and has no row among them.

use std::sync::LazyLock;

use super::DesignFacts;
use super::design::{EVERYTHING, facts};
use super::line::{LineScripts, Placing, fragment};

/// In front of a join. The server runs no other command meanwhile, as with any script; the count bounds it.
const BUSY: &str = "for _ = 1, 350 do end -- nothing, at some cost\n";

pub(super) static FACTS: DesignFacts = facts(
    "zset-seq-slowed",
    EVERYTHING,
    "zset-seq with a join that costs the server about a tenth to a fifth more: to see whether a comparison notices",
);

pub(super) static SCRIPTS: LazyLock<LineScripts> = LazyLock::new(|| {
    Placing::Sequence.patched(|stem| {
        let text = fragment(stem);
        if stem == "join" { format!("{BUSY}{text}") } else { text.to_owned() }
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_join_differs() {
        let [slowed, plain] = [&SCRIPTS, Placing::Sequence.scripts()].map(LineScripts::all);
        let differ: Vec<&str> =
            slowed.iter().zip(plain).filter(|(a, b)| a.sha1() != b.sha1()).map(|(a, _)| a.name).collect();
        assert_eq!(differ, ["join"]);
    }
}
