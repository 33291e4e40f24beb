//! `stanchion list`: queues, scenarios, runs.

use super::arguments::{ListArguments, Listed};
use super::exit::{Error, Exit};
use super::{output, run};
use crate::queue::{Broken, Design};
use crate::report::{Document, visible};
use crate::run_folder::{self, Content, Saved};

pub(super) fn list(arguments: &ListArguments) -> Result<Exit, Error> {
    let lines = match arguments.what {
        Listed::Queues if arguments.broken => broken(),
        Listed::Queues => queues(),
        Listed::Scenarios => scenarios()?,
        Listed::Runs => runs()?,
    };
    output::result(&lines)?;
    Ok(Exit::Expected)
}

fn queues() -> String {
    let line = |design: &Design| {
        let facts = design.facts();
        let claims: Vec<&str> = facts.claims.iter().map(|promise| promise.name()).collect();
        format!("{:<19} {}\n{:<19} claims {}\n", facts.name, facts.summary, "", claims.join(", "))
    };
    Design::ALL.iter().map(line).collect()
}

fn broken() -> String {
    let line = |broken: Broken| {
        let facts = broken.facts();
        let (name, breaks) = (facts.name, broken.breaks().name());
        format!("{name:<29} {}\n{:<29} breaks {breaks} in the trial {}\n", facts.summary, "", broken.trial())
    };
    let to_try = |design: &Design| {
        let facts = design.facts();
        format!("{:<29} {}\n{:<29} breaks nothing\n", facts.name, facts.summary, "")
    };
    Broken::all().into_iter().map(line).chain(Design::TO_TRY.iter().map(to_try)).collect()
}

fn scenarios() -> Result<String, Error> {
    let scenarios = run::scenarios(&[], None)?;
    Ok(scenarios.iter().map(|scenario| format!("{:<19} {}\n", scenario.name, scenario.about)).collect())
}

/// A line for each run: what it came to, what made it, and how much room it takes.
fn runs() -> Result<String, Error> {
    let saved = run_folder::saved()?;
    if saved.is_empty() {
        return Ok(String::new());
    }
    let heads = ["run", "began", "verdict", "cells", "seed", "server", "size", "state"].map(str::to_owned);
    let rows: Vec<[String; 8]> = std::iter::once(heads).chain(saved.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..8).map(width).collect();
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            3 | 4 | 6 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    Ok(rows.iter().map(line).collect())
}

/// Texts of a result are the users' own: nothing in them steers a terminal.
fn row(saved: &Saved) -> [String; 8] {
    let none = || "–".to_owned();
    // To the second: what follows tells nobody anything.
    let began = saved.began().map_or_else(none, |began| match began.split_once('.') {
        Some((seconds, _)) => format!("{}Z", visible(seconds)),
        None => visible(began),
    });
    let (verdict, cells, seed, server, state) = match &saved.content {
        Content::Run(run) => (
            run.verdict.name().to_owned(),
            run.cells.len().to_string(),
            run.seed.map_or_else(none, |seed| seed.to_string()),
            server(run).unwrap_or_else(none),
            match &run.ended_early {
                Some(why) => format!("ended early: {}", visible(why)),
                None if saved.is_over() => "complete".to_owned(),
                None => "not over: under way, or killed".to_owned(),
            },
        ),
        Content::Sweep { ended_early, .. } => {
            let state = match ended_early {
                Some(why) => format!("ended early: {}", visible(why)),
                None => "complete".to_owned(),
            };
            ("(sweep)".to_owned(), none(), none(), none(), state)
        }
        Content::Nothing => (none(), none(), none(), none(), "nothing written yet: under way, or killed".to_owned()),
        Content::Unreadable(error) => (none(), none(), none(), none(), visible(&error.to_string())),
    };
    [saved.path.to_string(), began, verdict, cells, seed, server, size(saved.bytes), state]
}

/// `redis 7.0.15, local`
fn server(run: &Document) -> Option<String> {
    let target = run.target.as_ref()?;
    let text = |name: &str| target.get(name)?.as_str().map(visible);
    let (server, version, kind) = (text("server")?, text("version")?, text("kind")?);
    Some(format!("{server} {version}, {kind}"))
}

/// Bytes in the unit that suits them.
#[expect(clippy::cast_precision_loss, reason = "exact to 2^53 bytes")]
pub(super) fn size(bytes: u64) -> String {
    let number = bytes as f64;
    match number {
        ..1e3 => format!("{bytes} B"),
        ..1e6 => format!("{:.1} kB", number / 1e3),
        ..1e9 => format!("{:.1} MB", number / 1e6),
        _ => format!("{:.1} GB", number / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_the_unit_that_suits_it() {
        let sizes = [0, 999, 1_000, 1_250_000, 31_000_000_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "1.2 MB", "31.0 GB"]);
    }
}
