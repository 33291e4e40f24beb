//! What the user typed.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::exit::{Error, Exit};
use super::explore_arguments::ExploreArguments;
use super::precision::{joins_per_ms, moment_ms};
use crate::compare::{ROUNDS_DEFAULT, ROUNDS_MAX, ROUNDS_MIN};
use crate::load::Driving;
use crate::model::{Limit, Pacer};
use crate::precision::{SHIFT_MAX, SchemeName};
use crate::queue::{Broken, Design};
use crate::run_folder::is_baseline_name;
use crate::scenario::{parse_limit, parse_time};
use crate::target::{TargetChoice, TargetOptions};

/// Proves, before a rollout, that a Redis-backed waiting queue keeps its line, and says how fast it is.
#[derive(Debug, Parser)]
#[command(name = "stanchion", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 as expected · 1 a promise or a limit broken, an expectation not met, or something got worse · \
2 usage or scenario error · 3 inconclusive · 4 environment (no Redis, no Docker, server died) · \
130 interrupted (what was recorded is saved)";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios on a real Redis and judge what was recorded
    Run(RunArguments),
    /// Raise the rate until something breaks, or let the line grow and see how the cost grows
    Sweep(SweepArguments),
    /// Judge saved or foreign histories (.parquet, .jsonl, .jsonl.gz)
    Check(CheckArguments),
    /// Write a history, or a part of it, for another checker: Porcupine, Jepsen's Knossos
    Export(ExportArguments),
    /// Show a saved run again
    Report(ReportArguments),
    /// Compare two saved runs, or two designs or programs in turns, with intervals
    Compare(CompareArguments),
    /// Show what a float64 score makes of a clock and a counter, bit by bit
    Precision(PrecisionArguments),
    /// Go through every interleaving of small programs, with faults and expiry, on a design
    Explore(ExploreArguments),
    /// List queue designs, scenarios or runs
    List(ListArguments),
    /// Run broken designs and show which check notices each
    Selftest(SelftestArguments),
    /// Say which Redis would be used, and why
    Doctor(DoctorArguments),
    /// Remove what ended runs may have left behind: containers, temporary folders; or old runs
    Clean(CleanArguments),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// Scenario files, or folders of them [default: scenarios/, else the scenarios that are built in]
    #[arg(value_name = "FILE or FOLDER")]
    pub(super) paths: Vec<Utf8PathBuf>,
    /// Only these designs, separated by commas
    #[arg(long = "queue", value_name = "A,B", value_delimiter = ',', value_parser = design)]
    pub(super) queues: Vec<Design>,
    #[command(flatten)]
    pub(super) target: TargetArguments,
    #[command(flatten)]
    pub(super) driving: DrivingArguments,
    /// The seed of every plan
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Multiply users, rates and rounds by this instead of the scenario's own scale
    #[arg(long, value_name = "F", value_parser = scale)]
    pub(super) scale: Option<f64>,
    /// The run folder [default: a new one in reports/]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<Utf8PathBuf>,
    /// Keep the run as reports/baselines/NAME when it is complete, in the place of an earlier one, for `compare`
    #[arg(long, value_name = "NAME", value_parser = baseline, conflicts_with = "out")]
    pub(super) save_baseline: Option<String>,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// No progress
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(
    mut_arg("redis", |redis| redis.requires("interleave")),
    mut_arg("allow_non_empty", |allow| allow.requires("interleave"))
)]
pub(super) struct CompareArguments {
    /// The side to compare with: a baseline, a run folder or `latest`; with --interleave a design or a stanchion program
    #[arg(value_name = "A")]
    pub(super) a: String,
    /// The side that may have got worse
    #[arg(value_name = "B")]
    pub(super) b: String,
    /// Run both in turns on one server, and compare round by round
    #[arg(long)]
    pub(super) interleave: bool,
    /// The scenario of each round [default: steady-joins, which is built in]
    #[arg(long, value_name = "FILE", requires = "interleave")]
    pub(super) scenario: Option<Utf8PathBuf>,
    /// The design that programs run [default: zset-seq]
    #[arg(long, value_name = "DESIGN", value_parser = design, requires = "interleave")]
    pub(super) queue: Option<Design>,
    /// Rounds that count; one more is made first and left out
    #[arg(long, value_name = "N", value_parser = rounds, default_value_t = ROUNDS_DEFAULT, requires = "interleave")]
    pub(super) rounds: usize,
    /// The seed of every plan
    #[arg(long, value_name = "N", default_value_t = 1, requires = "interleave")]
    pub(super) seed: u64,
    #[command(flatten)]
    pub(super) target: TargetArguments,
    /// A difference of up to this is none
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "3%")]
    pub(super) threshold: f64,
    /// Also write compare.html to this folder
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<Utf8PathBuf>,
    /// How far figures of saved runs may be off because the machine had changed meanwhile
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "20%", conflicts_with = "interleave")]
    pub(super) drift: f64,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// No progress
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct SweepArguments {
    /// The scenario whose rate is raised; its load must be open [default: scenarios/on-sale.toml, else the one that is built in]
    #[arg(value_name = "FILE", conflicts_with = "depths")]
    pub(super) path: Option<Utf8PathBuf>,
    /// Instead of raising a rate, let FROM to TO users wait, each decade, and time join, position and admit
    #[arg(long = "depth", value_name = "FROM..TO", value_parser = depths, conflicts_with_all = ["from", "to", "rounds", "seed"])]
    pub(super) depths: Option<Depths>,
    /// Only these designs, separated by commas
    #[arg(long = "queue", value_name = "A,B", value_delimiter = ',', value_parser = design)]
    pub(super) queues: Vec<Design>,
    #[command(flatten)]
    pub(super) target: TargetArguments,
    #[command(flatten)]
    pub(super) driving: DrivingArguments,
    /// The seed of the first try of each rate; each further try has the next one
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Begin at so many times the scenario's rate
    #[arg(long, value_name = "F", value_parser = scale, default_value_t = 1.0)]
    pub(super) from: f64,
    /// End at so many times the scenario's rate [default: 64, or as far as the scenario can be scaled]
    #[arg(long, value_name = "F", value_parser = scale)]
    pub(super) to: Option<f64>,
    /// Try both ends of the answer so often
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: u32,
    /// A limit on latency, such as join.p99=5ms; repeat it for more [default: the scenario's, else 50 ms]
    #[arg(long = "limit", value_name = "OP.PERCENTILE=TIME", value_parser = parse_limit)]
    pub(super) limits: Vec<Limit>,
    /// With --depth: time one operation on one line for so long at the most
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = parse_time, requires = "depths")]
    pub(super) budget: Duration,
    /// Where to write sweep.json [default: a new folder in reports/]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<Utf8PathBuf>,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// No progress
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// How many wait, ascending; a type of its own, since clap takes a list for an argument that may be repeated.
#[derive(Clone, Debug)]
pub(super) struct Depths(pub(super) Vec<u64>);

