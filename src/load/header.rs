//! What the header of a history says of its cell.

use super::engine::CellSetup;
use crate::history::{Header, LoadFacts, RunEnd, SCHEMA, ServerCost, ServerSeries};
use crate::model::{DuplicateMeans, Terms};
use crate::plan::nanos;
use crate::scenario::Scenario;

/// What came to be known while the cell ran.
pub(super) struct Known {
    pub(super) end: RunEnd,
    pub(super) notes: Vec<String>,
    pub(super) drained: bool,
    pub(super) load_ns: Option<(u64, u64)>,
    pub(super) server: Option<ServerCost>,
    pub(super) load: Option<LoadFacts>,
    pub(super) server_series: Option<ServerSeries>,
}

pub(super) fn header(setup: &CellSetup<'_>, known: Known) -> Header {
    let (scenario, plan) = (setup.scenario, setup.plan);
    Header {
        schema: SCHEMA,
        tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
        scenario: scenario.name.clone(),
        queue: setup.design.name().to_owned(),
        seed: plan.seed,
        plan_hash: plan.hash.clone(),
        terms: terms(scenario, setup.design.name(), setup.design.facts().duplicate_means),
        end: known.end,
        notes: known.notes,
        drained: known.drained,
        load_ns: known.load_ns,
        offered_joins_per_s: plan.offered_joins_per_s,
        server: known.server,
        load: known.load,
        server_series: known.server_series,
        schedule: None,
    }
}

/// What the scenario says about judging.
fn terms(scenario: &Scenario, design: &str, duplicate_means: DuplicateMeans) -> Terms {
    let expiry = scenario
        .ttl
        .map(|ttl| (ttl.after, ttl.tolerance, ttl.sweep_every, false))
        .or(scenario.cleanup.map(|cleanup| (cleanup.older_than, cleanup.tolerance, cleanup.every, true)));
    Terms {
        promises: scenario.promises.clone(),
        dedupe: scenario.dedupe,
        duplicate_means,
        ttl_ns: expiry.map(|(after, ..)| nanos(after)),
        ttl_tolerance_ns: expiry.map_or(0, |(_, tolerance, ..)| nanos(tolerance)),
        ttl_lag_ns: expiry.map_or(0, |(_, _, lag, _)| nanos(lag)),
        ttl_from_join_only: expiry.is_some_and(|(.., from_join_only)| from_join_only),
        position_tolerance: scenario.position_tolerance,
        capacity: scenario.admit.and_then(|admit| admit.capacity),
        limits: scenario.limits.clone(),
        expect: scenario.expect.get(design).cloned().unwrap_or_default(),
    }
}
