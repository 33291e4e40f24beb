//! A cell whose load is a schedule: the explorer executes it, and it is judged as any other history.

use super::driven::Ran;
use super::{Failure, Request};
use crate::explore::{ExploreError, Explorer, Program, ReplayFile};
use crate::model::Terms;
use crate::plan::Plan;
use crate::queue::Design;
use crate::run_folder;
use crate::scenario::{Load, Scenario, ScheduleLoad};

/// Whether the file of a scenario's schedule can be executed, if it has one.
///
/// # Errors
/// What is wrong with it.
pub fn readable(scenario: &Scenario) -> Result<(), String> {
    match &scenario.load {
        Load::Schedule(schedule) => parsed(schedule).map(drop),
        _ => Ok(()),
    }
}

fn parsed(schedule: &ScheduleLoad) -> Result<(ReplayFile, Program), String> {
    let named = |why: String| format!("{}: {why}", schedule.path);
    let file = ReplayFile::parse(&schedule.text).map_err(named)?;
    let program = file.program().map_err(named)?;
    Ok((file, program))
}

pub(super) fn scheduled(
    request: &Request,
    scenario: &Scenario,
    design: Design,
    schedule: &ScheduleLoad,
    plan: &Plan,
) -> Result<Ran, Failure> {
    let (file, program) = parsed(schedule).map_err(ExploreError::NotFollowed)?;
    let options = file.options(scenario.promises.clone());
    let mut history = Explorer::new(design, options)?.execute(&file, &program)?;
    let header = &mut history.header;
    (header.scenario, header.seed) = (scenario.name.clone(), plan.seed);
    header.plan_hash.clone_from(&plan.hash);
    header.terms = Terms {
        promises: scenario.promises.clone(),
        expect: scenario.expect.get(design.name()).cloned().unwrap_or_default(),
        ..header.terms.clone()
    };
    let saved = run_folder::write_cell(&request.folder, &history);
    Ok(Ran { history, saved, trouble: None })
}