fn depths(text: &str) -> Result<Depths, String> {
    crate::sweep::depths(text).map(Depths)
}

#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// The Redis to use: auto, local, docker or a URL (redis://, rediss://, unix://)
    #[arg(long = "redis", value_name = "auto|local|docker|URL", default_value = "auto")]
    redis: String,
    /// The image for a container
    #[arg(long, value_name = "NAME", env = "STANCHION_IMAGE", default_value = TargetOptions::DEFAULT_IMAGE)]
    pub(super) image: String,
    /// Use a given server although it holds keys; only keys of this run are touched
    #[arg(long)]
    pub(super) allow_non_empty: bool,
}

impl TargetArguments {
    /// Read here and not by clap: its message would repeat the text, which may hold a password.
    pub(super) fn choice(&self) -> Result<TargetChoice, Error> {
        self.redis.parse().map_err(|error| Error::new(Exit::Usage, format!("--redis: {error}")))
    }

    pub(super) fn options(&self) -> TargetOptions {
        TargetOptions { image: self.image.clone(), allow_non_empty: self.allow_non_empty }
    }
}

#[derive(Debug, Args)]
pub(super) struct DrivingArguments {
    /// How the load generator waits until an operation is due [default: hybrid where a core can be spared, else sleep]
    #[arg(long, value_name = "PACER", value_enum)]
    pub(super) pacer: Option<PacerName>,
    /// Threads of the load generator [default: what the planned rate needs, one core left for the server]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) threads: Option<u32>,
}

