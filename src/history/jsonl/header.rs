//! The optional first line: under which terms the history is to be judged, and what else is known of it.

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::history::{Header, RunEnd, SCHEMA};
use crate::model::{Dedupe, DuplicateMeans, PositionTolerance, Promise, Terms};

/// The field that makes an object a header; its value is the version of the format.
pub(super) const MARK: &str = "stanchion";

const FIELDS: &[&str] = &[
    MARK,
    "terms",
    "tool",
    "scenario",
    "queue",
    "seed",
    "plan_hash",
    "end",
    "notes",
    "drained",
    "load_ns",
    "offered_joins_per_s",
    "server",
    "load",
    "server_series",
    "schedule",
];

const TERMS: &[&str] = &[
    "promises",
    "dedupe",
    "duplicate_means",
    "ttl_ns",
    "ttl_tolerance_ns",
    "ttl_lag_ns",
    "ttl_from_join_only",
    "position_tolerance",
    "capacity",
    "limits",
    "expect",
];

/// The head of a history that says nothing of itself. Whether everything was let out is not known then,
/// so nothing can be said of losses.
pub(super) fn absent(scenario: &str) -> Header {
    Header {
        schema: SCHEMA,
        tool: "unknown".to_owned(),
        scenario: scenario.to_owned(),
        queue: "foreign".to_owned(),
        seed: 0,
        plan_hash: String::new(),
        terms: Terms::default(),
        notes: Vec::new(),
        end: RunEnd::Complete,
        drained: false,
        load_ns: None,
        offered_joins_per_s: None,
        server: None,
        load: None,
        server_series: None,
        schedule: None,
    }
}

/// What the first line says, the rest as in [`absent`].
pub(super) fn parse(object: Map<String, Value>, scenario: &str, problems: &mut Vec<String>) -> Header {
    let mut header = absent(scenario);
    let mut fields = Fields::new(object, problems);
    match fields.int::<u64>(MARK) {
        Some(version) if version != u64::from(SCHEMA) => {
            fields.problem(MARK, &format!("this program reads version {SCHEMA} of the format, not {version}"));
        }
        _ => {}
    }
    for (field, slot) in [
        ("tool", &mut header.tool),
        ("scenario", &mut header.scenario),
        ("queue", &mut header.queue),
        ("plan_hash", &mut header.plan_hash),
    ] {
        if let Some(text) = fields.text(field) {
            *slot = text;
        }
    }
    header.seed = fields.int("seed").unwrap_or(header.seed);
    header.drained = fields.flag("drained").unwrap_or(header.drained);
    let ends = ["complete", "interrupted", "server-lost"];
    let end_of = |name: &str| match name {
        "complete" => Some(RunEnd::Complete),
        "interrupted" => Some(RunEnd::Interrupted),
        "server-lost" => Some(RunEnd::ServerLost),
        _ => None,
    };
    header.end = fields.named("end", &ends, end_of).unwrap_or(header.end);
    header.notes = fields.texts("notes").unwrap_or_default();
    header.load_ns = shaped(&mut fields, "load_ns", "[begin, end] in whole nanoseconds");
    header.offered_joins_per_s = shaped(&mut fields, "offered_joins_per_s", "a number");
    header.server = shaped(&mut fields, "server", "the costs that Stanchion writes");
    header.load = shaped(&mut fields, "load", "the facts of a load that Stanchion writes");
    header.server_series = shaped(&mut fields, "server_series", "the samples that Stanchion writes");
    header.schedule = shaped(&mut fields, "schedule", "the schedule that Stanchion writes");
    let terms = fields.take("terms");
    fields.finish("the header", FIELDS);
    match terms {
        Some(Value::Object(terms)) => header.terms = parse_terms(terms, problems),
        Some(other) => problems.push(format!("field `terms`: expected an object, found {other}")),
        None => {}
    }
    header
}

fn parse_terms(object: Map<String, Value>, problems: &mut Vec<String>) -> Terms {
    let mut terms = Terms::default();
    let mut fields = Fields::new(object, problems);
    if let Some(names) = fields.texts("promises") {
        let known = Promise::EVERY.map(Promise::name);
        let mut promises = Vec::new();
        if names.is_empty() {
            fields.problem("promises", "names no promise; leave the field out to check all");
        }
        for name in names {
            // Taken one by one, so that each unknown name is told with what may have been meant.
            let mut one = Fields::new(Map::from_iter([("promises".to_owned(), name.into())]), fields.problems());
            promises.extend(one.named("promises", &known, Promise::from_name));
        }
        terms.promises = promises;
    }
    let dedupe = |name: &str| if name == "user" { Dedupe::User } else { Dedupe::Request };
    terms.dedupe = fields.named("dedupe", &["user", "request"], |name| Some(dedupe(name))).unwrap_or(terms.dedupe);
    let means = |name: &str| match name {
        "waiting-now" => DuplicateMeans::WaitingNow,
        _ => DuplicateMeans::AcceptedBefore,
    };
    terms.duplicate_means = fields
        .named("duplicate_means", &["waiting-now", "accepted-before"], |name| Some(means(name)))
        .unwrap_or(terms.duplicate_means);
    terms.ttl_ns = fields.int("ttl_ns");
    terms.ttl_tolerance_ns = fields.int("ttl_tolerance_ns").unwrap_or(terms.ttl_tolerance_ns);
    terms.ttl_lag_ns = fields.int("ttl_lag_ns").unwrap_or(terms.ttl_lag_ns);
    terms.ttl_from_join_only = fields.flag("ttl_from_join_only").unwrap_or(terms.ttl_from_join_only);
    terms.capacity = fields.int("capacity");
    let limit = "limits such as {\"op\": \"join\", \"percentile\": \"p99\", \"max_ns\": 5000000}";
    terms.limits = shaped(&mut fields, "limits", limit).unwrap_or_default();
    let expectation = "\"violated\" or \"either\" by promise";
    terms.expect = shaped(&mut fields, "expect", expectation).unwrap_or_default();
    let tolerance = fields.take("position_tolerance");
    fields.finish("`terms`", TERMS);
    match tolerance {
        Some(Value::Object(tolerance)) => terms.position_tolerance = parse_tolerance(tolerance, problems),
        Some(other) => problems.push(format!("field `position_tolerance`: expected an object, found {other}")),
        None => {}
    }
    terms
}

fn parse_tolerance(object: Map<String, Value>, problems: &mut Vec<String>) -> PositionTolerance {
    let mut fields = Fields::new(object, problems);
    let absolute = fields.int("absolute").unwrap_or_default();
    let relative = shaped(&mut fields, "relative", "a share, 0.1 for ±10 %").unwrap_or_default();
    if relative < 0.0 {
        fields.problem("relative", "expected a share of the true position, 0 or more");
    }
    fields.finish("`position_tolerance`", &["absolute", "relative"]);
    PositionTolerance { absolute, relative }
}

/// A value whose shape a type says.
fn shaped<T: serde::de::DeserializeOwned>(fields: &mut Fields<'_>, field: &str, expected: &str) -> Option<T> {
    let value = fields.take(field)?;
    let found = value.to_string();
    match serde_json::from_value(value) {
        Ok(value) => Some(value),
        Err(_) => {
            fields.problem(field, &format!("expected {expected}, found {found}"));
            None
        }
    }
}
