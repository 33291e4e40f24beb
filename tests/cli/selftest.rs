//! The self-test: every broken design is caught by the promise it breaks, and every correct one is cleared.
use crate::shell::Desk;
use serde_json::Value;
use stanchion::queue::Broken;

#[test]
fn every_broken_design_is_caught_and_every_correct_one_is_cleared() {
    let desk = Desk::new();
    let done = desk.run(&["selftest", "--redis", "local", "--format", "json"]);
    let matrix: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:#?}"));
    let rows = |of: &str| matrix[of].as_array().unwrap().clone();
    let (broken, correct) = (rows("broken"), rows("correct"));
    let missed: Vec<&Value> = broken.iter().filter(|row| row["violations"] == 0).collect();
    assert_eq!(missed, Vec::<&Value>::new(), "survivors");
    let empty = |row: &Value, list: &str| row[list].as_array().unwrap().is_empty();
    let accused: Vec<&Value> = correct
        .iter()
        .filter(|row| !empty(row, "false_alarms") || !empty(row, "undecided") || row["held"] == 0)
        .collect();
    assert_eq!(accused, Vec::<&Value>::new(), "false alarms");
    assert!(broken.len() >= 30 && broken.len() == Broken::all().len(), "{}", broken.len());
    assert!(correct.len() >= 50, "{}", correct.len());
    assert!(done.stderr.lines().count() >= broken.len() + correct.len(), "each cell is told of");
    done.exits(0);
}

#[test]
fn some_of_it_can_be_asked_for_and_is_shown_as_a_table() {
    let desk = Desk::new();
    let only = ["selftest", "--redis", "local", "--quiet", "--only", "zero-based,undeclared-key"];
    let text = desk.run(&only).exits(0).shows(&["PASS: 2 of 2 broken designs caught, no false alarm in 10 runs"]);
    assert!(text.stdout.lines().any(|line| line.contains("zero-based") && line.contains("CAUGHT")), "{text:#?}");
    let markdown = desk.run(&[&only[..], &["--format", "markdown"]].concat()).exits(0);
    assert!(markdown.stdout.starts_with("| broken design | because | "), "{markdown:#?}");
    desk.run(&["selftest", "--only", "zero-base"]).exits(2).tells(&["no broken design is called `zero-base`"]);
}

#[test]
fn a_broken_design_can_be_seen_by_hand() {
    let desk = Desk::new();
    let listed = desk.run(&["list", "queues", "--broken"]).exits(0);
    assert!(Broken::all().iter().all(|broken| listed.stdout.contains(broken.facts().name)), "{listed:#?}");
    let trial = desk.run(&["selftest", "--trial", "newest-first"]).exits(0);
    desk.write("trial.toml", &trial.stdout);
    desk.run(&["run", "trial.toml", "--redis", "local", "--queue", "newest-first"]).exits(1).shows(&[
        "newest-first",
        "per-user-fifo",
        "broken",
    ]);
    desk.run(&["selftest", "--trial", "zset-seq"]).exits(2).tells(&["zset-seq is no broken design"]);
}

/// Which other checks notice a bug depends on how the clients met; the rest of the table does not.
#[test]
fn the_readme_shows_the_matrix() {
    let readme = include_str!("../../README.md");
    let row = |name: &str| {
        let line = readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")))?;
        Some(line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>())
    };
    let header = readme.lines().find(|line| line.starts_with("| broken design | because |")).expect("the matrix");
    let columns: Vec<&str> = header.trim_matches('|').split('|').map(str::trim).collect();
    for broken in Broken::all() {
        let name = broken.facts().name;
        let cells = row(name).unwrap_or_else(|| panic!("{name} is missing: stanchion selftest --format markdown"));
        assert_eq!(cells[1], broken.facts().summary, "{name}");
        let caught: Vec<&str> = (0..cells.len()).filter(|at| cells[*at] == "●").map(|at| columns[at]).collect();
        assert_eq!(caught, [broken.breaks().name()], "{name}");
    }
}
