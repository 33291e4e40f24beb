//! For CI servers: JUnit XML, a test case for each promise, each limit, and the load itself.
//!
//! What is not decided is an *error* and not *skipped*: servers show skipped tests in grey and pass the build, while the
//! program ends with 3. The type of the error, `inconclusive`, tells it from a failure. So something in the file is
//! red exactly when the run did not pass.
//!
//! The same document gives the same bytes: there is no time stamp and no id but those of the document. The time of a
//! load stands at its own case only; at each promise it would be summed up many times.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::document::{Cell, Check, Document};
use super::lines::visible;
use super::points::{About, Point, points};
use super::stories::{Story, broken};
use crate::model::Expectation;
use crate::verdict::{LimitVerdict, Outcome, limit_sentence};

/// The case that says whether the load of a cell was what was asked for.
const LOAD: &str = "load";

/// The suite and case that say whether every cell was run.
const COMPLETE: &str = "complete";

/// Renders a run as JUnit XML, in the form that Jenkins defined.
#[must_use]
pub fn junit(document: &Document) -> String {
    let mut suites: Vec<TestSuite> = Vec::new();
    let mut stories = broken(document);
    for cell in &document.cells {
        let cases = cases(document, cell, &mut stories);
        // Cells of one scenario follow each other in a run, but judged histories come as they were named.
        match suites.iter_mut().find(|suite| suite.name.as_str() == shown(&cell.scenario)) {
            Some(suite) => _ = suite.add_test_cases(cases),
            None => {
                let mut suite = TestSuite::new(shown(&cell.scenario));
                suite.add_test_cases(cases);
                suites.push(suite);
            }
        }
    }
    let mut run = TestSuite::new("stanchion");
    run.add_test_case(complete(document));
    suites.push(run);
    let mut report = Report::new("stanchion");
    report.add_test_suites(suites);
    report.to_string().expect("texts without the characters that XML forbids are written to memory")
}

/// Whether every cell was run, and any at all.
fn complete(document: &Document) -> TestCase {
    let why = match &document.ended_early {
        Some(why) => Some(format!("the run ended early: {why}")),
        None if document.cells.is_empty() => Some("no cell was run".to_owned()),
        None => None,
    };
    let status = why.map_or_else(TestCaseStatus::success, |why| open(&why, ""));
    case("stanchion", COMPLETE.to_owned(), status)
}

fn cases<'a>(document: &Document, cell: &Cell, stories: &mut impl Iterator<Item = Story<'a>>) -> Vec<TestCase> {
    let name = |what: &str| format!("{}.{what}", cell.queue);
    let points = points(cell);
    let repeat = format!("Repeat: {}", document.repeat);
    let mut cases = Vec::new();
    for (index, check) in cell.checks.iter().enumerate() {
        let story = (check.outcome == Outcome::Violated).then(|| stories.next()).flatten();
        let detail = story.as_ref().map_or_else(|| repeat.clone(), |story| detail(document, story));
        let headline = story.map(|story| story.line());
        let status = status(&points, About::Check(index), headline.as_deref(), &detail);
        let note = note(check, headline.as_deref()).filter(|_| is_passed(&status));
        let mut case = case(&cell.scenario, name(&check.name), status);
        if let Some(note) = note {
            case.set_system_out(shown(&note));
        }
        cases.push(case);
    }
    for (index, limit) in cell.limits.iter().enumerate() {
        let status = status(&points, About::Limit(index), None, &repeat);
        let mut case = case(&cell.scenario, name(&limit_name(limit)), status);
        case.set_system_out(shown(&limit_sentence(limit)));
        cases.push(case);
    }
    let mut load = case(&cell.scenario, name(LOAD), status(&points, About::Cell, None, &repeat));
    if let Some(series) = &cell.series {
        load.set_time(Duration::from_nanos(series.end_ns.saturating_sub(series.begin_ns)));
    }
    cases.push(load);
    cases
}

