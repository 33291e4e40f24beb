//! Programs, one after the other, on one design: what they have in common is asked of the server once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::again::{Again, execute};
use super::error::ExploreError;
use super::exhaust::{Bound, Counts, Limit, exhaust};
use super::monitor::{Monitor, Rules};
use super::program::{Program, TTL};
use super::recorded::recorded;
use super::replay_file::{REPLAY_SCHEMA, ReplayFile, written};
use super::replayer::Replayer;
use super::replays::{Replays, compare, draw, generator, replay, watch};
use super::sample::{Ground, Sampled};
use super::server::SIDE_BY_SIDE;
use super::smallest::smallest;
use super::space::Space;
use super::steps::{Action, Adversity, Shape};
use super::story::tell;
use super::trail::{TrailStep, follow, follow_as_far_as_it_goes};
use super::world::{Time, World};
use crate::checks::{CheckOutcome, judge};
use crate::history::History;
use crate::model::{Dedupe, Operation, Promise, Schedule, StoryStep, Terms};
use crate::queue::Design;
use crate::target::TargetError;

/// How to explore.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What joins are deduplicated by.
    pub dedupe: Dedupe,
    /// What may go wrong, and how often.
    pub adversity: Adversity,
    /// How time passes between ticks.
    pub time: Time,
    /// The promises to ask about; `None`: those that the design claims.
    pub promises: Option<Vec<Promise>>,
    /// Where to stop.
    pub bound: Bound,
    /// Chooses the schedules that are replayed.
    pub seed: u64,
    /// The share of all schedules that are replayed for real, at least.
    pub replayed_share: f64,
    /// The most that are replayed of one program.
    pub replays_max: u64,
    /// Whether they are replayed beside the search, on a second server. Then [`Explorer::settle`] says at the end whether all went well,
    /// and not each [`Explorer::explore`] of its own.
    pub replays_beside: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            dedupe: Dedupe::User,
            adversity: Adversity::default(),
            time: Time::default(),
            promises: None,
            bound: Bound::default(),
            seed: 1,
            replayed_share: 0.01,
            replays_max: 1_000,
            replays_beside: false,
        }
    }
}

/// A promise that a program breaks.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Which; all that were asked where no single one is broken but all of them together are.
    pub promises: Vec<Promise>,
    /// In how many schedules.
    pub schedules: u128,
    /// Whether there may be more: it was found in a schedule that was replayed, and in no other way.
    pub at_least: bool,
    /// The smallest of them, step by step.
    pub story: Vec<StoryStep>,
    /// What happened, in one sentence.
    pub sentence: String,
    actions: Vec<Action>,
}

/// What scripts do that a cluster does not allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyTrouble {
    /// Keys that a script touched and did not declare.
    pub undeclared: Vec<String>,
    /// Keys without the event's hash tag.
    pub untagged: Vec<String>,
}

/// What all schedules of a program came to.
#[derive(Clone, Debug)]
pub struct Explored {
    /// The program.
    pub program: Program,
    /// How many schedules and states there are.
    pub counts: Counts,
    /// What is broken, in the order of the promises.
    pub broken: Vec<Broken>,
    /// What was replayed.
    pub replays: Replays,
}

/// A promise that only a check found broken, and in which schedule.
type Seen = (Promise, Vec<Action>);

/// A design and a server, and what was learnt of them so far.
pub struct Explorer {
    design: Design,
    options: Options,
    world: World,
    together: Monitor,
    alone: Vec<(Promise, Monitor)>,
    space: Space,
    programs: u64,
    without_clock: Option<String>,
    stop: Arc<AtomicBool>,
    replayer: Option<Replayer>,
}

impl Explorer {
    /// Starts a server for this design.
    ///
    /// Where its clock cannot be the explorer's own, time is the system's, and no ticks are explored:
    /// [`Explorer::without_clock`] says why.
    ///
    /// # Errors
    /// When there is no server to start.
    pub fn new(design: Design, options: Options) -> Result<Explorer, ExploreError> {
        match Explorer::with(design, options.clone(), None) {
            Err(ExploreError::Target(error @ TargetError::NoClock { .. })) => {
                Explorer::with(design, options, Some(error.to_string()))
            }
            explorer => explorer,
        }
    }

