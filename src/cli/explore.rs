//! `stanchion explore`: every interleaving of small programs on a design, with the smallest story of what breaks.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;

use super::exit::{Error, Exit};
use super::explore_arguments::{ExploreArguments, ExploreFormat};
use super::explore_files::{save, save_page};
use super::{output, repeat, signals};
use crate::explore::{
    Adversity, Bound, EXPLORE_SCHEMA, ExploreError, Explorer, Options, Program, ReplayFile, Scope, Summary, lanes,
};
use crate::load::Control;
use crate::model::grouped;
use crate::queue::Design;

pub(super) fn explore(arguments: &ExploreArguments) -> Result<Exit, Error> {
    if let Some(file) = &arguments.replay {
        return replay(file, arguments);
    }
    if let (Some(time), Some(program)) = (arguments.random, &arguments.program) {
        if arguments.format == ExploreFormat::Json {
            return Err(Error::new(Exit::Usage, "--random: what was drawn is shown as text only; leave --format out"));
        }
        return sample(program, time, arguments);
    }
    let control = Arc::new(Control::default());
    signals::interrupt_on_signals(&control)?;
    let mut exit = Exit::Expected;
    let mut documents = Vec::new();
    for design in &arguments.queues {
        let summary = explore_one(*design, arguments, &control)?;
        if arguments.format == ExploreFormat::Text {
            output::result(&text(&summary))?;
        }
        if summary.is_broken() {
            exit = Exit::Broken;
        } else if !summary.complete && exit == Exit::Expected {
            exit = Exit::Inconclusive;
        }
        let page = text(&summary);
        documents.push((summary, page));
        if control.interrupted() {
            exit = Exit::Interrupted;
            break;
        }
    }
    if let Some(folder) = &arguments.out {
        save_page(folder, &documents, repeat::explore(arguments))?;
    }
    if arguments.format == ExploreFormat::Json {
        let documents: Vec<&Summary> = documents.iter().map(|(summary, _)| summary).collect();
        let json = serde_json::to_string_pretty(&documents);
        let json = json.map_err(|error| Error::new(Exit::Environment, format!("the result is no JSON: {error}")))?;
        output::result(&(json + "\n"))?;
    }
    Ok(exit)
}

fn options(arguments: &ExploreArguments) -> Options {
    // One program is explored as it stands; all programs are as harsh as they are small.
    let usual = u8::from(arguments.program.is_none());
    Options {
        dedupe: arguments.dedupe.into(),
        adversity: Adversity {
            faults: arguments.faults.unwrap_or(usual),
            ticks: arguments.ticks.unwrap_or(usual),
            ticks_a_life: arguments.ticks_a_life,
        },
        time: arguments.clock.into(),
        promises: None,
        bound: Bound { states: arguments.max_states, time: arguments.time },
        seed: arguments.seed,
        replays_max: arguments.max_replays,
        // One program is done before a second server is there.
        replays_beside: arguments.program.is_none(),
        ..Options::default()
    }
}

fn explore_one(design: Design, arguments: &ExploreArguments, control: &Control) -> Result<Summary, Error> {
    let options = options(arguments);
    let programs = match &arguments.program {
        Some(text) => vec![Program::parse(text, options.dedupe).map_err(ExploreError::from)?],
        None => {
            let scope = Scope {
                operations: arguments.max_ops,
                clients: arguments.clients,
                expires: options.adversity.ticks > 0,
            };
            scope.programs(options.dedupe)
        }
    };
    let mut explorer = Explorer::new(design, options.clone())?;
    explorer.stop_on(control.wish());
    let mut summary = Summary {
        schema: EXPLORE_SCHEMA,
        queue: design.name().to_owned(),
        server_version: explorer.server_version().to_owned(),
        promises: explorer.promises(),
        without_clock: explorer.without_clock().map(str::to_owned),
        complete: true,
        ..Summary::default()
    };
    let begin = Instant::now();
    let mut spoken = begin;
    let count = programs.len();
    for (at, program) in programs.iter().enumerate() {
        let explored = explorer.explore(program)?;
        let first = summary.add(&explored);
        for broken in first {
            if let Some(folder) = &arguments.out {
                save(folder, &explorer.replay_file(&explored.program, broken), &broken.sentence)?;
            }
        }
        if spoken.elapsed() > Duration::from_secs(5) {
            spoken = Instant::now();
            output::say(&format!("{}: {} of {count} programs, {} schedules", design.name(), at + 1, summary.schedules));
        }
        let over = begin.elapsed() > options.bound.time || control.interrupted();
        if over && at + 1 < count {
            summary.complete = false;
            break;
        }
    }
    explorer.settle()?;
    summary.interrupted = control.interrupted();
    summary.took_s = begin.elapsed().as_secs_f64();
    summary.asked = explorer.asked();
    summary.round_trips = explorer.round_trips();
    summary.set_keys(explorer.key_trouble());
    Ok(summary)
}

