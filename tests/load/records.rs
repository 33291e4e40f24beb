//! What the load engine records of a plan, on a real server.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use stanchion::checks::{CheckOutcome, judge};
use stanchion::history::{History, Record, RunEnd};
use stanchion::load::{CellSetup, Control, Driving, run_cell};
use stanchion::model::{LoadKind, OpKind, Outcome, Phase, Promise, Refusal, UnknownCause};
use stanchion::plan::plan;
use stanchion::queue::Design;
use stanchion::target::{Target, TargetChoice, TargetOptions};

use crate::support::{record, scenario};

fn count(history: &History, kind: OpKind, outcome: fn(&Outcome) -> bool) -> usize {
    history.records.iter().filter(|record| record.call.kind() == kind && outcome(&record.outcome)).count()
}

const CLOSED: &str = r#"
about = "a closed loop"
[load.closed]
clients = 8
think = "1ms"
[population.crowd]
users = 200
[poll]
share = 0.5
every = "1ms"
times = 1
[admit]
batch = 5
every = "2ms"
clients = 2
[promises]
check = ["global-fifo", "no-loss", "position"]
"#;

#[test]
fn everything_planned_is_recorded_and_everybody_leaves_the_line_once() {
    let recorded = record(CLOSED, Design::ZsetSeq);
    assert_eq!(recorded.trouble, None);
    let history = recorded.history;
    assert_eq!(history.header.end, RunEnd::Complete);
    assert!(history.header.drained);
    assert_eq!(count(&history, OpKind::Join, |outcome| *outcome == Outcome::Joined), 200);
    let admitted: usize = history
        .records
        .iter()
        .map(|record| match &record.outcome {
            Outcome::Admitted(tokens) => tokens.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(admitted, 200);
    assert!(count(&history, OpKind::Position, |_| true) > 50);
    for record in &history.records {
        assert!(record.returned_ns.unwrap() > record.sent_ns, "{record:?}");
        assert!(record.intended_ns.unwrap() <= record.sent_ns, "{record:?}");
        assert!(record.commands >= 1 && record.round_trips >= 1, "{record:?}");
    }
    assert!(history.records.iter().is_sorted_by_key(|record| record.sent_ns));
    let server = history.header.server.unwrap();
    assert!(server.commands.contains_key("evalsha"), "{:?}", server.commands);
}

#[test]
fn a_flood_of_naive_joins_lets_more_than_one_in() {
    let text = r#"
about = "a flood"
[load.flood]
joins = 50
rounds = 3
key = "same"
[promises]
check = ["no-duplicates"]
"#;
    let naive = record(text, Design::StreamsNaive).history;
    assert!(count(&naive, OpKind::Join, |outcome| *outcome == Outcome::Joined) > 3);
    let atomic = record(text, Design::Streams).history;
    assert_eq!(count(&atomic, OpKind::Join, |outcome| *outcome == Outcome::Joined), 3);
    assert_eq!(count(&atomic, OpKind::Join, |outcome| matches!(outcome, Outcome::Duplicate(_))), 147);
}

#[test]
fn a_round_of_a_flood_is_due_for_everybody_at_its_release() {
    let text = r#"
about = "a flood"
[load.flood]
joins = 20
rounds = 3
key = "own"
[promises]
check = ["no-loss"]
"#;
    let history = record(text, Design::ZsetSeq).history;
    let joins = history.records.iter().filter(|record| record.call.kind() == OpKind::Join);
    let mut due: std::collections::BTreeMap<u64, usize> = std::collections::BTreeMap::new();
    for join in joins {
        let intended_ns = join.intended_ns.unwrap();
        assert!(intended_ns <= join.sent_ns, "{join:?}");
        *due.entry(intended_ns).or_default() += 1;
    }
    assert_eq!(due.values().copied().collect::<Vec<_>>(), [20, 20, 20], "three releases, each for all: {due:?}");
    assert!(due.keys().all(|released_ns| *released_ns > 0));
}

const OPEN: &str = r#"
about = "an open loop"
warm-up-joins = 10
[load.open]
rate = 400
duration = "700ms"
connections = 8
[load.open.ramp]
from = 100
over = "200ms"
[admit]
batch = 5
every = "10ms"
[promises]
check = ["no-loss"]
"#;

#[test]
fn the_server_is_asked_beside_the_load_from_its_begin_to_its_end() {
    let header = record(OPEN, Design::ZsetSeq).history.header;
    let (begin_ns, end_ns) = header.load_ns.unwrap();
    let series = header.server_series.unwrap();
    assert_eq!((series.every_ns, &series.reasons), (100_000_000, &Default::default()), "nothing is missing");
    let [first, .., last] = series.samples.as_slice() else { panic!("{:?}", series.samples) };
    assert!(first.at_ns <= begin_ns && last.at_ns >= end_ns, "{begin_ns} to {end_ns}: {:?}", series.samples);
    assert!(series.samples.len() > 2 && series.asked > series.samples.len() as u64, "{series:?}");
    for pair in series.samples.windows(2) {
        assert!(pair[0].at_ns < pair[1].at_ns && pair[0].cpu_ns <= pair[1].cpu_ns, "{pair:?}");
    }
    // More than the joins of the load, since each lets a script call others.
    assert!(last.commands_processed - first.commands_processed > 200, "{first:?} to {last:?}");
    assert!(last.cpu_ns > first.cpu_ns && last.used_memory_bytes > 500_000, "{last:?}");
    assert!(series.samples.iter().any(|sample| sample.keys > Some(0)), "{series:?}");
    // Eight that join, one that admits, one that drains, one that asks.
    assert!(series.samples[..2].iter().all(|sample| sample.connected_clients >= 11), "{series:?}");
    assert!(series.cost_usec.unwrap() > 0);
}

#[test]
fn the_server_tells_how_long_commands_of_this_load_took_and_what_it_found_slow() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let target = runtime.block_on(Target::start(&TargetChoice::Local, &TargetOptions::default())).unwrap();
    // Everything is slow, and what was before the load is none of it.
    let ask = |cmd: redis::Cmd| {
        runtime.block_on(async {
            let mut connection = target.endpoint().connect(std::time::Duration::from_secs(5)).await.unwrap();
            cmd.query_async::<redis::Value>(&mut connection).await.unwrap()
        })
    };
    let mut slower = redis::cmd("CONFIG");
    slower.arg("SET").arg("slowlog-log-slower-than").arg(0);
    ask(slower);
    let mut before = redis::cmd("GEOADD");
    before.arg("elsewhere").arg(13.4).arg(52.5).arg("berlin");
    ask(before);
    let scenario = scenario(OPEN);
    let plan = plan(&scenario, 1);
    let prefix = "test:".to_owned();
    let setup = CellSetup {
        scenario: &scenario,
        design: Design::ZsetSeq,
        plan: &plan,
        endpoint: target.endpoint(),
        clock: None,
        prefix,
        driving: Driving::default(),
    };
    let header = run_cell(&setup, &Control::default()).unwrap().history.header;
    let (series, cost) = (header.server_series.unwrap(), header.server.unwrap());
    let latency = series.latency.unwrap();
    assert!(!latency.contains_key("geoadd"), "{latency:?}");
    let script = latency["evalsha"];
    assert!(script.calls > 200 && script.p50_us > 0, "{script:?}");
    assert!(script.p50_us <= script.p99_us && script.p99_us <= script.p999_us, "{script:?}");
    let slowlog = series.slowlog.unwrap();
    assert_eq!(slowlog.over_us, Some(0));
    assert!(slowlog.added > 200 && slowlog.entries.len() == 20, "{slowlog:?}");
    assert!(slowlog.entries.is_sorted_by_key(|entry| std::cmp::Reverse(entry.id)), "newest first");
    assert!(slowlog.entries.iter().all(|entry| !entry.command.contains("berlin")), "{slowlog:?}");
    let questions: Vec<_> = cost.commands.keys().filter(|name| name.contains("slowlog") || *name == "info").collect();
    assert!(questions.is_empty(), "what this program asks is no cost of the load: {questions:?}");
}

#[test]
fn a_client_that_goes_on_at_once_is_recorded_with_the_time_at_which_its_request_left() {
    let text = "about = \"a\"\n[load.closed]\nclients = 16\n[population.crowd]\nusers = 2000\n[promises]\ncheck = [\"no-loss\"]";
    let history = record(text, Design::ZsetSeq).history;
    let late_ns = |record: &Record| record.sent_ns - record.intended_ns.unwrap();
    let joins = || history.records.iter().filter(|record| record.call.kind() == OpKind::Join);
    // One reading of the clock ends a request and begins the next, but the next leaves only when it has been written.
    let (all, as_begun) = (joins().count(), joins().filter(|record| late_ns(record) <= 1).count());
    assert!(all >= 2000 && as_begun < all / 10, "{as_begun} of {all}");
    let mut last_ns = HashMap::new();
    for record in &history.records {
        let before_ns = last_ns.insert(record.client, record.returned_ns.unwrap()).unwrap_or_default();
        assert!(before_ns < record.sent_ns, "{record:?} left before the reply of {before_ns}");
    }
}

#[test]
fn how_the_load_was_driven_is_part_of_the_history() {
    let header = record(OPEN, Design::ZsetSeq).history.header;
    let load = header.load.unwrap();
    assert_eq!((load.kind, load.connections, load.changes_until_ns), (LoadKind::Open, 8, 200_000_000));
    assert!(load.threads >= 1 && load.spun_ns <= header.server.unwrap().client_cpu_ns, "{load:?}");
    if cfg!(target_os = "linux") {
        let machine = load.machine.unwrap();
        let (begin_ns, end_ns) = header.load_ns.unwrap();
        assert!(machine.cores >= 1 && machine.elapsed_ns >= end_ns - begin_ns, "{machine:?}");
        assert!(machine.generator_ns > 0 && machine.server_ns.unwrap() > 0, "{machine:?}");
    }
    let closed = record(CLOSED, Design::ZsetSeq).history.header.load.unwrap();
    assert_eq!((closed.kind, closed.connections, closed.changes_until_ns), (LoadKind::Closed, 8, 0));
}

#[test]
fn what_begins_after_the_load_is_left_out_and_a_fault_that_came_too_late_is_said() {
    let text = CLOSED.replace("every = \"2ms\"\nclients = 2", "every = \"2ms\"\nclients = 2\nstart = \"20m\"");
    let text = format!("{text}\n[faults.script-flush]\nat = \"20m\"\n");
    let history = record(&text, Design::ZsetSeq).history;
    assert_eq!(history.header.end, RunEnd::Complete);
    let load_admits =
        history.records.iter().filter(|record| record.phase == Phase::Load && record.call.kind() == OpKind::Admit);
    assert_eq!(load_admits.count(), 0);
    assert!(
        history.header.notes[0].starts_with("the planned SCRIPT FLUSH did not happen"),
        "{:?}",
        history.header.notes
    );
}

#[test]
fn a_dropped_reply_is_tried_again_and_both_attempts_are_on_record() {
    let text = format!("{CLOSED}\n[faults.drop-reply]\nshare = 0.2\nops = [\"join\", \"admit\"]\n");
    let text = text.replace("\"position\"]", "\"position\", \"idempotence\"]");
    let history = record(&text, Design::ZsetSeq).history;
    let dropped: Vec<_> = history.records.iter().filter(|record| record.reply_dropped).collect();
    assert!(dropped.len() > 20, "{} dropped", dropped.len());
    for first in dropped {
        assert_eq!(first.attempt, 0);
        let again = history.records.iter().find(|record| record.op == first.op && record.attempt == 1).unwrap();
        assert_eq!(again.call, first.call);
        match (&first.outcome, &again.outcome) {
            (Outcome::Admitted(first), Outcome::Admitted(again)) => assert_eq!(first, again),
            (Outcome::Joined, Outcome::Duplicate(token)) => assert_eq!(*token, first.call.entry().unwrap().token),
            (first, again) => panic!("{first:?}, then {again:?}"),
        }
    }
}

const ONE_KEY: &str = r#"
about = "everybody joins with one key"
[load.flood]
joins = 4
rounds = 3
key = "same"
[faults.hold]
share = 1
ops = ["join"]
pause = "30ms"
[promises]
check = ["no-duplicates", "no-loss"]
"#;

fn violated(history: &History) -> Vec<Promise> {
    let findings = judge(history).into_iter();
    findings.filter(|finding| matches!(finding.outcome, CheckOutcome::Violated { .. })).map(|it| it.promise).collect()
}

#[test]
fn a_race_shows_whenever_its_clients_are_held_in_it() {
    for _ in 0..3 {
        let naive = record(ONE_KEY, Design::StreamsNaive).history;
        assert_eq!(
            count(&naive, OpKind::Join, |outcome| *outcome == Outcome::Joined),
            12,
            "all looked before any wrote"
        );
        assert_eq!(violated(&naive), [Promise::NoDuplicates]);
        let script = record(ONE_KEY, Design::Streams).history;
        assert_eq!(count(&script, OpKind::Join, |outcome| *outcome == Outcome::Joined), 3);
        assert_eq!(violated(&script), []);
    }
}

fn crash(more: &str) -> String {
    format!("{CLOSED}\n[faults.crash]\nshare = 0.3\nops = [\"join\", \"admit\"]\n{more}\n")
}

#[test]
fn a_client_that_ended_after_its_last_answer_had_it() {
    let history = record(&crash("after = 1"), Design::ZsetSeq).history;
    let ended: Vec<_> = history.records.iter().filter(|record| record.reply_dropped).collect();
    assert!(ended.iter().any(|record| record.outcome == Outcome::Joined), "{}", ended.len());
    assert!(ended.iter().any(|record| matches!(record.outcome, Outcome::Admitted(_))));
    let attempts = history.records.iter().filter(|record| record.attempt > 0).count();
    assert_eq!(attempts, 0, "who ended does not ask again");
    assert_eq!(violated(&history), []);
}

#[test]
fn a_client_that_ended_in_the_middle_leaves_open_whether_it_joined() {
    let history = record(&crash("after = 1"), Design::StreamsNaive).history;
    let crashed = Outcome::Unknown(UnknownCause::ClientCrashed);
    let joins = || history.records.iter().filter(|record| record.call.kind() == OpKind::Join);
    let ended: Vec<_> = joins().filter(|record| record.outcome == crashed).collect();
    assert!(ended.len() > 30, "{} of 200", ended.len());
    assert!(ended.iter().all(|record| record.returned_ns.is_none() && record.commands == 1));
    assert_eq!(ended.len() + joins().filter(|record| record.outcome == Outcome::Joined).count(), 200);

    let never_sent = record(&crash("after = 0"), Design::StreamsNaive).history;
    let refused = Outcome::Refused(Refusal::NotSent);
    assert!(count(&never_sent, OpKind::Join, |outcome| *outcome == Outcome::Refused(Refusal::NotSent)) > 30);
    assert!(never_sent.records.iter().filter(|record| record.outcome == refused).all(|record| record.commands == 0));
}

#[test]
fn a_user_who_comes_back_asks_again() {
    let history = record(&crash("again = true"), Design::StreamsNaive).history;
    let joined: BTreeSet<_> = history.records.iter().filter(|r| r.outcome == Outcome::Joined).map(|r| r.op.0).collect();
    assert_eq!(joined.len(), 200, "everybody joins in the end");
    assert!(history.records.iter().any(|record| record.attempt == 1 && record.outcome == Outcome::Joined));
}

#[test]
fn correct_designs_stay_correct_when_clients_are_held_and_end() {
    let faults = "[leave]\nshare = 0.2\nafter = \"1ms\"\n[faults.hold]\nshare = 0.2\nops = [\"join\", \"admit\", \"leave\"]\nafter = 0\npause = \"3ms\"\n";
    for design in [Design::ZsetSeq, Design::List, Design::StreamShared] {
        for after in ["after = 0", "after = 1", "after = 1\nagain = true"] {
            let text = format!("{}{faults}", crash(after).replace("\"admit\"]", "\"admit\", \"leave\"]"));
            let history = record(&text, design).history;
            for finding in judge(&history) {
                let holds = matches!(finding.outcome, CheckOutcome::Holds { .. });
                assert!(holds, "{} {after}: {finding:?}", design.name());
            }
        }
    }
}

#[test]
fn a_server_that_dies_leaves_a_history_with_the_invocations_it_never_answered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let target = runtime.block_on(Target::start(&TargetChoice::Local, &TargetOptions::default())).unwrap();
    let pid = target.pid().unwrap();
    let text = CLOSED.replace("users = 200", "users = 100000").replace("about", "timeout = \"300ms\"\nabout");
    let scenario = scenario(&text);
    let plan = plan(&scenario, 1);
    let prefix = "test:".to_owned();
    let (design, driving) = (Design::ZsetSeq, Driving::default());
    let endpoint = target.endpoint();
    let setup = CellSetup { scenario: &scenario, design, plan: &plan, endpoint, clock: None, prefix, driving };
    let (control, over) = (Control::default(), AtomicBool::new(false));
    let recorded = std::thread::scope(|scope| {
        scope.spawn(|| {
            // A cell that ends before is a failure below, not a test that waits for ever.
            while control.attempts() < 1000 && !over.load(Ordering::Acquire) {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
            assert!(killed.success());
        });
        let recorded = run_cell(&setup, &control);
        over.store(true, Ordering::Release);
        recorded.unwrap()
    });
    assert!(matches!(recorded.trouble, Some(stanchion::load::Trouble::ServerLost(_))), "{:?}", recorded.trouble);
    let history = recorded.history;
    assert_eq!(history.header.end, RunEnd::ServerLost);
    assert!(!history.header.drained);
    let series = history.header.server_series.as_ref().unwrap();
    assert!(!series.samples.is_empty(), "what was seen until then is kept: {series:?}");
    assert!(series.latency.is_none() && series.reasons.contains_key("latency"), "{series:?}");
    assert!(history.records.iter().any(|record| record.phase == Phase::Load && record.returned_ns.is_none()));
    assert!(count(&history, OpKind::Join, |outcome| *outcome == Outcome::Joined) > 500);
}

#[test]
fn a_replay_asks_at_the_very_times_of_its_file_and_leaves_none_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("arrivals.csv");
    // 200 users within 40 ms, many of them at one moment, then a pause.
    let gaps_us = (0..200_u64).map(|number| number / 7 * 1_379).chain([250_000, 250_001]);
    let times_ns: Vec<u64> = gaps_us.map(|us| us * 1_000).collect();
    let lines = times_ns.iter().map(|ns| format!("{}.{:09}\n", 1_764_273_600 + ns / 1_000_000_000, ns % 1_000_000_000));
    std::fs::write(&file, lines.collect::<String>()).unwrap();
    let text = format!(
        "about = \"a replay\"\n[load.replay]\nfile = '{}'\nconnections = 5\n[promises]\ncheck = [\"global-fifo\", \"no-loss\"]\n",
        file.display()
    );
    let recorded = record(&text, Design::ZsetSeq);
    assert_eq!(recorded.trouble, None);
    let history = recorded.history;
    let joins = history.records.iter().filter(|record| record.call.kind() == OpKind::Join);
    let mut due_ns: Vec<u64> = joins.filter_map(|record| record.intended_ns).collect();
    due_ns.sort_unstable();
    let since_first_ns: Vec<u64> = due_ns.iter().map(|ns| ns - due_ns[0]).collect();
    assert_eq!(since_first_ns, times_ns);
    assert_eq!(history.header.offered_joins_per_s, Some(202.0 / 0.250_001));
    assert!(judge(&history).iter().all(|finding| matches!(finding.outcome, CheckOutcome::Holds { .. })));
}
