//! Runs on virtual time: long times to live, clocks that disagree, and a server that says nothing.

use std::process::Command;
use std::time::Duration;

use stanchion::checks::{CheckOutcome, judge_all};
use stanchion::history::History;
use stanchion::load::{Control, Driving};
use stanchion::model::{OpKind, Outcome, Phase, Promise, UnknownCause};
use stanchion::queue::Design;
use stanchion::target::Target;

use crate::support::record_on;

/// The example of the documentation: entries live for ten minutes.
const TEN_MINUTES: &str = include_str!("../../docs/examples/ttl-ten-minutes.toml");

fn with_clock() -> Target {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Target::with_clock()).unwrap()
}

fn record(target: &Target, text: &str, queue: &str) -> History {
    let design = Design::from_name(queue).unwrap();
    let recorded = record_on(target, text, design, Driving::default(), &Control::default());
    assert_eq!(recorded.trouble, None);
    // The next on this server finds it empty, but for the time that has passed.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(target.flush()).unwrap();
    assert_eq!(recorded.history.header.notes, Vec::<String>::new());
    recorded.history
}

fn outcome(history: &History, promise: Promise) -> CheckOutcome {
    let findings = judge_all(history).findings;
    findings.into_iter().find(|finding| finding.promise == promise).unwrap().outcome
}

fn holds(history: &History, promise: Promise, least: u64) -> bool {
    matches!(outcome(history, promise), CheckOutcome::Holds { examined } if examined.get() >= least)
}

fn breaks(history: &History, promise: Promise) -> bool {
    matches!(outcome(history, promise), CheckOutcome::Violated { .. })
}

#[test]
fn entries_live_for_ten_minutes_to_the_millisecond_and_bugs_of_that_length_are_found() {
    let target = with_clock();
    // One after the other on one server: its clock never goes back.
    for design in ["zset-seq", "stream-shared", "list"] {
        let history = record(&target, TEN_MINUTES, design);
        let (begin_ns, end_ns) = history.header.load_ns.unwrap();
        assert!(end_ns - begin_ns >= 600_000_000_000, "{design}: ten minutes of joins");
        assert!(history.header.load.as_ref().unwrap().virtual_time);
        for promise in [Promise::Expiry, Promise::NoDuplicates, Promise::NoLoss] {
            assert!(holds(&history, promise, 300), "{design}: {:?}", outcome(&history, promise));
        }
    }
    for bug in ["cut-off-in-seconds", "renewal-forgotten", "entry-outlives-its-heartbeat"] {
        let history = record(&target, TEN_MINUTES, bug);
        assert!(breaks(&history, Promise::Expiry), "{bug}: {:?}", outcome(&history, Promise::Expiry));
    }
}

/// Joins 10 ms apart, in turn on ten connections.
fn apart(skew: &str) -> String {
    format!(
        "about = \"joins 10 ms apart\"\n[clock]\nvirtual = true\nskew = \"{skew}\"\n[load.open]\narrivals = \"constant\"\n\
         rate = 100\nduration = \"5s\"\nconnections = 10\n[promises]\ncheck = [\"global-fifo\"]\n"
    )
}

#[test]
fn clients_whose_clocks_disagree_break_the_line_of_a_design_that_believes_them() {
    let target = with_clock();
    assert!(holds(&record(&target, &apart("0ms"), "zset-ms"), Promise::GlobalFifo, 500));
    // Five milliseconds ahead and five behind are ten: those who come ten apart stay in order.
    assert!(holds(&record(&target, &apart("4ms"), "zset-ms"), Promise::GlobalFifo, 500));
    assert!(breaks(&record(&target, &apart("40ms"), "zset-ms"), Promise::GlobalFifo));
    assert!(holds(&record(&target, &apart("40ms"), "zset-seq"), Promise::GlobalFifo, 500), "it asks no client");
}

#[test]
fn what_happens_one_after_the_other_happens_so_in_every_run() {
    let target = with_clock();
    let run = || {
        let history = record(&target, &apart("40ms"), "zset-ms");
        let begin_ns = history.header.load_ns.unwrap().0;
        let told =
            |it: stanchion::history::Record| (it.op, it.call, it.outcome, it.intended_ns.map(|ns| ns - begin_ns));
        let load = history.records.iter().filter(|it| it.phase == Phase::Load);
        load.map(told).collect::<Vec<_>>()
    };
    let (first, second) = (run(), run());
    assert_eq!(first.len(), 500);
    // Written so, since five hundred records are no message.
    assert!(first == second, "the first that differs: {:?}", first.iter().zip(&second).find(|(a, b)| a != b));
}

#[test]
fn time_passes_for_whoever_waits_for_a_silent_server() {
    let target = with_clock();
    let text = "about = \"silence\"\ntimeout = \"100ms\"\nattempts = 1\n[clock]\nvirtual = true\n[load.open]\n\
                arrivals = \"constant\"\nrate = 50\nduration = \"10m\"\nconnections = 1\n[promises]\ncheck = [\"no-loss\"]\n";
    let pid = target.pid().unwrap().to_string();
    let signal = |signal: &str| assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    let control = Control::default();
    let recorded = std::thread::scope(|scope| {
        scope.spawn(|| {
            while control.attempts() < 50 {
                std::thread::sleep(Duration::from_millis(1));
            }
            signal("-STOP");
            // Longer than a client waits, and shorter than it takes to call a server lost.
            std::thread::sleep(Duration::from_millis(150));
            signal("-CONT");
        });
        record_on(&target, text, Design::ZsetSeq, Driving::default(), &control)
    });
    let unknown = |outcome: &Outcome| matches!(outcome, Outcome::Unknown(UnknownCause::TimedOut));
    let joins = recorded.history.records.iter().filter(|it| it.call.kind() == OpKind::Join);
    assert!(joins.filter(|it| unknown(&it.outcome)).count() >= 1);
}
