//! What `docs/scenarios.md` says of scenario files is what the reader does: its examples load, and it names
//! every key of the schema, and only those.

use std::collections::BTreeMap;

use serde_json::Value;
use stanchion::scenario::{load, schema};

const DOC: &str = include_str!("../../docs/scenarios.md");
const DESIGNS: [&str; 3] = ["streams-naive", "zset-seq", "list"];

/// The blocks of the page that are fenced with this info string.
fn blocks(info: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = DOC.lines();
    while let Some(line) = lines.next() {
        if line.strip_prefix("```") == Some(info) {
            blocks.push(lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect());
        }
    }
    blocks
}

/// The part with what else a file needs.
fn completed(part: &str) -> String {
    let mut file = format!("about = \"A test.\"\n{part}");
    if !part.contains("[load") {
        file.push_str("[load.open]\nrate = 1000\nduration = \"1s\"\n");
    }
    if !part.contains("[promises]") {
        file.push_str("[promises]\ncheck = [\"no-loss\"]\n");
    }
    file
}

#[test]
fn every_example_of_the_page_loads() {
    let (whole, parts) = (blocks("toml"), blocks("toml part"));
    assert!(whole.len() == 1 && parts.len() >= 12, "{} and {} examples", whole.len(), parts.len());
    // Beside the scenarios lies the file that one of them replays.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("friday.csv"), "2026-11-27T20:00:00.250Z\n2026-11-27T20:00:01Z\n").unwrap();
    std::fs::write(folder.path().join("two-tabs.replay.json"), "{}").unwrap();
    let path = camino::Utf8PathBuf::from_path_buf(folder.path().join("test.toml")).unwrap();
    for text in whole.into_iter().chain(parts.iter().map(|part| completed(part))) {
        std::fs::write(&path, text).unwrap();
        if let Err(problems) = load(std::slice::from_ref(&path), None, &DESIGNS) {
            panic!("{}", problems.render(false));
        }
    }
}

/// The table a `$ref` stands for.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let schema = schema.pointer("/allOf/0").unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).expect("a definition for each reference"),
        None => schema,
    }
}

/// Every table of the schema by its heading in the page: (key, whether it is required).
fn tables(root: &Value, path: &str, table: &Value, found: &mut BTreeMap<String, Vec<(String, bool)>>) {
    let required = table["required"].as_array().expect("every table says what it requires");
    let properties = table["properties"].as_object().expect("every table has keys");
    let heading = if path.is_empty() { "Top of the file".to_owned() } else { format!("`[{path}]`") };
    let keys = properties.keys().map(|key| (key.clone(), required.iter().any(|name| name == key)));
    found.insert(heading, keys.collect());
    for (key, schema) in properties {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let schema = resolved(root, schema);
        match path.as_str() {
            "expect" => {}
            "population" => tables(root, "population.NAME", resolved(root, &schema["additionalProperties"]), found),
            "limits" => tables(root, "limits.OPERATION", resolved(root, &schema["properties"]["join"]), found),
            _ if schema["type"] == "object" => tables(root, &path, schema, found),
            _ => {}
        }
    }
}

#[test]
fn the_page_names_every_key_and_whether_it_is_required() {
    let root = schema();
    let mut expected = BTreeMap::new();
    tables(&root, "", &root, &mut expected);
    assert!(expected.len() > 15, "{expected:?}");

    let mut written: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    let mut heading = String::new();
    let mut is_keys = false;
    for line in DOC.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            heading = title.to_owned();
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if cells.len() < 4 {
            is_keys = false;
        } else if cells[1] == "key" {
            is_keys = true;
        } else if is_keys && !cells[1].starts_with('-') {
            let key = (cells[1].trim_matches('`').to_owned(), cells[3] == "required");
            written.entry(heading.clone()).or_default().push(key);
        }
    }
    for keys in expected.values_mut().chain(written.values_mut()) {
        keys.sort();
    }
    assert_eq!(written, expected);
}

#[test]
fn the_page_names_every_promise() {
    for promise in stanchion::model::Promise::EVERY {
        assert!(DOC.contains(&format!("| `{}` | ", promise.name())), "{}", promise.name());
    }
}