    fn with(design: Design, mut options: Options, without_clock: Option<String>) -> Result<Explorer, ExploreError> {
        let asked = (options.time == Time::System).then(|| "the system's clock was asked for".to_owned());
        let without_clock = without_clock.or(asked);
        if without_clock.is_some() {
            options.time = Time::System;
            options.adversity.ticks = 0;
        }
        let facts = design.facts();
        let lives = options.adversity.lives_ticks();
        let promises = options.promises.clone().unwrap_or_else(|| facts.claims.to_vec());
        let rules = |promises: &[Promise]| Rules::new(promises, lives, facts.duplicate_means);
        let together = Monitor::new(rules(&promises));
        let alone = rules(&promises).promises().into_iter().map(|promise| (promise, Monitor::new(rules(&[promise]))));
        let alone = alone.collect();
        let world = World::new(design, options.dedupe, options.adversity.faults, lives, options.time)?;
        let space = Space::new(1);
        let replayer = options.replays_beside.then(|| Replayer::new(options.time));
        Ok(Explorer {
            design,
            options,
            world,
            together,
            alone,
            space,
            programs: 0,
            without_clock,
            stop: Arc::default(),
            replayer,
        })
    }

    /// Waits until all schedules that are executed beside the search were.
    ///
    /// # Errors
    /// When what is remembered is not what the server does, or it is gone.
    pub fn settle(&mut self) -> Result<(), ExploreError> {
        self.replayer.as_mut().map_or(Ok(()), Replayer::settle)
    }

    /// Has every search end, incomplete, as soon as this says so.
    pub fn stop_on(&mut self, stop: Arc<AtomicBool>) {
        self.stop = stop;
    }

    /// Why the server has the system's clock; `None`: its clock is the explorer's own.
    #[must_use]
    pub fn without_clock(&self) -> Option<&str> {
        self.without_clock.as_deref()
    }

    /// The promises that are asked about.
    #[must_use]
    pub fn promises(&self) -> Vec<Promise> {
        self.alone.iter().map(|(promise, _)| *promise).collect()
    }

    /// Goes through all schedules of a program.
    ///
    /// # Errors
    /// When the server is gone, the design cannot be explored, or what is remembered is not what the server does.
    pub fn explore(&mut self, program: &Program) -> Result<Explored, ExploreError> {
        self.programs += 1;
        self.know(program)?;
        let Options { adversity, bound, .. } = self.options;
        let shape = Shape::new(program, adversity);
        let begin = shape.begin(&mut self.world, program, adversity);
        let stop = Arc::clone(&self.stop);
        // One limit for all searches.
        let limit = Limit::of(bound, &stop);
        let Explorer { world, together, space, .. } = self;
        let counts = exhaust(&begin, shape, world, together, space, limit)?;
        let (mut replays, mut also) = (Replays::default(), Vec::new());
        if counts.complete {
            (replays, also) = self.replay_some(&begin, shape, counts)?;
        }
        let mut broken = Vec::new();
        let Explorer { world, together, alone, space, .. } = self;
        if counts.violating > 0 {
            for (promise, monitor) in alone.iter_mut() {
                let own = exhaust(&begin, shape, world, monitor, space, limit)?;
                if own.violating > 0
                    && let Some(actions) = smallest(&begin, shape, world, monitor, limit)?
                {
                    broken.push(Broken {
                        promises: vec![*promise],
                        schedules: own.violating,
                        at_least: !own.complete,
                        story: Vec::new(),
                        sentence: String::new(),
                        actions,
                    });
                }
            }
            if broken.is_empty()
                && let Some(actions) = smallest(&begin, shape, world, together, limit)?
            {
                let promises = together.rules().promises();
                broken.push(Broken {
                    promises,
                    schedules: counts.violating,
                    at_least: !counts.complete,
                    story: Vec::new(),
                    sentence: String::new(),
                    actions,
                });
            }
        }
        also.retain(|(promise, _)| !broken.iter().any(|broken| broken.promises.contains(promise)));
        broken.extend(also.into_iter().map(|(promise, actions)| Broken {
            promises: vec![promise],
            schedules: 1,
            at_least: true,
            story: Vec::new(),
            sentence: String::new(),
            actions,
        }));
        for broken in &mut broken {
            let trail = follow(&begin, shape, &mut self.world, &broken.actions)?;
            self.execute_again(&trail)?;
            broken.story = self.told(&trail, &broken.promises);
            broken.sentence = self.sentence(&trail, &broken.promises);
        }
        Ok(Explored { program: program.clone(), counts, broken, replays })
    }

