//! Bursts and replays: what their keys mean, and every way to get a file of arrival times wrong.

use std::time::Duration;

use camino::Utf8PathBuf;
use stanchion::scenario::{Burst, BurstHeight, Load, OpenLoad, Problems, ReplayLoad, Scenario, load, parse};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn open(keys: &str, scale: f64) -> OpenLoad {
    let text = format!(
        "about = \"A test.\"\n[load.open]\nrate = 100\nduration = \"10s\"\n{keys}\n[promises]\ncheck = [\"no-loss\"]\n"
    );
    match parse("test", &text, Some(scale), &["list"]).unwrap_or_else(|problems| panic!("{}", problems.render(false))) {
        Scenario { load: Load::Open(open), .. } => open,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_burst_begins_after_one_period_unless_the_file_says_when() {
    let with = open("burst = { every = \"2s\", lasts = \"500ms\", rate = 700 }", 1.0);
    let expected = Burst { every: ms(2000), lasts: ms(500), start: ms(2000), height: BurstHeight::PerS(700.0) };
    assert_eq!(with.burst, Some(expected));
    let at_once = open("burst = { every = \"2s\", lasts = \"500ms\", factor = 3, start = \"0ms\" }", 1.0);
    let expected = Burst { start: ms(0), height: BurstHeight::Times(3.0), ..expected };
    assert_eq!(at_once.burst, Some(expected));
    assert_eq!(open("", 1.0).burst, None);
}

#[test]
fn a_scale_multiplies_the_rate_of_a_burst_and_not_its_factor() {
    let height = |keys: &str, scale| open(keys, scale).burst.map(|burst| burst.height);
    let (rate, factor) = (
        "burst = { every = \"2s\", lasts = \"1s\", rate = 700 }",
        "burst = { every = \"2s\", lasts = \"1s\", factor = 3 }",
    );
    assert_eq!(height(rate, 0.1), Some(BurstHeight::PerS(70.0)));
    assert_eq!(height(rate, 0.00001), Some(BurstHeight::PerS(1.0)), "as low as a rate gets, and no problem");
    assert_eq!(height(factor, 0.1), Some(BurstHeight::Times(3.0)));
}

/// A folder with a scenario that replays `arrivals.csv`.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(arrivals: Option<&[u8]>, keys: &str, rest: &str) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        let text = format!(
            "about = \"A test.\"\n[load.replay]\nfile = \"arrivals.csv\"\n{keys}\n[promises]\ncheck = [\"no-loss\"]\n{rest}"
        );
        std::fs::write(folder.path("replay.toml"), text).unwrap();
        if let Some(arrivals) = arrivals {
            std::fs::write(folder.path("arrivals.csv"), arrivals).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.0.path().join(name)).unwrap()
    }

    fn load(&self, scale: Option<f64>) -> Result<ReplayLoad, Problems> {
        let mut scenarios = load(&[self.path("replay.toml")], scale, &["list"])?;
        match scenarios.pop().unwrap().load {
            Load::Replay(replay) => Ok(replay),
            other => panic!("{other:?}"),
        }
    }

    /// What is shown, with the folder's own path left out.
    fn shown(&self) -> String {
        let problems = self.load(None).unwrap_err();
        problems.render(false).replace(self.path("").as_str(), "")
    }
}

