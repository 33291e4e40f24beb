//! `stanchion explore`: what it says, how it exits, and files that show a violation again.
use crate::result_schema::{disagreements, is_committed, is_explained};
use crate::shell::{Desk, UnderWay};
use serde_json::Value;

#[test]
fn a_design_that_keeps_its_line_is_told_so_with_the_number_of_schedules() {
    let desk = Desk::new();
    let page = desk.run(&["explore", "--queue", "zset-seq", "--program", "join u1 t1 | join u1 t2 | admit 2"]).exits(0);
    page.shows(&[
        "PASS: zset-seq keeps every promise in all of 6 schedules.\n",
        "zset-seq: all 6 schedules explored.",
        "Kept in every one of them: no-duplicates, per-user-fifo, global-fifo, no-loss,",
        "Executed for real: 1 of the schedules, ",
        "0 differences.",
    ]);
}

#[test]
fn a_race_is_told_step_by_step_and_can_be_shown_again() {
    let desk = Desk::new();
    let race = ["explore", "--queue", "check-then-set", "--program", "join u1 t1 | join u1 t2", "--out", "found"];
    let page = desk.run(&race).exits(1);
    page.shows(&[
        "FAIL: check-then-set breaks no-duplicates, global-fifo, no-loss.\n",
        "BROKEN no-duplicates in 4 of 6 schedules of `join u1 t1 | join u1 t2`:",
        "│ ●  client 2  join u1 t2: HGET ",
        "EVALSHA join.lua ",
        "✗ the promise breaks here",
        "Kept in every one of them: per-user-fifo,",
    ]);
    let file = "found/check-then-set.no-duplicates.replay.json";
    desk.run(&["explore", "--replay", file]).exits(1).shows(&["BROKEN no-duplicates: ", "✗ the promise breaks here"]);
    // The schedule of a race between two commands cannot be followed by a design that has only one.
    desk.run(&["explore", "--replay", file, "--queue", "zset-seq"]).exits(3).tells(&["cannot be followed any more"]);
    let mut saved: Value = serde_json::from_str(&std::fs::read_to_string(desk.path(file)).unwrap()).unwrap();
    assert_eq!(saved["schedule"], serde_json::json!(["2", "1", "1", "2"]));
    saved["schedule"] = serde_json::json!(["1", "1", "2"]);
    desk.write("harmless.json", &saved.to_string());
    desk.run(&["explore", "--replay", "harmless.json"]).exits(0).shows(&["no-duplicates holds in this schedule."]);
    saved["schedule"] = serde_json::json!(["1", "1 faints"]);
    desk.write("nonsense.json", &saved.to_string());
    desk.run(&["explore", "--replay", "nonsense.json"]).exits(3).tells(&["`1 faints` is no step of a schedule"]);
    desk.write("other.json", "{}");
    desk.run(&["explore", "--replay", "other.json"]).exits(2).tells(&["it is no replay file"]);
}

#[test]
fn all_programs_are_summed_up_and_the_document_says_the_same() {
    let desk = Desk::new();
    let all = ["explore", "--queue", "zset-seq,zset-ms", "--all", "--max-ops", "2", "--format", "json"];
    let documents = desk.run(&all).exits(1).json();
    let [kept, broken] = &documents.as_array().unwrap()[..] else { panic!("{documents:#}") };
    assert_eq!((&kept["programs"], &kept["programs_broken"], &kept["complete"]), (&21.into(), &0.into(), &true.into()));
    assert!(kept["schedules"].as_u64() > Some(1000) && kept["replayed"].as_u64() > Some(20), "{kept:#}");
    assert_eq!(broken["broken"][0]["promises"], serde_json::json!(["global-fifo"]));
    assert_eq!(broken["broken"][0]["program"], "join u1 t1 | join u2 t2");
}

#[test]
fn the_committed_schema_is_that_of_the_document_and_every_document_is_as_it_says() {
    let schema = stanchion::explore::schema();
    is_committed(&schema, "explore");
    is_explained(&schema, "explore", 30);
    let desk = Desk::new();
    for more in
        [&["--program", "join u1 t1 | join u1 t2", "--faults", "1"][..], &["--max-ops", "2", "--clock", "system"]]
    {
        let explore = [&["explore", "--queue", "zset-seq,streams-naive", "--format", "json"], more].concat();
        let document = desk.run(&explore).exits(1).json();
        assert_eq!(disagreements(&schema, &schema, &document, "$"), Vec::<String>::new());
    }
}

