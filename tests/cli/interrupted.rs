//! A run that ends early keeps, saves and judges what was recorded, and leaves nothing behind.
use crate::shell::{Desk, Done, ENDLESS, UnderWay, server, signal, wait_until};
use serde_json::Value;

const RUN: [&str; 6] = ["run", "endless.toml", "--redis", "local", "--out", "o"];

/// The first cell was saved, judged as far as it goes, and is judged the same again.
fn is_saved_and_judged(desk: &Desk, done: &Done, why: &str) {
    assert!(
        done.stdout.contains("INCONCLUSIVE: nothing unexpected, but 1 of 1 cell could not be decided."),
        "{done:#?}"
    );
    assert!(done.stdout.contains("The run ended early"), "{done:#?}");
    assert!(!done.stdout.contains("kept by") && !done.stdout.contains("Broken"), "claims too much: {done:#?}");
    assert_eq!(
        desk.recorded("o"),
        [
            "o/endless/zset-seq/history.order.txt.gz",
            "o/endless/zset-seq/history.parquet",
            "o/endless/zset-seq/latency.hlog",
            "o/result.json"
        ]
    );
    let result = desk.json("o/result.json");
    assert!(result["ended_early"].as_str().unwrap().contains(why), "{result:#}");
    assert_eq!((&result["verdict"], result["cells"].as_array().unwrap().len()), (&Value::from("inconclusive"), 1));
    let cell = &result["cells"][0];
    assert!(cell["operations"].as_u64().unwrap() > 0, "{cell:#}");
    let outcome = |name| {
        cell["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()["outcome"].clone()
    };
    assert_eq!(outcome("no-duplicates"), "holds", "what was recorded is judged: {cell:#}");
    assert_eq!(outcome("no-loss"), "undecided", "nobody drained the line, so nobody is known to be lost: {cell:#}");

    let again = desk.run(&["check", "o/endless/zset-seq/history.parquet", "--format", "json"]).exits(3);
    assert_eq!(again.json()["cells"][0], *cell, "judging it again comes to the same");
}

/// A run that has recorded something to judge: the first admission comes before the first join and finds nobody.
fn under_way(desk: &Desk) -> UnderWay {
    let run = UnderWay::start(desk.stanchion(&RUN));
    // Four keys for the line, and one for each admission, every 20 ms.
    let keys = || server::ask(run.port, "DBSIZE")?.strip_prefix(':')?.parse::<u32>().ok();
    wait_until("somebody was let in", || keys().is_some_and(|keys| keys >= 8));
    run
}

#[test]
fn a_server_that_is_killed_ends_the_run_with_4_and_a_sentence() {
    let desk = Desk::with("endless", ENDLESS);
    let run = under_way(&desk);
    signal("KILL", server_pid(&desk));
    let done = run.wait().exits(4).tells(&["error: the server went away in the middle of the run", "signal 9"]);
    is_saved_and_judged(&desk, &done, "the server went away");
    desk.assert_nothing_is_left();
}

#[test]
fn an_interrupted_run_ends_with_130() {
    for name in ["INT", "TERM"] {
        let desk = Desk::with("endless", ENDLESS);
        let run = under_way(&desk);
        run.signal(name);
        let done = run.wait().exits(130).tells(&["interrupted: saving what was recorded"]);
        is_saved_and_judged(&desk, &done, "interrupted");
        desk.assert_nothing_is_left();
    }
}

/// While a server that is stopped keeps the first interruption waiting, the second ends the program.
#[test]
fn a_second_interruption_ends_it_at_once_and_leaves_no_server() {
    let desk = Desk::with("endless", ENDLESS);
    let mut run = UnderWay::start(desk.stanchion(&RUN));
    signal("STOP", server_pid(&desk));
    run.signal("INT");
    run.read_until("interrupted: saving what was recorded (once more ends at once)");
    run.signal("INT");
    let done = run.wait().exits(130).tells(&["interrupted twice: ending at once, without saving"]);
    assert_eq!(done.stdout, "", "no verdict without what it rests on");
    desk.assert_nothing_is_left();
}

/// The process that works in the folder of the server.
fn server_pid(desk: &Desk) -> u32 {
    let servers = desk.processes().into_iter();
    let mut servers = servers.filter(|pid| {
        let cwd = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
        cwd.starts_with(desk.path("tmp").canonicalize().unwrap())
    });
    servers.next().expect("the server works in its folder")
}
