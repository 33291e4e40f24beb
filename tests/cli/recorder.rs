//! The recorder that docs/history.md hands out works as it stands: what it writes is judged, and a bug is found.
use std::process::Command;

use crate::shell::Desk;
use serde_json::Value;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/record_queue.py");

/// Runs the recorder; the history lies on the desk then.
fn record(desk: &Desk, words: &[&str]) -> Vec<Value> {
    let done =
        Command::new("python3").arg(SCRIPT).arg(desk.path("ours.jsonl")).args(words).output().unwrap_or_else(|error| {
            panic!("python3 cannot be run ({error}): install Python 3.9 or newer; `make test` does so by itself")
        });
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(desk.path("ours.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_the_example_records_is_judged_and_holds() {
    let desk = Desk::new();
    let lines = record(&desk, &[]);
    let count = |field: &str, value: &str| lines.iter().filter(|line| line[field] == value).count();
    assert_eq!((count("outcome", "unknown"), count("op", "leave")), (20, 16), "answers are lost and people leave");
    assert!(count("outcome", "duplicate") == 16 && count("phase", "drain") > 1, "and others try again");
    let document = desk.run(&["check", "ours.jsonl", "--format", "json"]).exits(0).json();
    let checks = document["cells"][0]["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 4);
    assert!(checks.iter().all(|check| check["outcome"] == "holds"), "{document:#}");
}

#[test]
fn a_queue_that_admits_from_the_wrong_end_is_found_broken() {
    let desk = Desk::new();
    record(&desk, &["--broken"]);
    desk.run(&["check", "ours.jsonl"]).exits(1).shows(&["FAIL", "global-fifo"]);
    // Its proof can be handed to another checker.
    let done = desk.run(&["export", "ours.jsonl", "--to", "jepsen", "--violation", "1"]).exits(0);
    assert!((4..20).contains(&done.stdout.lines().count()), "{done:#?}");
}

#[test]
fn the_page_shows_the_heart_of_the_example_as_it_is() {
    let page = include_str!("../../docs/history.md");
    let shown = page.split("```python\ndef call(").nth(1).unwrap().split("```").next().unwrap();
    let indented: String =
        format!("def call({shown}").lines().map(|line| format!("    {line}\n").replace("    \n", "\n")).collect();
    assert!(include_str!("../../docs/examples/record_queue.py").contains(indented.trim_end()), "{indented}");
}
