//! `stanchion sweep`: how far a design carries.

use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::arguments::{Format, SweepArguments};
use super::exit::{Error, Exit};
use super::{github, output, repeat, run, signals};
use crate::load::Control;
use crate::model::{Limit, OpKind, Percentile};
use crate::pipeline::designs_of;
use crate::queue::Design;
use crate::run_folder;
use crate::scenario::{self, Scenario};
use crate::sweep::{
    self, About, DepthReport, DepthRequest, RateReport, RateRequest, Step, StepOutcome, SweepError, peak_per_s, scaled,
};
use crate::target::{Target, TargetChoice};

/// The scenario whose rate is raised when none is named.
const DEFAULT: &str = "on-sale";

/// The last multiple of the rate, unless the scenario cannot be scaled so far.
const TO: f64 = 64.0;

/// What a call may take where nobody says: a person does not notice less.
const MAX_NS: u64 = 50_000_000;

pub(super) fn sweep(arguments: &SweepArguments) -> Result<Exit, Error> {
    let choice = arguments.target.choice()?;
    match &arguments.depths {
        None => rate(arguments, &choice),
        Some(depths) => depth(arguments, &choice, depths.0.clone()),
    }
}

fn rate(arguments: &SweepArguments, choice: &TargetChoice) -> Result<Exit, Error> {
    let mut scenario = open_scenario(arguments.path.as_deref())?;
    let designs = designs_of(&scenario, &arguments.queues);
    if designs.is_empty() {
        let why = format!("{} runs on none of the designs of --queue: nothing was started", scenario.name);
        return Err(Error::new(Exit::Usage, why));
    }
    let limits_from = limit(&mut scenario, &arguments.limits);
    let to = last(arguments, &scenario)?;
    let began = Began::new(arguments, choice)?;
    let request = RateRequest {
        driving: arguments.driving.driving(),
        scenario,
        designs,
        seed: arguments.seed,
        from: arguments.from,
        to,
        rounds: arguments.rounds,
        prefix: began.prefix.clone(),
    };
    let outcome = sweep::rate(&request, &began.target, &began.control, &mut |design, step| {
        if !arguments.quiet {
            output::say(&told(design, step));
        }
    });
    let trouble = outcome.trouble.as_ref();
    let report = RateReport::new(&request, &outcome, limits_from, began.about(trouble));
    github::summary(&report.markdown());
    let shown = match arguments.format {
        Format::Text => report.text(),
        Format::Markdown => report.markdown(),
        Format::Json => json(&report)?,
    };
    began.end(&report, &shown, trouble, report.conclusive(), arguments)
}

fn depth(arguments: &SweepArguments, choice: &TargetChoice, depths: Vec<u64>) -> Result<Exit, Error> {
    let limits = depth_limits(&arguments.limits)?;
    let designs = if arguments.queues.is_empty() { Design::ALL.to_vec() } else { arguments.queues.clone() };
    let began = Began::new(arguments, choice)?;
    let request = DepthRequest { designs, depths, budget: arguments.budget, prefix: began.prefix.clone() };
    let outcome = sweep::depth(&request, &began.target, &began.control, &mut |design, depth| {
        if !arguments.quiet {
            output::say(&format!("{}: {depth} waiting", design.name()));
        }
    });
    let trouble = outcome.trouble.as_ref();
    let report = DepthReport::new(&request, &outcome, &limits, began.about(trouble));
    github::summary(&report.markdown());
    let shown = match arguments.format {
        Format::Text => report.text(),
        Format::Markdown => report.markdown(),
        Format::Json => json(&report)?,
    };
    began.end(&report, &shown, trouble, report.conclusive(), arguments)
}

/// A sweep under way: its server and its folder.
struct Began {
    at: jiff::Timestamp,
    clock: Instant,
    runtime: tokio::runtime::Runtime,
    target: Target,
    control: Arc<Control>,
    folder: Utf8PathBuf,
    prefix: String,
    repeat: String,
}

