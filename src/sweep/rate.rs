//! Raises the rate of a scenario on each design until something breaks: one cell after the other, each with a plan, a
//! history and a verdict of its own, as [`crate::pipeline`] runs them.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::search::{Answer, Knee, Next, Search};
use super::step::{Attempt, Cut, Step, answer};
use crate::history::History;
use crate::load::{CellSetup, Control, Driving, LoadError, Recorded, Trouble, run_cell};
use crate::pipeline::{Failure, explained, judge, wipe};
use crate::plan::{Plan, Program, When, nanos, plan};
use crate::queue::Design;
use crate::scenario::{self, Fault, Load, Problems, Scenario};
use crate::target::{Target, TargetError};

/// What to raise.
#[derive(Debug)]
pub struct RateRequest {
    /// The scenario at its own scale; its load is open.
    pub scenario: Scenario,
    /// The designs, in order.
    pub designs: Vec<Design>,
    /// The seed of the first try of each rate; each further try has the next one.
    pub seed: u64,
    /// The first multiple of the scenario's rate.
    pub from: f64,
    /// The last one.
    pub to: f64,
    /// How often both ends of the answer are tried.
    pub rounds: u32,
    /// How plans are driven.
    pub driving: Driving,
    /// Tells this sweep's keys from those of others on the same server; ends with `:`.
    pub prefix: String,
}

/// What was found of one design.
#[derive(Clone, Debug)]
pub struct RateFound {
    /// The design.
    pub design: Design,
    /// Where it breaks.
    pub knee: Knee,
    /// Every try, in order.
    pub steps: Vec<Step>,
}

/// What a sweep came to.
#[derive(Debug)]
pub struct RateOutcome {
    /// Design by design; the last one may be incomplete when there was trouble.
    pub found: Vec<RateFound>,
    /// Why it ended early.
    pub trouble: Option<SweepError>,
}

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A cell, or what it left behind.
    #[error(transparent)]
    Cell(#[from] Failure),
    /// The scenario cannot be scaled so far.
    #[error("the scenario cannot be run at {factor} times its rate ({why}): choose a lower --to")]
    Scaled {
        /// The multiple.
        factor: f64,
        /// Why.
        why: Problems,
    },
}

/// The scenario at a multiple of its own scale, with the same limits.
///
/// # Errors
/// When it would be too large.
pub fn scaled(scenario: &Scenario, factor: f64) -> Result<Scenario, Problems> {
    let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
    let scale = Some(scenario.scale * factor);
    let scaled = scenario::parse(&scenario.name, &scenario.text, scale, &designs)?;
    Ok(Scenario { limits: scenario.limits.clone(), ..scaled })
}

/// The highest rate of an open load, joins per second.
#[must_use]
pub fn peak_per_s(scenario: &Scenario) -> Option<f64> {
    match &scenario.load {
        Load::Open(load) => Some(load.pieces().map(|piece| piece.from_per_s.max(piece.to_per_s)).fold(0.0, f64::max)),
        Load::Replay(_) | Load::Closed(_) | Load::Flood(_) | Load::Schedule(_) => None,
    }
}

/// Sweeps design after design. `watch` hears of every try.
pub fn rate(
    request: &RateRequest,
    target: &Target,
    control: &Control,
    watch: &mut dyn FnMut(Design, &Step),
) -> RateOutcome {
    let mut found: Vec<RateFound> = Vec::new();
    for design in &request.designs {
        let mut search = Search::new(request.from, request.to, request.rounds);
        let mut steps: Vec<Step> = Vec::new();
        let mut trouble = None;
        while let (Next::Try(factor), None) = (search.next(), &trouble) {
            let number = found.iter().map(|found| found.steps.len()).sum::<usize>() + steps.len();
            let prefix = format!("{}{number}:", request.prefix);
            let (tried, failure) = attempt(request, target, control, *design, factor, search.tries_of(factor), prefix);
            if let Some((answer, step)) = tried {
                watch(*design, &step);
                search.answer(factor, answer);
                steps.push(step);
            }
            // Whoever asked to stop is told that this was done, whatever else went wrong on the way out.
            let stopped = control.interrupted().then(|| Failure::from(Trouble::Interrupted).into());
            trouble = stopped.or(failure);
        }
        found.push(RateFound { design: *design, knee: search.knee(), steps });
        if trouble.is_some() {
            return RateOutcome { found, trouble };
        }
    }
    RateOutcome { found, trouble: None }
}

