//! A local server: it starts, it stops, and it leaves nothing behind, however its owner ends.
//!
//! Waits below have limits only so that a failure ends: what is asserted is that the thing happened.
#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use stanchion::target::{Endpoint, ServerSnapshot, Target, TargetChoice, TargetKind, TargetOptions, cleanup};

async fn start() -> Target {
    Target::start(&TargetChoice::Local, &TargetOptions::default())
        .await
        .expect("these tests need redis-server or valkey-server on the PATH")
}

/// Where the server has its socket and its log.
fn folder(target: &Target) -> PathBuf {
    let shown = target.unix_endpoint().expect("a local server has a socket").shown();
    Path::new(shown.strip_prefix("unix://").unwrap()).parent().unwrap().to_owned()
}

/// Whether the process runs; a zombie has ended.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

fn wait_until(what: &str, happened: impl Fn() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < Duration::from_secs(60), "waited for a minute: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// By the shell's own `kill`: the program of that name is not installed everywhere.
fn signal(name: &str, pid: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
    assert!(status.success(), "kill -{name} {pid}");
}

async fn ping(endpoint: &Endpoint) -> String {
    let mut connection = endpoint.connect(Duration::from_secs(5)).await.unwrap();
    redis::cmd("PING").query_async(&mut connection).await.unwrap()
}

#[tokio::test]
async fn a_local_server_answers_over_tcp_and_unix_socket_and_says_what_it_is() {
    let target = start().await;
    assert_eq!(ping(target.endpoint()).await, "PONG");
    assert_eq!(ping(target.unix_endpoint().unwrap()).await, "PONG");
    let facts = target.facts();
    assert_eq!(facts.kind, TargetKind::Local);
    assert!(facts.address.starts_with("redis://127.0.0.1:"), "{facts:?}");
    assert!(facts.at_least((6, 2)) && !facts.at_least((999, 0)), "{facts:?}");
    assert_eq!((facts.mode.as_str(), facts.maxmemory_policy.as_str()), ("standalone", "noeviction"));
    assert_eq!((facts.appendonly, facts.save.as_deref()), (false, Some("")), "nothing is saved to disk");
    assert_eq!(facts.io_threads, Some(1));
    assert!(target.owned() && target.cause_of_death().await.is_none());
}

#[tokio::test]
async fn a_dropped_server_leaves_no_process_and_no_folder() {
    let target = start().await;
    let (pid, folder) = (target.pid().unwrap(), folder(&target));
    assert!(runs(pid) && folder.is_dir());
    assert_eq!(watchdogs_over(&folder).len(), 1);
    drop(target);
    assert!(!runs(pid), "the process is gone as soon as the drop returns");
    assert!(!folder.exists(), "the folder too");
    assert!(watchdogs_over(&folder).is_empty(), "and its watchdog");
}

#[test]
fn a_panic_ends_the_server_although_its_runtime_is_gone() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let panicked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let target = runtime.block_on(start());
        drop(runtime);
        sender.send((target.pid().unwrap(), folder(&target))).unwrap();
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    let (pid, folder) = receiver.recv().unwrap();
    assert!(!runs(pid) && !folder.exists());
}

#[tokio::test]
async fn two_servers_at_once_do_not_share_anything() {
    let (one, two) = tokio::join!(start(), start());
    assert_ne!(one.endpoint().shown(), two.endpoint().shown());
    assert_ne!(one.pid(), two.pid());
    let mut connection = one.endpoint().connect(Duration::from_secs(5)).await.unwrap();
    redis::cmd("SET").arg("k").arg("v").exec_async(&mut connection).await.unwrap();
    let mut connection = two.endpoint().connect(Duration::from_secs(5)).await.unwrap();
    assert_eq!(redis::cmd("DBSIZE").query_async::<u64>(&mut connection).await.unwrap(), 0);
}