impl Began {
    fn new(arguments: &SweepArguments, choice: &TargetChoice) -> Result<Began, Error> {
        let at = jiff::Timestamp::now();
        let folder = arguments.out.clone().unwrap_or_else(|| run::new_folder(at, "sweep"));
        run_folder::take(&folder, run_folder::SWEEP).map_err(run::unwritable)?;
        let started = (|| -> Result<_, Error> {
            let control = Arc::new(Control::default());
            signals::interrupt_on_signals(&control)?;
            let runtime = run::runtime()?;
            let target = run::start(&runtime, choice, &arguments.target.options(), &control)?;
            Ok((control, runtime, target))
        })();
        let (control, runtime, target) =
            started.inspect_err(|_: &Error| run_folder::give_up(&folder, run_folder::SWEEP))?;
        if !arguments.quiet {
            let facts = target.facts();
            output::say(&format!("{} {} at {}", facts.server, facts.version, facts.address));
        }
        Ok(Began {
            at,
            clock: Instant::now(),
            runtime,
            target,
            control,
            folder,
            prefix: format!("stanchion:{:x}-{:x}:", at.as_millisecond(), std::process::id()),
            repeat: repeat::sweep(arguments, choice),
        })
    }

    fn about(&self, trouble: Option<&SweepError>) -> About {
        About {
            tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
            started: self.at.to_string(),
            duration_s: self.clock.elapsed().as_secs_f64(),
            target: self.target.facts().clone(),
            repeat: self.repeat.clone(),
            ended_early: trouble.map(ToString::to_string),
        }
    }

    /// Stops the server, saves and shows what was found, and says how it ended.
    fn end(
        self,
        report: &impl Serialize,
        shown: &str,
        trouble: Option<&SweepError>,
        conclusive: bool,
        arguments: &SweepArguments,
    ) -> Result<Exit, Error> {
        if let Err(error) = self.runtime.block_on(self.target.stop()) {
            output::say(&error.to_string());
        }
        let written = run_folder::write_whole(&self.folder, run_folder::SWEEP, json(report)?.as_bytes());
        output::result(shown)?;
        let lines = format!("Saved: {}; repeat with: {}", self.folder.join(run_folder::SWEEP), self.repeat);
        match arguments.format {
            Format::Text => output::result(&format!("\n{lines}\n"))?,
            Format::Json | Format::Markdown if arguments.quiet => {}
            Format::Json | Format::Markdown => output::say(&lines),
        }
        written?;
        match trouble {
            Some(trouble) => Err(Error::new(trouble.into(), trouble.to_string())),
            None if conclusive => Ok(Exit::Expected),
            None => Ok(Exit::Inconclusive),
        }
    }
}

fn json(report: &impl Serialize) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(report);
    text.map(|text| text + "\n")
        .map_err(|error| Error::new(Exit::Environment, format!("the result cannot be written as JSON: {error}")))
}

/// The scenario named, or the on-sale one; refused when there is no rate to raise.
fn open_scenario(path: Option<&Utf8Path>) -> Result<Scenario, Error> {
    let mut scenarios = match path {
        Some(path) if path.is_dir() => {
            let why = format!("{path} is a folder: name one scenario, for a sweep raises the rate of one");
            return Err(Error::new(Exit::Usage, why));
        }
        Some(path) => run::scenarios(&[path.to_owned()], None)?,
        None => {
            let own = Utf8Path::new(run::SCENARIOS).join(format!("{DEFAULT}.toml"));
            if own.is_file() { run::scenarios(&[own], None)? } else { shipped()? }
        }
    };
    let scenario =
        scenarios.pop().ok_or_else(|| Error::new(Exit::Usage, "there is no scenario to sweep: name a file"))?;
    if peak_per_s(&scenario).is_none() {
        let why = format!(
            "{} has no rate to raise: its load is not open. Name a scenario with [load.open], or leave the file out to sweep {DEFAULT}",
            scenario.name
        );
        return Err(Error::new(Exit::Usage, why));
    }
    run::refuse_without_speed(&scenario, "a sweep")?;
    Ok(scenario)
}

