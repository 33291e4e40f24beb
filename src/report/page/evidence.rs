//! What stands behind the page: faults that the checks noticed, and where the run comes from.

use serde::Serialize;

use super::super::charts::grouped;
use super::super::document::{Cell, Document};
use super::super::provenance::ScenarioText;
use super::super::table::Columns;

/// What the checks noticed of faults.
#[derive(Serialize)]
pub(super) struct Could {
    words: String,
    table: Columns,
}

/// All that was tried and noticed over these cells.
fn tried<'a>(cells: impl Iterator<Item = &'a Cell>, promise: Option<&str>) -> (u64, u64) {
    let checks = cells.flat_map(|cell| &cell.checks).filter(|check| promise.is_none_or(|name| check.name == name));
    let tried = checks.filter_map(|check| check.could_have_failed.as_ref());
    tried.fold((0, 0), |(noticed, all), tried| (noticed + tried.noticed, all + tried.tried))
}

/// For the first screen: in one sentence.
pub(super) fn noticed(document: &Document) -> Option<String> {
    let (noticed, all) = tried(document.cells.iter(), None);
    (all > 0).then(|| {
        format!(
            "Of {} faults put into slices of these very histories the checks noticed {}.",
            grouped(all),
            if noticed == all { "every one".to_owned() } else { grouped(noticed) }
        )
    })
}

/// Designs by promises: how many faults were noticed.
pub(super) fn could(document: &Document) -> Option<Could> {
    let (_, all) = tried(document.cells.iter(), None);
    if all == 0 {
        return None;
    }
    let mut promises: Vec<&str> = Vec::new();
    for check in document.cells.iter().flat_map(|cell| &cell.checks) {
        if !promises.contains(&check.name.as_str()) {
            promises.push(&check.name);
        }
    }
    let row = |queue: &str| {
        let of = |promise: Option<&str>| match tried(document.cells.iter().filter(|cell| cell.queue == queue), promise)
        {
            (_, 0) => "–".to_owned(),
            (noticed, all) => format!("{} of {}", grouped(noticed), grouped(all)),
        };
        std::iter::once(queue.to_owned()).chain(promises.iter().map(|promise| of(Some(promise)))).collect()
    };
    let headers = std::iter::once("design").chain(promises.iter().copied()).map(str::to_owned).collect();
    Some(Could {
        words: "A check that cannot fail proves nothing. So slices of these very histories were altered (an admission swapped, repeated or left out, an answer changed), and the same checks looked at them again.".to_owned(),
        table: Columns { headers, rows: document.queues().into_iter().map(row).collect() },
    })
}

/// Where the run comes from.
#[derive(Serialize)]
pub(super) struct Provenance<'a> {
    facts: Vec<(&'static str, String)>,
    scripts: Option<Columns>,
    scenarios: &'a [ScenarioText],
}

pub(super) fn provenance(document: &Document) -> Provenance<'_> {
    let target = |name: &str| document.target.as_ref().and_then(|target| target.get(name));
    let text = |name: &str| target(name).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
    let missing = |name: &str| document.reasons.get(name).map_or("not known", String::as_str).to_owned();
    let machine = document.provenance.as_ref().map(|provenance| &provenance.machine);
    let unknown = || "the system does not say".to_owned();
    let mut facts = vec![
        ("Began", document.started.clone().unwrap_or_else(|| missing("started"))),
        ("Took", document.duration_s.map_or_else(|| missing("duration_s"), |s| format!("{s:.1} s"))),
        ("Seed", document.seed.map_or_else(|| missing("seed"), |seed| seed.to_string())),
        ("Plan hash", document.plan_hash.clone()),
        (
            "Server",
            text("server").map_or_else(
                || missing("target"),
                |server| {
                    let parts =
                        [Some(server), text("version"), text("mode"), text("kind"), text("address"), text("os")];
                    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
                },
            ),
        ),
    ];
    if let Some(image) = text("image") {
        facts.push(("Image", image.to_owned()));
    }
    facts.push(("Settings", settings(target("settings"), document.target.is_some())));
    let machine = |of: &dyn Fn(&super::super::Machine) -> Option<String>| {
        machine.map_or_else(|| missing("provenance"), |machine| of(machine).unwrap_or_else(unknown))
    };
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    facts.push(("CPU", machine(&|machine| machine.cpu.clone())));
    facts.push(("Cores", machine(&|machine| machine.cores.map(|cores| cores.to_string()))));
    facts.push(("Memory", machine(&|machine| machine.memory_bytes.map(gib))));
    facts.push(("Kernel", machine(&|machine| machine.kernel.clone())));
    facts.push(("Operations", grouped(document.cells.iter().map(|cell| cell.operations).sum::<u64>())));
    if let Some(early) = &document.ended_early {
        facts.push(("Ended early", early.clone()));
    }
    let scripts = document.provenance.as_ref().map(|provenance| Columns {
        headers: ["script", "SHA1", "called by"].map(str::to_owned).to_vec(),
        rows: provenance
            .scripts
            .iter()
            .map(|script| vec![script.name.clone(), script.sha1.clone(), script.designs.join(", ")])
            .collect(),
    });
    let scripts = scripts.filter(|scripts| !scripts.rows.is_empty());
    let scenarios = document.provenance.as_ref().map_or(&[][..], |provenance| &provenance.scenarios);
    Provenance { facts, scripts, scenarios }
}

/// The settings that are not the default.
fn settings(settings: Option<&serde_json::Value>, server: bool) -> String {
    match settings.and_then(serde_json::Value::as_object) {
        Some(settings) if settings.is_empty() => "all that matter to a queue are the defaults of Redis 7.0".to_owned(),
        Some(settings) => {
            let setting =
                |(name, value): (&String, &serde_json::Value)| format!("{name} {}", value.as_str().unwrap_or_default());
            settings.iter().map(setting).collect::<Vec<_>>().join(", ")
        }
        None if server => "the server does not tell (CONFIG is forbidden)".to_owned(),
        None => "not known".to_owned(),
    }
}
