//! In a job of GitHub Actions: the step's summary, and marks on the lines of scenario files.
//!
//! The runner reads workflow commands from either stream of a step
//! (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>). They go to stderr here, since stdout
//! holds the result and may be JSON that the next program reads.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::output;
use crate::model::{Expectation, Promise};
use crate::report::{About, Cell, Document, Point, points};
use crate::scenario::{Place, Scenario, place_of_expectation, place_of_limit, place_of_promise};
use crate::verdict::Outcome;

/// Names the file of the step's summary.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// GitHub refuses the whole summary of a step that is longer.
const SUMMARY_BYTES_MAX: usize = 1 << 20;

/// GitHub shows so many errors, and as many warnings, of a step, and drops the others without a word.
const MARKS_MAX: usize = 10;

/// Appends a page to the step's summary, where there is one. What cannot be written is said and fails nothing: the result
/// stands elsewhere.
pub(super) fn summary(page: &str) {
    let Some(path) = std::env::var_os(SUMMARY).filter(|path| !path.is_empty()) else { return };
    let appended = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
        let taken = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        file.write_all(fitting(page, SUMMARY_BYTES_MAX.saturating_sub(taken)).as_bytes())
    };
    if let Err(error) = appended() {
        output::say(&format!("cannot write the summary of this step to {}: {error}", path.display()));
    }
}

/// As much of a page as there is room for, by whole lines, and what was cut.
fn fitting(page: &str, room: usize) -> String {
    // Two summaries of one step may not run into each other.
    let page = format!("{}\n\n", page.trim_end());
    if page.len() <= room {
        return page;
    }
    let cut = |lines: usize| {
        format!(
            "\n\n**Cut here: the last {lines} lines do not fit, for GitHub takes no more than 1 MiB of a step. The run folder has all of it.**\n\n"
        )
    };
    // The number of lines left out has no more digits than that of all lines.
    let all = page.lines().count();
    let Some(room) = room.checked_sub(cut(all).len()) else { return String::new() };
    let mut kept = 0;
    let mut lines = 0;
    for line in page.split_inclusive('\n') {
        if kept + line.len() > room {
            break;
        }
        kept += line.len();
        lines += 1;
    }
    format!("{}{}", &page[..kept], cut(all - lines))
}

/// Marks what is not as expected, or not decided, on the lines of the scenarios that say otherwise; only in a job of GitHub
/// Actions. Without a scenario, as of a history that is judged again, a mark stands at the job.
pub(super) fn marks(document: &Document, scenarios: &[Scenario]) {
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        let root = std::env::var("GITHUB_WORKSPACE").ok().map(Utf8PathBuf::from);
        for mark in marks_of(document, scenarios, root.as_deref()) {
            output::say(&mark);
        }
    }
}

/// The errors, then the warnings: what is undecided is a warning here, and fails the step by the exit code.
fn marks_of(document: &Document, scenarios: &[Scenario], root: Option<&Utf8Path>) -> Vec<String> {
    let mut marks = [("error", Vec::new()), ("warning", Vec::new())];
    for cell in &document.cells {
        let scenario = scenarios.iter().find(|scenario| scenario.name == cell.scenario);
        for point in points(cell) {
            let place =
                scenario.and_then(|scenario| Some((file_of(scenario, root)?, place_of(scenario, cell, point.about))));
            let title = format!("{} on {}", cell.scenario, cell.queue);
            let (level, marks) = &mut marks[usize::from(point.is_open)];
            marks.push(mark(level, place.as_ref(), &title, &message(cell, &point)));
        }
    }
    if let Some(why) = &document.ended_early {
        marks[1].1.push(mark("warning", None, "the run ended early", why));
    }
    marks.into_iter().flat_map(|(level, marks)| shown(level, marks)).collect()
}

/// As many as GitHub shows; the last says how many more there are.
fn shown(level: &str, mut marks: Vec<String>) -> Vec<String> {
    if marks.len() > MARKS_MAX {
        let more = marks.len() - (MARKS_MAX - 1);
        marks.truncate(MARKS_MAX - 1);
        marks.push(mark(
            level,
            None,
            &format!("{more} more"),
            "GitHub shows ten of a step: the summary and junit.xml have all",
        ));
    }
    marks
}

/// The sentence, and of a broken promise its story.
fn message(cell: &Cell, point: &Point<'_>) -> String {
    let check = match point.about {
        About::Check(index) if !point.is_open => cell.checks.get(index),
        _ => None,
    };
    match check.and_then(|check| check.counterexample.as_ref()) {
        Some(proof) => format!("{}: {}", point.sentence, proof.story),
        None => point.sentence.to_owned(),
    }
}

/// The file as GitHub knows it: from the root of the repository, wherever in it the program was started.
fn file_of(scenario: &Scenario, root: Option<&Utf8Path>) -> Option<Utf8PathBuf> {
    let path = scenario.path.as_ref()?;
    let absolute = camino::absolute_utf8(path).ok();
    let below = absolute.as_deref().zip(root).and_then(|(absolute, root)| absolute.strip_prefix(root).ok());
    Some(below.unwrap_or(path).to_owned())
}

