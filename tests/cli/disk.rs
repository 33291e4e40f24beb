//! A place that cannot be written, and a disk that is full: a sentence, and the verdict all the same.
use std::process::Stdio;

use crate::shell::{Desk, SMALL, done};

#[test]
fn a_run_folder_that_cannot_be_written_exits_4_before_anything_is_started() {
    let desk = Desk::with("small", SMALL);
    // Even root cannot make a folder in /sys.
    for (out, why) in [("small.toml", "File exists"), ("small.toml/run", "Not a directory"), ("/sys/stanchion-run", "")]
    {
        let done = desk.run(&["run", "small.toml", "--redis", "local", "--out", out]).exits(4);
        let done = done.tells(&[&format!("cannot make {out}: {why}"), "with --out; nothing was started"]);
        assert_eq!((done.stdout.as_str(), done.stderr.lines().count()), ("", 1), "{done:#?}");
        assert_eq!(done.stderr.matches(out).count(), 1, "the place is named once: {done:#?}");
    }
    assert_eq!(desk.files("."), ["small.toml"]);
    desk.assert_nothing_is_left();
}

/// A small file system of its own, where the machine allows it; else files may not grow beyond a limit.
const NARROW: &str = r#"
mkdir narrow
if unshare -rm true 2>/dev/null; then
    exec unshare -rm sh -c 'mount -t tmpfs -o size=24k none narrow && exec "$0" "$@"' "$@"
fi
trap '' XFSZ
ulimit -f 32
exec "$@"
"#;

#[test]
fn a_full_disk_exits_4_with_a_sentence_and_the_verdict_is_shown_all_the_same() {
    let desk = Desk::with("big", &SMALL.replace("users = 40", "users = 1500").replace("batch = 5", "batch = 50"));
    let mut command = desk.command("sh");
    command.args(["-c", NARROW, "narrow", env!("CARGO_BIN_EXE_stanchion")]);
    command.args(["run", "big.toml", "--redis", "local", "--out", "narrow/run"]);
    let done = done(command).exits(4).tells(&["error: cannot write narrow/run/big/zset-seq/history.parquet: "]);
    let done = done.shows(&["INCONCLUSIVE: nothing unexpected", "The run ended early: cannot write", "✓ holds"]);
    assert!(done.stdout.contains("Every promise checked was kept by zset-seq."), "{done:#?}");
    desk.assert_nothing_is_left();
}

#[test]
fn a_result_that_cannot_be_printed_exits_4_and_is_saved() {
    let desk = Desk::with("small", SMALL);
    let mut command = desk.stanchion(&["run", "small.toml", "--redis", "local", "--queue", "list", "--out", "o"]);
    command.stdout(Stdio::from(std::fs::File::options().write(true).open("/dev/full").unwrap()));
    command.stderr(Stdio::piped());
    let done: crate::shell::Done = command.spawn().unwrap().wait_with_output().unwrap().into();
    done.exits(4).tells(&["cannot write the output: No space left on device"]);
    assert_eq!(desk.json("o/result.json")["verdict"], "pass");
}
