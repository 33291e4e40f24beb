//! A saved history is judged again to the same end; one by hand is judged, too; garbage is refused.
use crate::shell::{Desk, Done, SMALL, done};
use serde_json::Value;

/// Two people in line; the second is let in first, which breaks the order.
const OVERTAKEN: &str = r#"{"stanchion": 1, "queue": "ours", "scenario": "by hand", "drained": true, "terms": {"promises": ["global-fifo", "no-loss"]}}
{"op": "join", "user": "ann", "token": "A", "sent_ns": 1000, "returned_ns": 2000, "outcome": "joined"}
{"op": "join", "user": "bob", "token": "B", "sent_ns": 3000, "returned_ns": 4000, "outcome": "joined"}
{"op": "admit", "count": 1, "sent_ns": 5000, "returned_ns": 6000, "outcome": "admitted", "tokens": ["B"], "phase": "drain"}
{"op": "admit", "count": 1, "sent_ns": 7000, "returned_ns": 8000, "outcome": "admitted", "tokens": ["A"], "phase": "drain"}
{"op": "admit", "count": 1, "sent_ns": 9000, "returned_ns": 9500, "outcome": "admitted", "tokens": [], "phase": "drain"}
"#;

#[test]
fn the_histories_of_a_run_are_judged_to_the_same_cells_and_twice_to_the_same_bytes() {
    let desk = Desk::with("small", &format!("{SMALL}[limits.join]\np99 = \"1h\"\n"));
    let queues = "streams-naive,zset-seq";
    let text = std::fs::read_to_string(desk.path("small.toml")).unwrap();
    desk.write("small.toml", &text.replace(r#""list""#, r#""streams-naive""#));
    let run = desk.run(&["run", "small.toml", "--redis", "local", "--queue", queues, "--out", "o", "--seed", "9"]);
    let result = desk.json("o/result.json");
    let histories: Vec<String> = desk.files("o").into_iter().filter(|file| file.ends_with(".parquet")).collect();
    let words = |format| [vec!["check", "--format", format], histories.iter().map(String::as_str).collect()].concat();
    let first = desk.run(&words("json")).exits(run.code.unwrap());
    let again = first.json();
    let by_queue = |document: &Value| {
        let mut cells = document["cells"].as_array().unwrap().clone();
        cells.sort_by_key(|cell| cell["queue"].to_string());
        cells
    };
    assert_eq!(by_queue(&again), by_queue(&result), "figures and all");
    for field in ["verdict", "sentence", "plan_hash", "seed"] {
        if field != "sentence" {
            assert_eq!(again[field], result[field], "{field}");
        }
    }
    assert_eq!(again["seed"], 9, "known from the histories");
    for format in ["text", "json", "markdown"] {
        assert_eq!(desk.run(&words(format)).stdout, desk.run(&words(format)).stdout, "{format}");
    }
    assert_eq!(first.stderr, "");
}

#[test]
fn a_history_by_hand_is_judged_and_the_story_has_its_names() {
    let desk = Desk::new();
    desk.write("ours.jsonl", OVERTAKEN);
    let done = desk.run(&["check", "ours.jsonl"]).exits(1);
    done.shows(&[
        "FAIL: 1 of 1 cell did not behave as expected (by hand on ours)",
        "✗ broken !",
        "✓ holds",
        "ann",
        "bob",
    ]);
    desk.write(
        "ours.jsonl",
        &OVERTAKEN.replace(r#"["B"]"#, r#"["C"]"#).replace(r#"["A"]"#, r#"["B"]"#).replace("C", "A"),
    );
    let done = desk.run(&["check", "ours.jsonl", "--format", "json"]).exits(0);
    let document = done.json();
    assert_eq!((&document["seed"], &document["target"]), (&Value::Null, &Value::Null));
    assert_eq!(document["reasons"]["seed"], "the histories have no seed in common");
    assert_eq!(document["cells"][0]["checks"][0]["outcome"], "holds");
}

#[test]
fn a_history_that_looked_at_nothing_is_inconclusive() {
    let desk = Desk::new();
    desk.write("alone.jsonl", OVERTAKEN.lines().nth(1).unwrap());
    let done = desk.run(&["check", "alone.jsonl"]).exits(3);
    assert!(!done.stdout.contains("kept by") && !done.stdout.contains("Broken"), "{done:#?}");
}

#[test]
fn names_in_a_history_steer_neither_a_terminal_nor_a_page() {
    let desk = Desk::new();
    desk.write("ours.jsonl", &OVERTAKEN.replace("ours", r"\u001b[2J<b>|`[x](y)`"));
    let text = desk.run(&["check", "ours.jsonl"]).exits(1);
    assert!(!text.stdout.contains('\u{1b}'), "{text:#?}");
    let page = desk.run(&["check", "ours.jsonl", "--format", "markdown"]).exits(1);
    assert!(page.stdout.contains(r"&lt;b>\|\`\[x\](y)\`"), "{page:#?}");
    assert!(!page.stdout.contains("<b>") && !page.stdout.contains('\u{1b}'), "{page:#?}");
}

#[test]
fn what_is_no_history_exits_2_with_a_sentence() {
    let desk = Desk::new();
    desk.write("garbage.jsonl", "garbage\n{\"op\": 3}\n");
    desk.write("garbage.parquet", "PAR1garbagePAR1");
    desk.write("typo.jsonl", &OVERTAKEN.replace("\"user\": \"ann\"", "\"usr\": \"ann\""));
    desk.write("notes.txt", "");
    for (file, parts) in [
        ("garbage.jsonl", ["garbage.jsonl:1", "not JSON"]),
        ("garbage.parquet", ["garbage.parquet", ""]),
        ("typo.jsonl", ["typo.jsonl:2", "did you mean `user`?"]),
        ("notes.txt", ["notes.txt", ".parquet, .jsonl and .jsonl.gz"]),
        ("missing.jsonl", ["missing.jsonl", "No such file"]),
        ("tmp", ["tmp", ""]),
    ] {
        let done = desk.run(&["check", file]).exits(2).tells(&parts).tells(&["error: "]);
        assert_eq!(done.stdout, "", "{file}");
    }
}

#[test]
fn a_history_larger_than_memory_is_refused_with_the_figures() {
    let desk = Desk::with("small", SMALL);
    let run = desk.run(&["run", "small.toml", "--redis", "local", "--queue", "list", "--out", "o"]);
    let history = desk.files("o").into_iter().find(|file| file.ends_with(".parquet")).unwrap();
    let refused = desk.run(&["check", &history, "--memory", "0"]).exits(4);
    refused.tells(&["operations; judging them takes up to ", "0 B may be used", "--memory"]);
    desk.run(&["check", &history, "--memory", "1000"]).exits(run.code.unwrap());

    let line = r#"{"op": "join", "user": "a", "token": "t", "sent_ns": 1, "returned_ns": 2, "outcome": "joined"}"#;
    desk.write("large.jsonl", &format!("{line}\n"));
    let size = line.len() + 1;
    desk.run(&["check", "large.jsonl", "--memory", "0"]).exits(4).tells(&[&format!("{size} B of text")]);
}

#[test]
fn the_order_that_proves_a_line_is_saved_replayed_and_told_apart_from_another() {
    let desk = Desk::with("small", SMALL);
    desk.run(&["run", "small.toml", "--redis", "local", "--queue", "zset-seq,list", "--out", "o", "--seed", "3"])
        .exits(0);
    let orders: Vec<String> = desk.files("o").into_iter().filter(|file| file.ends_with(".order.txt.gz")).collect();
    assert_eq!(orders.len(), 2, "{orders:?}");
    for cell in desk.json("o/result.json")["cells"].as_array().unwrap() {
        assert!(cell["order"]["operations"].as_u64().unwrap() > 10, "{}", cell["order"]);
    }
    let history = orders[0].replace(".order.txt.gz", ".parquet");
    let certificate = || desk.run(&["check", "--certificate", &history]);
    certificate().exits(0).shows(&["Proved, not only unbroken: for 1 of 1 cells"]);

    // One that is missing is made; the same one.
    let saved = std::fs::read(desk.path(&orders[0])).unwrap();
    std::fs::remove_file(desk.path(&orders[0])).unwrap();
    certificate().exits(0);
    assert!(std::fs::read(desk.path(&orders[0])).unwrap() == saved, "the same history has the same order");

    // That of another history, and one that was tampered with.
    let replaced = |text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        std::fs::write(desk.path(&orders[0]), packed.finish().unwrap()).unwrap();
        certificate()
    };
    let stranger = replaced("stanchion-order 1 global-fifo 1\njoin 99999999\n").exits(2);
    assert!(stranger.stderr.contains("is not an order of this history: line 2"), "{}", stranger.stderr);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(saved.as_slice()), &mut text).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines.len() - 1;
    lines.swap(1, last);
    let tampered = replaced(&(lines.join("\n") + "\n")).exits(1);
    assert!(tampered.stderr.contains("does not prove the line: "), "{}", tampered.stderr);
    let cut = replaced(&(lines[..last].join("\n") + "\n")).exits(2);
    assert!(cut.stderr.contains("it was cut short, or changed"), "{}", cut.stderr);
}

/// Runs a line of a shell that finds the program; the desk holds `ours.jsonl`.
fn typed(desk: &Desk, line: &str) -> Done {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_stanchion")).parent().unwrap();
    let mut shell = desk.command("sh");
    shell.args(["-c", line]).env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    done(shell)
}

#[test]
fn a_history_is_read_from_standard_input_and_from_a_named_pipe() {
    let desk = Desk::new();
    desk.write("ours.jsonl", OVERTAKEN);
    let by_name = desk.run(&["check", "ours.jsonl"]).exits(1).stdout;
    for line in [
        "cat ours.jsonl | stanchion check -",
        "stanchion check - < ours.jsonl",
        "gzip -c ours.jsonl | stanchion check -",
        "cat ours.jsonl | stanchion check /dev/stdin",
        "stanchion check /dev/stdin < ours.jsonl",
        "mkfifo pipe && { cat ours.jsonl > pipe & stanchion check pipe; }",
    ] {
        let done = typed(&desk, line).exits(1);
        let findings = |text: &str| text.split("repeat with").next().unwrap_or_default().to_owned();
        assert_eq!(findings(&done.stdout), findings(&by_name), "{line}");
        let _ = std::fs::remove_file(desk.path("pipe"));
    }
    typed(&desk, "cat ours.jsonl | stanchion export - --to jepsen --violation 1").exits(0).shows(&[":type :invoke"]);
}

#[test]
fn what_is_wrong_with_standard_input_is_told_by_its_lines() {
    let desk = Desk::new();
    desk.write("ours.jsonl", &OVERTAKEN.replace("\"user\": \"bob\"", "\"usr\": \"bob\""));
    typed(&desk, "stanchion check - < ours.jsonl").exits(2).tells(&["standard input:3: field `usr`: not known"]);
    typed(&desk, "stanchion check /dev/stdin < ours.jsonl").exits(2).tells(&["/dev/stdin:3: field `usr`: not known"]);
    typed(&desk, "stanchion check - < /dev/null").exits(2).tells(&["standard input:1: no operation"]);
    typed(&desk, "printf PAR1 | stanchion check -").exits(2).tells(&["standard input:1: this is Parquet"]);
    typed(&desk, "printf '\\037\\213x' | stanchion check -").exits(2).tells(&["standard input", "is damaged"]);
    typed(&desk, "stanchion check - - < ours.jsonl").exits(2).tells(&["write `-` only once"]);
    typed(&desk, "stanchion check --certificate - < ours.jsonl").exits(2).tells(&["standard input has no place"]);
    assert_eq!(desk.files("."), ["./ours.jsonl"].map(|name| name.trim_start_matches("./")), "nothing is left");
}
