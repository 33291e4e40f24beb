//! Which server a scenario runs on.

use std::cell::OnceCell;

use super::Failure;
use super::afterwards::blocking;
use crate::scenario::Scenario;
use crate::target::Target;

/// The server that was asked for, and one with a clock of its own for scenarios on virtual time, started when the first of
/// them comes.
pub(super) struct Targets<'a> {
    asked_for: &'a Target,
    with_clock: OnceCell<Target>,
}

impl<'a> Targets<'a> {
    pub(super) fn new(asked_for: &'a Target) -> Targets<'a> {
        Targets { asked_for, with_clock: OnceCell::new() }
    }

    /// The server for a scenario.
    pub(super) fn of(&self, scenario: &Scenario) -> Result<&Target, Failure> {
        if !scenario.clock.is_virtual || self.asked_for.clock().is_some() {
            return Ok(self.asked_for);
        }
        if let Some(target) = self.with_clock.get() {
            return Ok(target);
        }
        let target = blocking(Target::with_clock())??;
        Ok(self.with_clock.get_or_init(|| target))
    }
}
