//! The rooms import only what the table in `src/lib.rs` allows, and the files keep the house rules.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the sources has nothing to say")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every Rust file below a folder, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

/// The import table: room → rooms that it may import.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../src/lib.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    rows.map(|row| {
        let columns: Vec<&str> = row.trim_end_matches('|').split('|').collect();
        let room = columns[0].trim().trim_end_matches("`]").to_owned();
        let imports = columns[2].split(',').map(str::trim).filter(|name| !name.is_empty());
        (room, imports.map(str::to_owned).collect())
    })
    .collect()
}

/// The room that a file of `src/` belongs to: its folder, or its stem at the top level.
fn room(path: &Path) -> String {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms that a text names by `crate::room`.
fn named(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for after in line.split("crate::").skip(1) {
            if let Some(group) = after.strip_prefix('{') {
                rooms.extend(
                    group.split([',', '}']).map(|item| leading_name(item.trim())).filter(|name| !name.is_empty()),
                );
            } else {
                rooms.insert(leading_name(after));
            }
        }
    }
    rooms
}

fn leading_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let table = table();
    assert!(table.len() >= 14, "the table in lib.rs was not understood: {table:?}");
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let room = room(&path);
        if room == "lib" || room == "main" {
            continue;
        }
        let allowed = table.get(&room).unwrap_or_else(|| panic!("{} is in no room of the table", path.display()));
        for named in named(&text) {
            if named != room && !allowed.contains(&named) {
                wrong.push(format!("{} imports {named}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut wrong = Vec::new();
    for (path, text) in ["src", "tests", "benches"].into_iter().flat_map(sources) {
        let lines = text.lines().count();
        if lines > 500 {
            wrong.push(format!("{}: {lines} lines; the ceiling is 500", path.display()));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{}: does not open with //!", path.display()));
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if ["utils", "util", "common", "helpers", "misc"].contains(&stem.as_str()) {
            wrong.push(format!("{}: a name that says nothing", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_story_is_told_in_under_a_hundred_lines() {
    let lines = include_str!("../src/pipeline.rs").lines().count();
    assert!(lines < 100, "pipeline.rs has {lines} lines");
}
