//! Each exit code has a cause of its own; what is wrong with the command or a file is told before anything
//! is started.
use crate::shell::{Desk, SMALL, done};

const RACE: &str = r#"
about = "Fifty joins with one key, again and again."
[load.flood]
joins = 50
rounds = 5
[promises]
check = ["no-duplicates"]
"#;

#[test]
fn what_behaves_as_expected_exits_0() {
    let desk = Desk::with("small", SMALL);
    let done = desk.run(&["run", "small.toml", "--redis", "local"]).exits(0);
    done.shows(&["PASS: 2 cells behaved as expected. Every promise checked was kept by zset-seq, list."]);
    desk.assert_nothing_is_left();
}

#[test]
fn a_promise_that_breaks_unexpectedly_exits_1_and_as_expected_exits_0() {
    let desk = Desk::with("race", RACE);
    let words = ["run", "race.toml", "--redis", "local", "--queue", "streams-naive"];
    desk.run(&words).exits(1).shows(&[
        "FAIL: 1 of 1 cell did not behave as expected (race on streams-naive).",
        "✗ broken !",
        "streams-naive breaks no-duplicates in race",
    ]);
    desk.write("race.toml", &format!("{RACE}[expect.streams-naive]\nno-duplicates = \"violated\"\n"));
    desk.run(&words).exits(0).shows(&["PASS", "Broken, as the scenarios expect:"]);
}

#[test]
fn a_promise_that_holds_although_it_should_break_exits_1() {
    let desk = Desk::with("race", &format!("{RACE}[expect.list]\nno-duplicates = \"violated\"\n"));
    let done = desk.run(&["run", "race.toml", "--redis", "local", "--queue", "list"]).exits(1);
    done.shows(&["✓ holds !", "no-duplicates held although the scenario expects it broken"]);
}

#[test]
fn a_limit_that_is_broken_exits_1_with_limit_actual_and_margin() {
    let desk = Desk::with("small", &format!("{SMALL}[limits.join]\np50 = \"1ns\"\nmax = \"1h\"\n"));
    let done = desk.run(&["run", "small.toml", "--redis", "local", "--queue", "list", "--out", "o"]).exits(1);
    let done = done.shows(&["the limit is 0.00 ms", "join p50 ≤ 0.00 ms", "join max ≤ 3600000 ms", "+100 %", "✓ kept"]);
    assert!(done.stdout.contains("Every promise checked was kept by list."), "a limit is no promise: {done:#?}");
}

#[test]
fn several_mistakes_in_scenario_files_exit_2_all_at_once_and_nothing_is_started() {
    let desk = Desk::with("one", "about = 'x'\nlaod = 1\ntimeout = \"fast\"\n[load.closed]\nclients = 0\n");
    desk.write("two.toml", &SMALL.replace("no-loss", "no-los"));
    let done = desk.run(&["run", "one.toml", "two.toml", "missing.toml", "--redis", "local", "--out", "o"]).exits(2);
    let done =
        done.tells(&["laod", "\"fast\"", "clients = 0", "did you mean", "no-loss", "missing.toml", "problems in 3"]);
    assert_eq!(done.stdout, "");
    assert!(!desk.path("o").exists() && !desk.path("reports").exists(), "no run folder");
    desk.assert_nothing_is_left();
}

#[test]
fn what_the_command_line_does_not_know_exits_2_with_a_way_on() {
    let desk = Desk::with("small", SMALL);
    for (words, parts) in [
        (vec!["runn"], vec!["runn", "similar", "run"]),
        (vec!["run", "--sed", "3"], vec!["--sed", "--seed"]),
        (vec!["run", "small.toml", "--queue", "zset-sec"], vec!["did you mean zset-seq?"]),
        (vec!["run", "small.toml", "--queue", "kafka"], vec!["the designs are streams-naive"]),
        (vec!["run", "small.toml", "--queue", "streams"], vec!["none of the scenarios runs on the designs of --queue"]),
        (vec!["run", "small.toml", "--scale", "0"], vec!["expected a number above 0"]),
        (vec!["run", "small.toml", "--redis", "lokal"], vec!["named by auto, local, docker or a URL"]),
        (vec!["check"], vec!["HISTORY"]),
        (vec![], vec!["Usage"]),
    ] {
        let done = desk.run(&words).exits(2).tells(&parts);
        assert_eq!(done.stdout, "", "{words:?}");
    }
    assert_eq!(desk.files("."), ["small.toml"], "nothing was started");
}

#[test]
fn a_check_that_looked_at_nothing_exits_3() {
    // Of three people one in a thousand asks: nobody.
    let text = SMALL.replace("users = 40", "users = 3").replace("\"no-phantoms\"]", "\"no-phantoms\", \"position\"]");
    let desk = Desk::with("small", &format!("{text}[poll]\nshare = 0.001\nevery = \"1ms\"\n"));
    let done = desk.run(&["run", "small.toml", "--redis", "local", "--queue", "list"]).exits(3);
    done.shows(&[
        "INCONCLUSIVE: nothing unexpected, but 1 of 1 cell could not be decided.",
        "? open",
        "position is undecided",
    ]);
}

/// A hundred times what one connection carries.
const ABSURD: &str = r#"
about = "Far more joins a second than the generator can send."
[load.open]
arrivals = "constant"
rate = 1000000
duration = "10ms"
connections = 1
[promises]
check = ["no-duplicates", "no-phantoms"]
"#;

#[test]
fn a_rate_that_the_generator_cannot_keep_exits_3_whatever_the_limits_say() {
    for (limit, standing) in [("1us", "? open"), ("1h", "✓ kept")] {
        let desk = Desk::with("absurd", &format!("{ABSURD}[limits.join]\np99 = \"{limit}\"\n"));
        let done = desk.run(&["run", "absurd.toml", "--redis", "local", "--queue", "zset-seq", "--out", "o"]).exits(3);
        let done = done.shows(&["INCONCLUSIVE", standing]);
        // Which gate shuts depends on the machine; that one does, and is told, not.
        let result = desk.json("o/result.json");
        let generator = &result["cells"][0]["generator"];
        let why = generator["saturated"].as_str().unwrap_or_else(|| panic!("{generator:#}"));
        done.shows(&[why]);
    }
}

#[test]
fn a_rate_that_the_generator_cannot_keep_excuses_no_broken_promise() {
    let text = ABSURD.replace("\"no-phantoms\"]", "\"global-fifo\"]");
    let desk = Desk::with("absurd", &format!("{text}[admit]\nbatch = 50\nevery = \"5ms\"\n"));
    let words = ["run", "absurd.toml", "--redis", "local", "--queue", "newest-first", "--out", "o"];
    desk.run(&words).exits(1).shows(&["✗ broken !"]);
    assert!(desk.json("o/result.json")["cells"][0]["generator"]["saturated"].is_string());
}

#[test]
fn without_any_redis_it_exits_4_with_three_ways_out_and_no_empty_run_folder() {
    let desk = Desk::with("small", SMALL);
    let mut command = desk.stanchion(&["run", "small.toml"]);
    command.env("PATH", "");
    let done = done(command).exits(4);
    let done = done.tells(&["no Redis was found", "STANCHION_REDIS_URL", "Docker engine", "redis-server"]);
    assert_eq!(done.stdout, "");
    assert_eq!(std::fs::read_dir(desk.path("reports")).map_or(0, Iterator::count), 0);
}
