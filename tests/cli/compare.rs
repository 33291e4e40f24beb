//! `stanchion compare`: saved runs and baselines, and two sides in turns.
use crate::result_schema::{disagreements, is_committed, is_explained};
use crate::shell::{Desk, Done, ENDLESS, UnderWay, signal};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

/// Joins enough for a median with an interval, not enough for a 99th percentile.
const JOINS: &str = r#"
about = "Three hundred people join."
designs = ["zset-seq", "list"]
timeout = "60s"
[load.closed]
clients = 4
[population.buyers]
users = 300
[promises]
check = ["no-duplicates", "global-fifo", "no-loss", "no-phantoms"]
"#;

fn saved(desk: &Desk, more: &[&str]) -> Done {
    desk.run(&[&["run", "joins.toml", "--redis", "local", "--quiet"], more].concat()).exits(0)
}

/// The document, which is always as the schema says.
fn json(desk: &Desk, more: &[&str]) -> (Value, Done) {
    let done = desk.run(&[&["compare"], more, &["--format", "json"]].concat());
    let (document, schema) = (done.json(), stanchion::compare::schema());
    assert_eq!(disagreements(&schema, &schema, &document, "$"), Vec::<String>::new());
    (document, done)
}

/// The exit code that goes with an outcome.
fn code(comparison: &Value) -> i32 {
    match comparison["outcome"].as_str() {
        Some("not-worse") => 0,
        Some("worse") => 1,
        _ => 3,
    }
}