#[tokio::test]
async fn a_server_that_was_killed_says_by_what() {
    let target = start().await;
    signal("KILL", target.pid().unwrap());
    while target.cause_of_death().await.is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let cause = target.cause_of_death().await.unwrap();
    assert!(cause.starts_with("it was ended by signal 9; its last words: "), "{cause}");
    let error = target.endpoint().connect(Duration::from_secs(5)).await.err().unwrap().to_string();
    assert!(error.contains("no Redis answers at redis://127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn a_stopped_server_is_said_to_be_silent() {
    let target = start().await;
    signal("STOP", target.pid().unwrap());
    let error = target.endpoint().connect(Duration::from_millis(300)).await.err().unwrap().to_string();
    assert!(error.contains("did not answer within 1 s. The server hangs or is stopped"), "{error}");
}

#[tokio::test]
async fn a_wipe_deletes_its_prefix_and_nothing_else() {
    let target = start().await;
    let mut connection = target.endpoint().connect(Duration::from_secs(5)).await.unwrap();
    for n in 0..2_500 {
        redis::cmd("SET").arg(format!("run[1]:{n}")).arg("v").exec_async(&mut connection).await.unwrap();
    }
    // As a pattern, `run[1]:*` would mean the first of these and none of those above.
    redis::cmd("MSET").arg(&["run1:0", "v", "run", "v", "other", "v"]).exec_async(&mut connection).await.unwrap();
    assert_eq!(target.wipe("run[1]:").await.unwrap(), 2_500);
    assert_eq!(redis::cmd("DBSIZE").query_async::<u64>(&mut connection).await.unwrap(), 3);
    let refused = target.wipe("").await.unwrap_err().to_string();
    assert_eq!(refused, "will not delete keys under an empty prefix: that would be all of them");
    target.flush().await.unwrap();
    assert_eq!(redis::cmd("DBSIZE").query_async::<u64>(&mut connection).await.unwrap(), 0);
}

#[tokio::test]
async fn the_server_counts_the_commands_between_two_snapshots() {
    let target = start().await;
    let mut connection = target.endpoint().connect(Duration::from_secs(5)).await.unwrap();
    let before = ServerSnapshot::read(target.endpoint(), &mut connection).await.unwrap();
    for n in 0..7 {
        redis::cmd("SET").arg(format!("k{n}")).arg("v".repeat(10_000)).exec_async(&mut connection).await.unwrap();
    }
    let after = ServerSnapshot::read(target.endpoint(), &mut connection).await.unwrap();
    let commands = after.commands_since(&before);
    assert_eq!(commands["set"].calls, 7);
    assert_eq!(commands.keys().collect::<Vec<_>>(), ["set"], "nothing of the harness' own");
    assert!(after.used_memory_bytes >= before.used_memory_bytes + 70_000, "{before:?} {after:?}");
}

/// Runs [`owner_of_a_server`] in a process of its own; returns it with the server's pid and folder.
fn owner_process() -> (std::process::Child, u32, PathBuf) {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "owner_of_a_server", "--ignored", "--nocapture"])
        .env("STANCHION_TEST_OWNER", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    // The test framework may print in front of it on the same line.
    let line = lines.map_while(Result::ok).find_map(|line| Some(line.split_once("SERVER ")?.1.to_owned())).unwrap();
    let (pid, folder) = line.split_once(' ').unwrap();
    (owner, pid.parse().unwrap(), PathBuf::from(folder))
}

#[tokio::test]
#[ignore = "no promise of its own: the tests below run it as a process and kill it"]
async fn owner_of_a_server() {
    if std::env::var_os("STANCHION_TEST_OWNER").is_some() {
        let target = start().await;
        println!("SERVER {} {}", target.pid().unwrap(), folder(&target).display());
        std::future::pending::<()>().await;
    }
}

#[test]
fn a_killed_owner_leaves_no_server_and_no_folder() {
    let (mut owner, pid, folder) = owner_process();
    assert!(runs(pid) && folder.is_dir());
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_until("the server ends", || !runs(pid));
    wait_until("its folder goes", || !folder.exists());
}

#[test]
fn ctrl_c_on_the_terminal_reaches_the_owner_but_neither_server_nor_watchdog() {
    // It is a SIGINT to the foreground process group; field 5 of /proc/PID/stat is the group.
    let group = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(2).unwrap().to_owned()
    };
    let (mut owner, pid, folder) = owner_process();
    for process in watchdogs_over(&folder).into_iter().chain([pid]) {
        assert_eq!(group(process), process.to_string(), "it leads a group of its own");
        assert_ne!(group(process), group(owner.id()));
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_until("the server ends", || !runs(pid));
}

#[tokio::test]
async fn a_clean_up_removes_what_even_the_watchdog_could_not_and_spares_runs_in_progress() {
    let target = start().await;
    let (mut owner, pid, left) = owner_process();
    for watchdog in watchdogs_over(&left) {
        signal("KILL", watchdog);
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(runs(pid) && left.is_dir(), "without its watchdog the server stays");
    let cleaned = cleanup().await;
    assert!(cleaned.processes.contains(&pid) && cleaned.folders.contains(&left), "{cleaned}");
    wait_until("the server ends", || !runs(pid));
    assert!(!left.exists());
    assert_eq!(ping(target.endpoint()).await, "PONG", "a run in progress is left alone");
    assert!(cleaned.in_use.iter().any(|line| line.contains(&folder(&target).display().to_string())), "{cleaned}");
}

fn watchdogs_over(folder: &Path) -> Vec<u32> {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let of_folder = |pid: &u32| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.contains("stanchion-watchdog") && line.contains(name)
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(of_folder).collect()
}