fn shipped() -> Result<Vec<Scenario>, Error> {
    let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
    let loaded = scenario::load_shipped(None, &designs);
    let mut scenarios = loaded.map_err(|problems| Error::page(Exit::Usage, problems.render(false)))?;
    scenarios.retain(|scenario| scenario.name == DEFAULT);
    Ok(scenarios)
}

/// Puts the limits of the command line into the scenario, or default ones where it has none; says where they are from.
fn limit(scenario: &mut Scenario, asked: &[Limit]) -> String {
    let mut from = "of the scenario".to_owned();
    if scenario.limits.is_empty() {
        let mut ops = vec![OpKind::Join];
        ops.extend(scenario.poll.map(|_| OpKind::Position));
        scenario.limits = ops.into_iter().map(|op| Limit { op, percentile: Percentile::P99, max_ns: MAX_NS }).collect();
        from = "by default, since the scenario has none".to_owned();
    }
    replace(&mut scenario.limits, asked);
    if !asked.is_empty() {
        from.push_str("; some by --limit");
    }
    from
}

/// A limit takes the place of the one on the same percentile.
fn replace(limits: &mut Vec<Limit>, asked: &[Limit]) {
    for limit in asked {
        limits.retain(|other| (other.op, other.percentile) != (limit.op, limit.percentile));
        limits.push(*limit);
    }
}

/// What a call may take on a line: a median, since that is what a law is told of.
fn depth_limits(asked: &[Limit]) -> Result<Vec<Limit>, Error> {
    let ops = [OpKind::Join, OpKind::Position, OpKind::Admit];
    if let Some(limit) = asked.iter().find(|limit| limit.percentile != Percentile::P50 || !ops.contains(&limit.op)) {
        let why = format!(
            "--limit {}.{}: with --depth the medians of join, position and admit are told; write for example position.p50=5ms",
            limit.op.name(),
            limit.percentile.name()
        );
        return Err(Error::new(Exit::Usage, why));
    }
    let mut limits = ops.map(|op| Limit { op, percentile: Percentile::P50, max_ns: MAX_NS }).to_vec();
    replace(&mut limits, asked);
    limits.sort_by_key(|limit| limit.op);
    Ok(limits)
}

/// The last multiple: as asked for, else as far as the scenario can be scaled.
fn last(arguments: &SweepArguments, scenario: &Scenario) -> Result<f64, Error> {
    let from = arguments.from;
    if let Some(to) = arguments.to.filter(|to| *to < from) {
        return Err(Error::new(Exit::Usage, format!("--to {to} is below --from {from}: nothing would be tried")));
    }
    let mut to = arguments.to.unwrap_or(TO.max(from));
    loop {
        match scaled(scenario, to) {
            Ok(_) => return Ok(to),
            Err(_) if arguments.to.is_none() && to / 2.0 >= from => to /= 2.0,
            Err(problems) => return Err(Error::page(Exit::Usage, problems.render(output::colour(&std::io::stderr())))),
        }
    }
}

/// One try, for whoever watches.
fn told(design: Design, step: &Step) -> String {
    let outcome = match step.outcome {
        StepOutcome::Held => "held",
        StepOutcome::Broke => "broke",
        StepOutcome::Generator => "the generator was the limit",
        StepOutcome::Open => "not decided",
    };
    let why = step.reason.as_ref().map(|reason| format!(": {}", reason.text)).unwrap_or_default();
    let (name, rate, round) = (design.name(), step.peak_per_s, step.round);
    format!("{name} at {rate:.0} joins/s ({:.2} ×, try {round}): {outcome}{why}", step.factor)
}