/// Draws schedules of one program.
fn sample(program: &str, time: Duration, arguments: &ExploreArguments) -> Result<Exit, Error> {
    let options = options(arguments);
    let program = Program::parse(program, options.dedupe).map_err(ExploreError::from)?;
    let mut exit = Exit::Inconclusive;
    for design in &arguments.queues {
        let mut explorer = Explorer::new(*design, options.clone())?;
        let (sampled, broken) = explorer.sample(&program, time)?;
        let drawn = grouped(sampled.schedules);
        let mut out = String::new();
        match broken {
            Some(broken) => {
                exit = Exit::Broken;
                let promises: Vec<&str> = broken.promises.iter().map(|promise| promise.name()).collect();
                let _ = writeln!(
                    out,
                    "{}: BROKEN {} by the schedule number {drawn} that was drawn (seed {}), made smaller:\n  {}.",
                    design.name(),
                    promises.join(" and "),
                    options.seed,
                    broken.sentence
                );
                out.push_str(&lanes(&broken.story, program.clients.len()));
                if let Some(folder) = &arguments.out {
                    save(folder, &explorer.replay_file(&program, &broken), &broken.sentence)?;
                }
            }
            None => {
                let _ = writeln!(
                    out,
                    "{}: {drawn} schedules drawn (half uniformly, half by PCT with d from 2 to 5; seed {}), and none broke a promise. That \
                     is a sample: nothing is said of the others.",
                    design.name(),
                    options.seed
                );
            }
        }
        output::result(&out)?;
    }
    Ok(exit)
}

/// Runs the schedule of a file again.
fn replay(path: &Utf8PathBuf, arguments: &ExploreArguments) -> Result<Exit, Error> {
    let usage = |why: String| Error::new(Exit::Usage, format!("{path}: {why}"));
    let text = fs_err::read_to_string(path).map_err(|error| Error::new(Exit::Usage, error.to_string()))?;
    let file = ReplayFile::parse(&text).map_err(usage)?;
    let program = file.program().map_err(usage)?;
    let design = match arguments.queues.first() {
        Some(design) => *design,
        None => Design::from_name(&file.queue)
            .ok_or_else(|| usage(format!("no design is called {}; --queue names another", file.queue)))?,
    };
    let mut explorer = Explorer::new(design, file.options(file.promises.clone()))?;
    let (story, broken) = explorer.replay(&file, &program)?;
    let names: Vec<&str> = file.promises.iter().map(|promise| promise.name()).collect();
    let mut out = format!("{}: {program}\n", design.name());
    let exit = match &broken {
        Some(sentence) => {
            let _ = writeln!(out, "BROKEN {}: {sentence}", names.join(", "));
            Exit::Broken
        }
        None => {
            let _ = writeln!(out, "{} holds in this schedule.", names.join(", "));
            Exit::Expected
        }
    };
    out.push_str(&lanes(&story, program.clients.len()));
    output::result(&out)?;
    Ok(exit)
}

