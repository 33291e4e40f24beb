//! `stanchion report`: shows a saved run again, or one broken promise of it.

use std::num::NonZeroUsize;

use camino::Utf8Path;

use super::arguments::{Format, ReportArguments};
use super::exit::{Error, Exit};
use super::{export, find, output, repeat};
use crate::report::{Document, Violation, violations};
use crate::run_folder;

/// Histories of up to so many operations are judged in a second or so.
const JUDGED_MAX: u64 = 200_000;

pub(super) fn report(arguments: &ReportArguments) -> Result<Exit, Error> {
    let (folder, document) = find::find(&arguments.run)?;
    if let Some(number) = arguments.violation {
        violation(&folder, &document, number.get())?;
        return Ok(document.verdict.into());
    }
    // A folder that can only be read is no reason not to show what is in it; the error comes after that.
    let rendered = render(&folder, arguments.out.as_deref().unwrap_or(&folder), &document);
    output::document(&document, arguments.format)?;
    if let (Format::Text, Some(seed)) = (arguments.format, document.seed) {
        let how = how_it_broke(&document, &arguments.run).map_or_else(String::new, |line| format!("{line}\n"));
        output::result(&format!("\n{how}Seed {seed}; repeat with: {}\n", document.repeat))?;
    }
    rendered?;
    Ok(document.verdict.into())
}

/// Makes page, pictures and junit.xml of a run anew.
fn render(run: &Utf8Path, folder: &Utf8Path, document: &Document) -> Result<(), Error> {
    run_folder::write_report(run, folder, document).map_err(|error| {
        Error::new(Exit::Environment, format!("{error}. Name a folder that can be written with --out"))
    })?;
    output::say(&format!("rendered {}", folder.join(run_folder::REPORT)));
    Ok(())
}

/// The command that draws the first violation that nobody expected, or else the first; nothing where there is none.
pub(super) fn how_it_broke(document: &Document, run: &str) -> Option<String> {
    let violations = violations(document);
    let first = violations.iter().find(|violation| !violation.is_expected()).or(violations.first())?;
    let number = first.number;
    Some(format!("How it broke, drawn: stanchion report {} --violation {number}", repeat::quoted(run)))
}

fn violation(folder: &Utf8Path, document: &Document, number: usize) -> Result<(), Error> {
    let all = violations(document);
    let violation = all.iter().find(|violation| violation.number == number).ok_or_else(|| none(&all, number))?;
    let text = violation.text(output::width());
    let lines: Vec<String> = replays(folder, document, violation).iter().map(|line| format!("  {line}\n")).collect();
    output::result(&format!("{text}\nJudge it again, and run it again:\n{}", lines.concat()))
}

fn none(all: &[Violation<'_>], number: usize) -> Error {
    let names: Vec<String> = all
        .iter()
        .map(|violation| format!("{} {} on {}", violation.number, violation.promise, violation.queue))
        .collect();
    let why = if names.is_empty() {
        "no promise is broken in this run: there is no violation to tell".to_owned()
    } else {
        format!("there is no violation {number}; there are {}", names.join(", "))
    };
    Error::new(Exit::Usage, why)
}

/// The commands that come to the same violation again; the last runs it. Whether another checker can see it is known only
/// when the history has been judged, which a long one is not for a line of text.
fn replays(folder: &Utf8Path, document: &Document, violation: &Violation<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let history = run_folder::history_path(folder, violation.scenario, violation.queue);
    if history.is_file() {
        let quoted = repeat::quoted(history.as_str());
        lines.push(format!("stanchion check {quoted}"));
        let number = NonZeroUsize::new(violation.number_in_cell).unwrap_or(NonZeroUsize::MIN);
        let export = format!("stanchion export {quoted} --to porcupine --violation {number}");
        if violation.operations > JUDGED_MAX {
            lines.push(format!("{export}   # or it says why not"));
        } else if export::is_exportable(&history, number) {
            lines.push(export);
        }
    }
    lines.push(document.repeat.clone());
    lines
}
