//! What goes to stdout, in which form, and what does not.
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

use crate::shell::{Desk, SMALL, UnderWay};
use serde_json::Value;

const RUN: [&str; 8] = ["run", "small.toml", "--redis", "local", "--out", "o", "--queue", "list"];

/// Runs into the folder `o`, anew.
fn run(desk: &Desk, more: &[&str]) -> crate::shell::Done {
    if desk.path("o").exists() {
        std::fs::remove_dir_all(desk.path("o")).unwrap();
    }
    desk.run(&[&RUN, more].concat()).exits(0)
}

#[test]
fn json_is_the_result_file_and_has_every_field_that_is_bound() {
    let desk =
        Desk::with("small", &format!("{SMALL}[poll]\nshare = 1\nevery = \"2ms\"\n[limits.leave]\nmax = \"1s\"\n"));
    // A limit on leaving needs somebody who leaves.
    let text = std::fs::read_to_string(desk.path("small.toml")).unwrap();
    desk.write("small.toml", &format!("{text}[leave]\nshare = 0.5\nafter = \"1ms\"\n"));
    let done = run(&desk, &["--format", "json", "--seed", "5"]).tells(&["Run folder: o", "Seed 5; repeat with:"]);
    assert_eq!(done.stdout, std::fs::read_to_string(desk.path("o/result.json")).unwrap());
    let document = done.json();
    assert_eq!((&document["schema"], &document["seed"]), (&Value::from(1), &Value::from(5)));

    let latency = ["op", "clock", "count", "p50_us", "p90_us", "p99_us", "p999_us", "max_us"];
    let fairness = ["adjacent_inversions", "max_displacement", "overtaken_users", "max_overtakes"];
    for (at, names) in [
        ("", &["schema", "tool", "seed", "plan_hash", "target", "verdict", "cells"][..]),
        ("/target", &["kind", "version"]),
        ("/cells/0", &["scenario", "queue", "verdict", "as_expected", "checks", "latency", "throughput", "fairness"]),
        ("/cells/0", &["generator", "cost"]),
        ("/cells/0/checks/0", &["name", "outcome", "examined", "violations", "counterexample"]),
        ("/cells/0/latency/0", &latency),
        ("/cells/0/throughput", &["offered_per_s", "achieved_per_s"]),
        ("/cells/0/fairness", &fairness),
        ("/cells/0/fairness", &["overtakes", "wait_lost", "k_fifo", "clock_slack_ns"]),
        ("/cells/0/checks/0/could_have_failed", &["tried", "noticed", "what"]),
        ("/cells/0/cost", &["commands_per_op", "server_us_per_op", "bytes_per_user"]),
    ] {
        let object = document.pointer(at).and_then(Value::as_object).unwrap_or_else(|| panic!("{at} in {document:#}"));
        for name in names {
            assert!(object.contains_key(*name), "{at}/{name} is missing");
        }
    }
    let cell = &document["cells"][0];
    assert!(document["plan_hash"].is_string() && document["target"]["version"].is_string());
    assert_eq!((&document["verdict"], &cell["verdict"]), (&Value::from("pass"), &Value::from("pass")));
    assert_eq!((&cell["as_expected"], &document["target"]["kind"]), (&Value::from(true), &Value::from("local")));
    for check in cell["checks"].as_array().unwrap() {
        assert!(check["examined"].as_u64().unwrap() > 0 && check["violations"].is_u64(), "{check:#}");
        let tried = &check["could_have_failed"];
        assert!(tried["noticed"].is_u64() && tried["noticed"] == tried["tried"], "{check:#}");
        assert_eq!(tried["tried"] == 0, tried["reason"].is_string(), "{check:#}");
    }
    let clocks = ["response", "service", "send_lag"];
    for row in cell["latency"].as_array().unwrap() {
        assert!(clocks.iter().any(|clock| row["clock"] == **clock), "{row:#}");
        assert!(latency[3..].iter().all(|name| row[*name].is_f64()) && row["count"].as_u64().unwrap() > 0, "{row:#}");
    }
    assert!(fairness.iter().all(|name| cell["fairness"][*name].is_u64()), "{cell:#}");
}

/// Nulls that are no missing number, but nothing to say.
const NOTHING_TO_SAY: [&str; 12] = [
    "ended_early",
    "expected",
    "counterexample",
    "why",
    "saturated",
    "disturbed",
    "undelivered",
    "note",
    "reason",
    "image",
    "margin_ns",
    "missed",
];

fn nulls_have_reasons(at: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let here = format!("{at}/{name}");
                let reasons = fields.get("reasons").and_then(Value::as_object);
                let by_name = reasons.is_some_and(|reasons| reasons.keys().any(|key| name.starts_with(key.as_str())));
                let given = by_name || fields.get("reason").is_some_and(Value::is_string);
                assert!(!field.is_null() || given || NOTHING_TO_SAY.contains(&name.as_str()), "{here} has no reason");
                nulls_have_reasons(&here, field);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| nulls_have_reasons(at, item)),
        _ => {}
    }
}

