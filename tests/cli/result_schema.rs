//! What docs/result.schema.json and docs/result.md promise to whoever reads a run with a program.

use std::collections::BTreeSet;

use crate::shell::{Desk, SMALL};
use camino::Utf8PathBuf;
use serde_json::Value;
use stanchion::{history, report};

/// A design that breaks its promise as expected, one that keeps it, and a limit.
const RACE: &str = r#"
about = "Fifty joins with one key, again and again."
designs = ["streams-naive", "list"]
[load.flood]
joins = 50
rounds = 5
[promises]
check = ["no-duplicates"]
[limits.join]
p99 = "1h"
[expect.streams-naive]
no-duplicates = "violated"
"#;

/// Compares a value with a schema and says at which paths the two disagree. Knows exactly the keywords that
/// our schema uses and panics at any other, so that none is passed over in silence.
pub(crate) fn disagreements(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(keywords) = schema.as_object() else {
        return if schema == &Value::Bool(true) { Vec::new() } else { vec![format!("{path}: nothing may stand here")] };
    };
    let unless = |right: bool, why: String| if right { Vec::new() } else { vec![format!("{path}: {why}")] };
    let mut found = Vec::new();
    for (keyword, rule) in keywords {
        found.extend(match keyword.as_str() {
            "$schema" | "title" | "description" | "definitions" | "format" | "default" => Vec::new(),
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                disagreements(root, target, value, path)
            }
            "allOf" => list(rule).iter().flat_map(|each| disagreements(root, each, value, path)).collect(),
            "anyOf" | "oneOf" => {
                let each: Vec<_> = list(rule).iter().map(|each| disagreements(root, each, value, path)).collect();
                if each.iter().any(Vec::is_empty) { Vec::new() } else { each.concat() }
            }
            "enum" => unless(list(rule).contains(value), format!("{value} is none of {rule}")),
            "const" => unless(rule == value, format!("{value} is not {rule}")),
            "type" => {
                let types = rule.as_array().map_or(std::slice::from_ref(rule), Vec::as_slice);
                unless(types.iter().any(|each| is_a(value, each.as_str().unwrap())), format!("{value} is no {rule}"))
            }
            "minimum" => unless(
                value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
                format!("{value} < {rule}"),
            ),
            "maximum" => unless(
                value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
                format!("{value} > {rule}"),
            ),
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.flat_map(|(at, item)| disagreements(root, rule, item, &format!("{path}[{at}]"))).collect()
            }
            "required" => value.as_object().map_or_else(Vec::new, |object| {
                let missing = list(rule).iter().filter(|key| !object.contains_key(key.as_str().unwrap()));
                missing.map(|key| format!("{path}: {key} is missing")).collect()
            }),
            "properties" => value.as_object().map_or_else(Vec::new, |object| {
                let each = object.iter().map(|(key, value)| match rule.get(key) {
                    Some(schema) => disagreements(root, schema, value, &format!("{path}.{key}")),
                    None => vec![format!("{path}.{key}: the schema does not know it")],
                });
                each.collect::<Vec<_>>().concat()
            }),
            // Whatever `properties` does not know is refused there.
            "additionalProperties" if rule == &Value::Bool(false) => Vec::new(),
            // A map from names of any kind: those of a struct are held against `properties`.
            "additionalProperties" => {
                assert!(!keywords.contains_key("properties"), "{path}: both a map and a struct");
                let values = value.as_object().into_iter().flatten();
                values.flat_map(|(key, value)| disagreements(root, rule, value, &format!("{path}.{key}"))).collect()
            }
            "minItems" | "maxItems" => {
                let (count, least) = (value.as_array().map_or(0, Vec::len) as u64, keyword == "minItems");
                let allowed = rule.as_u64().expect("a number of items is a number");
                let wrong = value.is_array() && (if least { count < allowed } else { count > allowed });
                wrong.then(|| format!("{path}: {count} items, {keyword} {allowed}")).into_iter().collect()
            }
            other => panic!("{path}: this test does not know the keyword {other}"),
        });
    }
    found
}