/// What the verdict says of a promise, a limit or the cell: what is unexpected outweighs what is open. `headline` says more
/// than the sentence of something broken.
fn status(points: &[Point<'_>], about: About, headline: Option<&str>, detail: &str) -> TestCaseStatus {
    let sentences = |is_open: bool| {
        let of = points.iter().filter(|point| point.about == about && point.is_open == is_open);
        of.map(|point| point.sentence).collect::<Vec<_>>().join("; ")
    };
    let (unexpected, undecided) = (sentences(false), sentences(true));
    if !unexpected.is_empty() {
        failure(headline.unwrap_or(&unexpected), detail)
    } else if !undecided.is_empty() {
        open(&undecided, detail)
    } else {
        TestCaseStatus::success()
    }
}

fn is_passed(status: &TestCaseStatus) -> bool {
    matches!(status, TestCaseStatus::Success { .. })
}

/// A case; its class is what servers group by.
fn case(scenario: &str, name: String, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(shown(&name), status);
    case.set_classname(shown(scenario));
    case
}

/// What a check that is as expected has to say: how it was examined, or how it was broken.
fn note(check: &Check, headline: Option<&str>) -> Option<String> {
    let expected = match check.expected {
        Some(Expectation::Violated) => "Broken, as the scenario expects",
        Some(Expectation::Either) => "Broken, as it may be by the scenario",
        None => "Broken",
    };
    match check.outcome {
        Outcome::Holds => Some(format!("It held: {} examined.", check.examined)),
        Outcome::Violated => headline.map(|headline| format!("{expected}. {headline}")),
        Outcome::Undecided => check.why.as_ref().map(|why| format!("Not decided, as it may be by the scenario: {why}")),
    }
}

/// More of a broken promise: the first violations, where to see it, and how to repeat it.
fn detail(document: &Document, story: &Story<'_>) -> String {
    let mut lines = story.check.listed.clone();
    lines
        .push(format!("Drawn: stanchion report RUN --violation {}, with the folder of this file as RUN", story.number));
    lines.push(format!("Repeat: {}", document.repeat));
    lines.join("\n")
}

/// `join.p99<=5ms`
fn limit_name(limit: &LimitVerdict) -> String {
    let max_us = limit.max_us;
    let (number, unit) = match max_us {
        1e6.. => (max_us / 1e6, "s"),
        1e3.. => (max_us / 1e3, "ms"),
        _ => (max_us, "us"),
    };
    format!("{}.{}<={number}{unit}", limit.op.name(), limit.percentile.name())
}

fn failure(message: &str, about: &str) -> TestCaseStatus {
    not_passed(NonSuccessKind::Failure, "unexpected", message, about)
}

fn open(message: &str, about: &str) -> TestCaseStatus {
    not_passed(NonSuccessKind::Error, "inconclusive", message, about)
}

/// The message stands in the text, too: some servers show only the one, some only the other.
fn not_passed(kind: NonSuccessKind, which: &str, message: &str, about: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    let text = format!("{message}\n{about}");
    let text: Vec<String> = text.lines().map(shown).collect();
    status.set_message(shown(message)).set_type(which).set_description(text.join("\n").trim_end());
    status
}

/// A text with the characters replaced that XML forbids, and those that steer a terminal: a log is read there.
fn shown(text: &str) -> String {
    visible(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::super::document::Run;
    use super::super::sample::{expecting, found, sample, sample_cell, sample_run};
    use super::*;
    use crate::model::{Limit, OpKind, Percentile, Promise, Terms};
    use crate::verdict::Verdict;

    const PROMISE: Promise = Promise::NoLoss;

    fn parsed(text: &str) -> Report {
        Report::deserialize_from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
    }

    fn cases_of(report: &Report) -> Vec<(&str, &TestCase)> {
        let suites = report.test_suites.iter();
        suites.flat_map(|suite| suite.test_cases.iter().map(|case| (suite.name.as_str(), case))).collect()
    }

    fn red(report: &Report) -> Vec<(&str, NonSuccessKind)> {
        let kind = |case: &TestCase| match &case.status {
            TestCaseStatus::NonSuccess { kind, .. } => Some(*kind),
            _ => None,
        };
        cases_of(report).into_iter().filter_map(|(_, case)| Some((case.name.as_str(), kind(case)?))).collect()
    }

    /// A limit on the p99 of joins, which is ten times their median.
    fn limited(max_ns: u64) -> Terms {
        let limits = vec![Limit { op: OpKind::Join, percentile: Percentile::P99, max_ns }];
        Terms { limits, ..Terms::default() }
    }

    #[test]
    fn each_promise_limit_and_load_is_a_case_in_the_suite_of_its_scenario() {
        let mut document = sample();
        document.cells.push(sample_cell(
            "race",
            "late",
            vec![found(PROMISE, '-')],
            limited(5_000_000),
            (9, 900.0, None),
        ));
        let text = junit(&document);
        let report = parsed(&text);
        let names: Vec<String> =
            cases_of(&report).into_iter().map(|(suite, case)| format!("{suite}/{}", case.name.as_str())).collect();
        let expected = [
            "race/list.no-duplicates",
            "race/list.load",
            "race/naive.no-duplicates",
            "race/naive.load",
            "race/late.no-loss",
            "race/late.join.p99<=5ms",
            "race/late.load",
            "sale/list.no-loss",
            "sale/list.load",
            "stanchion/complete",
        ];
        assert_eq!(names, expected);
        assert_eq!((report.tests, report.failures, report.errors), (10, 2, 0));
        use NonSuccessKind::Failure;
        assert_eq!(red(&report), [("late.no-loss", Failure), ("late.join.p99<=5ms", Failure)]);
        for part in [
            "late breaks no-loss in race (1 of 7): u1 holds t1 and t2 at once",
            "stanchion report RUN --violation 2,",
            "p99 of join was 9.00 ms, the limit is 5.00 ms: 80 % over",
            "Broken, as the scenario expects. naive breaks no-duplicates in race",
            "Repeat: stanchion run --seed 7",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn something_is_red_exactly_when_the_run_did_not_pass() {
        use Expectation::{Either, Violated};
        let mut seen = [0; 3];
        for mark in ['+', '-', '?'] {
            for expected in [None, Some(Violated), Some(Either)] {
                for max_ns in [None, Some(1), Some(1_000_000_000)] {
                    for (joins, early, remark) in
                        [(9, None, None), (0, Some("it was interrupted"), None), (9, None, Some("no"))]
                    {
                        let mut terms = max_ns.map_or_else(Terms::default, limited);
                        terms.expect.extend(expected.map(|expected| (PROMISE, expected)));
                        let mut cell = sample_cell("one", "a", vec![found(PROMISE, mark)], terms, (joins, 1.0, None));
                        // Said of the cell as a whole: nobody's sentence.
                        cell.undecided.extend(remark.map(str::to_owned));
                        let run = Run { ended_early: early.map(str::to_owned), ..Run::default() };
                        let document = Document::new(run, vec![cell]);
                        let report = parsed(&junit(&document));
                        let case = format!("{mark} {expected:?} {max_ns:?} {joins} {early:?}: {:?}", document.sentence);
                        assert_eq!(report.failures > 0, document.verdict == Verdict::Fail, "{case}");
                        assert_eq!(report.failures + report.errors > 0, document.verdict != Verdict::Pass, "{case}");
                        seen[document.verdict as usize] += 1;
                    }
                }
            }
        }
        assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
        assert_eq!(
            parsed(&junit(&Document::new(Run::default(), Vec::new()))).errors,
            1,
            "a run of nothing is not green"
        );
    }

    #[test]
    fn whatever_stands_in_a_name_the_file_can_be_read() {
        let name = "<a href=\"x\">&amp;]]>\u{0}\u{1b}[31m\u{b}\u{fffe}\u{ffff}\n'é";
        let cell = sample_cell(
            name,
            name,
            vec![found(PROMISE, '-')],
            expecting(PROMISE, Expectation::Violated),
            (9, 1.0, None),
        );
        let text = junit(&sample_run(vec![cell]));
        let suite = "<a href=\"x\">&amp;]]>\u{fffd}\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}\u{fffd}'é";
        let report = parsed(&text);
        assert_eq!(report.test_suites[0].name.as_str(), suite);
        assert_eq!(report.test_suites[0].test_cases[0].name.as_str(), format!("{suite}.no-loss"));
        let forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
        assert_eq!(text.find(forbidden), None, "{text:?}");
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        let document = sample();
        let text = junit(&document);
        assert_eq!(junit(&document), text);
        assert!(!text.contains("timestamp") && !text.contains("uuid"), "{text}");
    }
}
