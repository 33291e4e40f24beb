//! The JSON schema says to editors what the reader accepts: shipped files are valid by it, and single values
//! are accepted by both or by neither.

use regex::Regex;
use serde_json::Value;
use stanchion::scenario::{parse, schema, shipped};

/// Whether a value is valid by a schema. Knows exactly the keywords that our schema uses and panics at any
/// other, so that none is passed over in silence.
fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let Some(keywords) = schema.as_object() else { return schema.as_bool().expect("a schema is an object or a bool") };
    keywords.iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "title" | "description" | "definitions" => true,
        "$ref" => {
            let path = word(rule).trim_start_matches('#');
            is_valid(root, root.pointer(path).expect("a definition"), value)
        }
        "allOf" => list(rule).iter().all(|schema| is_valid(root, schema, value)),
        "anyOf" => list(rule).iter().any(|schema| is_valid(root, schema, value)),
        "enum" => list(rule).contains(value),
        "type" => match word(rule) {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_i64() || value.is_u64(),
            other => panic!("unknown type {other}"),
        },
        "pattern" => {
            value.as_str().is_none_or(|text| Regex::new(word(rule)).expect("a regular expression").is_match(text))
        }
        "minimum" => value.as_f64().is_none_or(|number| number >= number_of(rule)),
        "maximum" => value.as_f64().is_none_or(|number| number <= number_of(rule)),
        "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > number_of(rule)),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| is_valid(root, rule, item))),
        "minItems" => value.as_array().is_none_or(|items| items.len() as f64 >= number_of(rule)),
        "uniqueItems" => value
            .as_array()
            .is_none_or(|items| items.iter().enumerate().all(|(index, item)| !items[..index].contains(item))),
        "required" => {
            value.as_object().is_none_or(|object| list(rule).iter().all(|key| object.contains_key(word(key))))
        }
        "properties" => value.as_object().is_none_or(|object| {
            let properties = rule.as_object().expect("properties are an object");
            object.iter().all(|(key, value)| properties.get(key).is_none_or(|schema| is_valid(root, schema, value)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let known = keywords.get("properties").and_then(Value::as_object);
            let mut others = object.iter().filter(|(key, _)| !known.is_some_and(|known| known.contains_key(*key)));
            others.all(|(_, value)| is_valid(root, rule, value))
        }),
        "propertyNames" => value
            .as_object()
            .is_none_or(|object| object.keys().all(|key| is_valid(root, rule, &Value::String(key.clone())))),
        other => panic!("this validator does not know the keyword {other}"),
    })
}

fn word(rule: &Value) -> &str {
    rule.as_str().expect("this keyword takes a text")
}

fn list(rule: &Value) -> &Vec<Value> {
    rule.as_array().expect("this keyword takes a list")
}

fn number_of(rule: &Value) -> f64 {
    rule.as_f64().expect("this keyword takes a number")
}

#[test]
fn every_shipped_file_is_valid_by_the_schema_and_names_it() {
    let schema = schema();
    for (name, text) in shipped() {
        assert!(text.starts_with("#:schema ./schema.json\n"), "{name}: editors find the schema by this line");
        let value: Value = toml::from_str(text).unwrap();
        assert!(is_valid(&schema, &schema, &value), "{name}");
    }
}

/// A file with one line changed.
fn file_with(line: &str) -> String {
    let key = line.split(' ').next().expect("split gives at least one piece");
    let lines = [
        "about = \"A test.\"",
        "name = \"a\"",
        "scale = 0.5",
        "dedupe = \"request\"",
        "designs = [\"list\"]",
        "attempts = 3",
        "settle = \"1s\"",
        "stats-every = \"1s\"",
        "leave = { share = 0.5, after = \"1s\" }",
        "promises = { check = [\"no-loss\"], position-tolerance = 0.1 }",
        "load = { open = { rate = 1000, duration = \"1s\" } }",
        "limits = { join = { p99 = \"5ms\" } }",
        "expect = { list = { no-loss = \"either\" } }",
    ];
    assert!(lines.iter().any(|good| good.split(' ').next() == Some(key)), "{key} is replaced");
    let kept = lines.iter().map(|good| if good.split(' ').next() == Some(key) { line } else { good });
    kept.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_schema_and_the_reader_accept_the_same_values() {
    let schema = schema();
    let good = [
        "name = \"a-1\"",
        "scale = 2",
        "designs = [\"list\", \"zset-seq\"]",
        "settle = \"1m30s\"",
        "settle = \"1.5s\"",
        "settle = \"0ms\"",
        "settle = \"5µs\"",
        "leave = { share = 1, after = \"1s\" }",
        "leave = { share = \"2.5%\", after = \"0s\" }",
        "attempts = 100",
        "promises = { check = [\"no-loss\", \"global-fifo\"], position-tolerance = \"0%\" }",
        "limits = { join = { max = \"5ms\" } }",
        "load = { open = { rate = 1, duration = \"9s\", burst = { every = \"2s\", lasts = \"1s\", factor = 1.5 } } }",
    ];
    let bad = [
        "about = 1",
        "about = \" \"",
        "name = \"a b\"",
        "name = \"\"",
        "scale = 0",
        "scale = \"1\"",
        "scale = 1e9",
        "dedupe = \"none\"",
        "designs = []",
        "designs = [\"list\", \"list\"]",
        "designs = [1]",
        "attempts = 0",
        "attempts = 101",
        "attempts = 1.5",
        "settle = \"250\"",
        "settle = \"-1s\"",
        "settle = \".5s\"",
        "settle = \"5.s\"",
        "settle = \"1 s\"",
        "settle = 5",
        "stats-every = \"1d\"",
        "leave = { share = 1.1, after = \"1s\" }",
        "leave = { share = 0, after = \"1s\" }",
        "leave = { share = \"5\", after = \"1s\" }",
        "leave = { share = \"5.%\", after = \"1s\" }",
        "leave = { share = \"1e1%\", after = \"1s\" }",
        "leave = { share = 0.5 }",
        "leave = { share = 0.5, after = \"1s\", times = 3 }",
        "leave = []",
        "promises = { check = [\"no-los\"] }",
        "promises = {}",
        "load = { open = { rate = -1, duration = \"1s\" } }",
        "load = { open = { rate = 1, duration = \"9s\", burst = { every = \"2s\", lasts = \"1s\", factor = \"2\" } } }",
        "load = { open = { rate = 1, duration = \"9s\", burst = { every = \"2s\" } } }",
        "load = { replay = { speed = 2 } }",
        "load = { replay = { file = \"\" } }",
        "load = { replay = { file = \"a\\u0007b\" } }",
        "limits = { joins = { p99 = \"5ms\" } }",
        "limits = { join = { p95 = \"5ms\" } }",
        "expect = { list = { no-loss = \"maybe\" } }",
        "expect = { list = { no-los = \"either\" } }",
    ];
    for (lines, expected) in [(good.as_slice(), true), (bad.as_slice(), false)] {
        for line in lines {
            let text = file_with(line);
            let read = parse("test", &text, None, &["list", "zset-seq"]);
            assert_eq!(read.is_ok(), expected, "the reader about {line}: {read:?}");
            assert_eq!(
                is_valid(&schema, &schema, &toml::from_str(&text).unwrap()),
                expected,
                "the schema about {line}"
            );
        }
    }
}
