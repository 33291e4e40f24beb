//! The command line: one file a subcommand; exit codes in one place.

mod arguments;
mod check;
mod clean;
mod compare;
mod completions;
mod doctor;
mod exit;
mod explore;
mod explore_arguments;
mod explore_files;
mod export;
mod find;
mod github;
mod list;
mod output;
mod precision;
mod progress;
mod provenance;
mod repeat;
mod report;
mod run;
mod selftest;
mod signals;
mod sweep;

use clap::Parser as _;

use arguments::{Arguments, Command};
pub use exit::Exit;

/// Runs the program with the arguments of the process; answers with its exit code.
#[must_use]
pub fn main() -> std::process::ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    let done = match arguments.command {
        Command::Run(run) => run::run(&run),
        Command::Sweep(sweep) => sweep::sweep(&sweep),
        Command::Check(check) => check::check(&check),
        Command::Export(export) => export::export(&export),
        Command::Report(report) => report::report(&report),
        Command::Compare(compare) => compare::compare(&compare),
        Command::Precision(precision) => precision::precision(&precision),
        Command::Explore(arguments) => explore::explore(&arguments),
        Command::List(list) => list::list(&list),
        Command::Selftest(arguments) => match arguments.trial {
            Some(design) => selftest::trial(design),
            None => selftest::selftest(&arguments),
        },
        Command::Doctor(doctor) => doctor::doctor(&doctor),
        Command::Clean(clean) => clean::clean(&clean),
        Command::Completions { shell } => completions::completions(shell),
        Command::Man => completions::man(),
    };
    exit::finish(done)
}
