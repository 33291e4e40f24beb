//! Runs one scenario on either side in turns, on one server: a design within this program, or another program.
//!
//! Either way a turn leaves a run folder, which is read back and removed: both kinds of side are measured and judged
//! by the same path.

use std::fs::File;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::rounds::order;
use crate::load::{Control, Driving};
use crate::pipeline::{self, Failure, Request};
use crate::queue::Design;
use crate::report::{Document, Run, visible};
use crate::run_folder::{self, FolderError};
use crate::scenario::Scenario;
use crate::target::{Target, URL_VARIABLE};

/// What runs a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runner {
    /// A design, run by this program.
    Here(Design),
    /// A `stanchion` program, which runs this design.
    Program(Utf8PathBuf, Design),
}

/// What both sides run, and where.
#[derive(Debug)]
pub struct Course<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Its file, for programs.
    pub file: &'a Utf8Path,
    /// The seed of every plan: both sides and all rounds run the same one.
    pub seed: u64,
    /// Rounds that count.
    pub rounds: usize,
    /// The server.
    pub target: &'a Target,
    /// Its URL, for programs; `None`: they find it in their environment, as this program did.
    pub url: Option<&'a str>,
    /// Whether programs may use a given server that holds keys.
    pub allow_non_empty: bool,
    /// Says when to stop.
    pub control: &'a Control,
}

/// A turn that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The round; 0 is the one that does not count.
    pub round: usize,
    /// 0 for A, 1 for B.
    pub side: usize,
}

/// Why the rounds did not come to their end.
#[derive(Debug, thiserror::Error)]
pub enum SideError {
    /// Somebody asked to stop.
    #[error("interrupted after {done} of {rounds} rounds: nothing was compared")]
    Interrupted {
        /// Rounds that count and were done.
        done: usize,
        /// Rounds that were to count.
        rounds: usize,
    },
    /// A run of this program ended early.
    #[error(transparent)]
    Failure(Failure),
    /// The scenario leaves the design out.
    #[error("the scenario {scenario} does not run on {design}: add it to its `designs`, or name another --scenario")]
    NotRun {
        /// The scenario.
        scenario: String,
        /// The design.
        design: &'static str,
    },
    /// A program cannot be started.
    #[error("cannot start {program}: {source}; name a stanchion program, or a design")]
    Start {
        /// The program.
        program: Utf8PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A program did not run the scenario.
    #[error("{program} did not run the scenario: it {ended}{words}")]
    Program {
        /// The program.
        program: Utf8PathBuf,
        /// How it ended.
        ended: String,
        /// Its last words.
        words: String,
    },
    /// A program left no result that can be read.
    #[error(
        "{program} left no result that this version can read ({detail}): is it a stanchion program, of this version or near it?"
    )]
    NoResult {
        /// The program.
        program: Utf8PathBuf,
        /// Why not.
        detail: String,
    },
    /// No place for what a turn leaves.
    #[error("cannot use a temporary folder: {0}; TMPDIR names another")]
    Temporary(std::io::Error),
}

/// Runs the rounds, the one that does not count first; gives A's and B's result of each that does. `began` hears of each turn.
///
/// # Errors
/// When a turn did not come to its end.
pub fn take_turns(
    runners: [&Runner; 2],
    course: &Course<'_>,
    mut began: impl FnMut(Turn),
) -> Result<Vec<[Document; 2]>, SideError> {
    let mut done = Vec::new();
    for round in 0..=course.rounds {
        let mut results = [None, None];
        for side in order(round) {
            if course.control.interrupted() {
                return Err(interrupted(done.len(), course.rounds));
            }
            began(Turn { round, side });
            let result = turn(runners[side], course, 2 * round + side);
            // Whatever a turn that was told to stop says of itself, this is why it ended.
            let result =
                if course.control.interrupted() { Err(interrupted(done.len(), course.rounds)) } else { result };
            results[side] = Some(result?);
        }
        if let ([Some(a), Some(b)], true) = (results, round > 0) {
            done.push([a, b]);
        }
    }
    Ok(done)
}

fn interrupted(done: usize, rounds: usize) -> SideError {
    SideError::Interrupted { done, rounds }
}

