//! `stanchion precision`: the demonstration offline, on a server, and pasted into redis-cli.
use std::io::Write as _;
use std::process::Stdio;

use crate::result_schema::{disagreements, is_committed, is_explained};
use crate::shell::server::{Server, converse};
use crate::shell::{Desk, Done, done};
use serde_json::Value;
use stanchion::precision;

fn each<'a>(document: &'a Value, what: &str) -> Vec<&'a Value> {
    document[what].as_array().unwrap_or_else(|| panic!("{what}: {document:#}")).iter().collect()
}

#[test]
fn without_a_server_the_seeds_case_is_drawn_and_every_scheme_told() {
    let desk = Desk::new();
    let mut offline = desk.stanchion(&["precision"]);
    offline.env("PATH", "");
    let page = done(offline).exits(0).shows(&[
        "counters 4, 5 and 6 of ts 1759656550865 get one score",
        "s sign   e exponent   t timestamp   c counter   - unused   x lost",
        "tttcccccccccccc xxxxxxxxxxxx\n",
        "ZADD of 9007199254740993 (2^53 + 1) stores 9007199254740992",
        "Joined u1, u2, u10, one score: the set says u1, u10, u2",
    ]);
    assert_eq!(page.stderr, "");
    let drawn = |letter: char| page.stdout.lines().filter(|line| line.starts_with(letter)).count();
    assert!(page.stdout.lines().any(|line| line.starts_with(" scheme ")) && drawn('•') >= 16, "{page:#?}");
    let document = desk.run(&["precision", "--format", "json"]).exits(0).json();
    let names: Vec<&Value> = each(&document, "schemes").iter().map(|scheme| &scheme["name"]).collect();
    assert_eq!(names, ["shift", "decimal", "centi", "rebased"]);
    assert_eq!((&document["kind"], &document["live"]), (&Value::from("precision"), &Value::Null));
    for scheme in each(&document, "schemes") {
        for score in each(scheme, "scores") {
            assert_eq!(each(score, "bits").len(), 64);
        }
    }
    let markdown = desk.run(&["precision", "--format", "markdown"]).exits(0);
    markdown.shows(&["## Stanchion: precision", "| shift | 65 | 4,096 | 1/ms |", "tttcccccccccccc xxxxxxxxxxxx\n```"]);
}

#[test]
fn bits_epoch_rate_and_date_are_what_is_computed_with() {
    let desk = Desk::new();
    let one = |more: &[&str]| {
        let words = [&["precision", "--format", "json", "--scheme"], more].concat();
        let document = desk.run(&words).exits(0).json();
        assert_eq!((&document["facts"], each(&document, "shifts").len()), (&Value::Null, 0), "one scheme only");
        each(&document, "schemes")[0].clone()
    };
    // 13 bits are one too many for a clock of 41.
    let shift = one(&["shift", "--bits", "13", "--date", "2026-01-01", "--rate", "5000"]);
    assert_eq!((&shift["limits"]["bits_needed"], &shift["limits"]["scores_per_ms"]), (&54.into(), &4096.into()));
    assert_eq!((&shift["at_rate"]["joins_per_ms"], &shift["at_rate"]["sharing"]), (&5.into(), &4.into()));
    let exact = one(&["shift", "--bits", "12", "--rate", "30/ms"]);
    assert_eq!((&exact["limits"]["right_up_to"], &exact["at_rate"]["sharing"]), (&4096.into(), &0.into()));
    assert_eq!(exact["limits"]["breaks"]["utc"], "2039-09-07T15:47:35.552Z");
    // And then it does.
    let later = one(&["shift", "--bits", "12", "--date", "2039-09-07T15:47:35.552Z"]);
    assert_eq!(
        (&later["limits"]["right_up_to"], &later["limits"]["first_collision"]["because"]),
        (&1.into(), &"rounding".into())
    );
    let rebased = one(&["rebased", "--bits", "24", "--epoch", "2025-10-01", "--date", "1759656550865"]);
    assert_eq!(rebased["limits"]["breaks"]["utc"], "2025-10-07T05:07:50.912Z");
    let centi = one(&["centi", "--rate", "101/ms"]);
    assert_eq!((&centi["limits"]["right_up_to"], &centi["at_rate"]["sharing"]), (&100.into(), &2.into()));
}