fn replay(arrivals: &str, keys: &str) -> ReplayLoad {
    let folder = Folder::with(Some(arrivals.as_bytes()), keys, "");
    folder.load(None).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

#[test]
fn the_first_time_of_a_file_begins_the_load_however_times_are_written() {
    let expected = [0, 250_000_000, 250_000_000, 61_000_000_000];
    for file in [
        "0\n0.25\n.25\n61\n".replace("\n.25", "\n0.250000000"),
        "1764273600\n1764273600.25\n1764273600.25\n1764273661".to_owned(),
        "0ms\r\n250ms\r\n250ms\r\n1m1s\r\n".to_owned(),
        "10s\n10250ms\n10.25\n71s\n".to_owned(),
        "\u{feff}2026-11-27T20:00:00Z\n2026-11-27T20:00:00.250Z\n2026-11-27T21:00:00.25+01:00\n2026-11-27T20:01:01Z\n"
            .to_owned(),
    ] {
        assert_eq!(*replay(&file, "").times_ns, expected, "{file}");
    }
}

#[test]
fn what_a_replay_leaves_out_has_the_default_of_the_page() {
    let least = ReplayLoad { times_ns: vec![0, 1_000_000_000].into(), scale: 1.0, connections: 50, tokens_per_user: 1 };
    assert_eq!(replay("0\n1\n", ""), least);
    let most = ReplayLoad { times_ns: vec![0, 100_000_000].into(), connections: 3, ..least };
    assert_eq!(replay("0\n1\n", "speed = 10\nconnections = 3"), most);
    assert_eq!((most.duration(), most.arrivals()), (ms(100), 2));
}

#[test]
fn the_scale_of_a_replay_is_how_many_arrivals_are_made_of_one() {
    let folder = Folder::with(Some(b"0\n1\n2\n3\n"), "", "");
    let arrivals = |scale| folder.load(Some(scale)).unwrap().arrivals();
    assert_eq!([0.0001, 0.6, 0.7, 1.0, 2.25].map(arrivals), [1, 2, 3, 4, 9]);
}

#[test]
fn all_problems_of_a_file_of_arrivals_are_shown_at_once() {
    let folder = Folder::with(Some(b"0\n0.5\n-1\nsoon\n\n0.25\n2026-11-27T20:00:00Z\n0.75, 12\n0.75\n"), "", "");
    assert_eq!(
        folder.shown(),
        "error: this is no arrival time
 --> arrivals.csv:3:1
  |
3 | -1
  | ^^ a time cannot be negative
  |
  = help: write one time a line: seconds such as 12.25, a duration such as 250ms, or a time stamp such as 2026-11-27T20:00:00.250Z

error: this is no arrival time
 --> arrivals.csv:4:1
  |
4 | soon
  | ^^^^ a number is missing
  |
  = help: write one time a line: seconds such as 12.25, a duration such as 250ms, or a time stamp such as 2026-11-27T20:00:00.250Z

error: this is no arrival time
 --> arrivals.csv:5:1
  |
5 |
  | ^ the line is empty
  |
  = help: write one time a line: seconds such as 12.25, a duration such as 250ms, or a time stamp such as 2026-11-27T20:00:00.250Z

error: the times are not in order
 --> arrivals.csv:6:1
  |
6 | 0.25
  | ^^^^ line 2 is later
  |
  = help: sort the file by time

error: two kinds of times in one file
 --> arrivals.csv:7:1
  |
7 | 2026-11-27T20:00:00Z
  | ^^^^^^^^^^^^^^^^^^^^ line 1 is seconds or a duration, this is a time stamp
  |
  = help: write all lines in one way

error: this is no arrival time
 --> arrivals.csv:8:1
  |
8 | 0.75, 12
  | ^^^^^^^^ `, ` is not a unit
  |
  = help: write one time a line: seconds such as 12.25, a duration such as 250ms, or a time stamp such as 2026-11-27T20:00:00.250Z

6 problems in 1 scenario file
"
    );
    let lines: Vec<_> = folder.load(None).unwrap_err().iter().map(|problem| problem.line()).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8].map(Some));
}

#[test]
fn twenty_problems_of_a_file_are_shown_and_the_others_counted() {
    let folder = Folder::with(Some("x\n".repeat(1000).as_bytes()), "", "");
    let problems = folder.load(None).unwrap_err();
    assert_eq!(problems.iter().count(), 21);
    let last = problems.iter().last().unwrap();
    assert_eq!((last.what(), last.line()), ("980 more in the same file", None));
    let folder = Folder::with(Some("x\n".repeat(20).as_bytes()), "", "");
    assert_eq!(folder.load(None).unwrap_err().iter().count(), 20, "none is left to be counted");
}

