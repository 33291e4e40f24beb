//! `stanchion run`: the main job.

use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};

use super::arguments::{Format, RunArguments};
use super::exit::{Error, Exit};
use super::progress::Watcher;
use super::provenance::provenance;
use super::report::how_it_broke;
use super::{github, output, repeat, signals};
use crate::load::Control;
use crate::pipeline::{self, Request};
use crate::queue::Design;
use crate::report::{self, Document, Run};
use crate::run_folder::{self, FolderError};
use crate::scenario::{self, Load, Scenario};
use crate::target::{Target, TargetChoice, TargetError, TargetOptions};

/// Where scenarios are looked for when none are named.
pub(super) const SCENARIOS: &str = "scenarios";

pub(super) fn run(arguments: &RunArguments) -> Result<Exit, Error> {
    let choice = arguments.target.choice()?;
    let scenarios = scenarios(&arguments.paths, arguments.scale)?;
    refuse_an_empty_choice(arguments, &scenarios)?;
    for scenario in &scenarios {
        pipeline::readable(scenario).map_err(|why| Error::new(Exit::Usage, why))?;
    }
    let began = jiff::Timestamp::now();
    let folder = arguments.out.clone().unwrap_or_else(|| new_folder(began, &std::process::id().to_string()));
    run_folder::prepare(&folder).map_err(unwritable)?;

    let control = Arc::new(Control::default());
    signals::interrupt_on_signals(&control)?;
    let runtime = runtime()?;
    // Nothing would run on another.
    let on_their_own = !scenarios.iter().any(needs_target);
    if on_their_own && matches!(choice, TargetChoice::Docker | TargetChoice::Url(_)) {
        output::say("All scenarios run on a local server of their own: --redis is not used");
    }
    let started = if on_their_own {
        await_target(&runtime, &control, Target::with_clock())
    } else {
        start(&runtime, &choice, &arguments.target.options(), &control)
    };
    let target = match started {
        Ok(target) => target,
        Err(error) => {
            run_folder::discard(&folder);
            return Err(error);
        }
    };
    let mut watcher = Watcher::new(arguments.quiet, &control);
    watcher.note(&format!("{} {} at {}", target.facts().server, target.facts().version, target.facts().address));

    let provenance = Some(provenance(&scenarios, &arguments.queues));
    let request = Request {
        scenarios,
        designs: arguments.queues.clone(),
        seed: arguments.seed,
        driving: arguments.driving.driving(),
        folder: folder.clone(),
        prefix: format!("stanchion:{:x}-{:x}:", began.as_millisecond(), std::process::id()),
        about: Run {
            started: Some(began.to_string()),
            duration_s: None,
            seed: Some(arguments.seed),
            target: serde_json::to_value(target.facts()).ok(),
            repeat: repeat::run(arguments, &choice),
            ended_early: None,
            provenance,
        },
    };
    let clock = Instant::now();
    let mut outcome = pipeline::run(&request, &target, &control, &mut |progress| watcher.watch(progress));
    watcher.finish();
    // What it was started for is done: a server that cannot be stopped is worth a word, not the result.
    if let Err(error) = runtime.block_on(target.stop()) {
        output::say(&error.to_string());
    }
    outcome.document.took(clock.elapsed().as_secs_f64());
    let written = run_folder::write_result(&folder, &outcome.document)
        .and_then(|()| run_folder::write_report(&folder, &folder, &outcome.document));
    let complete = outcome.trouble.is_none() && written.is_ok();
    let kept = keep(arguments, &folder, complete);

    github::summary(&report::markdown(&outcome.document));
    github::marks(&outcome.document, &request.scenarios);
    output::document(&outcome.document, arguments.format)?;
    let lies_in = kept.as_ref().ok().and_then(Option::as_ref).unwrap_or(&folder);
    closing(arguments, lies_in, &outcome.document)?;
    let written = written.and(kept.map(drop));
    match (&outcome.trouble, written) {
        (Some(trouble), _) => Err(Error::new(Exit::from(trouble), trouble.to_string())),
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Ok(outcome.document.verdict.into()),
    }
}

/// Keeps the run as a baseline, if that was asked for; gives where it lies then.
fn keep(arguments: &RunArguments, folder: &Utf8Path, complete: bool) -> Result<Option<Utf8PathBuf>, FolderError> {
    let Some(name) = &arguments.save_baseline else { return Ok(None) };
    if complete {
        return run_folder::keep_as_baseline(folder, name).map(Some);
    }
    output::say(&format!("the run is not complete: the baseline {name} is as it was"));
    Ok(None)
}