#[test]
fn a_number_that_does_not_exist_is_null_with_a_reason() {
    let desk = Desk::with("endless", crate::shell::ENDLESS);
    let run = UnderWay::start(desk.stanchion(&["run", "endless.toml", "--redis", "local", "--out", "o"]));
    run.signal("INT");
    run.wait().exits(130);
    let document = desk.json("o/result.json");
    assert!(document["cells"][0]["cost"]["server_us_per_op"].is_null(), "nobody asked the server at the end");
    nulls_have_reasons("", &document);
    desk.write(
        "alone.jsonl",
        r#"{"op": "join", "user": "a", "token": "A", "sent_ns": 1, "returned_ns": 2, "outcome": "joined"}"#,
    );
    let foreign = desk.run(&["check", "alone.jsonl", "--format", "json"]).exits(3).json();
    assert!(foreign["cells"][0]["fairness"].is_null() && foreign["duration_s"].is_null());
    nulls_have_reasons("", &foreign);
}

#[test]
fn results_go_to_stdout_and_everything_else_to_stderr() {
    let desk = Desk::with("small", SMALL);
    let text = run(&desk, &[])
        .shows(&["PASS", "Run folder: o\nSeed 1; repeat with: "])
        .tells(&["redis ", "0 of 1 cells done"]);
    assert!(!text.stdout.contains("cells done") && !text.stderr.contains("PASS"), "{text:#?}");
    let page = run(&desk, &["--format", "markdown"]).tells(&["Run folder: o", "cells done"]);
    assert!(page.stdout.starts_with("## Stanchion\n\n**PASS: 1 cell behaved as expected."), "{page:#?}");
    assert!(page.stdout.contains("\n| design | no-duplicates |") && !page.stdout.contains("cells done"), "{page:#?}");
    assert!(
        page.stdout.trim_end().ends_with("--redis local --queue list --seed 1`")
            || page.stdout.contains("Repeat with seed 1: `stanchion run"),
        "{page:#?}"
    );
}

#[test]
fn a_folder_that_holds_a_run_is_not_written_over() {
    let desk = Desk::with("small", SMALL);
    run(&desk, &[]);
    let before = std::fs::read(desk.path("o/result.json")).unwrap();
    desk.run(&RUN).exits(2).tells(&["o holds a run already", "--out"]);
    assert_eq!(std::fs::read(desk.path("o/result.json")).unwrap(), before);
    desk.assert_nothing_is_left();
}

#[test]
fn quiet_says_nothing_but_errors_on_stderr() {
    let desk = Desk::with("small", SMALL);
    for format in ["text", "json", "markdown"] {
        let done = run(&desk, &["--quiet", "--format", format]);
        assert_eq!(done.stderr, "", "{format}");
        assert!(!done.stdout.is_empty(), "{format}");
    }
    desk.run(&["run", "small.toml", "--quiet", "--redis", "redis://127.0.0.1:1"]).exits(4).tells(&["error: "]);
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let desk = Desk::with("small", SMALL);
    for words in [&RUN[..], &["list", "queues"], &["completions", "bash"], &["man"], &["--help"], &["report", "o"]] {
        let mut child = desk.stanchion(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let done: crate::shell::Done = child.wait_with_output().unwrap().into();
        let done = done.exits(0);
        assert!(!done.stderr.contains("error"), "{done:#?}");
    }
}

/// Runs a command on a terminal of this width and gives what it wrote there.
fn on_a_terminal(mut command: Command, columns: u16) -> String {
    let (mut ours, mut theirs) = (0, 0);
    let size = libc::winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: openpty(3) writes two descriptors and reads the size; name and settings may be null.
    let opened = unsafe {
        libc::openpty(&raw mut ours, &raw mut theirs, std::ptr::null_mut(), std::ptr::null(), &raw const size)
    };
    assert_eq!(opened, 0, "no terminal to be had");
    // Whatever another test starts meanwhile would keep the terminal open.
    for end in [ours, theirs] {
        // SAFETY: fcntl(2) takes no pointer here.
        assert_eq!(unsafe { libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC) }, 0);
    }
    // SAFETY: openpty gave both descriptors to this process alone.
    let (ours, theirs) = unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    let mut child = command.stdout(Stdio::from(theirs)).stderr(Stdio::null()).spawn().unwrap();
    // The command holds a copy of the terminal's end, which would keep it open.
    drop(command);
    let mut written = Vec::new();
    // A terminal whose last user is gone ends with an error, not with an end.
    let _ = std::fs::File::from(ours).read_to_end(&mut written);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    String::from_utf8(written).unwrap()
}

#[test]
fn colour_is_for_terminals_and_only_without_no_color() {
    let desk = Desk::with("small", SMALL);
    let piped = run(&desk, &[]);
    assert!(!piped.stdout.contains('\u{1b}') && !piped.stderr.contains('\u{1b}'), "{piped:#?}");
    let report = || desk.stanchion(&["report", "o"]);
    assert!(on_a_terminal(report(), 200).contains("\u{1b}[32m✓ holds\u{1b}[0m"));
    let mut plain = report();
    plain.env("NO_COLOR", "1");
    let plain = on_a_terminal(plain, 200);
    assert!(!plain.contains('\u{1b}') && plain.contains("✓ holds"), "{plain}");
}

#[test]
fn no_line_but_the_command_to_copy_is_wider_than_the_terminal() {
    let desk = Desk::with("small", SMALL);
    run(&desk, &[]);
    for columns in [60, 80, 120] {
        let mut report = desk.stanchion(&["report", "o"]);
        report.env("NO_COLOR", "1");
        let page = on_a_terminal(report, columns);
        for line in page.lines().filter(|line| !line.contains("repeat with:")) {
            assert!(line.chars().count() <= usize::from(columns), "{columns}: {line}");
        }
        assert!(page.contains("✓ holds") && page.contains("phantoms"), "whole words: {page}");
    }
}