/// A summary for people.
fn text(summary: &Summary) -> String {
    let mut out = String::new();
    let names: Vec<&str> = summary.promises.iter().map(|promise| promise.name()).collect();
    let (schedules, programs) = (grouped(summary.schedules), summary.programs);
    let of = if programs == 1 { String::new() } else { format!(" of {} programs", grouped(programs)) };
    let _ = writeln!(out, "{}\n", verdict(summary));
    for broken in &summary.broken {
        let promises: Vec<&str> = broken.promises.iter().map(|promise| promise.name()).collect();
        let least = if broken.at_least { "at least " } else { "" };
        let more = match broken.programs {
            0 | 1 => String::new(),
            more => format!("; {} programs break it, this is the smallest", grouped(more)),
        };
        let _ = writeln!(
            out,
            "BROKEN {} in {least}{} of {} schedules of `{}`{more}:\n  {}.",
            promises.join(" and "),
            grouped(broken.schedules),
            grouped(broken.schedules_of),
            broken.program,
            broken.sentence
        );
        out.push_str(&lanes(&broken.story, broken.clients));
        out.push('\n');
    }
    for (keys, why) in [
        (
            &summary.undeclared_keys,
            "is touched by a script that does not declare it: a cluster would refuse that, or look elsewhere",
        ),
        (&summary.untagged_keys, "does not carry the event's hash tag: a cluster puts it into another slot"),
    ] {
        if let Some(first) = keys.first() {
            let more = if keys.len() > 1 { format!(" (and {} more)", keys.len() - 1) } else { String::new() };
            let _ = writeln!(out, "BROKEN one-slot: the key {first}{more} {why}.\n");
        }
    }
    let held = names.iter().filter(|name| {
        !summary.broken.iter().any(|broken| broken.promises.iter().any(|promise| promise.name() == **name))
    });
    let held: Vec<&str> = held.copied().collect();
    if summary.complete {
        let _ = writeln!(out, "{}: all {schedules} schedules{of} explored.", summary.queue);
        if !held.is_empty() {
            let _ = writeln!(out, "Kept in every one of them: {}.", held.join(", "));
        }
    } else {
        let _ = writeln!(
            out,
            "{}: {} At least {schedules} schedules{of} were covered, and nothing is said of the others; {}.",
            summary.queue,
            if summary.interrupted { "interrupted." } else { "the bound came first." },
            if summary.interrupted { "run it again" } else { "raise --max-states or --time, or explore less" }
        );
    }
    if let Some(why) = &summary.without_clock {
        let _ = writeln!(out, "Time was the system's, and no time to live passed: {why}.");
    }
    let _ = writeln!(
        out,
        "{} states; {} commands asked of Redis {}, {} round trips in all, {:.2} s.\nExecuted for real: {} of the schedules, {} replies and {} \
         verdicts compared, 0 differences.",
        grouped(summary.states),
        grouped(summary.asked),
        summary.server_version,
        grouped(summary.round_trips),
        summary.took_s,
        grouped(summary.replayed),
        grouped(summary.replies_compared),
        grouped(summary.verdicts_compared),
    );
    out
}

/// What is to be said first.
fn verdict(summary: &Summary) -> String {
    let (queue, schedules) = (&summary.queue, grouped(summary.schedules));
    let mut broken: Vec<&str> =
        summary.broken.iter().flat_map(|broken| &broken.promises).map(|promise| promise.name()).collect();
    if !summary.undeclared_keys.is_empty() || !summary.untagged_keys.is_empty() {
        broken.push("one-slot");
    }
    match (broken.is_empty(), summary.schedules_violating, summary.complete) {
        (false, ..) => format!("FAIL: {queue} breaks {}.", broken.join(", ")),
        (true, 1.., _) => format!(
            "FAIL: {queue} breaks a promise in at least {} schedules; the bound came before the story was found, so raise it.",
            grouped(summary.schedules_violating)
        ),
        (true, 0, true) => format!("PASS: {queue} keeps every promise in all of {schedules} schedules."),
        (true, 0, false) => {
            format!("INCONCLUSIVE: {queue} kept every promise in the {schedules} schedules that were covered.")
        }
    }
}
