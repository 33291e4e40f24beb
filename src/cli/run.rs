//! `stanchion run`: the main job.

use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};

use super::arguments::{Format, RunArguments};
use super::exit::{Error, Exit};
use super::progress::Watcher;
use super::{output, signals};
use crate::load::Control;
use crate::pipeline::{self, Request};
use crate::queue::Design;
use crate::report::Run;
use crate::run_folder;
use crate::scenario::{self, Scenario};
use crate::target::{Target, TargetChoice, TargetOptions};

/// Where scenarios are looked for when none are named.
const SCENARIOS: &str = "scenarios";

pub(super) fn run(arguments: &RunArguments) -> Result<Exit, Error> {
    let scenarios = scenarios(&arguments.paths, arguments.scale)?;
    refuse_an_empty_choice(arguments, &scenarios)?;
    let began = jiff::Timestamp::now();
    let folder = arguments.out.clone().unwrap_or_else(|| new_folder(began));
    run_folder::prepare(&folder)?;

    let control = Arc::new(Control::default());
    signals::interrupt_on_signals(&control)?;
    let runtime = runtime()?;
    let options =
        TargetOptions { image: arguments.target.image.clone(), allow_non_empty: arguments.target.allow_non_empty };
    let target = runtime.block_on(Target::start(&arguments.target.redis, &options))?;
    let mut watcher = Watcher::new(arguments.quiet);
    watcher.note(&format!("{} {} at {}", target.facts().server, target.facts().version, target.facts().address));

    let request = Request {
        scenarios,
        designs: arguments.queues.clone(),
        seed: arguments.seed,
        folder: folder.clone(),
        prefix: format!("stanchion:{:x}-{:x}:", began.as_millisecond(), std::process::id()),
        about: Run {
            started: Some(began.to_string()),
            duration_s: None,
            seed: arguments.seed,
            target: serde_json::to_value(target.facts()).ok(),
            repeat: repeat(arguments),
            ended_early: None,
        },
    };
    let clock = Instant::now();
    let mut outcome = pipeline::run(&request, &target, &control, &mut |progress| watcher.watch(progress));
    watcher.finish();
    // What it was started for is done: a server that cannot be stopped is worth a word, not the result.
    if let Err(error) = runtime.block_on(target.stop()) {
        output::say(&error.to_string());
    }
    outcome.document.duration_s = Some(clock.elapsed().as_secs_f64());
    let written = run_folder::write_result(&folder, &outcome.document);

    output::document(&outcome.document, arguments.format)?;
    closing(arguments.format, &folder, &outcome.document.repeat, arguments.seed)?;
    match (&outcome.trouble, written) {
        (Some(trouble), _) => Err(Error::new(Exit::from(trouble), trouble.to_string())),
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Ok(outcome.document.verdict.into()),
    }
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
    loaded.map_err(|problems| Error::new(Exit::Usage, problems.render(output::colour(&std::io::stderr()))))
}

fn refuse_an_empty_choice(arguments: &RunArguments, scenarios: &[Scenario]) -> Result<(), Error> {
    let any = scenarios.iter().any(|scenario| {
        arguments.queues.is_empty()
            || scenario.designs.iter().any(|name| arguments.queues.iter().any(|queue| queue.name() == name))
    });
    if any {
        return Ok(());
    }
    Err(Error::new(Exit::Usage, "none of the scenarios runs on the designs of --queue: nothing was started"))
}

fn new_folder(began: jiff::Timestamp) -> Utf8PathBuf {
    let stamp = began.strftime("%Y%m%dT%H%M%SZ");
    Utf8PathBuf::from(format!("reports/{stamp}-{}", std::process::id()))
}

/// The command that repeats the run. A URL may hold a password: it is named, not printed.
fn repeat(arguments: &RunArguments) -> String {
    let mut words = vec!["stanchion run".to_owned()];
    words.extend(arguments.paths.iter().map(|path| quoted(path.as_str())));
    if !arguments.queues.is_empty() {
        let names: Vec<&str> = arguments.queues.iter().map(|queue| queue.name()).collect();
        words.push(format!("--queue {}", names.join(",")));
    }
    match &arguments.target.redis {
        TargetChoice::Auto => {}
        TargetChoice::Local => words.push("--redis local".to_owned()),
        TargetChoice::Docker => words.push("--redis docker".to_owned()),
        TargetChoice::Url(_) => words.push("--redis \"$STANCHION_REDIS_URL\"".to_owned()),
    }
    if arguments.target.image != TargetOptions::DEFAULT_IMAGE {
        words.push(format!("--image {}", quoted(&arguments.target.image)));
    }
    if arguments.target.allow_non_empty {
        words.push("--allow-non-empty".to_owned());
    }
    if let Some(scale) = arguments.scale {
        words.push(format!("--scale {scale}"));
    }
    words.push(format!("--seed {}", arguments.seed));
    words.join(" ")
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Where the run is, and how to repeat it: the last lines.
fn closing(format: Format, folder: &Utf8Path, repeat: &str, seed: u64) -> Result<(), Error> {
    let lines = format!("Run folder: {folder}\nSeed {seed}; repeat with: {repeat}");
    match format {
        Format::Text => output::result(&format!("\n{lines}\n")),
        Format::Json | Format::Markdown => {
            output::say(&lines);
            Ok(())
        }
    }
}