#[test]
fn problems_of_the_scenario_are_shown_beside_those_of_its_file() {
    let folder = Folder::with(Some(b"1\n0\n"), "speed = 0", "");
    let what: Vec<_> = folder.load(None).unwrap_err().iter().map(|problem| problem.what().to_owned()).collect();
    assert_eq!(what, ["`load.replay.speed` must be a number above 0 and up to 10000000", "the times are not in order"],);
}

/// The scenario with a file of arrivals that cannot be used as a whole: what is shown for it.
fn refused(arrivals: Option<&[u8]>, keys: &str) -> String {
    Folder::with(arrivals, keys, "").shown()
}

#[test]
fn a_file_of_arrivals_that_cannot_be_used_says_why() {
    let shown = refused(None, "");
    assert!(shown.starts_with("error: there is no such file\n --> replay.toml:3:8\n"), "{shown}");
    assert!(shown.contains("looked for arrivals.csv"), "{shown}");

    let folder = Folder::with(None, "", "");
    std::fs::write(folder.path("arrival.csv"), "0\n1\n").unwrap();
    assert!(folder.shown().contains("did you mean arrival.csv?"), "{}", folder.shown());

    let folder = Folder::with(None, "", "");
    std::fs::create_dir(folder.path("arrivals.csv")).unwrap();
    assert!(folder.shown().starts_with("error: the arrivals are not in a file\n"), "{}", folder.shown());

    let shown = refused(Some(b""), "");
    assert!(shown.starts_with("error: the file holds no time\n"), "{shown}");

    let shown = refused(Some(&[b'1'; 1000]), "");
    assert!(shown.starts_with("error: line 1 is longer than 256 bytes\n"), "{shown}");

    let shown = refused(Some(b"\xff\xfe0\n1\n"), "");
    assert!(shown.contains("letters that no time has"), "{shown}");

    let shown = refused(Some(b"5\n5\n5\n"), "");
    assert!(shown.starts_with("error: all arrivals fall on one moment\n"), "{shown}");

    let shown = refused(Some(b"0\n0.000001\n"), "speed = 10000000");
    assert!(shown.starts_with("error: all arrivals fall on one moment\n"), "{shown}");

    let shown = refused(Some(b"0\n90000\n"), "");
    assert!(shown.starts_with("error: the replay is too long\n"), "{shown}");
    assert_eq!(replay("0\n90000\n", "speed = 2").duration(), Duration::from_secs(45_000));
}

#[test]
fn no_more_than_ten_million_times_are_read() {
    let folder = Folder::with(Some("1\n".repeat(10_000_001).as_bytes()), "", "");
    let problems = folder.load(None).unwrap_err();
    let what: Vec<_> = problems.iter().map(|problem| problem.what()).collect();
    assert_eq!(what, ["too many lines"]);
}

#[test]
fn a_file_of_arrivals_cannot_paint_the_terminal() {
    let shown = refused(Some(b"\x1b[31m1\n2\n"), "");
    assert!(!shown.contains('\u{1b}'), "{shown}");
    let text = "about = \"A test.\"\n[load.replay]\nfile = \"\\u001b[31m\"\n[promises]\ncheck = [\"no-loss\"]\n";
    let shown = parse("test", text, None, &["list"]).unwrap_err().render(false);
    assert!(shown.starts_with("error: `load.replay.file` is not the path of a file\n"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn nothing_is_planned_for_after_a_replay() {
    let admit = "[admit]\nbatch = 1\nevery = \"1s\"\nstart = \"3s\"\n";
    let shown = Folder::with(Some(b"0\n2\n"), "", admit).shown();
    assert!(shown.starts_with("error: `admit.start` lies after the load\n"), "{shown}");
    assert!(shown.contains("joins arrive for 2s only"), "{shown}");
    assert!(Folder::with(Some(b"0\n4\n"), "", admit).load(None).is_ok());
}

#[test]
fn a_replay_has_no_more_joins_than_a_cell_may_have() {
    let folder = Folder::with(Some(b"0\n1\n"), "", "");
    let problems = folder.load(Some(6_000_000.0)).unwrap_err();
    assert!(problems.to_string().contains("too many joins for one cell"), "{problems}");
}