fn list(rule: &Value) -> &Vec<Value> {
    rule.as_array().expect("this keyword takes a list")
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

/// The desk with a run in folder `out`, and its result.json.
fn race() -> (Desk, Value) {
    let desk = Desk::with("race", RACE);
    desk.run(&["run", "race.toml", "--redis", "local", "--out", "out"]).exits(0);
    let result = desk.json("out/result.json");
    (desk, result)
}

/// That the committed schema of a document is this one. With `STANCHION_UPDATE_SCHEMA=1` it brings the file up to date instead.
pub(crate) fn is_committed(schema: &Value, name: &str) {
    let (now, file) = (format!("{schema:#}\n"), format!("docs/{name}.schema.json"));
    if std::env::var_os("STANCHION_UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    assert_eq!(committed, now, "{file}: run this test with STANCHION_UPDATE_SCHEMA=1 and commit the file");
}

/// That a page of the docs names each of the fields of a schema, of which there are more than `least`.
pub(crate) fn is_explained(schema: &Value, name: &str, least: usize) {
    let (file, mut all) = (format!("docs/{name}.md"), BTreeSet::new());
    let page = std::fs::read_to_string(&file).unwrap();
    names(schema, &mut all);
    assert!(all.len() > least, "{all:?}");
    let missing: Vec<_> = all.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{file} does not speak of {missing:?}");
}

#[test]
fn the_committed_schema_is_that_of_the_document() {
    is_committed(&report::schema(), "result");
}

#[test]
fn the_result_of_a_run_and_of_a_check_are_as_the_schema_says() {
    let schema = report::schema();
    let (desk, run) = race();
    assert_eq!(disagreements(&schema, &schema, &run, "$"), Vec::<String>::new());
    assert!(run["target"].is_object() && run["cells"][0]["checks"][0]["counterexample"].is_object(), "{run:#}");

    let check = desk.run(&["check", "out/race/list/history.parquet", "--format", "json"]).exits(0).json();
    assert_eq!(disagreements(&schema, &schema, &check, "$"), Vec::<String>::new());
    assert!(check["started"].is_null() && check["reasons"]["started"].is_string(), "{check:#}");
}

#[test]
fn the_schema_notices_a_field_too_many_one_too_few_and_one_of_another_type() {
    let schema = report::schema();
    let desk = Desk::with("small", SMALL);
    let words = ["run", "small.toml", "--redis", "local", "--queue", "list", "--out", "out"];
    desk.run(&words).exits(0);
    let good = desk.json("out/result.json");
    let told = |change: fn(&mut Value)| {
        let mut bad = good.clone();
        change(&mut bad);
        disagreements(&schema, &schema, &bad, "$").join("\n")
    };
    assert_eq!(told(|_| {}), "");
    let many = told(|bad| bad["cells"][0]["checks"][0]["extra"] = 1.into());
    assert_eq!(many, "$.cells[0].checks[0].extra: the schema does not know it");
    let few = told(|bad| drop(bad["cells"][0]["generator"].as_object_mut().unwrap().remove("note")));
    assert_eq!(few, "$.cells[0].generator: \"note\" is missing");
    let other = told(|bad| bad["verdict"] = "passed".into());
    assert!(other.contains("$.verdict: "), "{other}");
    let null = told(|bad| bad["sentence"] = Value::Null);
    assert_eq!(null, "$.sentence: null is no \"string\"");
}

/// The names of all properties of a schema.
fn names(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(keywords) => {
            let properties = keywords.get("properties").and_then(Value::as_object);
            found.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
            keywords.values().for_each(|value| names(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

#[test]
fn the_page_on_results_explains_every_field() {
    is_explained(&report::schema(), "result", 60);
    let facts = serde_json::to_value(schemars::schema_for!(stanchion::target::TargetFacts)).unwrap();
    is_explained(&facts, "result", 10);
}

#[test]
fn a_counterexample_names_the_rows_of_the_history_file() {
    let (desk, result) = race();
    let check = &result["cells"][0]["checks"][0];
    assert_eq!(
        (&result["cells"][0]["verdict"], &result["cells"][0]["as_expected"], &check["outcome"]),
        (&"fail".into(), &true.into(), &"violated".into()),
        "{result:#}"
    );
    let path = Utf8PathBuf::from_path_buf(desk.path("out/race/streams-naive/history.parquet")).unwrap();
    let records = history::read(&path).unwrap().records;
    assert!(records.iter().is_sorted_by_key(|record| record.sent_ns), "rows are in the order sent");
    let events = list(&check["counterexample"]["events"]);
    assert!(events.len() >= 2, "{check:#}");
    for event in events {
        let record = records.at(usize::try_from(event["record"].as_u64().unwrap()).unwrap());
        assert_eq!(event["client"], record.client.0);
        assert_eq!(event["invoked_ns"], record.sent_ns);
        assert_eq!(event["returned_ns"], serde_json::to_value(record.returned_ns).unwrap());
        assert!(event["text"].as_str().unwrap().starts_with(record.call.kind().name()), "{event}");
    }
}

#[test]
fn the_tags_of_the_latency_log_are_those_of_the_result() {
    let (desk, result) = race();
    let text = std::fs::read_to_string(desk.path("out/race/list/latency.hlog")).unwrap();
    let tags: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("Tag=")?.split(',').next()).collect();
    let word = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = list(&result["cells"][1]["latency"]).iter();
    let rows: BTreeSet<String> =
        rows.map(|row| ["op", "phase", "clock"].map(|name| word(row, name)).join(".")).collect();
    assert_eq!(tags, rows.iter().map(String::as_str).collect());
    assert!(tags.contains("join.load.response"), "{tags:?}");
}