fn figure<'a>(comparison: &'a Value, name: &str) -> &'a Value {
    let figures = comparison["cells"][0]["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["name"] == name).unwrap_or_else(|| panic!("no {name} in {comparison:#}"))
}

#[test]
fn a_run_compared_with_itself_is_the_same_and_exits_0() {
    let desk = Desk::with("joins", JOINS);
    saved(&desk, &["--out", "o", "--queue", "list"]);
    let (comparison, done) = json(&desk, &["o", "o/result.json"]);
    let done = done.exits(0);
    assert_eq!((&comparison["outcome"], &comparison["drift"]), (&"not-worse".into(), &0.0.into()), "{done:#?}");
    for figure in comparison["cells"][0]["figures"].as_array().unwrap() {
        let word = figure["word"].as_str().unwrap();
        assert!(word == "same" || (word == "cannot-tell" && figure["primary"] == false), "{figure:#}");
        assert_eq!(figure["why"].is_null(), word == "same" && !figure["low"].is_null(), "{figure:#}");
    }
    for primary in ["server µs per join", "join service p50"] {
        assert_eq!(figure(&comparison, primary)["word"], "same");
        assert_eq!(figure(&comparison, primary)["ratio"], 1.0);
    }
    assert_eq!(figure(&comparison, "join service p99")["word"], "cannot-tell");
    desk.run(&["compare", "o", "o"]).exits(0).shows(&[
        "NOT WORSE: no difference larger than 3 % in server µs per join and join service p50.",
        "A and B are one and the same recording",
        "not shown, for too few answers: p99 of join",
        "Repeat with: stanchion compare o o --drift 0.2 --threshold 0.03",
    ]);
    desk.run(&["compare", "o", "o", "--format", "markdown"]).exits(0).shows(&["## Stanchion compare", "| server µs"]);
}

#[test]
fn what_differs_between_two_runs_is_named_and_the_machine_is_allowed_for() {
    let desk = Desk::with("joins", JOINS);
    saved(&desk, &["--out", "a", "--queue", "list"]);
    saved(&desk, &["--out", "b", "--seed", "2"]);
    let (comparison, done) = json(&desk, &["a", "b", "--drift", "400%"]);
    done.exits(code(&comparison));
    let unlike = comparison["unlike"].as_array().unwrap();
    assert_eq!(unlike[0], "seed: 1 and 2");
    assert_eq!(comparison["only_b"], Value::from(vec!["joins on zset-seq"]));
    assert_eq!(comparison["only_a"].as_array().unwrap().len(), 0);
    // Whatever the machine did: what is called different lies beyond the allowance, and nothing is called the same.
    for figure in comparison["cells"][0]["figures"].as_array().unwrap() {
        let ratio = figure["ratio"].as_f64().unwrap_or(1.0);
        let beyond = !(1.0 / 5.0 / 1.03..=5.0 * 1.03).contains(&ratio);
        assert!(beyond || figure["word"] == "cannot-tell" || figure["name"] == "commands per join", "{figure:#}");
    }
    let server = figure(&comparison, "server µs per join");
    assert!(server["low"].is_null() && server["why"].as_str().unwrap().starts_with("one reading"), "{server:#}");
    let median = figure(&comparison, "join service p50");
    let [low, ratio, high] = ["low", "ratio", "high"].map(|end| median[end].as_f64().unwrap());
    assert!(low < ratio && ratio < high, "{median:#}");
    // Commands are counted: no machine makes them more or fewer.
    assert_eq!(figure(&comparison, "commands per join")["word"], "same");
    let text = desk.run(&["compare", "a", "b", "--drift", "400%"]).exits(code(&comparison));
    let lines: Vec<&str> = text.stdout.lines().collect();
    assert_eq!(lines[0], comparison["sentence"], "{text:#?}");
    assert!(lines[1].contains("They did not take turns") && lines[1].contains("400 %"), "{text:#?}");
    assert!(lines[2].starts_with("Not alike, so that figures may differ for that reason: seed: 1 and 2"), "{text:#?}");
    let last = lines.iter().rev().take(2).collect::<Vec<_>>();
    assert!(last[0].starts_with("Repeat with: ") && last[1].contains("--interleave"), "{text:#?}");
}

#[test]
fn a_baseline_is_kept_listed_found_and_replaced_only_by_a_complete_run() {
    let desk = Desk::with("joins", JOINS);
    let first = saved(&desk, &["--queue", "list", "--save-baseline", "main"]);
    assert!(first.stdout.contains("Run folder: reports/baselines/main\n"), "{first:#?}");
    assert_eq!(std::fs::read_dir(desk.path("reports")).unwrap().count(), 1, "moved, not copied");
    let list = desk.run(&["list", "runs"]).exits(0);
    let baseline = list.stdout.lines().find(|line| line.starts_with("reports/baselines/main ")).unwrap();
    assert!(baseline.contains("  pass  ") && baseline.ends_with("  complete"), "{list:#?}");
    desk.run(&["compare", "main", "reports/baselines/main"])
        .exits(0)
        .shows(&["A: the baseline reports/baselines/main."]);
    desk.run(&["compare", "main", "latest"]).exits(0);
    saved(&desk, &["--queue", "list", "--seed", "2", "--save-baseline", "main"]);
    assert_eq!(desk.json("reports/baselines/main/result.json")["seed"], 2);

    desk.write("endless.toml", ENDLESS);
    let run = UnderWay::start(desk.stanchion(&["run", "endless.toml", "--redis", "local", "--save-baseline", "main"]));
    run.signal("INT");
    let done = run.wait().exits(130).tells(&["the run is not complete: the baseline main is as it was"]);
    assert_eq!(desk.json("reports/baselines/main/result.json")["seed"], 2);
    let folder = done.stdout.lines().find_map(|line| line.strip_prefix("Run folder: ")).unwrap();
    assert_eq!(desk.json(&format!("{folder}/result.json"))["verdict"], "inconclusive", "what was recorded is saved");
    desk.run(&["compare", "mian", "main"])
        .exits(2)
        .tells(&["mian is neither a baseline nor a run folder", "the baselines are main"]);
}

#[test]
fn what_cannot_be_compared_exits_2_with_a_sentence() {
    let desk = Desk::with("joins", JOINS);
    saved(&desk, &["--out", "a", "--queue", "list"]);
    saved(&desk, &["--out", "b", "--queue", "zset-seq"]);
    std::fs::create_dir_all(desk.path("c")).unwrap();
    std::fs::copy(desk.path("a/result.json"), desk.path("c/result.json")).unwrap();
    let interleave = "--interleave";
    for (words, why) in [
        (&["a", "b"][..], "have no scenario on the same design in common: a holds joins on list"),
        (&["a", "c"], "a run is compared only with all of its histories"),
        (&["a", "tmp"], "cannot read tmp/result.json"),
        (&["zset-seq", "a"], "add --interleave"),
        (&["a", "a", "--redis", "local"], "--interleave"),
        (&["a", "a", "--rounds", "9"], "--interleave"),
        (&["a", "a", "--threshold", "much"], "expected a share such as 3% or 0.03"),
        (&["list", "list", interleave, "--rounds", "5"], "expected a number from 6 to 500"),
        (&["list", "list", interleave, "--queue", "list"], "both sides are designs"),
        (&["list", "lisst", interleave], "lisst is neither a design nor the path of a stanchion program"),
        (&["list", "streams", interleave, "--scenario", "joins.toml"], "the scenario joins does not run on streams"),
    ] {
        let done = desk.run(&[&["compare"], words].concat()).exits(2).tells(&[why]);
        assert_eq!(done.stdout, "", "{done:#?}");
    }
    desk.run(&["run", "--save-baseline", "a/b"]).exits(2).tells(&["a baseline is named by"]);
    desk.run(&["run", "--save-baseline", "a", "--out", "o"]).exits(2).tells(&["--out"]);
}

/// Six rounds of a short load in turns.
const TURNS: [&str; 8] = ["--interleave", "--scenario", "joins.toml", "--rounds", "6", "--redis", "local", "--quiet"];

#[test]
fn a_design_that_costs_the_server_several_times_as_much_is_found_out() {
    // A join of streams-naive runs no script: the server is done with it in a third of the time, noise or not.
    let desk = Desk::with("joins", &JOINS.replace("\"list\"", "\"streams-naive\""));
    let (comparison, done) = json(&desk, &[&["streams-naive", "zset-seq"], &TURNS[..]].concat());
    done.exits(1);
    assert_eq!((&comparison["way"], &comparison["rounds"]), (&"interleaved".into(), &6.into()));
    assert!(comparison["sentence"].as_str().unwrap().starts_with("WORSE: B's join"), "{comparison:#}");
    let server = figure(&comparison, "server µs per join");
    assert_eq!(server["word"], "more", "{server:#}");
    assert_eq!(server["rounds"].as_array().unwrap().len(), 6);
    assert!(server["low"].as_f64() <= server["ratio"].as_f64() && server["ratio"].as_f64() <= server["high"].as_f64());
    let commands = figure(&comparison, "commands per join");
    assert_eq!((&commands["b"], &commands["word"]), (&1.0.into(), &"less".into()), "{commands:#}");
    let notes = comparison["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note.as_str().unwrap().contains("how far A's own rounds lay apart")), "{notes:#?}");
}

#[test]
fn the_slowed_design_is_compared_figure_by_figure() {
    let desk = Desk::with("joins", JOINS);
    desk.run(&["list", "queues", "--broken"]).exits(0).shows(&["zset-seq-slowed", "breaks nothing"]);
    let (comparison, done) = json(&desk, &[&["zset-seq", "zset-seq-slowed"], &TURNS[..]].concat());
    done.exits(code(&comparison));
    let cell = &comparison["cells"][0];
    assert_eq!(cell["queues"], Value::from(vec!["zset-seq", "zset-seq-slowed"]));
    for primary in ["server µs per join", "join service p50"] {
        let figure = figure(&comparison, primary);
        assert_eq!((&figure["primary"], figure["rounds"].as_array().unwrap().len()), (&true.into(), 6), "{figure:#}");
    }
    assert!(comparison["notes"].as_array().unwrap().iter().all(|note| !note.as_str().unwrap().contains("broken")));
    desk.assert_nothing_is_left();
}

#[test]
fn two_programs_take_turns_on_one_server() {
    let desk = Desk::with("joins", JOINS);
    let bin = env!("CARGO_BIN_EXE_stanchion");
    let (comparison, done) = json(&desk, &[&[bin, "zset-seq", "--queue", "list"], &TURNS[..]].concat());
    assert!(matches!(done.code, Some(0 | 1 | 3)), "{done:#?}");
    assert_eq!(comparison["a"]["what"], format!("{bin} with list"));
    assert_eq!(comparison["b"]["queue"], "zset-seq", "a design beside a program is run by a process of its own");
    assert_eq!(figure(&comparison, "server µs per join")["rounds"].as_array().unwrap().len(), 6);
    assert_eq!(comparison["unlike"].as_array().unwrap().len(), 0, "one plan, one server: {comparison:#}");

    std::fs::copy("/bin/true", desk.path("true")).unwrap();
    let no_stanchion = desk.run(&[&["compare", "./true", bin], &TURNS[..]].concat());
    no_stanchion.exits(2).tells(&["/true left no result that this version can read", "is it a stanchion program"]);
    desk.write("failing", "#!/bin/sh\necho 'no luck' >&2\nexit 4\n");
    let status = std::process::Command::new("chmod").args(["+x"]).arg(desk.path("failing")).status().unwrap();
    assert!(status.success());
    let failing = desk.run(&[&["compare", bin, "./failing"], &TURNS[..]].concat());
    failing.exits(2).tells(&["/failing did not run the scenario: it ended with exit code 4, and said: no luck"]);
    desk.assert_nothing_is_left();
}

#[test]
fn an_interrupted_comparison_says_so_and_leaves_nothing() {
    let desk = Desk::with("joins", JOINS);
    let bin = env!("CARGO_BIN_EXE_stanchion");
    for sides in [["list", "zset-seq"], [bin, bin]] {
        let mut command = desk.stanchion(&["compare", sides[0], sides[1], "--interleave", "--redis", "local"]);
        command.args(["--scenario", "joins.toml", "--rounds", "500"]);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.unwrap().starts_with("[  1/500, counts] A: ")),
            "the first round that counts begins"
        );
        signal("INT", child.id());
        let told: Vec<String> = lines.map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{told:#?}");
        assert!(told.last().unwrap().contains("of 500 rounds: nothing was compared"), "{told:#?}");
        desk.assert_nothing_is_left();
    }
}

#[test]
fn the_committed_schema_is_that_of_the_document_and_every_document_is_as_it_says() {
    let schema = stanchion::compare::schema();
    is_committed(&schema, "compare");
    is_explained(&schema, "compare", 25);
    // `json` holds the documents against it, here and wherever else a comparison is made: both ways, each with what the
    // other has not.
    let desk = Desk::with("joins", JOINS);
    saved(&desk, &["--out", "a", "--queue", "list"]);
    saved(&desk, &["--out", "b", "--seed", "2"]);
    let (recorded, _) = json(&desk, &["a", "b"]);
    assert!(recorded["rounds"].is_null() && recorded["interleave"].is_string(), "{recorded:#}");
    let (in_turns, _) = json(&desk, &[&["list", "zset-seq"], &TURNS[..]].concat());
    assert!(in_turns["rounds"].is_number() && in_turns["interleave"].is_null(), "{in_turns:#}");
}
