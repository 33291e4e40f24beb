//! Whether what is asked of a run on virtual time can be told from one.

use super::problem::Found;
use super::raw::RawScenario;
use super::resolved::Scenario;

/// Notes what cannot be had together with virtual time.
pub(super) fn clock(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
    if scenario.clock.is_virtual && !raw.limits.is_absent() {
        found.note(
            raw.limits.span().or(raw.clock.span()),
            "[limits] on virtual time",
            "time stands still there while a request is under way, so nothing can be said of latency",
            "remove [limits], or `virtual` from [clock]",
        );
    }
}
