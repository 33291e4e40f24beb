//! What went wrong, in words: the gravest first, one story for each design and promise.

use super::document::{Cell, Check, Document};
use crate::model::Expectation;
use crate::verdict::Outcome;

/// A broken promise and its story.
pub(super) struct Story<'a> {
    pub(super) cell: &'a Cell,
    pub(super) check: &'a Check,
    /// Its number among the broken promises of the document, in their order, from 1.
    pub(super) number: usize,
    /// Its number among those of its cell, as `stanchion export` counts them in one history.
    pub(super) number_in_cell: usize,
}

impl Story<'_> {
    /// The same with the number by which `stanchion report --violation` knows it.
    pub(super) fn numbered(&self) -> String {
        format!("[{}] {}", self.number, self.line())
    }

    /// `streams-naive breaks no-duplicates in race-flood (190 of 2000): …`
    pub(super) fn line(&self) -> String {
        let (cell, check) = (self.cell, self.check);
        let head = format!(
            "{} breaks {} in {} ({} of {})",
            cell.queue, check.name, cell.scenario, check.violations, check.examined
        );
        match &check.counterexample {
            Some(counterexample) => format!("{head}: {}", counterexample.story),
            None => head,
        }
    }
}

/// Broken promises that the scenario did not expect.
pub(super) fn surprises(document: &Document) -> Vec<Story<'_>> {
    broken(document).filter(|story| story.check.expected.is_none()).collect()
}

/// Broken promises that were expected, or may break: the first for each design and promise.
pub(super) fn as_expected(document: &Document) -> Vec<Story<'_>> {
    let mut stories: Vec<Story<'_>> = Vec::new();
    for story in broken(document).filter(|story| story.check.expected.is_some()) {
        let told =
            stories.iter_mut().find(|told| told.cell.queue == story.cell.queue && told.check.name == story.check.name);
        match told {
            // What must break tells more than what may.
            Some(told)
                if story.check.expected == Some(Expectation::Violated)
                    && told.check.expected == Some(Expectation::Either) =>
            {
                *told = story;
            }
            Some(_) => {}
            None => stories.push(story),
        }
    }
    let order = document.queues();
    stories.sort_by_key(|story| order.iter().position(|queue| *queue == story.cell.queue));
    stories
}

/// Every broken promise, in the order of result.json.
pub(super) fn broken(document: &Document) -> impl Iterator<Item = Story<'_>> {
    let all = document.cells.iter().flat_map(|cell| {
        let of_cell = cell.checks.iter().filter(|check| check.outcome == Outcome::Violated).enumerate();
        of_cell.map(move |(index, check)| (cell, index, check))
    });
    all.enumerate().map(|(number, (cell, index, check))| Story {
        cell,
        check,
        number: number + 1,
        number_in_cell: index + 1,
    })
}

/// Everything that is not as expected, then everything that is not decided: a sentence each, with its
/// scenario and the designs that it is said of.
pub(super) fn open_points(document: &Document) -> Vec<String> {
    [(|cell| &cell.unexpected) as fn(&Cell) -> &Vec<String>, |cell| &cell.undecided]
        .into_iter()
        .flat_map(|pick| {
            let mut points: Vec<(&str, &str, Vec<&str>)> = Vec::new();
            for cell in &document.cells {
                for sentence in pick(cell) {
                    let same = |point: &&mut (&str, &str, Vec<&str>)| (point.0, point.1) == (&cell.scenario, sentence);
                    match points.iter_mut().find(same) {
                        Some((.., designs)) => designs.push(&cell.queue),
                        None => points.push((&cell.scenario, sentence, vec![&cell.queue])),
                    }
                }
            }
            points
        })
        .map(|(scenario, sentence, designs)| format!("{scenario} on {}: {sentence}", designs.join(", ")))
        .collect()
}

/// What a reader must know of the figures shown: of the generator in the scenario that they are of, and of
/// the server.
pub(super) fn notes(document: &Document, timed_in: Option<&str>) -> Vec<String> {
    let timed = document.cells.iter().filter(|cell| Some(cell.scenario.as_str()) == timed_in);
    let generator = timed.filter_map(|cell| Some(format!("{}: {}", cell.queue, cell.generator.note.as_ref()?)));
    let warnings = document.target.as_ref().and_then(|target| target.get("warnings")?.as_array());
    let server = warnings.into_iter().flatten().filter_map(|warning| warning.as_str().map(str::to_owned));
    generator.chain(server).collect()
}

