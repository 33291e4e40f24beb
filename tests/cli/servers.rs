//! A server given by URL: whatever it is, a sentence; whatever its password, not a word of it.
use crate::shell::server::{Server, ask, converse, free_port, impostor, old_redis};
use crate::shell::{Desk, Done, ENDLESS, SMALL, UnderWay, done};

const PASSWORD: &str = "hunter2-sesame";

fn run_on(desk: &Desk, url: &str, more: &[&str]) -> Done {
    desk.run(&[&["run", "small.toml", "--queue", "list", "--out", "o", "--redis", url], more].concat())
}

#[test]
fn a_server_that_needs_a_password_is_used_with_the_right_one_which_is_shown_nowhere() {
    let server = Server::start(&["--requirepass", PASSWORD]);
    let desk = Desk::with("small", SMALL);
    let url = |credentials: &str| format!("redis://{credentials}127.0.0.1:{}", server.port);
    let without = run_on(&desk, &url(""), &[]).exits(4).tells(&["needs a password", "STANCHION_REDIS_URL"]);
    let wrong = run_on(&desk, &url(":hunter2-wrong@"), &[]).exits(4).tells(&["does not accept the user or password"]);
    assert!(!desk.path("o").exists(), "no empty run folder");
    let right = run_on(&desk, &url(&format!(":{PASSWORD}@")), &[]).exits(0);
    let right = right.shows(&["--redis \"$STANCHION_REDIS_URL\""]);
    let mut by_variable = desk.stanchion(&["run", "small.toml", "--queue", "list", "--format", "json"]);
    by_variable.env("STANCHION_REDIS_URL", url(&format!("default:{PASSWORD}@")));
    let by_variable = done(by_variable).exits(0);
    let mut doctor = desk.stanchion(&["doctor"]);
    doctor.env("STANCHION_REDIS_URL", url(&format!("default:{PASSWORD}@")));
    let doctor = done(doctor).exits(0).shows(&[&format!("127.0.0.1:{}", server.port)]);

    for said in [&without, &wrong, &right, &by_variable, &doctor] {
        assert!(!said.stdout.contains("hunter2") && !said.stderr.contains("hunter2"), "{said:#?}");
    }
    let files = [desk.files("o"), desk.files("reports")].concat();
    assert_eq!(files.len(), 10, "{files:?}");
    for file in files {
        let bytes = std::fs::read(desk.path(&file)).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"hunter2"), "{file}");
    }
}

#[test]
fn a_mistyped_url_is_refused_without_repeating_its_password() {
    let desk = Desk::with("small", SMALL);
    for url in ["http://alice:hunter2@db", "alice:hunter2@db:6379", "redis://:hunter2@db:port", "redis//:hunter2@db"] {
        for words in [vec!["run", "small.toml", "--redis", url], vec!["doctor", "--redis", url]] {
            let done = desk.run(&words).exits(2).tells(&["--redis: ", "redis://HOST:PORT"]);
            assert!(!done.stderr.contains("hunter2") && !done.stderr.contains("alice"), "{done:#?}");
        }
    }
}

#[test]
fn a_server_with_keys_of_others_is_refused_or_left_as_it_was() {
    let server = Server::start(&[]);
    assert_eq!(converse(server.port, &["SET mine 1", "SELECT 3", "SET theirs 2"]).unwrap(), "+OK\r\n".repeat(4));
    let desk = Desk::with("small", SMALL);
    run_on(&desk, &server.url(), &[]).exits(4).tells(&["holds 2 keys", "--allow-non-empty"]);
    let done = run_on(&desk, &server.url(), &["--allow-non-empty"]).exits(0);
    done.shows(&[&format!("--redis {} --allow-non-empty --seed 1", server.url()), "one server as it was found"]);
    let left = converse(server.port, &["KEYS *", "GET mine", "SELECT 3", "KEYS *", "GET theirs"]).unwrap();
    assert_eq!(left, "*1\r\n$4\r\nmine\r\n$1\r\n1\r\n+OK\r\n*1\r\n$6\r\ntheirs\r\n$1\r\n2\r\n+OK\r\n");
}

#[test]
fn an_interrupted_run_removes_its_keys_from_a_given_server() {
    let server = Server::start(&[]);
    let desk = Desk::with("endless", ENDLESS);
    let run = UnderWay::start(desk.stanchion(&["run", "endless.toml", "--redis", &server.url()]));
    assert_eq!(run.port, server.port);
    run.signal("INT");
    run.wait().exits(130);
    assert_eq!(ask(server.port, "DBSIZE").unwrap(), ":0");
}

#[test]
fn what_is_no_usable_redis_exits_4_with_a_sentence_of_its_own() {
    let desk = Desk::with("small", SMALL);
    let web = impostor(|_| "HTTP/1.1 400 Bad Request\r\n\r\n".to_owned());
    for (port, sentence) in [
        (free_port(), "no Redis answers at"),
        (web, "is not a Redis"),
        (old_redis(), "is version 5.0.7; 6.2 or later is needed"),
    ] {
        let done = run_on(&desk, &format!("redis://127.0.0.1:{port}"), &[]).exits(4).tells(&[sentence]);
        assert_eq!((done.stdout.as_str(), done.stderr.lines().count()), ("", 1), "{done:#?}");
    }
    assert!(!desk.path("o").exists(), "no empty run folder");
}