#[test]
fn a_bound_that_comes_first_is_neither_good_nor_bad() {
    let desk = Desk::new();
    let large = ["explore", "--queue", "streams-naive", "--program", "join u1 t1 | join u2 t2 | join u3 t3"];
    let page = desk.run(&[&large[..], &["--max-states", "100"][..]].concat()).exits(3);
    page.shows(&[
        "INCONCLUSIVE: streams-naive kept",
        "the bound came first. At least ",
        "nothing is said of the others",
    ]);
}

#[test]
fn a_script_that_makes_up_a_key_is_told_as_the_bug_that_it_is() {
    let desk = Desk::new();
    let page = desk.run(&["explore", "--queue", "undeclared-key", "--program", "join u1 t1"]).exits(1);
    page.shows(&["BROKEN one-slot: the key x:queue:event:{e}:tokens is touched by a script that does not declare it"]);
    let page = desk.run(&["explore", "--queue", "key-without-hash-tag", "--program", "join u1 t1"]).exits(1);
    page.shows(&["x:queue:event:e:joins does not carry the event's hash tag"]);
}

#[test]
fn schedules_are_drawn_where_there_are_too_many_and_what_is_found_is_made_small() {
    let desk = Desk::new();
    let program = "join u1 t1; position t1; position t1 | join u2 t2; join u3 t3 | join u1 t4; admit 1";
    let drawn = ["explore", "--queue", "check-then-set", "--program", program, "--random", "20s", "--seed", "3"];
    let first = desk.run(&drawn).exits(1);
    let first = first.shows(&[
        "check-then-set: BROKEN ",
        "that was drawn (seed 3), made smaller:",
        "✗ the promise breaks here",
    ]);
    assert_eq!(desk.run(&drawn).exits(1).stdout, first.stdout, "the seed repeats it");
    let kept = ["explore", "--queue", "zset-seq", "--program", program, "--random", "300ms", "--faults", "2"];
    desk.run(&kept).exits(3).shows(&["schedules drawn (half uniformly, half by PCT", "nothing is said of the others"]);
}

#[test]
fn what_makes_no_sense_is_said_before_a_server_is_started() {
    let desk = Desk::new();
    desk.run(&["explore"]).exits(2).tells(&["--queue"]);
    let wrong = desk.run(&["explore", "--queue", "zset-seq", "--program", "jion u1 t1"]).exits(2);
    wrong.tells(&["`jion u1 t1`: this is no operation; write `join u1 t1`"]);
    desk.run(&["explore", "--queue", "zset-seq", "--max-ops", "99"]).exits(2).tells(&["a number from 1 to 6"]);
    let random = ["explore", "--queue", "zset-seq", "--program", "sweep", "--random", "1s", "--format", "json"];
    desk.run(&random).exits(2).tells(&["leave --format out"]);
}

#[test]
fn without_a_clock_of_its_own_no_time_passes_and_the_result_says_so() {
    let desk = Desk::new();
    let all = ["explore", "--queue", "zset-seq", "--max-ops", "2", "--clock", "system"];
    desk.run(&all).exits(0).shows(&[
        "PASS: zset-seq keeps every promise",
        "Time was the system's, and no time to live passed: the system's clock was asked for.",
        "Executed for real: 0 of the schedules",
    ]);
    // It still finds a race, and with a stream whose ids are the real time.
    let race = ["explore", "--queue", "streams-naive", "--program", "join u1 t1 | join u1 t2", "--clock", "system"];
    desk.run(&race).exits(1).shows(&["FAIL: streams-naive breaks no-duplicates", "✗ the promise breaks here"]);
}

#[test]
fn an_exploration_that_is_interrupted_shows_what_it_covered() {
    let desk = Desk::new();
    // Minutes, if it were let go on; it says after five seconds how far it is.
    let arguments = ["explore", "--queue", "zset-seq", "--max-ops", "6", "--max-replays", "0"];
    let mut run = UnderWay::spawn(desk.stanchion(&arguments));
    run.read_until(" programs, ");
    run.signal("INT");
    let done = run.wait().exits(130);
    done.shows(&["INCONCLUSIVE: zset-seq kept every promise in the ", "zset-seq: interrupted. At least "]);
}
