//! Runs as things: listed, found by name, opened where they broke, judged again, pruned.
use std::time::{Duration, SystemTime};

use crate::shell::{Desk, SMALL, UnderWay};

/// Joins with one key at once: a design that checks before it sets breaks its promise for certain.
const RACE: &str = r#"
about = "Fifty joins with one key, again and again."
designs = ["list", "streams-naive"]
[load.flood]
joins = 50
rounds = 20
[promises]
check = ["no-duplicates", "no-loss"]
"#;

fn race(desk: &Desk, out: &str) -> crate::shell::Done {
    desk.run(&["run", "race.toml", "--redis", "local", "--out", out])
}

#[test]
fn a_violation_is_opened_from_the_terminal_and_its_last_lines_replay_it() {
    let desk = Desk::with("race", RACE);
    let run = race(&desk, "reports/my run").exits(1);
    assert!(run.stdout.contains("• [1] streams-naive breaks no-duplicates in race"), "{run:#?}");
    let how = "How it broke, drawn: stanchion report 'reports/my run' --violation 1";
    assert!(run.stdout.contains(how), "{run:#?}");
    let shown = desk.run(&["report", "latest", "--violation", "1"]).exits(1).shows(&[
        "Violation 1: streams-naive breaks no-duplicates in race (",
        "The scenario does not expect it.",
        "client ",
        "├",
        "joined",
        "Could this have failed? ",
    ]);
    assert_eq!(desk.run(&["report", "reports/my run", "--violation", "1"]).stdout, shown.stdout);
    let last: Vec<&str> = shown.stdout.lines().rev().take(2).map(str::trim).collect();
    let history = "'reports/my run/race/streams-naive/history.parquet'";
    // A model of one line knows nothing of dedupe keys: no other checker can see this one, and none is offered.
    let check = format!("stanchion check {history}");
    assert_eq!(last, ["stanchion run race.toml --redis local --seed 1", &check]);
    desk.run(&["check", history.trim_matches('\'')]).exits(1);

    let none = desk.run(&["report", "latest", "--violation", "2"]).exits(2);
    let none = none.tells(&["there is no violation 2; there are 1 no-duplicates on streams-naive"]);
    assert_eq!(none.stdout, "");
    desk.run(&["report", "latest", "--violation", "0"]).exits(2);
    desk.write("small.toml", SMALL);
    desk.run(&["run", "small.toml", "--redis", "local", "--queue", "list", "--out", "reports/b"]).exits(0);
    desk.run(&["report", "latest", "--violation", "1"]).exits(2).tells(&["no promise is broken in this run"]);
}

#[test]
fn a_violation_that_another_checker_can_see_is_offered_to_it_by_a_command_that_works() {
    // Of simultaneous joins, tokens with one score are let in by the order of their bytes.
    let text =
        SMALL.replace("[\"zset-seq\", \"list\"]", "[\"list\", \"zset-ms\"]").replace("users = 40", "users = 2000");
    let desk = Desk::with("ties", &text);
    desk.run(&["run", "ties.toml", "--redis", "local", "--out", "o"]).exits(1);
    let shown = desk.run(&["report", "o", "--violation", "1"]).exits(1).shows(&["zset-ms breaks global-fifo in ties"]);
    let lines: Vec<&str> = shown.stdout.lines().map(str::trim).collect();
    let command = lines[lines.len() - 2].strip_prefix("stanchion ").unwrap();
    assert!(command.starts_with("export o/ties/zset-ms/history.parquet --to porcupine"), "{shown:#?}");
    let words: Vec<&str> = command.split(' ').collect();
    desk.run(&words).exits(0).shows(&["["]);
}

#[test]
fn a_saved_run_is_rendered_and_judged_again_to_the_same_bytes() {
    let desk = Desk::with("race", RACE);
    race(&desk, "o").exits(1);
    let read = || std::fs::read_to_string(desk.path("o/junit.xml")).unwrap();
    let junit = read();
    for part in [
        "name=\"streams-naive.no-duplicates\" classname=\"race\"",
        "<failure message=\"streams-naive breaks no-duplicates in race",
        "tests=\"7\"",
        "failures=\"1\"",
        "errors=\"0\"",
    ] {
        assert!(junit.contains(part), "{part} is missing in {junit}");
    }
    std::fs::remove_file(desk.path("o/junit.xml")).unwrap();
    desk.run(&["report", "o"]).exits(1);
    assert_eq!(read(), junit);
    let cells = |document: serde_json::Value| document["cells"].clone();
    let again = desk.run(&["check", "o", "--format", "json"]).exits(1).json();
    assert_eq!(again["repeat"], "stanchion check o/race/streams-naive/history.parquet o/race/list/history.parquet");
    let mut saved = cells(desk.json("o/result.json"));
    let mut judged = cells(again);
    // What an order proves is replayed only where that is asked for.
    for cell in saved.as_array_mut().unwrap().iter_mut().chain(judged.as_array_mut().unwrap()) {
        cell["order"] = serde_json::Value::Null;
    }
    assert_eq!(judged, saved);
}

#[test]
fn old_runs_are_pruned_and_nothing_else() {
    let desk = Desk::with("small", SMALL);
    let run = |more: &[&str]| {
        let words = ["run", "small.toml", "--redis", "local", "--queue", "list"];
        desk.run(&[&words[..], more].concat()).exits(0)
    };
    for name in ["reports/a", "reports/b", "reports/c", "reports/example"] {
        run(&["--out", name]);
    }
    run(&["--save-baseline", "main"]);
    std::fs::create_dir(desk.path("reports/mine")).unwrap();
    desk.write("reports/mine/notes.txt", "not a run");
    desk.write("reports/a/notes.txt", "mine");
    let here = || -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(desk.path("reports"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let before = here();
    let rehearsed = desk.run(&["clean", "--runs", "--keep", "1", "--dry-run"]).exits(0).shows(&[
        "would remove reports/b, ",
        "left alone reports/a: it holds reports/a/notes.txt, which no run writes",
        "would remove 1 folder, ",
    ]);
    assert_eq!(here(), before, "{rehearsed:#?}");
    let pruned = desk.run(&["clean", "--runs", "--keep", "1"]).exits(0);
    assert_eq!(pruned.stdout, rehearsed.stdout.replace("would remove", "removed"));
    assert_eq!(here(), ["a", "baselines", "c", "example", "mine"]);
    for wrong in [&["clean", "--runs"][..], &["clean", "--keep", "1"], &["clean", "--dry-run"]] {
        desk.run(wrong).exits(2);
    }
}

#[test]
fn a_run_under_way_is_not_pruned_and_one_that_was_killed_is_after_a_day() {
    let desk = Desk::with("endless", crate::shell::ENDLESS);
    let run = UnderWay::start(desk.stanchion(&["run", "endless.toml", "--redis", "local", "--out", "reports/a"]));
    let left = "left alone reports/a: it is not over: it may be under way";
    desk.run(&["clean", "--runs", "--keep", "0"]).exits(0).shows(&[left, "removed 0 folders"]);
    desk.run(&["list", "runs"]).exits(0).shows(&["nothing written yet: under way, or killed"]);
    run.signal("KILL");
    run.wait();
    let result = std::fs::File::options().write(true).open(desk.path("reports/a/result.json")).unwrap();
    result.set_modified(SystemTime::now() - Duration::from_secs(25 * 3600)).unwrap();
    desk.run(&["clean", "--runs", "--keep", "0"]).exits(0).shows(&["removed reports/a, "]);
    assert!(!desk.path("reports/a").exists());
}
