//! What `stanchion explore` found, kept as a scenario: a regression test.

use crate::shell::Desk;

#[test]
fn a_race_that_was_found_is_a_scenario_that_fails_until_the_design_is_mended() {
    let desk = Desk::new();
    let race = ["explore", "--queue", "streams-naive", "--program", "join u1 t1 | join u1 t2", "--out", "found"];
    desk.run(&race)
        .exits(1)
        .tells(&["As a test: stanchion run found/streams-naive-no-duplicates.toml", "Page: found/explore.html"]);
    let page = std::fs::read_to_string(desk.path("found/explore.html")).unwrap();
    for part in [
        "streams-naive breaks no-duplicates",
        "EXISTS x:dedupe",
        "✗ the promise breaks here",
        "u1 holds two places at once",
    ] {
        assert!(page.contains(part), "{part}");
    }

    let scenario = "found/streams-naive-no-duplicates.toml";
    desk.run(&["run", scenario, "--out", "broken"]).exits(1).shows(&["streams-naive breaks no-duplicates in"]);
    let cell = &desk.json("broken/result.json")["cells"][0];
    let schedule = &cell["schedule"];
    assert_eq!((&schedule["left_out"], &schedule["added"]), (&0.into(), &0.into()));
    let steps = schedule["steps"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|step| step["breaks"] == true).count(), 1, "{schedule:#}");
    assert!(cell["reasons"]["latency"].as_str().unwrap().contains("nothing of speed"), "{cell:#}");
    let page = std::fs::read_to_string(desk.path("broken/report.html")).unwrap();
    assert!(page.contains("Schedules, command by command") && page.contains("✗ the promise breaks here"));

    // The mended design: one script where there were four commands.
    let text = std::fs::read_to_string(desk.path(scenario)).unwrap();
    desk.write("found/mended.toml", &text.replace("[\"streams-naive\"]", "[\"streams\", \"zset-seq\"]"));
    desk.run(&["run", "found/mended.toml", "--out", "mended"]).exits(0).shows(&["PASS: 2 cells behaved as expected."]);
    let schedule = &desk.json("mended/result.json")["cells"][0]["schedule"];
    assert_eq!((&schedule["left_out"], &schedule["added"]), (&6.into(), &0.into()), "{schedule:#}");

    // Judged again, the history says the same: the schedule is part of it.
    let again =
        desk.run(&["check", "broken/streams-naive-no-duplicates/streams-naive/history.parquet", "--format", "json"]);
    assert_eq!(again.exits(1).json()["cells"][0], desk.json("broken/result.json")["cells"][0]);
}

#[test]
fn a_file_that_is_no_schedule_is_told_before_anything_is_started() {
    let desk = Desk::new();
    desk.write(
        "s.toml",
        "about = \"A test.\"\n[load.schedule]\nfile = \"s.json\"\n[promises]\ncheck = [\"no-loss\"]\n",
    );
    desk.write("s.json", "{}");
    desk.run(&["run", "s.toml", "--out", "ran"]).exits(2).tells(&["s.json: it is no replay file"]);
    desk.run(&["sweep", "s.toml", "--queue", "list"]).exits(2).tells(&["no rate to raise"]);
    assert!(!desk.path("ran").exists());
}

#[test]
fn the_example_of_the_documentation_is_as_it_says() {
    let desk = Desk::new();
    desk.write("two-tabs.toml", include_str!("../../docs/examples/two-tabs.toml"));
    desk.write("two-tabs.replay.json", include_str!("../../docs/examples/two-tabs.replay.json"));
    let page = desk.run(&["run", "two-tabs.toml", "--out", "ran"]).exits(0);
    page.shows(&["PASS: 10 cells behaved as expected.", "Broken promises: streams-naive."]);
}