/// One try; without a step when it came to nothing that could be judged.
fn attempt(
    request: &RateRequest,
    target: &Target,
    control: &Control,
    design: Design,
    factor: f64,
    tries: u32,
    prefix: String,
) -> (Option<(Answer, Step)>, Option<SweepError>) {
    let began = Instant::now();
    let scenario = match scaled(&request.scenario, factor) {
        Ok(scenario) => scenario,
        Err(why) => return (None, Some(SweepError::Scaled { factor, why })),
    };
    let seed = request.seed.wrapping_add(u64::from(tries));
    let plan = plan(&scenario, seed);
    let (endpoint, driving) = (target.endpoint(), request.driving);
    let setup = CellSetup { scenario: &scenario, design, plan: &plan, endpoint, clock: None, prefix, driving };
    let patience = patience(&plan, &scenario);
    let (recorded, cut) = match within(patience, control, |control| run_cell(&setup, control)) {
        (Ok(recorded), cut) => (recorded, cut),
        (Err(error), _) => return (None, Some(Failure::from(error).into())),
    };
    let Recorded { history, trouble } = recorded;
    let cut = cut.then(|| if load_over(&history) { Cut::Drain(patience) } else { Cut::Load(patience) });
    let trouble = trouble.filter(|trouble| cut.is_none() || *trouble != Trouble::Interrupted);
    let trouble = trouble.map(|trouble| explained(target, trouble));
    let wiped = wiped(target, &setup.prefix, trouble.as_ref());
    if let Some(trouble) = trouble {
        // What was on its way says nothing of this rate.
        return (None, Some(Failure::from(trouble).into()));
    }
    let cell = judge(&history).cell;
    let crashes = scenario.faults.iter().any(|fault| matches!(fault, Fault::Crash { .. }));
    let (answer, reason) = answer(&cell, cut, crashes);
    let peak_per_s = peak_per_s(&scenario).unwrap_or_default();
    let attempt = Attempt { factor, peak_per_s, round: tries + 1, seed };
    (Some((answer, Step::of(attempt, &cell, answer, reason, began.elapsed()))), wiped.err().map(SweepError::Cell))
}

/// How long a cell may take: twice its plan, and time for drain and counting. A load that takes longer has fallen
/// behind, and would fall behind further.
fn patience(plan: &Plan, scenario: &Scenario) -> Duration {
    const DRAIN: Duration = Duration::from_secs(20);
    let steps = plan.clients.iter().filter_map(|client| match &client.program {
        Program::Steps { load, .. } => load.last(),
        Program::Periodic(_) => None,
    });
    let due_ns = steps.filter_map(|step| if let When::At(at_ns) = step.when { Some(at_ns) } else { None });
    let planned = Duration::from_nanos(due_ns.max().unwrap_or(0));
    planned * 2 + Duration::from_nanos(nanos(scenario.settle)) + DRAIN
}

/// Runs a cell until it is over, `control` says stop, or its time is up; and whether that was it.
fn within(
    patience: Duration,
    control: &Control,
    run: impl FnOnce(&Control) -> Result<Recorded, LoadError>,
) -> (Result<Recorded, LoadError>, bool) {
    const GLANCE: Duration = Duration::from_millis(50);
    let inner = Control::default();
    let until = Instant::now() + patience;
    std::thread::scope(|scope| {
        let (over, ended) = channel::<()>();
        let guard = scope.spawn({
            let inner = &inner;
            move || {
                while ended.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
                    let late = Instant::now() >= until;
                    if late || control.interrupted() {
                        inner.interrupt();
                        return late && !control.interrupted();
                    }
                }
                false
            }
        });
        let recorded = run(&inner);
        drop(over);
        let interrupted = matches!(&recorded, Ok(Recorded { trouble: Some(Trouble::Interrupted), .. }));
        // A guard that failed cut nothing.
        (recorded, guard.join().unwrap_or(false) && interrupted)
    })
}

/// Whether the load had ended when the cell did.
fn load_over(history: &History) -> bool {
    history.header.load_ns.is_some_and(|(begin_ns, end_ns)| end_ns > begin_ns)
}

/// Removes the keys of the cell. A server that was cut off in the middle of its work, or has a large line to free, may be
/// silent for a while.
fn wiped(target: &Target, prefix: &str, trouble: Option<&Trouble>) -> Result<(), Failure> {
    const AGAIN: u32 = 10;
    let mut wiped = wipe(target, prefix, trouble);
    for _ in 0..AGAIN {
        if !matches!(wiped, Err(Failure::Target(TargetError::Silent { .. }))) {
            break;
        }
        wiped = wipe(target, prefix, trouble);
    }
    wiped
}