impl DrivingArguments {
    pub(super) fn driving(&self) -> Driving {
        Driving { pacer: self.pacer.map(Pacer::from), threads: self.threads }
    }
}

/// How the load generator waits.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PacerName {
    /// Sleeps: late by some 50 µs, and nearly free
    Sleep,
    /// Sleeps, and spins the last 60 µs: precise, for about half a core
    Hybrid,
    /// Never sleeps: a whole core
    Spin,
}

impl From<PacerName> for Pacer {
    fn from(name: PacerName) -> Pacer {
        match name {
            PacerName::Sleep => Pacer::Sleep,
            PacerName::Hybrid => Pacer::Hybrid,
            PacerName::Spin => Pacer::Spin,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Histories: .parquet, .jsonl or .jsonl.gz; a run (its folder, a baseline, `latest`) stands for all of its own; - reads JSON
    /// Lines from standard input
    #[arg(required = true, value_name = "HISTORY")]
    pub(super) histories: Vec<Utf8PathBuf>,
    /// Replay the saved order of all operations that proves each line (FILE.order.txt.gz); save it first where there is none
    #[arg(long)]
    pub(super) certificate: bool,
    /// How much memory one history may take; larger ones are refused [default: what the machine has to spare]
    #[arg(long = "memory", value_name = "MIB")]
    pub(super) memory_mib: Option<u64>,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// The history: .parquet, .jsonl or .jsonl.gz; - reads JSON Lines from standard input
    #[arg(value_name = "HISTORY")]
    pub(super) history: Utf8PathBuf,
    /// For which checker
    #[arg(long, value_enum, value_name = "CHECKER")]
    pub(super) to: Checker,
    /// Only the records FROM to TO - 1, counted from 0: 0..50 are the first fifty. They must stand by themselves
    #[arg(long, value_name = "FROM..TO", value_parser = window, conflicts_with = "violation")]
    pub(super) window: Option<Range<usize>>,
    /// Only the operations that prove the N-th promise broken, in the order of result.json
    #[arg(long, value_name = "N")]
    pub(super) violation: Option<NonZeroUsize>,
    /// Where to write it [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<Utf8PathBuf>,
}

/// Another checker.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Checker {
    /// Porcupine (Go): a JSON array of its operations
    Porcupine,
    /// Jepsen and Knossos (Clojure): EDN, one map a line
    Jepsen,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// A run folder, a baseline, or `latest` for the newest run in reports/
    #[arg(value_name = "RUN")]
    pub(super) run: String,
    /// Where to write report.html and the pictures [default: the run folder]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<Utf8PathBuf>,
    /// Tell and draw only the N-th broken promise, in the order of result.json
    #[arg(long, value_name = "N", conflicts_with = "format")]
    pub(super) violation: Option<NonZeroUsize>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
#[command(
    mut_arg("redis", |redis| redis.requires("live")),
    mut_arg("allow_non_empty", |allow| allow.requires("live"))
)]
pub(super) struct PrecisionArguments {
    /// Only this way to make a score of a clock and a counter [default: all four, and what holds of any score]
    #[arg(long, value_enum)]
    pub(super) scheme: Option<SchemeChoice>,
    /// How far shift and rebased shift the clock [default: 24 and 20, as the designs do]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(0..=i64::from(SHIFT_MAX)))]
    pub(super) bits: Option<u32>,
    /// Where the clock of rebased begins: a date, a time or ms since 1970 [default: the midnight, UTC, before --date]
    #[arg(long, value_name = "DATE", value_parser = moment_ms)]
    pub(super) epoch: Option<u64>,
    /// When the joins come: a date, a time or ms since 1970 [default: 1759656550865, which is 2025-10-05T09:29:10.865Z]
    #[arg(long, value_name = "DATE", value_parser = moment_ms)]
    pub(super) date: Option<u64>,
    /// How many joins come: 30/ms, 30000/s; a number alone is per second [default: 30/ms]
    #[arg(long, value_name = "RATE", value_parser = joins_per_ms)]
    pub(super) rate: Option<u64>,
    /// Ask a Redis, too, and print the commands to paste
    #[arg(long)]
    pub(super) live: bool,
    /// Write precision.html, precision.png and precision.json there, too
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(super) target: TargetArguments,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// A way to make a score.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemeChoice {
    /// ts × 2^bits + counter
    Shift,
    /// ts + counter × 1e-6
    Decimal,
    /// ts + counter × 0.01
    Centi,
    /// (ts − epoch) × 2^bits + counter
    Rebased,
}

