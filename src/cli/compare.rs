//! `stanchion compare`: two saved runs, or two designs or programs in turns.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::arguments::{CompareArguments, Format};
use super::exit::{Error, Exit};
use super::{find, github, output, repeat, run, signals};
use crate::compare::{
    self, Comparison, Course, Outcome, Rounds, Rule, Runner, SavedRun, Side, SideError, TRIAL_NAME, TRIAL_TEXT,
};
use crate::history;
use crate::load::Control;
use crate::queue::Design;
use crate::report::{Cell, Document};
use crate::run_folder;
use crate::scenario::{self, Scenario};
use crate::target::{Target, TargetChoice, TargetKind};

/// The page of a comparison.
const COMPARE: &str = "compare.html";

/// The design that programs run unless another is named.
const DESIGN_DEFAULT: Design = Design::ZsetSeq;

pub(super) fn compare(arguments: &CompareArguments) -> Result<Exit, Error> {
    let comparison = if arguments.interleave { interleaved(arguments)? } else { saved(arguments)? };
    if let Some(folder) = &arguments.out {
        let page = compare::page(&comparison).map_err(|error| Error::new(Exit::Environment, error.to_string()))?;
        run_folder::write_page(folder, COMPARE, &page)?;
        output::say(&format!("written: {}", folder.join(COMPARE)));
    }
    github::summary(&compare::markdown(&comparison));
    output::result(&match arguments.format {
        Format::Text => compare::text(&comparison, output::width(), output::colour(&std::io::stdout())),
        Format::Json => comparison.to_json(),
        Format::Markdown => compare::markdown(&comparison),
    })?;
    Ok(match comparison.outcome {
        Outcome::NotWorse => Exit::Expected,
        Outcome::Worse => Exit::Broken,
        Outcome::CannotTell => Exit::Inconclusive,
    })
}

fn saved(arguments: &CompareArguments) -> Result<Comparison, Error> {
    let (folder_a, a) = find(&arguments.a)?;
    let (folder_b, b) = find(&arguments.b)?;
    let read =
        |folder: &Utf8Path, cell: &Cell| history::read(&run_folder::history_path(folder, &cell.scenario, &cell.queue));
    let (read_a, read_b) = (|cell: &Cell| read(&folder_a, cell), |cell: &Cell| read(&folder_b, cell));
    let side = |name: &String, folder: &Utf8Path| {
        let kind = if folder == run_folder::baseline_path(name) { "the baseline" } else { "the run" };
        Side { name: name.clone(), what: format!("{kind} {folder}"), queue: None }
    };
    let runs = [
        SavedRun { side: side(&arguments.a, &folder_a), document: &a, history: &read_a },
        SavedRun { side: side(&arguments.b, &folder_b), document: &b, history: &read_b },
    ];
    let rule = Rule { threshold: arguments.threshold, drift: arguments.drift };
    let mut comparison = compare::compare_saved([&runs[0], &runs[1]], rule)
        .map_err(|error| Error::new(Exit::Usage, error.to_string()))?;
    comparison.repeat = repeat::compare(arguments, &TargetChoice::Auto);
    comparison.interleave = comparison.cells.first().map(|cell| {
        let scenario = format!("scenarios/{}.toml", cell.scenario);
        format!("stanchion compare PROGRAM-A PROGRAM-B --interleave --scenario {scenario} --queue {}", cell.queues[0])
    });
    Ok(comparison)
}

/// The run of this name. A design is no run: then `--interleave` was forgotten.
fn find(name: &str) -> Result<(Utf8PathBuf, Document), Error> {
    if Design::from_name(name).is_some() && !find::is_run(Utf8Path::new(name)) {
        let why = format!("{name} is a design, and without --interleave saved runs are compared: add --interleave");
        return Err(Error::new(Exit::Usage, why));
    }
    find::find(name)
}

fn interleaved(arguments: &CompareArguments) -> Result<Comparison, Error> {
    let choice = arguments.target.choice()?;
    let scenario = scenario(arguments)?;
    let runners = runners(arguments)?;
    for runner in &runners {
        named_by(&scenario, runner)?;
    }
    let control = Arc::new(Control::default());
    signals::interrupt_on_signals(&control)?;
    let runtime = run::runtime()?;
    let folder = tempfile::Builder::new().prefix("stanchion-compare-").tempdir()?;
    let built_in = folder.path().join(format!("{TRIAL_NAME}.toml"));
    fs_err::write(&built_in, TRIAL_TEXT)?;
    let built_in = Utf8PathBuf::from_path_buf(built_in).map_err(|path| {
        Error::new(Exit::Environment, format!("the temporary folder {} is not UTF-8: set TMPDIR", path.display()))
    })?;
    let target = run::start(&runtime, &choice, &arguments.target.options(), &control)?;
    let where_it_is = format!("{} {} at {}", target.facts().server, target.facts().version, target.facts().address);
    if !arguments.quiet {
        output::say(&where_it_is);
    }
    let url = url(&choice, &target);
    let course = Course {
        scenario: &scenario,
        file: arguments.scenario.as_deref().unwrap_or(&built_in),
        seed: arguments.seed,
        rounds: arguments.rounds,
        target: &target,
        url: url.as_deref(),
        allow_non_empty: arguments.target.allow_non_empty,
        control: &control,
    };
    let began = |turn: compare::Turn| {
        if !arguments.quiet {
            let (side, name) = [("A", &arguments.a), ("B", &arguments.b)][turn.side];
            let counts = if turn.round == 0 { "does not count" } else { "counts" };
            output::say(&format!("[{:>3}/{}, {counts}] {side}: {name}", turn.round, arguments.rounds));
        }
    };
    let rounds = compare::take_turns([&runners[0], &runners[1]], &course, began);
    // What it was started for is done: a server that cannot be stopped is worth a word, not the result.
    if let Err(error) = runtime.block_on(target.stop()) {
        output::say(&error.to_string());
    }
    let sides = [side(&arguments.a, &runners[0]), side(&arguments.b, &runners[1])];
    let rounds = Rounds { sides, rounds: rounds.map_err(failed)? };
    let mut comparison = compare::compare_rounds(&rounds, arguments.threshold);
    comparison.notes.insert(0, format!("both ran on {where_it_is}, with seed {}", arguments.seed));
    comparison.repeat = repeat::compare(arguments, &choice);
    Ok(comparison)
}