/// What no run of this kind can tell, whatever its verdict.
pub(super) fn caveats(document: &Document) -> String {
    let kind = document.target.as_ref().and_then(|target| target.get("kind")?.as_str());
    let server = match kind {
        Some("local") => "one server on the same machine as its clients, no replica, no cluster, no append-only file",
        Some("docker") => "one server in a container, no replica, no cluster, no append-only file",
        Some(_) => "one server as it was found, no cluster",
        None => return format!("What histories cannot tell: anything that was not recorded; {POSITIONS}."),
    };
    format!("What this run cannot tell: {server}, minutes and not days; {POSITIONS}.")
}

/// Where an order of all operations proves the line; nothing if nowhere.
pub(super) fn proofs(document: &Document) -> Option<String> {
    let orders = document.cells.iter().filter_map(|cell| cell.order.as_ref());
    let (cells, operations) = orders.fold((0, 0), |(cells, sum), order| (cells + 1, sum + order.operations));
    (cells > 0).then(|| {
        format!(
            "Proved, not only unbroken: for {cells} of {} cells an order of all operations ({operations} in all) was found and replayed on a plain queue; it is saved beside each history.",
            document.cells.len()
        )
    })
}

const POSITIONS: &str = "positions are only ever shown to be impossible, never verified";

#[cfg(test)]
mod tests {
    use super::super::sample::{expecting, found, sample, sample_cell, sample_run};
    use super::*;
    use crate::model::{Promise, Terms};

    fn cell(scenario: &str, queue: &str, mark: char, expected: Option<Expectation>) -> Cell {
        let promise = Promise::NoLoss;
        let terms = expected.map_or_else(Terms::default, |expected| expecting(promise, expected));
        sample_cell(scenario, queue, vec![found(promise, mark)], terms, (0, 0.0, None))
    }

    #[test]
    fn a_story_names_design_promise_and_scenario_with_its_counterexample() {
        let document = sample();
        let lines: Vec<String> = as_expected(&document).iter().map(Story::line).collect();
        assert_eq!(lines, ["naive breaks no-duplicates in race (1 of 7): u1 holds t1 and t2 at once"]);
        assert!(surprises(&document).is_empty());
    }

    #[test]
    fn every_surprise_is_told_but_what_is_expected_once_for_each_design_and_promise() {
        use Expectation::{Either, Violated};
        let document = sample_run(vec![
            cell("one", "a", '-', Some(Either)),
            cell("one", "b", '-', None),
            cell("two", "b", '-', None),
            cell("two", "a", '-', Some(Violated)),
            cell("three", "a", '-', Some(Violated)),
        ]);
        let told = |stories: Vec<Story<'_>>| -> Vec<String> {
            stories.iter().map(|story| format!("{} {}", story.cell.scenario, story.cell.queue)).collect()
        };
        assert_eq!(told(surprises(&document)), ["one b", "two b"]);
        assert_eq!(told(as_expected(&document)), ["two a"], "what must break tells more than what may");
    }

    #[test]
    fn what_is_said_of_several_designs_is_said_once_and_surprises_come_first() {
        let document = sample_run(vec![
            cell("one", "a", '?', None),
            cell("one", "b", '-', None),
            cell("one", "c", '?', None),
            cell("two", "a", '?', None),
        ]);
        let why = "no-loss is undecided: the drain did not end";
        assert_eq!(
            open_points(&document),
            ["one on b: no-loss is broken".to_owned(), format!("one on a, c: {why}"), format!("two on a: {why}")]
        );
    }

    #[test]
    fn notes_are_those_of_the_scenario_whose_figures_are_shown_and_of_the_server() {
        let mut document = sample();
        document.cells[0].generator.note = Some("bound by its own CPU".to_owned());
        document.cells[2].generator.note = Some("late".to_owned());
        assert_eq!(notes(&document, Some("sale")), ["list: late", "the server saves to disk"]);
        document.target = None;
        assert_eq!(notes(&document, None), Vec::<String>::new());
    }
}
