//! docs/history.schema.json says of a line what the reader says: the same fields, names and values, for every operation
//! with every outcome.
use std::collections::BTreeSet;

use crate::history_arbitrary::own_history;
use camino::Utf8Path;
use serde_json::{Map, Value, json};
use stanchion::history::{read, write_jsonl};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../docs/history.schema.json")).unwrap()
}

/// Whether a value is valid by a schema. Knows exactly the keywords that the schema uses and panics at any other, so
/// that none is passed over in silence.
fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let keywords = schema.as_object().unwrap();
    let object = value.as_object();
    let number = |rule: &Value, holds: fn(f64, f64) -> bool| {
        value.as_f64().is_none_or(|number| holds(number, rule.as_f64().unwrap()))
    };
    keywords.iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "title" | "description" | "definitions" | "then" | "else" => true,
        "$ref" => is_valid(root, root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap(), value),
        "if" => {
            let branch = if is_valid(root, rule, value) { "then" } else { "else" };
            keywords.get(branch).is_none_or(|branch| is_valid(root, branch, value))
        }
        "not" => !is_valid(root, rule, value),
        "allOf" => rule.as_array().unwrap().iter().all(|each| is_valid(root, each, value)),
        "oneOf" => rule.as_array().unwrap().iter().filter(|each| is_valid(root, each, value)).count() == 1,
        "enum" => rule.as_array().unwrap().contains(value),
        "const" => rule == value,
        "type" => {
            let types = rule.as_array().map_or(std::slice::from_ref(rule), Vec::as_slice);
            types.iter().any(|name| is_a(value, name.as_str().unwrap()))
        }
        "minimum" => number(rule, |number, limit| number >= limit),
        "maximum" => number(rule, |number, limit| number <= limit),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| is_valid(root, rule, item))),
        "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
        "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
        "required" => object.is_none_or(|object| {
            rule.as_array().unwrap().iter().all(|field| object.contains_key(field.as_str().unwrap()))
        }),
        "properties" => object.is_none_or(|object| {
            object.iter().all(|(field, value)| rule.get(field).is_none_or(|rule| is_valid(root, rule, value)))
        }),
        "propertyNames" => {
            object.is_none_or(|object| object.keys().all(|name| is_valid(root, rule, &name.as_str().into())))
        }
        "additionalProperties" => object.is_none_or(|object| {
            let known = |field: &String| keywords.get("properties").is_some_and(|known| known.get(field).is_some());
            object.iter().filter(|(field, _)| !known(field)).all(|(_, value)| is_valid(root, rule, value))
        }),
        other => panic!("this test does not know the keyword {other}"),
    })
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    }
}

/// What the reader says of a file with these lines; empty: nothing.
fn told(lines: &[&Value]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().join("h.jsonl");
    let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
    fs_err::write(&path, text.join("\n")).unwrap();
    read(&path).err().map(|error| error.to_string()).unwrap_or_default()
}

/// The names that the reader lists when it meets one that it cannot know.
fn known(line: Value) -> BTreeSet<String> {
    let told = told(&[&line]);
    let list = told.split("; known: ").nth(1).unwrap_or_else(|| panic!("no list in {told:?}"));
    list.lines().next().unwrap().split(", ").map(str::to_owned).collect()
}