/// Finds or starts the Redis; a wish to stop does not wait until an image is pulled.
pub(super) fn start(
    runtime: &tokio::runtime::Runtime,
    choice: &TargetChoice,
    options: &TargetOptions,
    control: &Control,
) -> Result<Target, Error> {
    await_target(runtime, control, Target::start(choice, options))
}

fn await_target(
    runtime: &tokio::runtime::Runtime,
    control: &Control,
    starting: impl Future<Output = Result<Target, TargetError>>,
) -> Result<Target, Error> {
    const GLANCE: std::time::Duration = std::time::Duration::from_millis(50);
    let interrupted = async {
        while !control.interrupted() {
            tokio::time::sleep(GLANCE).await;
        }
    };
    runtime.block_on(async {
        tokio::select! {
            started = starting => Ok(started?),
            () = interrupted => Err(Error::new(Exit::Interrupted, "interrupted before the first cell: nothing was run")),
        }
    })
}

/// A runtime for what is not load: starting and stopping a server, asking an engine.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(Exit::Environment, format!("cannot start a runtime: {error}")))
}

/// The scenarios named, or those of `scenarios/`, or the built-in ones.
pub(super) fn scenarios(paths: &[Utf8PathBuf], scale: Option<f64>) -> Result<Vec<Scenario>, Error> {
    let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
    let loaded = if !paths.is_empty() {
        scenario::load(paths, scale, &designs)
    } else if Utf8Path::new(SCENARIOS).is_dir() {
        scenario::load(&[Utf8PathBuf::from(SCENARIOS)], scale, &designs)
    } else {
        scenario::load_shipped(scale, &designs)
    };
    loaded.map_err(|problems| Error::page(Exit::Usage, problems.render(output::colour(&std::io::stderr()))))
}

/// What is about speed takes no scenario that says nothing of it.
pub(super) fn refuse_without_speed(scenario: &Scenario, what: &str) -> Result<(), Error> {
    let why = match &scenario.load {
        Load::Schedule(_) => "executes one schedule, command by command, which",
        _ if scenario.clock.is_virtual => "is on virtual time, which",
        _ => return Ok(()),
    };
    let name = &scenario.name;
    Err(Error::new(Exit::Usage, format!("{name} {why} says nothing of speed, and {what} is about speed: name another")))
}

/// Whether a scenario runs on the server that was asked for, and not on a local one of its own.
fn needs_target(scenario: &Scenario) -> bool {
    !scenario.clock.is_virtual && !matches!(scenario.load, Load::Schedule(_))
}

fn refuse_an_empty_choice(arguments: &RunArguments, scenarios: &[Scenario]) -> Result<(), Error> {
    let unusual = arguments.queues.iter().any(|design| !design.is_usual());
    let any = unusual
        || scenarios.iter().any(|scenario| {
            arguments.queues.is_empty()
                || scenario.designs.iter().any(|name| arguments.queues.iter().any(|queue| queue.name() == name))
        });
    if any {
        return Ok(());
    }
    Err(Error::new(Exit::Usage, "none of the scenarios runs on the designs of --queue: nothing was started"))
}

pub(super) fn unwritable(error: FolderError) -> Error {
    if matches!(error, FolderError::Occupied { .. }) {
        return error.into();
    }
    Error::new(Exit::Environment, format!("{error}. Name a folder that can be written with --out; nothing was started"))
}

/// `reports/<time>-<name>`.
pub(super) fn new_folder(began: jiff::Timestamp, name: &str) -> Utf8PathBuf {
    let stamp = began.strftime("%Y%m%dT%H%M%SZ");
    Utf8PathBuf::from(format!("reports/{stamp}-{name}"))
}

/// Where the run is, how to see what broke, and how to repeat it: the last lines.
fn closing(arguments: &RunArguments, folder: &Utf8Path, document: &Document) -> Result<(), Error> {
    let how = how_it_broke(document, folder.as_str()).map_or_else(String::new, |line| format!("{line}\n"));
    let lines = format!("Run folder: {folder}\n{how}Seed {}; repeat with: {}", arguments.seed, document.repeat);
    match arguments.format {
        Format::Text => output::result(&format!("\n{lines}\n")),
        Format::Json | Format::Markdown if arguments.quiet => Ok(()),
        Format::Json | Format::Markdown => {
            output::say(&lines);
            Ok(())
        }
    }
}