fn scenario(arguments: &CompareArguments) -> Result<Scenario, Error> {
    let Some(file) = &arguments.scenario else {
        return compare::trial().map_err(|why| Error::page(Exit::Usage, why));
    };
    let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
    let problems = |problems: scenario::Problems| problems.render(output::colour(&std::io::stderr()));
    let loaded = scenario::load(std::slice::from_ref(file), None, &designs);
    let mut loaded = loaded.map_err(|found| Error::page(Exit::Usage, problems(found)))?;
    match (loaded.pop(), loaded.len()) {
        (Some(scenario), 0) => run::refuse_without_speed(&scenario, "a comparison").map(|()| scenario),
        (_, more) => Err(Error::new(
            Exit::Usage,
            format!(
                "{file} holds {} scenarios, and rounds are of one: name its file",
                if more == 0 { 0 } else { more + 1 }
            ),
        )),
    }
}

/// Who runs either side.
fn runners(arguments: &CompareArguments) -> Result<[Runner; 2], Error> {
    let named = [&arguments.a, &arguments.b].map(|name| Design::from_name(name));
    if let [Some(a), Some(b)] = named {
        if arguments.queue.is_some() {
            let why = "--queue names the design that programs run, and both sides are designs: leave it out";
            return Err(Error::new(Exit::Usage, why));
        }
        return Ok([Runner::Here(a), Runner::Here(b)]);
    }
    // Beside a program, a design is run by a process of its own, too: both pay for starting it.
    let this = std::env::current_exe().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let design = arguments.queue.or(named[0]).or(named[1]).unwrap_or(DESIGN_DEFAULT);
    let runner = |name: &String, named: Option<Design>| match named {
        Some(design) => this.clone().map(|this| Runner::Program(this, design)).ok_or_else(|| {
            Error::new(Exit::Environment, "this program cannot find its own file; name it instead of a design")
        }),
        None if Utf8Path::new(name).is_file() => Ok(Runner::Program(absolute(name)?, design)),
        None => Err(Error::new(
            Exit::Usage,
            format!("{name} is neither a design nor the path of a stanchion program; see stanchion list queues"),
        )),
    };
    Ok([runner(&arguments.a, named[0])?, runner(&arguments.b, named[1])?])
}

/// A name without a slash would be looked for on the PATH.
fn absolute(name: &str) -> Result<Utf8PathBuf, Error> {
    let unusable = |error: std::io::Error| Error::new(Exit::Usage, format!("cannot use {name}: {error}"));
    camino::absolute_utf8(name).map_err(unusable)
}

/// A scenario that leaves a design out is a slip that nobody should wait for.
fn named_by(scenario: &Scenario, runner: &Runner) -> Result<(), Error> {
    let (Runner::Here(design) | Runner::Program(_, design)) = runner;
    if !design.is_usual() || scenario.designs.iter().any(|name| name == design.name()) {
        return Ok(());
    }
    let error = SideError::NotRun { scenario: scenario.name.clone(), design: design.name() };
    Err(Error::new(Exit::Usage, error.to_string()))
}

/// The URL that programs are told: that of our own server, or the one that was given. One from the environment they find
/// themselves.
fn url(choice: &TargetChoice, target: &Target) -> Option<String> {
    match (choice, target.facts().kind) {
        (TargetChoice::Url(url), _) => Some(url.clone()),
        (_, TargetKind::Url) => None,
        _ => Some(target.endpoint().shown().to_owned()),
    }
}

fn side(name: &str, runner: &Runner) -> Side {
    let (what, design) = match runner {
        Runner::Here(design) => (format!("the design {}", design.name()), design),
        Runner::Program(program, design) => (format!("{program} with {}", design.name()), design),
    };
    Side { name: name.to_owned(), what, queue: Some(design.name().to_owned()) }
}

fn failed(error: SideError) -> Error {
    let exit = match &error {
        SideError::Interrupted { .. } => Exit::Interrupted,
        SideError::Failure(failure) => Exit::from(failure),
        SideError::NotRun { .. } | SideError::Start { .. } | SideError::NoResult { .. } | SideError::Program { .. } => {
            Exit::Usage
        }
        SideError::Temporary(_) => Exit::Environment,
    };
    Error::new(exit, error.to_string())
}
