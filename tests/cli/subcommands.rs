//! The subcommands beside `run` and `check`, and what repeats a run.
use crate::shell::{Desk, SMALL, UnderWay, done, signal, wait_until};
use serde_json::Value;

const RUN: [&str; 6] = ["run", "small.toml", "--redis", "local", "--queue", "list"];

#[test]
fn queues_and_scenarios_are_listed_with_what_they_are_about() {
    let desk = Desk::new();
    let queues = desk.run(&["list", "queues"]).exits(0).shows(&["zset-seq ", "claims no-duplicates"]);
    assert_eq!(queues.stdout.lines().filter(|line| !line.starts_with(' ')).count(), 10, "{queues:#?}");
    let built_in = desk.run(&["list", "scenarios"]).exits(0).shows(&["race-flood ", "on-sale "]);
    assert_eq!(built_in.stdout.lines().count(), 7, "without a folder scenarios/: those that are built in");
    std::fs::create_dir(desk.path("scenarios")).unwrap();
    desk.write("scenarios/mine.toml", SMALL);
    let mine = desk.run(&["list", "scenarios"]).exits(0);
    assert_eq!(mine.stdout, format!("{:<19} A few people join while one admitter lets them in.\n", "mine"));
    desk.write("scenarios/bad.toml", "laod = 1\n");
    desk.run(&["list", "scenarios"]).exits(2).tells(&["laod"]);
}

#[test]
fn without_a_folder_of_scenarios_the_built_in_ones_are_run() {
    let desk = Desk::new();
    let mut run = UnderWay::start(desk.stanchion(&["run", "--redis", "local", "--queue", "list", "--scale", "0.01"]));
    run.read_until("0 of 7 cells done; now cleanup on list");
    run.signal("INT");
    run.wait().exits(130).shows(&["repeat with: stanchion run --queue list --redis local --scale 0.01 --seed 1"]);
}

#[test]
fn runs_are_listed_oldest_first_and_the_newest_is_shown_again() {
    let desk = Desk::with("small", SMALL);
    desk.run(&["report", "latest"]).exits(2).tells(&["there is no run in reports/ yet"]);
    assert_eq!(desk.run(&["list", "runs"]).exits(0).stdout, "");
    let run = |out, seed| desk.run(&[&RUN[..], &["--out", out, "--seed", seed]].concat()).exits(0);
    // Names say nothing of age.
    run("reports/z-first", "1");
    let second = run("reports/a-second", "2");
    std::fs::create_dir(desk.path("reports/torn")).unwrap();
    desk.write("reports/torn/result.json", "{\"schema\": 1, ");
    let list = desk.run(&["list", "runs"]).exits(0);
    let lines: Vec<&str> = list.stdout.lines().collect();
    assert!(lines[0].starts_with("run ") && lines[0].ends_with("  state"), "{lines:#?}");
    assert!(lines[1].starts_with("reports/torn ") && lines[1].contains("is not a result that"), "{lines:#?}");
    for (line, name, seed) in [(lines[2], "reports/z-first ", "  1  "), (lines[3], "reports/a-second ", "  2  ")] {
        assert!(line.starts_with(name) && line.ends_with("  complete"), "{lines:#?}");
        for part in ["  pass  ", seed, ", local  ", " kB  "] {
            assert!(line.contains(part), "{part:?} is missing in {line}");
        }
    }
    assert_eq!(lines.len(), 4);

    let shown = desk.run(&["report", "latest"]).exits(0);
    assert_eq!(shown.stdout, second.stdout.replace("Run folder: reports/a-second\n", ""), "the same, but where it is");
    assert_eq!(desk.run(&["report", "reports/a-second/result.json"]).stdout, shown.stdout);
    let json = desk.run(&["report", "reports/a-second", "--format", "json"]).exits(0);
    assert_eq!(json.stdout, std::fs::read_to_string(desk.path("reports/a-second/result.json")).unwrap());
}

#[test]
fn what_is_no_run_exits_2_with_a_sentence() {
    let desk = Desk::new();
    desk.write("later.json", "{\"schema\": 2}");
    desk.write("none.json", "[]");
    for (run, why) in [
        ("nowhere", "nowhere is neither a baseline nor a run folder; there is no baseline yet"),
        ("tmp", "cannot read tmp/result.json"),
        ("later.json", "its schema is 2, and this version reads 1"),
        ("none.json", "it has no schema"),
    ] {
        let done = desk.run(&["report", run]).exits(2).tells(&[why]);
        assert_eq!((done.stdout.as_str(), done.stderr.lines().count()), ("", 1), "{done:#?}");
    }
}