#[test]
fn a_live_server_gives_the_answers_that_were_computed_and_they_can_be_pasted() {
    let desk = Desk::new();
    let server = Server::start(&[]);
    let url = server.url();
    let answered = |more: &[&str]| {
        let words = [&["precision", "--live", "--redis", &url, "--format", "json"], more].concat();
        desk.run(&words).exits(0).json()["live"].clone()
    };
    let general = answered(&[]);
    assert!(general["server"].as_str().unwrap().starts_with("redis ") && general["agrees"] == true, "{general:#}");
    let odd = ["--scheme", "shift", "--bits", "13", "--date", "2026-01-01"];
    for live in [general, answered(&["--scheme", "decimal"]), answered(&odd)] {
        let commands = each(&live, "commands");
        assert!(commands.len() >= 9, "{live:#}");
        let text = |name: &str| {
            let lines = commands.iter().map(|asked| asked[name].as_str().unwrap().to_owned() + "\n");
            lines.collect::<String>()
        };
        assert_eq!(converse(server.port, &["DBSIZE"]).unwrap(), ":0\r\n+OK\r\n", "nothing is left on a given server");
        // As a sceptic would: all commands, into a server that knows nothing of us.
        let fresh = Server::start(&[]);
        let mut pasting = desk.command("redis-cli");
        pasting.args(["--no-raw", "-p", &fresh.port.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut pasting = pasting.spawn().expect("these tests need redis-cli on the PATH");
        pasting.stdin.take().unwrap().write_all(text("command").as_bytes()).unwrap();
        let pasted = String::from_utf8(pasting.wait_with_output().unwrap().stdout).unwrap();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&pasted), words(&text("answer")));
    }
}

#[test]
fn a_private_server_is_started_and_ended_and_each_command_is_printed_with_its_answer() {
    let desk = Desk::new();
    let page = desk.run(&["precision", "--live", "--redis", "local"]).exits(0).shows(&[
        " answers are what was computed",
        "  EVAL \"return string.format('%.0f', ARGV[1] * 2 ^ 24 + ARGV[2])\" 0 1759656550865 5\n    ✓ \"29522138039677091840\"",
        "  EVAL \"return tostring(9007199254740991)\" 0\n    ✓ \"9.007199254741e+15\"",
        ":beyond m\n    ✓ \"9007199254740992\"",
        ":ties 0 -1\n    ✓ 1) \"u1\" 2) \"u10\" 3) \"u2\"",
    ]);
    assert!(!page.stdout.contains('✗'), "{page:#?}");
    desk.assert_nothing_is_left();
}

#[test]
fn a_server_that_answers_otherwise_exits_1_and_shows_both() {
    let desk = Desk::new();
    let server = Server::start(&["--rename-command", "ZCOUNT", "\"\""]);
    let url = server.url();
    let words = ["precision", "--scheme", "shift", "--live", "--redis", &url];
    let page = desk.run(&words).exits(1).shows(&["✗ (error) ERR unknown command", "but computed: (integer) 3"]);
    page.shows(&[": 8 of 9 answers are what was computed"]);
    let json = desk.run(&[&words[..], &["--format", "json"]].concat()).exits(1).json();
    assert_eq!(json["live"]["agrees"], false);
    assert_eq!(converse(server.port, &["DBSIZE"]).unwrap(), ":0\r\n+OK\r\n", "nothing is left");
}