/// Where the scenario says what did not come true.
fn place_of(scenario: &Scenario, cell: &Cell, about: About) -> Option<Place> {
    match about {
        About::Check(index) => {
            let check = cell.checks.get(index)?;
            let promise = Promise::from_name(&check.name)?;
            // A promise that held is a surprise only to an expectation.
            let expectation = (check.outcome == Outcome::Holds && check.expected == Some(Expectation::Violated))
                .then(|| place_of_expectation(&scenario.text, &cell.queue, promise))
                .flatten();
            expectation.or_else(|| place_of_promise(&scenario.text, promise))
        }
        About::Limit(index) => {
            let limit = cell.limits.get(index)?;
            place_of_limit(&scenario.text, limit.op, limit.percentile)
        }
        About::Cell => None,
    }
}

/// A workflow command: `::error file=…,line=…,col=…,title=…::message`.
fn mark(level: &str, place: Option<&(Utf8PathBuf, Option<Place>)>, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some((file, place)) = place {
        properties.push(format!("file={}", property(file.as_str())));
        if let Some(place) = place {
            properties.push(format!("line={},col={}", place.line, place.column));
        }
    }
    properties.push(format!("title={}", property(title)));
    format!("::{level} {}::{}", properties.join(","), data(message))
}

/// As `escapeData` of <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts> does.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As its `escapeProperty`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Limit, OpKind, Percentile, Terms};
    use crate::report::sample::{found, sample_cell, sample_run};
    use crate::scenario;

    const TEXT: &str = "about = \"A.\"\ndesigns = [\"list\"]\n[load.closed]\nclients = 2\n[population.buyers]\nusers = 3\n[promises]\n\
        check = [\"no-loss\"]\n[limits.join]\np99 = \"1us\"\n[expect.list]\nno-loss = \"violated\"\n";

    fn scenarios(path: Option<&str>) -> Vec<Scenario> {
        let mut scenario = scenario::parse("one", TEXT, None, &["list"]).unwrap();
        scenario.path = path.map(Utf8PathBuf::from);
        vec![scenario]
    }

    fn cell(mark: char, expected: bool) -> Cell {
        let limits = vec![Limit { op: OpKind::Join, percentile: Percentile::P99, max_ns: 1_000 }];
        let mut terms = Terms { limits, ..Terms::default() };
        terms.expect.extend(expected.then_some((Promise::NoLoss, Expectation::Violated)));
        sample_cell("one", "list", vec![found(Promise::NoLoss, mark)], terms, (9, 1.0, None))
    }

    #[test]
    fn a_mark_stands_on_the_line_that_did_not_come_true() {
        let document = sample_run(vec![cell('-', false)]);
        let marks = marks_of(&document, &scenarios(Some("scenarios/one.toml")), None);
        assert_eq!(
            marks,
            [
                "::error file=scenarios/one.toml,line=8,col=10,title=one on list::no-loss is broken: u1 holds t1 and t2 at once",
                "::error file=scenarios/one.toml,line=10,col=7,title=one on list::p99 of join was 0.01 ms, the limit is 0.00 ms: 900 %25 over",
            ]
        );
        let better = marks_of(&sample_run(vec![cell('+', true)]), &scenarios(Some("one.toml")), None);
        assert!(
            better[0].starts_with("::error file=one.toml,line=12,col=1,title=one on list::no-loss held"),
            "{better:?}"
        );
        let open = marks_of(&sample_run(vec![cell('?', false)]), &scenarios(None), None);
        assert!(open[1].starts_with("::warning title=one on list::no-loss is undecided"), "{open:?}");
    }

    #[test]
    fn a_file_is_named_from_the_root_of_the_repository() {
        let here = camino::absolute_utf8("scenarios").unwrap();
        let root = here.parent().unwrap();
        let file = |path: &str, root| file_of(&scenarios(Some(path))[0], root).unwrap();
        assert_eq!(file(here.join("one.toml").as_str(), Some(root)), "scenarios/one.toml");
        assert_eq!(
            file("scenarios/one.toml", root.parent()),
            Utf8Path::new(root.file_name().unwrap()).join("scenarios/one.toml")
        );
        assert_eq!(file("scenarios/one.toml", None), "scenarios/one.toml");
    }

    #[test]
    fn no_text_can_end_a_command_or_begin_another() {
        let marked = mark("error", Some(&("a,b:c%.toml".into(), None)), "t,1:\n", "50 %\r\n::error::x");
        assert_eq!(marked, "::error file=a%2Cb%3Ac%25.toml,title=t%2C1%3A%0A::50 %25%0D%0A::error::x");
    }

    #[test]
    fn more_marks_than_github_shows_are_counted() {
        let document = sample_run(vec![cell('-', false); 6]);
        let marks = marks_of(&document, &[], None);
        assert_eq!(marks.len(), 10);
        assert!(marks[9].starts_with("::error title=3 more::"), "{marks:#?}");
    }

    #[test]
    fn a_summary_is_cut_by_lines_below_what_github_takes_and_says_so() {
        let page = "é line\n".repeat(1_000);
        assert_eq!(fitting(&page, page.len() + 1), format!("{page}\n"));
        for room in [0, 10, 150, 200, 1_000, page.len()] {
            let cut = fitting(&page, room);
            assert!(cut.len() <= room, "{room}: {}", cut.len());
            let lines = cut.lines().filter(|line| *line == "é line").count();
            assert!(cut.is_empty() || cut.contains(&format!("the last {} lines do not fit", 1_001 - lines)), "{cut}");
        }
        assert!(fitting(&page, 1_000).starts_with("é line\n"));
    }
}
