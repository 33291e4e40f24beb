//! What the user typed after `stanchion explore`.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::arguments::design;
use crate::explore::{CLIENTS_MAX, OPERATIONS_MAX, Time};
use crate::model::Dedupe;
use crate::queue::Design;
use crate::scenario::parse_time;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["queues", "replay"]))]
pub(super) struct ExploreArguments {
    /// The designs to explore, separated by commas
    #[arg(long = "queue", value_name = "A,B", value_delimiter = ',', value_parser = design)]
    pub(super) queues: Vec<Design>,
    /// One program: clients separated by |, their operations by ; ("join u1 t1 | join u1 t2 | admit 2")
    #[arg(long, value_name = "PROGRAM", conflicts_with_all = ["all", "replay"])]
    pub(super) program: Option<String>,
    /// All programs, the smallest first: what is done without --program
    #[arg(long)]
    pub(super) all: bool,
    /// The most operations of a program
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = up_to::<6>, conflicts_with_all = ["program", "replay"])]
    pub(super) max_ops: usize,
    /// The most clients of a program
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = up_to::<CLIENTS_MAX>, conflicts_with_all = ["program", "replay"])]
    pub(super) clients: usize,
    /// Requests lost, replies lost, clients ended, requests late: up to so many, anywhere [default: 1, with --program 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(super) faults: Option<u8>,
    /// A time to live passes: up to so many times, anywhere [default: 1, with --program 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=4))]
    pub(super) ticks: Option<u8>,
    /// So many ticks make a time to live; with 2, an entry that is renewed in between lives on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(super) ticks_a_life: u8,
    /// How time passes between ticks
    #[arg(long, value_enum, default_value_t, conflicts_with = "replay")]
    pub(super) clock: ClockChoice,
    /// What joins are deduplicated by
    #[arg(long, value_enum, default_value_t)]
    pub(super) dedupe: DedupeChoice,
    /// The most states that are held; some 100 bytes each
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = states)]
    pub(super) max_states: usize,
    /// The longest that is searched
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_time)]
    pub(super) time: Duration,
    /// Do not go through all schedules: draw some for so long, for a program that is too large
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "program")]
    pub(super) random: Option<Duration>,
    /// Chooses the schedules that are executed for real, or drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// The most schedules of one program that are executed for real; 1 % of them all, up to here
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(super) max_replays: u64,
    /// Write a page there, and what breaks as replay files with a scenario for each
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    pub(super) out: Option<Utf8PathBuf>,
    /// Run the schedule of a replay file again
    #[arg(long, value_name = "FILE")]
    pub(super) replay: Option<Utf8PathBuf>,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: ExploreFormat,
}

/// What joins are deduplicated by.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum DedupeChoice {
    /// One place for each user
    #[default]
    User,
    /// One place for each request: a user may hold several
    Request,
}

impl From<DedupeChoice> for Dedupe {
    fn from(choice: DedupeChoice) -> Dedupe {
        match choice {
            DedupeChoice::User => Dedupe::User,
            DedupeChoice::Request => Dedupe::Request,
        }
    }
}

/// How time passes between ticks.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum ClockChoice {
    /// Not at all: whatever orders by a clock meets ties everywhere
    #[default]
    Frozen,
    /// By a microsecond with each command
    Stepping,
    /// As it does: no ticks then, and nothing is executed a second time (where the server's clock cannot be preloaded)
    System,
}

impl From<ClockChoice> for Time {
    fn from(choice: ClockChoice) -> Time {
        match choice {
            ClockChoice::Frozen => Time::Frozen,
            ClockChoice::Stepping => Time::Stepping,
            ClockChoice::System => Time::System,
        }
    }
}

/// How to show the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ExploreFormat {
    /// For people
    #[default]
    Text,
    /// One array, an object a design
    Json,
}

fn up_to<const MOST: usize>(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST.min(OPERATIONS_MAX)).contains(number));
    number.ok_or_else(|| format!("a number from 1 to {MOST}"))
}

fn states(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=1usize << 31).contains(number));
    number.ok_or_else(|| "a number from 1 to 2147483648".to_owned())
}
