//! The command line, as a person or a script meets it, on real servers.
#![allow(clippy::unwrap_used, reason = "what cannot be prepared ends a test, and the error says why")]

mod check;
mod compare;
mod disk;
mod exit_codes;
mod explore;
mod github;
mod interrupted;
mod output;
mod precision;
mod recorder;
mod report;
mod result_schema;
mod runs;
mod schedules;
mod selftest;
mod servers;
mod shell;
mod subcommands;
mod sweep;
mod virtual_time;
