//! What the keys of a run look like, for the promises that are about keys.

use std::time::Duration;

use crate::history::KeyFacts;
use crate::model::Promise;
use crate::queue::CallTally;
use crate::scenario::Scenario;
use crate::target::{Endpoint, TargetError};

/// How long a server may take to say which keys it has.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many names are kept.
const NAMED: usize = 10;

/// Whether somebody asks.
pub(super) fn wanted(scenario: &Scenario) -> bool {
    scenario.promises.iter().any(|promise| matches!(promise, Promise::NoLeftovers | Promise::OneSlot))
}

/// Looks at the keys of the run when the load has ended.
pub(super) async fn look(
    endpoint: &Endpoint,
    prefix: &str,
    event: &str,
    tally: &CallTally,
) -> Result<KeyFacts, TargetError> {
    let keys = endpoint.keys(prefix, PATIENCE).await?;
    let tag = format!("{{{event}}}");
    // The tag is what stands between the first brace and the next closing one.
    let tagged = |key: &&String| key.find('{').is_some_and(|at| key[at..].starts_with(&tag));
    let untagged: Vec<&String> = keys.iter().filter(|key| !tagged(key)).collect();
    let undeclared: Vec<&String> = keys.iter().filter(|key| !tally.declared(key)).collect();
    Ok(KeyFacts {
        found: keys.len() as u64,
        untagged: untagged.len() as u64,
        untagged_names: first(&untagged),
        undeclared: undeclared.len() as u64,
        undeclared_names: first(&undeclared),
        left: None,
        left_names: Vec::new(),
    })
}

/// Looks again when nobody waits any more.
pub(super) async fn look_again(endpoint: &Endpoint, prefix: &str, facts: &mut KeyFacts) -> Result<(), TargetError> {
    let keys = endpoint.lasting_keys(prefix, PATIENCE).await?;
    facts.left = Some(keys.len() as u64);
    facts.left_names = first(&keys.iter().collect::<Vec<_>>());
    Ok(())
}

fn first(names: &[&String]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| (*name).clone()).collect();
    names.sort_unstable();
    names.truncate(NAMED);
    names
}