    /// Draws schedules of a program that is too large to go through, until one breaks a promise or the time is up. The same seed draws
    /// the same ones in the same order.
    ///
    /// # Errors
    /// As [`Explorer::explore`].
    pub fn sample(&mut self, program: &Program, time: Duration) -> Result<(Sampled, Option<Broken>), ExploreError> {
        self.know(program)?;
        let shape = Shape::new(program, self.options.adversity);
        let begin = shape.begin(&mut self.world, program, self.options.adversity);
        let mut rng = generator(self.options.seed, 0);
        let mut ground = Ground { begin: &begin, shape, world: &mut self.world, monitor: &mut self.together };
        let (sampled, found) = ground.draw(&mut rng, time)?;
        let Some(actions) = found else { return Ok((sampled, None)) };
        let trail = follow(&begin, shape, &mut self.world, &actions)?;
        self.execute_again(&trail)?;
        let mut promises = Vec::new();
        for (promise, monitor) in &mut self.alone {
            if !watch(&trail, &self.world, monitor) {
                promises.push(*promise);
            }
        }
        if promises.is_empty() {
            promises = self.promises();
        }
        let told = self.told(&trail, &promises[..1]);
        let sentence = self.sentence(&trail, &promises);
        Ok((sampled, Some(Broken { promises, schedules: 1, at_least: true, story: told, sentence, actions })))
    }

    /// Makes the tokens of a program known to the monitors.
    fn know(&mut self, program: &Program) -> Result<(), ExploreError> {
        program.check()?;
        for operation in program.operations() {
            if let Operation::Join(entry) = operation {
                let monitors = self.alone.iter_mut().map(|(_, monitor)| monitor).chain([&mut self.together]);
                for monitor in monitors {
                    monitor.know(*entry)?;
                }
            }
        }
        Ok(())
    }

    /// Replays a share of the schedules; gives with them what only a check found broken, each with its schedule.
    fn replay_some(
        &mut self,
        begin: &[u32],
        shape: Shape,
        counts: Counts,
    ) -> Result<(Replays, Vec<Seen>), ExploreError> {
        if self.without_clock.is_some() {
            return Ok((Replays::default(), Vec::new()));
        }
        let share = (counts.schedules as f64 * self.options.replayed_share).ceil();
        let wanted = (share as u64).min(self.options.replays_max);
        let mut rng = generator(self.options.seed, self.programs);
        let (terms, scripts) = (self.terms(), self.design.scripts());
        let (mut replays, mut also) = (Replays::default(), Vec::new());
        self.world.transitions.stop_watching();
        let mut left = usize::try_from(wanted).unwrap_or(usize::MAX);
        while left > 0 && !self.stop.load(Ordering::Relaxed) {
            let Explorer { world, together, alone, space, replayer, .. } = self;
            let (mut drawn, mut trails) = (Vec::new(), Vec::new());
            for _ in 0..left.min(SIDE_BY_SIDE) {
                let actions = draw(begin, shape, world, together, space, &mut rng)?;
                trails.push(follow(begin, shape, world, &actions)?);
                drawn.push(actions);
            }
            left -= drawn.len();
            let schedules: Vec<Again> = trails.iter().map(|trail| Again::of(trail, world)).collect();
            let replies = schedules.iter().map(|schedule| schedule.commands.len() as u64).sum();
            match replayer {
                Some(replayer) => replayer.submit(schedules, &scripts)?,
                None => execute(&schedules, &mut world.server)?,
            }
            replays.add(Replays { schedules: drawn.len() as u64, replies, ..Replays::default() });
            for (trail, actions) in trails.iter().zip(&drawn) {
                let judged = (self.design.name(), &terms);
                let (compared, more) = compare(trail, world, (together, alone), judged)?;
                replays.add(compared);
                for promise in more {
                    if !also.iter().any(|(known, _): &Seen| *known == promise) {
                        also.push((promise, actions.clone()));
                    }
                }
            }
        }
        Ok((replays, also))
    }

    /// Executes a schedule from an empty server: what is told of it is what happens, not what is remembered. The system's clock would make
    /// another of it, so it is told as it was executed then, step by step.
    fn execute_again(&mut self, trail: &[TrailStep]) -> Result<(), ExploreError> {
        if self.without_clock.is_none() {
            replay(&[trail], &mut self.world)?;
        }
        Ok(())
    }

    /// What a schedule is judged under.
    fn terms(&self) -> Terms {
        let expires = self.options.adversity.lives_ticks() > 0;
        Terms {
            promises: self.promises(),
            dedupe: self.options.dedupe,
            duplicate_means: self.design.facts().duplicate_means,
            ttl_ns: expires.then_some(u64::try_from(TTL.as_nanos()).unwrap_or(u64::MAX)),
            ..Terms::default()
        }
    }

    fn told(&mut self, trail: &[TrailStep], promises: &[Promise]) -> Vec<StoryStep> {
        let scripts = self.design.scripts();
        let alone = self.alone.iter_mut().find(|(promise, _)| promises == [*promise]);
        let monitor = alone.map_or(&mut self.together, |(_, monitor)| monitor);
        tell(trail, &self.world, monitor, &scripts)
    }

