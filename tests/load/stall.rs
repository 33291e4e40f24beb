//! A server that stops for half a second: what an open loop must show, and what a closed one hides.

use std::process::Command;
use std::time::{Duration, Instant};

use stanchion::history::History;
use stanchion::load::{Control, Driving};
use stanchion::model::{OpKind, Phase};
use stanchion::queue::Design;
use stanchion::target::Target;

use crate::support::{record_on, server};

/// Joins per second.
const RATE: f64 = 5000.0;

const STALL: Duration = Duration::from_millis(500);

fn signal(target: &Target, signal: &str) {
    let pid = target.pid().expect("a local server").to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
}

/// Records a load during which the server is stopped once; with how long it was, at the least.
fn stalled(load: &str) -> (History, Duration) {
    let target = server();
    let control = Control::default();
    let text = format!("about = \"a stall\"\ntimeout = \"5s\"\n{load}[promises]\ncheck = [\"no-loss\"]\n");
    std::thread::scope(|scope| {
        let stalling = scope.spawn(|| {
            while control.attempts() < 1500 {
                std::thread::sleep(Duration::from_millis(5));
            }
            signal(&target, "-STOP");
            let state = format!("/proc/{}/stat", target.pid().expect("a local server"));
            while !std::fs::read_to_string(&state).unwrap().contains(") T ") {
                std::thread::yield_now();
            }
            let stopped = Instant::now();
            std::thread::sleep(STALL);
            let stall = stopped.elapsed();
            signal(&target, "-CONT");
            stall
        });
        let recorded = record_on(&target, &text, Design::ZsetSeq, Driving::default(), &control);
        assert_eq!(recorded.trouble, None);
        (recorded.history, stalling.join().unwrap())
    })
}

/// Response times of the joins of the load, from the time each was due, and service times, from its sending.
fn times(history: &History) -> Vec<(Duration, Duration)> {
    let joins = history.records.iter().filter(|it| it.call.kind() == OpKind::Join && it.phase == Phase::Load);
    let since = |begin_ns: u64, end_ns: u64| Duration::from_nanos(end_ns - begin_ns);
    joins
        .map(|join| {
            let returned_ns = join.returned_ns.unwrap();
            (since(join.intended_ns.unwrap(), returned_ns), since(join.sent_ns, returned_ns))
        })
        .collect()
}

#[test]
fn a_stall_is_in_the_response_times_of_all_who_came_meanwhile() {
    let open = format!("[load.open]\narrivals = \"constant\"\nrate = {RATE}\nduration = \"2s\"\nconnections = 100\n");
    let (history, stall) = stalled(&open);
    let times = times(&history);
    assert_eq!(times.len() as f64, 2.0 * RATE, "nothing is left out");
    // Whoever came in the last twentieth of the stall waited for less than that.
    let long = stall.mul_f64(0.05);
    let late = times.iter().filter(|(response, _)| *response > long).count() as f64;
    let longest = times.iter().map(|(response, _)| *response).max().unwrap();
    let by_service = times.iter().filter(|(_, service)| *service > long).count();
    println!(
        "stalled for {stall:.0?} at {RATE} joins/s: {late} of {} responses took more than {long:.0?}, the longest {longest:.0?}; \
         of the service times {by_service} did",
        times.len()
    );
    assert!(longest >= stall.mul_f64(0.95), "{longest:?} of {stall:?}");
    assert!(late >= 0.95 * RATE * stall.as_secs_f64(), "{late} in {stall:?}");

    // The same server and stall, and clients that wait for their answers: each of them is late once.
    let (history, stall) =
        stalled("[load.closed]\nclients = 100\nthink = \"20ms\"\n[population.crowd]\nusers = 10000\n");
    let (closed, long) = (self::times(&history), stall.mul_f64(0.05));
    let seen = closed.iter().filter(|(response, _)| *response > long).count();
    println!("a closed loop of 100 clients that offers as much shows {seen} of {}", closed.len());
    assert!(seen <= 200, "{seen}: a closed loop that hides nothing would need no open one");
    assert!((seen as f64) < late / 10.0);
}
