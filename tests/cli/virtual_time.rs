//! Scenarios on virtual time: judged as always, on a server of their own, and silent about speed.

use crate::shell::Desk;

const TEN_MINUTES: &str = include_str!("../../docs/examples/ttl-ten-minutes.toml");

#[test]
fn ten_minutes_are_judged_and_nothing_is_said_of_speed() {
    let desk = Desk::new();
    desk.write("ten.toml", TEN_MINUTES);
    // Nobody listens there, and nobody needs to.
    let run = ["run", "ten.toml", "--queue", "zset-seq", "--out", "ran", "--redis", "redis://127.0.0.1:1"];
    let page = desk.run(&run).exits(0).tells(&["--redis is not used"]);
    page.shows(&["PASS: 1 cell behaved as expected.", "Latency: time was virtual, on a local server of its own"]);
    let document = desk.json("ran/result.json");
    let cell = &document["cells"][0];
    assert_eq!(document["target"]["kind"], "local");
    assert_eq!(cell["latency"], serde_json::json!([]));
    assert_eq!(cell["throughput"]["achieved_per_s"], serde_json::Value::Null);
    assert!(cell["throughput"]["reason"].as_str().unwrap().starts_with("time was virtual"), "{cell:#}");
    assert_eq!(cell["cost"]["commands_by_op"]["join"], 1.0);
}

#[test]
fn a_sweep_and_a_comparison_are_about_speed() {
    let desk = Desk::new();
    desk.write("ten.toml", TEN_MINUTES);
    desk.run(&["sweep", "ten.toml", "--queue", "list"])
        .exits(2)
        .tells(&["is on virtual time, which says nothing of speed"]);
    let interleaved = ["compare", "list", "zset-seq", "--interleave", "--scenario", "ten.toml"];
    desk.run(&interleaved).exits(2).tells(&["is on virtual time, which says nothing of speed"]);
}
