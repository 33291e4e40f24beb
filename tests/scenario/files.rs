//! Files and folders of scenarios: all problems of all files at once, and nothing panics on any text.

use camino::Utf8PathBuf;
use proptest::prelude::*;
use stanchion::scenario::{Problems, load, parse};

const GOOD: &str =
    "about = \"A test.\"\n[load.open]\nrate = 10\nduration = \"1s\"\n[promises]\ncheck = [\"no-loss\"]\n";

/// A temporary folder, and the paths of files in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &[u8])]) -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a temporary folder"));
        for (name, bytes) in files {
            std::fs::write(folder.path(name), bytes).expect("a file in it");
        }
        folder
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.0.path().join(name)).expect("a path in UTF-8")
    }

    /// What is shown, with the folder's own path left out.
    fn shown(&self, problems: &Problems) -> String {
        problems.render(false).replace(self.path("").as_str(), "")
    }
}

#[test]
fn a_folder_is_its_toml_files_sorted_by_name() {
    let folder = Folder::with(&[("b.toml", GOOD.as_bytes()), ("a.toml", GOOD.as_bytes()), ("notes.txt", b"not one")]);
    let scenarios = load(&[folder.path("")], None, &["list"]).unwrap();
    assert_eq!(scenarios.iter().map(|scenario| scenario.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(scenarios[0].text, GOOD);
}

#[test]
fn the_problems_of_all_files_are_shown_at_once() {
    let folder = Folder::with(&[
        ("a.toml", b"[load\n"),
        ("b.toml", GOOD.replace("rate = 10", "rate = -1").as_bytes()),
        ("latin.toml", b"about = \"x\"\n# caf\xe9\n"),
        ("large.toml", &vec![b'#'; (1 << 20) + 1]),
        ("not a name.toml", GOOD.as_bytes()),
    ]);
    let problems = load(&[folder.path(""), folder.path("c.toml")], None, &["list"]).unwrap_err();
    assert_eq!(
        folder.shown(&problems),
        r#"error: this is not TOML: unclosed table, expected `]`
 --> a.toml:1:6
  |
1 | [load
  |      ^
  |
  = help: correct it; https://toml.io shows the syntax

error: `load.open.rate` must be a number above 0 and up to 10000000
 --> b.toml:3:8
  |
3 | rate = -1
  |        ^^ this is -1
  |
  = help: write a number such as 1500 or 0.5

error: this is no scenario file
--> large.toml
 = note: it is larger than 1 MiB
 = help: name a TOML file that describes a scenario

error: the file is not text
--> latin.toml
 = note: line 2 holds a byte that is not UTF-8
 = help: save the file as UTF-8

error: `not a name` is not a name
--> not a name.toml
 = note: a scenario is named by its file, and names become parts of paths and Redis keys
 = help: rename the file to 1 to 64 letters (a-z, A-Z), digits and `-`, or write name = "…" at the top

error: there is no such file
--> c.toml
 = help: did you mean a.toml?

6 problems in 6 scenario files
"#
    );
    assert!(problems.to_string().contains("b.toml:3: `load.open.rate` must be"), "{problems}");
}

#[test]
fn two_scenarios_of_one_name_are_refused() {
    let named = format!("name = \"a\"\n{GOOD}");
    let folder = Folder::with(&[("a.toml", GOOD.as_bytes()), ("b.toml", named.as_bytes())]);
    let problems = load(&[folder.path("")], None, &["list"]).unwrap_err();
    assert_eq!(
        folder.shown(&problems),
        r#"error: a second scenario is named `a`
 --> b.toml:1:8
  |
1 | name = "a"
  |        ^^^ a.toml has that name, and results are stored by name
  |
  = help: rename one of the files, or write another name = "…" at its top

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_empty_folder_is_refused() {
    let folder = Folder::with(&[("notes.txt", b"")]);
    let problems = load(&[folder.path("")], None, &["list"]).unwrap_err();
    let what: Vec<_> = problems.iter().map(|problem| (problem.what(), problem.line())).collect();
    assert_eq!(what, [("the folder holds no scenario", None)]);
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = Folder::with(&[]);
    std::os::unix::fs::symlink("loop.toml", folder.path("loop.toml")).unwrap();
    let problems = load(&[folder.path("loop.toml")], None, &["list"]).unwrap_err();
    assert_eq!(
        folder.shown(&problems),
        "error: the file cannot be read\n--> loop.toml\n = note: Too many levels of symbolic links (os error 40)\n \
         = help: check the path and the permissions\n\n1 problem in 1 scenario file\n"
    );
}

#[test]
fn a_scale_of_the_command_line_must_be_a_number_above_zero() {
    for (scale, named) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let problems = parse("test", GOOD, Some(scale), &["list"]).unwrap_err();
        assert_eq!(
            problems.render(false),
            format!(
                "error: the scale must be a number above 0, not {named}\n--> test\n \
                 = note: counts and rates are multiplied by it\n \
                 = help: choose another, such as --scale 0.05\n\n1 problem in 1 scenario file\n"
            )
        );
    }
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let problems = parse("test", "x = 1", None, &["list"]).unwrap_err();
    assert!(problems.render(true).contains("\x1b["));
    assert!(!problems.render(false).contains('\x1b'));
}

/// Pieces of which nearly right files are made: these reach further than random letters.
fn nearly_toml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[load.open]\n"),
        Just("[load.closed]\n"),
        Just("[load.flood]\n"),
        Just("[load.replay]\nfile = \"Cargo.toml\"\n"),
        Just("burst = { every = \"1ns\", lasts = \"1ns\", factor = 1e7 }\n"),
        Just("[promises]\n"),
        Just("[ttl]\n"),
        Just("[population.a]\n"),
        Just("[expect.list]\n"),
        Just("[limits.join]\n"),
        Just("[faults.drop-reply]\n"),
        Just("about = \"é\"\n"),
        Just("rate = 1e308\n"),
        Just("rate = nan\n"),
        Just("duration = \"86400s\"\n"),
        Just("after = \"24h\"\n"),
        Just("older-than = \"99999999999999999999h\"\n"),
        Just("users = 99999999999999999999999999999999999999999999\n"),
        Just("users = 10000000\n"),
        Just("tokens-per-user = 1000\n"),
        Just("scale = 1e7\n"),
        Just("joins = 1000\nrounds = 10000000\n"),
        Just("share = \"1e5%\"\n"),
        Just("ops = [\"join\", 1, [], {}]\n"),
        Just("check = [\"expiry\", \"no-loss\", \"expiry\"]\n"),
        Just("a.b.\"\\u0000\".c = {}\n"),
        Just("\u{feff}"),
        Just("\r\n"),
        Just("\t\"\u{1b}[31m\" = 1979-05-27T07:32:00Z\n"),
        Just("p99 = \"5ms\"\n"),
        Just("= \"\"\"\n"),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_scenario_or_problems_that_can_be_shown(text in prop_oneof!["\\PC*", "(?s).{0,200}", nearly_toml()]) {
        if let Err(problems) = parse("test", &text, None, &["list"]) {
            prop_assert!(problems.iter().count() > 0);
            prop_assert!(problems.render(false).starts_with("error: "));
            prop_assert!(!problems.render(false).contains('\u{1b}'), "a file cannot paint the terminal");
            prop_assert!(problems.render(true).len() >= problems.render(false).len());
        }
    }

    #[test]
    fn a_shipped_file_with_one_byte_changed_is_a_scenario_or_problems(
        file in 0..stanchion::scenario::shipped().len(),
        at in any::<prop::sample::Index>(),
        with in any::<char>(),
    ) {
        let (name, text) = stanchion::scenario::shipped()[file];
        let mut letters: Vec<char> = text.chars().collect();
        let at = at.index(letters.len());
        letters[at] = with;
        if let Err(problems) = parse(name, &letters.into_iter().collect::<String>(), None, &["list"]) {
            prop_assert!(problems.render(false).starts_with("error: "));
        }
    }
}