impl From<SchemeChoice> for SchemeName {
    fn from(choice: SchemeChoice) -> SchemeName {
        match choice {
            SchemeChoice::Shift => SchemeName::Shift,
            SchemeChoice::Decimal => SchemeName::Decimal,
            SchemeChoice::Centi => SchemeName::Centi,
            SchemeChoice::Rebased => SchemeName::Rebased,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct CleanArguments {
    /// Remove old runs and sweeps from reports/ instead; baselines and the example stay
    #[arg(long, requires = "keep")]
    pub(super) runs: bool,
    /// Keep the newest N of them
    #[arg(long, value_name = "N", requires = "runs")]
    pub(super) keep: Option<usize>,
    /// Only say what would be removed
    #[arg(long, requires = "runs")]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// What to list
    pub(super) what: Listed,
    /// Of the queues, those that run only where they are asked for: the broken ones of the self-test, and one to try `compare` on
    #[arg(long)]
    pub(super) broken: bool,
}

#[derive(Debug, Args)]
pub(super) struct SelftestArguments {
    #[command(flatten)]
    pub(super) target: TargetArguments,
    /// Only these broken designs, separated by commas
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = broken)]
    pub(super) only: Vec<Broken>,
    /// Print the trial that shows this broken design, and run nothing
    #[arg(long, value_name = "NAME", value_parser = design)]
    pub(super) trial: Option<Design>,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// No progress
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Listed {
    /// The queue designs
    Queues,
    /// The scenarios
    Scenarios,
    /// The runs in reports/
    Runs,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    #[command(flatten)]
    pub(super) target: TargetArguments,
}

/// How to show a result.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: everything; of a run the same as result.json
    Json,
    /// For pull requests
    Markdown,
}

fn broken(name: &str) -> Result<Broken, String> {
    let found = Broken::all().into_iter().find(|broken| broken.facts().name == name);
    found.ok_or_else(|| format!("no broken design is called `{name}`; see stanchion list queues --broken"))
}

fn baseline(name: &str) -> Result<String, String> {
    if is_baseline_name(name) {
        return Ok(name.to_owned());
    }
    Err("a baseline is named by 1 to 64 letters (a-z, A-Z), digits, `-` and `_`, and `latest` is taken".to_owned())
}

fn rounds(text: &str) -> Result<usize, String> {
    let rounds = text.parse().ok().filter(|rounds| (ROUNDS_MIN..=ROUNDS_MAX).contains(rounds));
    rounds.ok_or_else(|| format!("expected a number from {ROUNDS_MIN} to {ROUNDS_MAX}: fewer rounds bear no interval"))
}

/// `3%` or `0.03`.
fn share(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse::<f64>(),
    };
    let share = number.ok().filter(|share| share.is_finite() && (0.0..=10.0).contains(share));
    share.ok_or_else(|| "expected a share such as 3% or 0.03, 1000% at the most".to_owned())
}

pub(super) fn design(name: &str) -> Result<Design, String> {
    Design::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
        let near = names.iter().max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        match near {
            Some(near) if strsim::jaro_winkler(near, name) > 0.7 => {
                format!("there is no such design; did you mean {near}?")
            }
            _ => format!("there is no such design; the designs are {}", names.join(", ")),
        }
    })
}

/// `FROM..TO`, either of which may be left out.
fn window(text: &str) -> Result<Range<usize>, String> {
    let number = |word: &str, left_out| if word.is_empty() { Some(left_out) } else { word.parse().ok() };
    let range = text.split_once("..").and_then(|(from, to)| Some(number(from, 0)?..number(to, usize::MAX)?));
    range.ok_or_else(|| "expected two indexes of records, such as 0..50, where TO is the first left out".to_owned())
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 => Ok(scale),
        _ => Err("expected a number above 0, such as 0.1 or 2".to_owned()),
    }
}