fn fields(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

fn names(schema: &Value) -> BTreeSet<String> {
    schema["enum"].as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn reader_and_schema_know_the_same_fields_operations_and_names() {
    let schema = schema();
    let definitions = &schema["definitions"];
    let ops = names(&definitions["line"]["properties"]["op"]);
    assert_eq!(ops, known(json!({"op": "#"})));
    let all: BTreeSet<String> = ops.iter().flat_map(|op| fields(&definitions[op])).collect();
    assert_eq!(all, known(json!({"op": "stats", "sent_ns": 1, "outcome": "unknown", "#": 1})));
    assert_eq!(fields(&definitions["header"]), known(json!({"stanchion": 1, "#": 1})));
    assert_eq!(fields(&definitions["terms"]), known(json!({"stanchion": 1, "terms": {"#": 1}})));
    let promises = known(json!({"stanchion": 1, "terms": {"promises": ["#"]}}));
    assert_eq!(names(&definitions["terms"]["properties"]["promises"]["items"]), promises);
    let ends = known(json!({"stanchion": 1, "end": "#"}));
    assert_eq!(names(&definitions["header"]["properties"]["end"]), ends);
    for op in &ops {
        let mut line = minimal(&schema, op, "unknown");
        line.insert("outcome".to_owned(), "#".into());
        assert_eq!(names(&definitions[op]["properties"]["outcome"]), known(line.clone().into()), "{op}");
        let phases = names(&definitions[op]["properties"]["phase"]);
        line.extend([("outcome".to_owned(), "unknown".into()), ("phase".to_owned(), "#".into())]);
        assert_eq!(phases, known(line.clone().into()), "{op}");
        line.remove("phase");
        let mut reasons = BTreeSet::new();
        for outcome in ["refused", "unknown"] {
            line.extend([("outcome".to_owned(), outcome.into()), ("reason".to_owned(), "#".into())]);
            reasons.extend(known(line.clone().into()));
        }
        assert_eq!(names(&definitions[op]["properties"]["reason"]), reasons, "{op}");
    }
}

/// A line that holds what this operation and this outcome need.
fn minimal(schema: &Value, op: &str, outcome: &str) -> Map<String, Value> {
    let mut line = Map::from_iter([
        ("op".to_owned(), op.into()),
        ("outcome".to_owned(), outcome.into()),
        ("sent_ns".to_owned(), 5.into()),
    ]);
    for field in ["user", "token", "count", "max_age_ns"] {
        if schema["definitions"][op]["properties"].get(field).is_some() {
            line.insert(field.to_owned(), if field.ends_with('n') || field == "user" { "x".into() } else { 5.into() });
        }
    }
    if !["refused", "unknown"].contains(&outcome) {
        line.insert("returned_ns".to_owned(), 5.into());
    }
    let answers = match outcome {
        "duplicate" => json!({"duplicate_of": "x"}),
        "position" => json!({"position": 5}),
        "admitted" | "entries" => json!({"tokens": ["x"]}),
        "swept" => json!({"swept": 5}),
        "stats" => json!({"stats_users": 5, "stats_entries": 5}),
        _ => json!({}),
    };
    line.extend(answers.as_object().unwrap().clone());
    line
}

#[test]
fn reader_and_schema_accept_and_refuse_the_same_values_in_every_field() {
    let schema = schema();
    let join = json!({"op": "join", "user": "x", "token": "x", "sent_ns": 1, "returned_ns": 2, "outcome": "joined"});
    let ops = names(&schema["definitions"]["line"]["properties"]["op"]);
    let all: BTreeSet<String> = ops.iter().flat_map(|op| fields(&schema["definitions"][op])).collect();
    let values = [
        json!(null),
        json!(5),
        json!(70_000),
        json!(5_000_000_000_u64),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!(true),
        json!([]),
        json!(["x", 5]),
        json!([true]),
        json!({}),
        json!("load"),
        json!("loading"),
        json!("timed-out"),
        json!("duplicate"),
    ];
    let (mut accepted, mut refused) = (0, 0);
    for op in &ops {
        for outcome in names(&schema["definitions"][op]["properties"]["outcome"]) {
            let (mut valid, mut invalid) = (vec![join.clone()], Vec::new());
            let plain = minimal(&schema, op, &outcome);
            assert!(is_valid(&schema, &schema, &plain.clone().into()), "{plain:?}");
            for field in all.iter().map(String::as_str).chain(["unheard_of"]) {
                for value in values.iter().map(Some).chain([None]) {
                    let mut line = plain.clone();
                    // So that only the type of a time matters and not its order.
                    if matches!((field, value), ("returned_ns", Some(_))) {
                        line.insert("sent_ns".to_owned(), 0.into());
                    }
                    if matches!((field, value), ("sent_ns", Some(_))) {
                        line.remove("returned_ns").map(|_| line.insert("reply_dropped".to_owned(), true.into()));
                    }
                    if field == "intended_ns" {
                        line.insert("sent_ns".to_owned(), json!(6_000_000_000_u64));
                        line.remove("returned_ns").map(|_| line.insert("reply_dropped".to_owned(), true.into()));
                    }
                    match value {
                        Some(value) => drop(line.insert(field.to_owned(), value.clone())),
                        None => drop(line.remove(field)),
                    }
                    // Several users, and one for each token.
                    if op == "join" && field == "user" {
                        line.insert("token".to_owned(), format!("x{}", valid.len()).into());
                    }
                    let line = Value::Object(line);
                    if is_valid(&schema, &schema, &line) { valid.push(line) } else { invalid.push(line) }
                }
            }
            assert_eq!(told(&valid.iter().collect::<Vec<_>>()), "", "{op} {outcome}");
            // So few at once that what is wrong with each of them is told.
            for few in invalid.chunks(5) {
                let told = told(&few.iter().collect::<Vec<_>>());
                for (number, line) in (1..).zip(few) {
                    assert!(told.contains(&format!("h.jsonl:{number}: ")), "{line}\n{told}");
                }
            }
            (accepted, refused) = (accepted + valid.len(), refused + invalid.len());
        }
    }
    assert!(accepted > 1_000 && refused > 1_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn reader_and_schema_accept_and_refuse_the_same_headers() {
    let schema = schema();
    let stats = json!({"op": "stats", "sent_ns": 1, "outcome": "unknown"});
    let definitions = &schema["definitions"];
    let values = [
        json!(null),
        json!(5),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!(true),
        json!([]),
        json!([1, 2]),
        json!([1, 2, 3]),
        json!(["global-fifo"]),
        json!(["global-fifo", "one-slot", "no-leftovers"]),
        json!({}),
        json!({"absolute": 1, "relative": 0.5}),
        json!({"relative": -0.5}),
        json!({"absolute": 1.5}),
        json!({"global-fifo": "violated"}),
        json!({"global-fifo": "broken"}),
        json!([{"op": "join", "percentile": "p99", "max_ns": 5}]),
        json!([{"op": "join", "percentile": "p98", "max_ns": 5}]),
        json!("user"),
        json!("waiting-now"),
        json!("interrupted"),
    ];
    let same = |header: Value| {
        let told = told(&[&header, &stats]);
        assert_eq!(is_valid(&schema, &schema, &header), told.is_empty(), "{header}\n{told}");
    };
    for value in &values {
        // Of what only Stanchion itself writes the schema says no more than that it is an object.
        let own = ["stanchion", "server", "load", "server_series", "schedule"];
        for field in fields(&definitions["header"]).iter().filter(|field| !own.contains(&field.as_str())) {
            same(json!({"stanchion": 1, field: value}));
        }
        for field in fields(&definitions["terms"]) {
            same(json!({"stanchion": 1, "terms": {field: value}}));
        }
    }
    same(json!({"stanchion": 2}));
}

#[test]
fn what_the_docs_show_and_what_stanchion_writes_is_as_the_schema_says() {
    let schema = schema();
    let page = include_str!("../../docs/history.md");
    let shown: Vec<Value> = page
        .lines()
        .filter(|line| line.starts_with('{') && line.ends_with('}') && line.contains(": "))
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert!(shown.len() >= 6, "the page shows {} lines", shown.len());
    assert_eq!(told(&shown.iter().collect::<Vec<_>>()), "", "the lines shown are a history");
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().join("h.jsonl");
    write_jsonl(&path, &own_history(200)).unwrap();
    let text = fs_err::read_to_string(&path).unwrap();
    let written = text.lines().map(|line| serde_json::from_str(line).unwrap());
    for line in shown.into_iter().chain(written) {
        assert!(is_valid(&schema, &schema, &line), "{line}");
    }
}