fn turn(runner: &Runner, course: &Course<'_>, number: usize) -> Result<Document, SideError> {
    let guard = tempfile::Builder::new().prefix("stanchion-compare-").tempdir().map_err(SideError::Temporary)?;
    let folder = Utf8Path::from_path(guard.path())
        .ok_or_else(|| SideError::Temporary(std::io::Error::other("its name is not UTF-8")))?;
    match runner {
        Runner::Here(design) => here(*design, course, folder, number),
        Runner::Program(program, design) => there(program, *design, course, folder),
    }
}

fn here(design: Design, course: &Course<'_>, folder: &Utf8Path, number: usize) -> Result<Document, SideError> {
    let request = Request {
        driving: Driving::default(),
        scenarios: vec![course.scenario.clone()],
        designs: vec![design],
        seed: course.seed,
        folder: folder.to_owned(),
        prefix: format!("stanchion:compare-{:x}-{number}:", std::process::id()),
        about: Run {
            seed: Some(course.seed),
            target: serde_json::to_value(course.target.facts()).ok(),
            ..Run::default()
        },
    };
    if request.cells().is_empty() {
        return Err(SideError::NotRun { scenario: course.scenario.name.clone(), design: design.name() });
    }
    let outcome = pipeline::run(&request, course.target, course.control, &mut |_| {});
    match outcome.trouble {
        None => Ok(outcome.document),
        Some(trouble) => Err(SideError::Failure(trouble)),
    }
}

fn there(program: &Utf8Path, design: Design, course: &Course<'_>, folder: &Utf8Path) -> Result<Document, SideError> {
    let (out, words) = (folder.join("run"), folder.join("stderr"));
    let stderr = File::create(&words).map_err(SideError::Temporary)?;
    let mut command = Command::new(program.as_std_path());
    command.args(["run", course.file.as_str(), "--queue", design.name(), "--redis", "auto"]);
    command.args(["--seed", &course.seed.to_string(), "--out", out.as_str(), "--format", "json", "--quiet"]);
    if course.allow_non_empty {
        command.arg("--allow-non-empty");
    }
    if let Some(url) = course.url {
        // Not as an argument: it may hold a password, and everybody may read arguments.
        command.env(URL_VARIABLE, url);
    }
    // A group of its own, so that Ctrl-C reaches it once, through this program, and not twice, which would end it at once.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).process_group(0);
    let child = command.spawn().map_err(|source| SideError::Start { program: program.to_owned(), source })?;
    let status = wait(child, course.control).map_err(SideError::Temporary)?;
    // As expected, not as expected, inconclusive: all three are results.
    if !matches!(status.code(), Some(0 | 1 | 3)) {
        let told = std::fs::read_to_string(&words).unwrap_or_default();
        let last = told.lines().rev().find(|line| !line.trim().is_empty()).map(visible);
        let words = last.map_or_else(String::new, |line| format!(", and said: {line}"));
        return Err(SideError::Program { program: program.to_owned(), ended: ended(status), words });
    }
    let unreadable = |detail: String| SideError::NoResult { program: program.to_owned(), detail };
    let document = run_folder::read_result(&out).map_err(|error: FolderError| unreadable(error.to_string()))?;
    match (&document.ended_early, document.cells.as_slice()) {
        (None, [_]) => Ok(document),
        (Some(why), _) => Err(unreadable(format!("the run ended early: {why}"))),
        (None, cells) => Err(unreadable(format!("it holds {} cells instead of one", cells.len()))),
    }
}

/// Waits for a program; hands a wish to stop on to it, once.
fn wait(mut child: Child, control: &Control) -> std::io::Result<ExitStatus> {
    const GLANCE: Duration = Duration::from_millis(10);
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if control.interrupted() && !told {
            told = true;
            if let Ok(pid) = libc::pid_t::try_from(child.id()) {
                // SAFETY: kill has no memory to violate, and the child is not yet waited for, so that its id is its own.
                unsafe { libc::kill(pid, libc::SIGTERM) };
            }
        }
        std::thread::sleep(GLANCE);
    }
}

fn ended(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