#[test]
fn the_doctor_says_which_redis_would_be_used_and_exits_4_without_any() {
    let desk = Desk::new();
    let found = desk.run(&["doctor"]).exits(0).shows(&["yes local server", "no  Docker engine"]);
    assert!(found.stdout.contains("--redis auto takes a local server"), "{found:#?}");
    let mut without = desk.stanchion(&["doctor"]);
    without.env("PATH", "");
    let none =
        done(without).exits(4).shows(&["no  local server", "--redis auto takes nothing", "install redis-server"]);
    assert_eq!(none.stderr, "");
}

#[test]
fn what_a_killed_run_leaves_is_removed_by_its_watchdog_or_by_clean() {
    let desk = Desk::with("endless", crate::shell::ENDLESS);
    let run = UnderWay::start(desk.stanchion(&["run", "endless.toml", "--redis", "local", "--out", "o"]));
    let started = std::fs::read_dir(desk.path("tmp")).unwrap().next().unwrap().unwrap().path();
    let folder = started.canonicalize().unwrap();
    let in_use = desk.run(&["clean"]).exits(0).shows(&["left alone, in use: ", folder.to_str().unwrap()]);
    assert!(!in_use.stdout.contains(&format!("removed folder {}", folder.display())), "{in_use:#?}");
    // Its watchdog first, so that nobody is left to clean up.
    for pid in desk.processes() {
        if std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| words.starts_with(b"/bin/sh")) {
            signal("KILL", pid);
        }
    }
    run.signal("KILL");
    assert_eq!(run.wait().code, None);
    assert!(folder.is_dir() && !desk.processes().is_empty(), "server and folder are left");
    let removed = format!("removed folder {}", folder.display());
    desk.run(&["clean"]).exits(0).shows(&["ended server process ", &removed]);
    desk.assert_nothing_is_left();
    let again = desk.run(&["clean"]).exits(0);
    assert!(!again.stdout.contains(folder.to_str().unwrap()), "{again:#?}");
    assert!(!again.stdout.is_empty() && again.stderr.is_empty());
}

#[test]
fn completions_and_the_manual_page_know_every_subcommand() {
    let desk = Desk::new();
    let bash = desk.run(&["completions", "bash"]).exits(0).shows(&["complete -F _stanchion"]);
    let man = desk.run(&["man"]).exits(0).shows(&[".TH stanchion 1", "Exit codes"]);
    let help = desk.run(&["--help"]).exits(0).shows(&["Exit codes: 0 as expected"]);
    for subcommand in
        ["run", "sweep", "check", "export", "report", "precision", "list", "doctor", "clean", "completions", "man"]
    {
        for page in [&bash, &man, &help] {
            assert!(page.stdout.contains(subcommand), "{subcommand}");
        }
    }
    desk.run(&["--version"]).exits(0).shows(&["stanchion 0."]);
}

#[test]
fn the_last_line_repeats_the_run_and_the_seed_alone_decides_the_plan() {
    let desk = Desk::with("small", &SMALL.replace("[admit]", "[leave]\nshare = 0.3\nafter = \"2ms\"\n[admit]"));
    let run = |out, seed| {
        let done = desk.run(&[&RUN[..], &["--out", out, "--seed", seed]].concat()).exits(0);
        (desk.json(&format!("{out}/result.json"))["plan_hash"].clone(), done)
    };
    let (first, done_first) = run("first", "7");
    let last = done_first.stdout.trim_end().lines().last().unwrap();
    let command = last.strip_prefix("Seed 7; repeat with: ").unwrap_or_else(|| panic!("{last}"));
    assert_eq!(command, "stanchion run small.toml --queue list --redis local --seed 7");
    // Typed into a shell that finds the program.
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_stanchion")).parent().unwrap();
    let mut typed = desk.command("sh");
    typed.args(["-c", command]).env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    done(typed).exits(0);
    let again: Vec<String> = desk.files("reports").into_iter().filter(|file| file.ends_with("result.json")).collect();
    let again = desk.json(&again[0]);
    assert_eq!((&again["plan_hash"], &again["seed"]), (&first, &Value::from(7)));
    let (second, _) = run("second", "7");
    let (other, _) = run("other", "8");
    assert_eq!(second, first);
    assert_ne!(other, first);
    wait_until("nothing is left", || desk.processes().is_empty());
}
