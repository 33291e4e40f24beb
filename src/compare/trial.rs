//! The load of interleaved rounds, unless another is named.

use crate::queue::Design;
use crate::scenario::{Scenario, parse};

/// The name of the built-in scenario.
pub const TRIAL_NAME: &str = "steady-joins";

/// Its text.
pub const TRIAL_TEXT: &str = include_str!("trials/steady-joins.toml");

/// The built-in scenario.
///
/// # Errors
/// What its text says does not make sense; a test keeps that from happening.
pub fn trial() -> Result<Scenario, String> {
    let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
    parse(TRIAL_NAME, TRIAL_TEXT, None, &designs).map_err(|problems| problems.render(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_scenario_can_be_read_and_is_the_one_that_the_page_shows() {
        assert_eq!(trial().unwrap().designs.len(), Design::ALL.len());
        assert!(include_str!("../../docs/compare.md").contains(TRIAL_TEXT), "docs/compare.md shows another text");
    }
}
