//! One file's text to a scenario, or to all of its problems.

use toml::de::{DeTable, DeValue};

use super::name::is_plain_name;
use super::problem::{Found, Problem, Problems};
use super::raw::RawScenario;
use super::resolve::{FilesBeside, resolve};
use super::resolved::Scenario;
use super::sense_of_arrivals::arrivals;
use super::sense_of_clock::clock;
use super::sense_of_lifetimes::lifetimes;
use super::sense_of_load::load;
use super::sense_of_promises::promises_and_designs;
use super::sense_of_schedules::schedules;
use super::toml_table::{FromToml, Place};
use super::{arrivals_file, schedule_file};

/// The scenario that a text says. `name` stands for the file: it is the scenario's name unless the text
/// gives one, and files that the text names are looked for in the current folder. `scale` replaces the text's own;
/// `known_designs` are the names a text may use.
///
/// # Errors
/// All problems at once; only a syntax error hides what else may be wrong.
pub fn parse(name: &str, text: &str, scale: Option<f64>, known_designs: &[&str]) -> Result<Scenario, Problems> {
    parse_file(name, name, text, scale, known_designs).map(|(scenario, _)| scenario)
}

/// The same of the file at `path`. Also says where the scenario names itself, for a problem with that.
pub(super) fn parse_file(
    path: &str,
    stem: &str,
    text: &str,
    scale: Option<f64>,
    known_designs: &[&str],
) -> Result<(Scenario, Option<std::ops::Range<usize>>), Problems> {
    let mut found = Found::default();
    let read = read(path, stem, text, scale, known_designs, &mut found);
    let problems: Vec<Problem> = found.problems(path, text);
    match read {
        Some(read) => Problems::or(problems, read),
        // Nothing could be read, and why was noted: `problems` is not empty.
        None => Err(Problems::of(problems)),
    }
}

fn read(
    path: &str,
    stem: &str,
    text: &str,
    scale: Option<f64>,
    known_designs: &[&str],
    found: &mut Found,
) -> Option<(Scenario, Option<std::ops::Range<usize>>)> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let what = format!("this is not TOML: {}", error.message());
            found.note(error.span(), what, "", "correct it; https://toml.io shows the syntax");
        }
        return None;
    }
    let usable = |scale: &f64| scale.is_finite() && *scale > 0.0;
    if let Some(scale) = scale.filter(|scale| !usable(scale)) {
        let what = format!("the scale must be a number above 0, not {scale}");
        found.note(None, what, "counts and rates are multiplied by it", "choose another, such as --scale 0.05");
    }
    // What a scale makes of a file is no problem of the file where the scale is the mistake.
    let scale = scale.filter(usable);
    let place = Place { path: String::new(), span: None };
    let raw = RawScenario::from_toml(&DeValue::Table(document.into_inner()), &place, found)?;
    if raw.name.is_absent() && !is_plain_name(stem) {
        found.note(
            None,
            format!("`{}` is not a name", stem.escape_debug()),
            "a scenario is named by its file, and names become parts of paths and Redis keys",
            "rename the file to 1 to 64 letters (a-z, A-Z), digits and `-`, or write name = \"…\" at the top",
        );
    }
    let beside = FilesBeside {
        arrivals: arrivals_file::read(&raw, path, found),
        schedule: schedule_file::read(&raw, path, found),
    };
    let scenario = resolve(&raw, stem, text, scale, known_designs, beside);
    load(&raw, &scenario, found);
    arrivals(&raw, &scenario, found);
    lifetimes(&raw, &scenario, found);
    clock(&raw, &scenario, found);
    schedules(&raw, found);
    promises_and_designs(&raw, &scenario, known_designs, found);
    Some((scenario, raw.name.span()))
}