    /// What the checks say of a schedule that breaks these.
    fn sentence(&self, trail: &[TrailStep], promises: &[Promise]) -> String {
        let history = recorded(trail, &self.world, self.design.name(), self.terms());
        let findings = judge(&history).into_iter().filter(|finding| promises.contains(&finding.promise));
        let story = findings.into_iter().find_map(|finding| match finding.outcome {
            CheckOutcome::Violated { counterexample, .. } => Some(counterexample.story),
            _ => None,
        });
        story.unwrap_or_else(|| "no order of the operations explains all of these answers".to_owned())
    }

    /// What scripts did so far that a cluster does not allow.
    #[must_use]
    pub fn key_trouble(&self) -> KeyTrouble {
        let undeclared = self.world.transitions.footprints().undeclared().iter().cloned().collect();
        let untagged = self.world.states.names().filter(|name| !name.contains("{e}")).collect();
        KeyTrouble { undeclared, untagged }
    }

    /// The server's version.
    #[must_use]
    pub fn server_version(&self) -> &str {
        self.world.server.version()
    }

    /// Questions asked of the server so far: a command in a state, each once.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.world.transitions.asked()
    }

    /// Writes to the server so far, each with its answer; those beside the search once they have [settled](Explorer::settle).
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.world.server.round_trips() + self.replayer.as_ref().map_or(0, Replayer::round_trips)
    }

    /// A file from which a broken promise can be shown again.
    #[must_use]
    pub fn replay_file(&self, program: &Program, broken: &Broken) -> ReplayFile {
        let Adversity { faults, ticks, ticks_a_life } = self.options.adversity;
        ReplayFile {
            schema: REPLAY_SCHEMA,
            queue: self.design.name().to_owned(),
            program: program.to_string(),
            dedupe: self.options.dedupe,
            faults,
            ticks,
            ticks_a_life,
            stepping: self.options.time == Time::Stepping,
            promises: broken.promises.clone(),
            schedule: broken.actions.iter().copied().map(written).collect(),
            story: broken.story.clone(),
        }
    }

    /// The steps of a file. Without the clock that it was found with, time could not pass where it says so.
    fn actions_of(&self, file: &ReplayFile) -> Result<Vec<Action>, ExploreError> {
        match &self.without_clock {
            Some(why) => {
                Err(ExploreError::NotFollowed(format!("it needs a server with a clock of its own, and {why}")))
            }
            None => file.actions().map_err(ExploreError::NotFollowed),
        }
    }

    /// Runs the schedule of a file for real: what happens now, and whether the promises that it names still break.
    ///
    /// # Errors
    /// When the design goes other ways now, so that the schedule cannot be followed; or there is no answer.
    pub fn replay(
        &mut self,
        file: &ReplayFile,
        program: &Program,
    ) -> Result<(Vec<StoryStep>, Option<String>), ExploreError> {
        let actions = self.actions_of(file)?;
        self.know(program)?;
        let shape = Shape::new(program, self.options.adversity);
        let begin = shape.begin(&mut self.world, program, self.options.adversity);
        let followed = follow(&begin, shape, &mut self.world, &actions);
        let trail = followed.map_err(|error| match error {
            ExploreError::Internal(_) => ExploreError::NotFollowed("the design sends other commands by now".to_owned()),
            error => error,
        })?;
        self.execute_again(&trail)?;
        let told = self.told(&trail, &file.promises);
        let broken = told.iter().any(|step| step.breaks);
        Ok((told, broken.then(|| self.sentence(&trail, &file.promises))))
    }

    /// Runs the schedule of a file for real as far as the design follows it, and then to its end: the history, with the story in
    /// its header.
    ///
    /// # Errors
    /// When the file is none, or there is no answer.
    pub fn execute(&mut self, file: &ReplayFile, program: &Program) -> Result<History, ExploreError> {
        let actions = self.actions_of(file)?;
        self.know(program)?;
        let shape = Shape::new(program, self.options.adversity);
        let begin = shape.begin(&mut self.world, program, self.options.adversity);
        let followed = follow_as_far_as_it_goes(&begin, shape, &mut self.world, &actions)?;
        self.execute_again(&followed.trail)?;
        let steps = self.told(&followed.trail, &self.promises());
        let mut history = recorded(&followed.trail, &self.world, self.design.name(), self.terms());
        history.header.schedule = Some(Schedule {
            program: program.to_string(),
            clients: shape.clients(),
            steps,
            left_out: followed.left_out,
            added: followed.added,
        });
        Ok(history)
    }
}