#[test]
fn keys_of_others_stay_and_what_cannot_be_used_exits_4() {
    let desk = Desk::new();
    let server = Server::start(&[]);
    converse(server.port, &["SET mine 1"]).unwrap();
    let live =
        |more: &[&str]| -> Done { desk.run(&[&["precision", "--live", "--redis", &server.url()], more].concat()) };
    live(&[]).exits(4).tells(&["--allow-non-empty"]);
    live(&["--allow-non-empty"]).exits(0);
    assert_eq!(converse(server.port, &["KEYS *"]).unwrap(), "*1\r\n$4\r\nmine\r\n+OK\r\n");
    let mut without = desk.stanchion(&["precision", "--live"]);
    without.env("PATH", "");
    let without = done(without).exits(4).tells(&["no Redis was found"]);
    assert_eq!(without.stdout, "");
}

#[test]
fn a_page_a_picture_and_the_document_are_written_and_written_again() {
    let desk = Desk::new();
    let write = |more: &[&str]| {
        let words = [&["precision", "--out", "o", "--format", "json"], more].concat();
        desk.run(&words).exits(0).tells(&["Saved: o/precision.html"]).json()
    };
    let first = write(&[]);
    assert_eq!(desk.files("o"), ["o/precision.html", "o/precision.json", "o/precision.png"]);
    assert_eq!(desk.json("o/precision.json"), first);
    let live = write(&["--live", "--redis", "local", "--scheme", "shift"]);
    assert_eq!(desk.json("o/precision.json"), live);
    let page = std::fs::read_to_string(desk.path("o/precision.html")).unwrap();
    assert_eq!((page.matches("<svg class=\"bits\"").count(), page.matches("<td>✓ yes</td>").count()), (1, 9));
    assert!(std::fs::read(desk.path("o/precision.png")).unwrap().starts_with(b"\x89PNG"));
    desk.write("file", "");
    let refused = desk.run(&["precision", "--out", "file"]).exits(4).tells(&["file"]);
    refused.shows(&["counters 4, 5 and 6"]);
}

#[test]
fn what_makes_no_sense_exits_2_with_a_sentence() {
    let desk = Desk::new();
    for (words, part) in [
        (vec!["--scheme", "decimal", "--bits", "3"], "decimal shifts nothing; only shift and rebased do"),
        (vec!["--scheme", "shift", "--epoch", "2025-01-01"], "only rebased has an epoch of its own"),
        (vec!["--date", "2025-01-01", "--epoch", "2025-01-02"], "--epoch lies after --date"),
        (vec!["--bits", "53"], "53"),
        (vec!["--date", "yesterday"], "such as 2025-10-05"),
        (vec!["--date", "10000-01-01"], "such as 2025-10-05"),
        (vec!["--rate", "0"], "such as 30/ms"),
        (vec!["--scheme", "float"], "possible values: shift, decimal, centi, rebased"),
        (vec!["--redis", "local"], "--live"),
    ] {
        let refused = desk.run(&[&["precision"], &words[..]].concat()).exits(2).tells(&[part]);
        assert_eq!(refused.stdout, "", "{words:?}");
    }
}

#[test]
fn the_committed_schema_is_that_of_the_document_and_every_document_is_as_it_says() {
    let schema = precision::schema();
    is_committed(&schema, "precision");
    let desk = Desk::new();
    for more in [&[][..], &["--scheme", "decimal"], &["--live", "--redis", "local"]] {
        let document = desk.run(&[&["precision", "--format", "json"], more].concat()).exits(0).json();
        assert_eq!(disagreements(&schema, &schema, &document, "$"), Vec::<String>::new());
    }
}

#[test]
fn the_page_explains_every_field_and_shows_what_is_printed() {
    let page = include_str!("../../docs/precision.md");
    is_explained(&precision::schema(), "precision", 60);

    let printed = Desk::new().run(&["precision"]).exits(0).stdout;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (printed_words, first) = (words(&printed), printed.lines().next().unwrap());
    assert!(words(include_str!("../../README.md")).contains(first), "README.md quotes another finding");
    for page in [page, include_str!("../../README.md")] {
        let begin = page.find("shift: ts × 2^24").unwrap();
        let block = &page[begin..begin + page[begin..].find("```").unwrap()];
        assert!(printed_words.contains(&words(block)), "it is not printed so: {block}");
    }
}
