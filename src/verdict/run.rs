//! The verdict of a run: over all cells.

use super::cell::Verdict;

/// What the verdict of a run needs to know of a cell.
#[derive(Clone, Copy, Debug)]
pub struct CellSummary<'a> {
    /// The scenario.
    pub scenario: &'a str,
    /// The design.
    pub queue: &'a str,
    /// Whether something was broken that should hold, or held that should be broken.
    pub unexpected: bool,
    /// Whether something could not be decided.
    pub undecided: bool,
    /// How its promises stand, whatever was expected.
    pub promises: Standing,
}

/// How the promises of a cell stand, or those of a design over all its cells. The gravest comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// No promise was checked.
    Unchecked,
    /// Each that was checked was found to hold.
    Kept,
    /// None is known to be broken, but not each is known to hold.
    Open,
    /// One was broken.
    Broken,
}

/// The verdict of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunVerdict {
    /// Pass when every cell did as expected.
    pub verdict: Verdict,
    /// The verdict in words: what a person reads first.
    pub sentence: String,
}

/// Judges a run. `early` says why it ended before all cells were run.
#[must_use]
pub fn judge_run(cells: &[CellSummary<'_>], early: Option<&str>) -> RunVerdict {
    let surprising: Vec<&CellSummary<'_>> = cells.iter().filter(|cell| cell.unexpected).collect();
    let open = cells.iter().filter(|cell| cell.undecided && !cell.unexpected).count();
    let verdict = if !surprising.is_empty() {
        Verdict::Fail
    } else if open > 0 || early.is_some() || cells.is_empty() {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    };
    let all = count(cells.len(), "cell");
    let mut sentence = match verdict {
        Verdict::Pass => format!("PASS: {all} behaved as expected."),
        Verdict::Fail => {
            format!("FAIL: {} of {all} did not behave as expected ({}).", surprising.len(), listed(&surprising))
        }
        Verdict::Inconclusive if cells.is_empty() => "INCONCLUSIVE: no cell was run.".to_owned(),
        Verdict::Inconclusive if open == 0 => {
            format!("INCONCLUSIVE: nothing unexpected in {all}, but that is not all.")
        }
        Verdict::Inconclusive => {
            format!("INCONCLUSIVE: nothing unexpected, but {open} of {all} could not be decided.")
        }
    };
    if verdict == Verdict::Fail && open > 0 {
        sentence.push_str(&format!(" {open} more could not be decided."));
    }
    if let Some(early) = early {
        sentence.push_str(&format!(" The run ended early: {}.", early.trim_end_matches('.')));
    }
    sentence.push_str(&designs(cells));
    RunVerdict { verdict, sentence }
}

/// Which designs kept every promise that was checked, which broke one, and of which neither can be said.
fn designs(cells: &[CellSummary<'_>]) -> String {
    let mut designs: Vec<(&str, Standing)> = Vec::new();
    for cell in cells {
        match designs.iter_mut().find(|(name, _)| *name == cell.queue) {
            Some((_, standing)) => *standing = cell.promises.max(*standing),
            None => designs.push((cell.queue, cell.promises)),
        }
    }
    let names = |wanted| {
        let names = designs.iter().filter(|(_, standing)| *standing == wanted).map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    };
    [
        ("Every promise checked was kept by", Standing::Kept),
        ("Broken promises:", Standing::Broken),
        ("Not decided of", Standing::Open),
    ]
    .into_iter()
    .map(|(what, standing)| (what, names(standing)))
    .filter(|(_, names)| !names.is_empty())
    .map(|(what, names)| format!(" {what} {names}."))
    .collect()
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn listed(cells: &[&CellSummary<'_>]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> =
        cells.iter().take(SHOWN).map(|cell| format!("{} on {}", cell.scenario, cell.queue)).collect();
    if cells.len() > SHOWN {
        names.push(format!("{} more", cells.len() - SHOWN));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(queue: &str, promises: Standing) -> CellSummary<'_> {
        CellSummary { scenario: "race", queue, unexpected: false, undecided: promises == Standing::Open, promises }
    }

    fn surprising(queue: &str) -> CellSummary<'_> {
        CellSummary { unexpected: true, ..cell(queue, Standing::Broken) }
    }

    fn says(cells: &[CellSummary<'_>], early: Option<&str>) -> (Verdict, String) {
        let RunVerdict { verdict, sentence } = judge_run(cells, early);
        (verdict, sentence)
    }

    #[test]
    fn a_run_passes_only_when_every_cell_was_run_decided_and_as_expected() {
        let (kept, open, broken) = (cell("list", Standing::Kept), cell("b", Standing::Open), surprising("c"));
        let unchecked = cell("d", Standing::Unchecked);
        let verdict = |cells: &[CellSummary<'_>], early| judge_run(cells, early).verdict;
        assert_eq!(verdict(&[kept], None), Verdict::Pass);
        assert_eq!(verdict(&[unchecked], None), Verdict::Pass, "limits alone");
        assert_eq!(verdict(&[cell("as-expected", Standing::Broken)], None), Verdict::Pass);
        assert_eq!(verdict(&[kept, open], None), Verdict::Inconclusive);
        assert_eq!(verdict(&[kept], Some("stopped")), Verdict::Inconclusive, "not all was run");
        assert_eq!(verdict(&[], None), Verdict::Inconclusive, "nothing was run");
        // What is broken stays broken, whatever else could not be told.
        assert_eq!(verdict(&[kept, open, broken], None), Verdict::Fail);
        assert_eq!(verdict(&[broken], Some("stopped")), Verdict::Fail);
    }

    #[test]
    fn the_sentence_claims_of_a_design_only_what_is_known() {
        let cells = [cell("list", Standing::Kept), cell("streams", Standing::Broken), cell("b", Standing::Open)];
        assert_eq!(
            says(&cells, None),
            (
                Verdict::Inconclusive,
                "INCONCLUSIVE: nothing unexpected, but 1 of 3 cells could not be decided. Every promise checked was \
                 kept by list. Broken promises: streams. Not decided of b."
                    .to_owned()
            )
        );
        // Undecided is not broken.
        let sentence = says(&[cell("list", Standing::Open)], None).1;
        assert!(!sentence.contains("kept") && !sentence.contains("Broken"), "{sentence}");
        // Nothing checked is not kept.
        assert_eq!(says(&[cell("list", Standing::Unchecked)], None).1, "PASS: 1 cell behaved as expected.");
    }

    #[test]
    fn the_gravest_standing_over_its_cells_is_that_of_a_design() {
        let order = [Standing::Unchecked, Standing::Kept, Standing::Open, Standing::Broken];
        let said = ["", "kept by list", "Not decided of list", "Broken promises: list"];
        for (first, one) in order.into_iter().enumerate() {
            for (second, other) in order.into_iter().enumerate() {
                let sentence = says(&[cell("list", one), cell("list", other)], None).1;
                let gravest = said[first.max(second)];
                assert!(
                    sentence.ends_with(&format!("{gravest}.")) || gravest.is_empty(),
                    "{one:?} {other:?} {sentence}"
                );
                assert_eq!(sentence.matches("list").count(), usize::from(!gravest.is_empty()), "{sentence}");
            }
        }
    }

    #[test]
    fn a_run_that_ended_before_its_first_cell_says_so_and_why() {
        let (verdict, sentence) = says(&[], Some("the server does not take the scripts."));
        assert_eq!(verdict, Verdict::Inconclusive);
        assert_eq!(
            sentence,
            "INCONCLUSIVE: no cell was run. The run ended early: the server does not take the scripts."
        );
    }

    #[test]
    fn a_run_that_ended_between_two_cells_does_not_speak_of_undecided_ones() {
        let sentence = says(&[cell("list", Standing::Kept)], Some("no room on the disk")).1;
        assert_eq!(
            sentence,
            "INCONCLUSIVE: nothing unexpected in 1 cell, but that is not all. The run ended early: no room on the \
             disk. Every promise checked was kept by list."
        );
    }

    #[test]
    fn a_failure_names_three_cells_and_counts_the_others() {
        let names: Vec<String> = (0..5).map(|number| format!("q{number}")).collect();
        let mut cells: Vec<CellSummary<'_>> = names.iter().map(|name| surprising(name)).collect();
        cells.push(cell("open", Standing::Open));
        let sentence = says(&cells, None).1;
        let end = sentence.find(" Broken promises").unwrap();
        assert_eq!(
            &sentence[..end],
            "FAIL: 5 of 6 cells did not behave as expected (race on q0, race on q1, race on q2, 2 more). 1 more could \
             not be decided."
        );
    }
}
