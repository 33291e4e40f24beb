//! `stanchion selftest`: broken designs against checks.

use std::sync::Arc;
use std::time::Instant;

use super::arguments::{Format, SelftestArguments};
use super::exit::{Error, Exit};
use super::{output, run, signals};
use crate::load::{Control, Trouble};
use crate::model::Promise;
use crate::queue::{Broken, Design};
use crate::selftest::{self, Matrix, SelftestError};

pub(super) fn selftest(arguments: &SelftestArguments) -> Result<Exit, Error> {
    let choice = arguments.target.choice()?;
    let control = Arc::new(Control::default());
    signals::interrupt_on_signals(&control)?;
    let runtime = run::runtime()?;
    let target = run::start(&runtime, &choice, &arguments.target.options(), &control)?;
    let only: Vec<Broken> = arguments.only.clone();
    let prefix = format!("stanchion:selftest-{:x}:", std::process::id());
    let clock = Instant::now();
    let began = |index: usize, cells: usize, trial: &str, design: &str| {
        if !arguments.quiet {
            output::say(&format!("[{:>3}/{cells}] {trial} on {design}", index + 1));
        }
    };
    let matrix = selftest::run(&only, target.endpoint(), &prefix, &control, began);
    if let Err(error) = runtime.block_on(target.stop()) {
        output::say(&error.to_string());
    }
    let matrix = matrix.map_err(failed)?;
    let took_s = clock.elapsed().as_secs();
    let shown = match arguments.format {
        Format::Text => text(&matrix, took_s),
        Format::Markdown => markdown(&matrix),
        Format::Json => serde_json::to_string_pretty(&matrix)
            .map(|json| json + "\n")
            .map_err(|error| Error::new(Exit::Environment, format!("the matrix cannot be written as JSON: {error}")))?,
    };
    output::result(&shown)?;
    Ok(if matrix.passed() { Exit::Expected } else { Exit::Broken })
}

fn failed(error: SelftestError) -> Error {
    let exit = match &error {
        SelftestError::Trouble { trouble: Trouble::Interrupted, .. } => Exit::Interrupted,
        _ => Exit::Environment,
    };
    Error::new(exit, error.to_string())
}

/// The promises that some row has something to say of.
fn columns(matrix: &Matrix) -> Vec<Promise> {
    let speaks = |promise: &Promise| {
        matrix.broken.iter().any(|caught| caught.breaks == *promise || caught.also.contains(promise))
    };
    Promise::EVERY.into_iter().filter(speaks).collect()
}

fn rows(matrix: &Matrix, caught: &str, also: &str, survived: &str) -> Vec<Vec<String>> {
    let columns = columns(matrix);
    let row = |row: &selftest::Caught| {
        let cell = |promise: &Promise| match () {
            () if row.breaks == *promise && row.violations > 0 => caught,
            () if row.breaks == *promise => survived,
            () if row.also.contains(promise) => also,
            () => "",
        };
        let mut cells = vec![row.design.to_owned()];
        cells.extend(columns.iter().map(|promise| cell(promise).to_owned()));
        cells
    };
    matrix.broken.iter().map(row).collect()
}

fn text(matrix: &Matrix, took_s: u64) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    let mut headers = vec!["broken design".to_owned()];
    headers.extend(columns(matrix).iter().map(|promise| promise.name().replace('-', "\n")));
    table.set_header(headers);
    table.add_rows(rows(matrix, "CAUGHT", "also", "MISSED"));
    let mut lines = format!("{}\n\n{table}\n", matrix.sentence());
    for row in matrix.survivors() {
        let why = row.undecided.as_deref().unwrap_or("the check found nothing");
        lines.push_str(&format!(
            "\nSURVIVOR {}: {}. {} is not found broken in the trial {} ({why}).\n",
            row.design,
            row.because,
            row.breaks.name(),
            row.trial
        ));
    }
    for cleared in matrix.not_cleared() {
        for (promise, story) in &cleared.false_alarms {
            lines.push_str(&format!(
                "\nFALSE ALARM {} in the trial {}: {}: {story}\n",
                cleared.design,
                cleared.trial,
                promise.name()
            ));
        }
        for (promise, why) in &cleared.undecided {
            lines.push_str(&format!(
                "\nNOT CLEARED {} in the trial {}: {}: {why}\n",
                cleared.design,
                cleared.trial,
                promise.name()
            ));
        }
    }
    lines.push_str(&format!("\n{took_s} s. To see one: stanchion selftest --trial NAME > trial.toml; stanchion run trial.toml --queue NAME\n"));
    lines
}

/// The promise that a broken design breaks was found broken.
const CAUGHT: &str = "●";

/// The table of the README.
fn markdown(matrix: &Matrix) -> String {
    let columns = columns(matrix);
    let mut lines =
        format!("| broken design | because | {} |\n", columns.iter().map(|p| p.name()).collect::<Vec<_>>().join(" | "));
    lines.push_str(&format!("|---|---|{}\n", "---|".repeat(columns.len())));
    for (caught, row) in matrix.broken.iter().zip(rows(matrix, CAUGHT, "○", "MISSED")) {
        lines.push_str(&format!("| `{}` | {} | {} |\n", caught.design, caught.because, row[1..].join(" | ")));
    }
    lines.push_str(&format!("\n{}\n", matrix.sentence()));
    lines
}

/// Prints the trial of a broken design, so that it can be run and looked at.
pub(super) fn trial(design: Design) -> Result<Exit, Error> {
    let Design::Broken(broken) = design else {
        return Err(Error::new(
            Exit::Usage,
            format!("{} is no broken design: see stanchion list queues --broken", design.name()),
        ));
    };
    output::result(selftest::text_of(broken))?;
    Ok(Exit::Expected)
}
