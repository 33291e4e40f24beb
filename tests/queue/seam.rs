//! What the seam promises: nothing is re-sent, a late answer is never taken for another's, what passes is
//! counted as it really was.

use std::time::Duration;

use crate::support::{by_user, client, on_a_server, open};
use redis::{Cmd, Value};
use stanchion::model::{Dedupe, Outcome, Refusal, Token, UnknownCause};
use stanchion::queue::{CallCost, CommandError, Commands, Counted, Design, Live, WaitingQueue, outcome_of};
use stanchion::target::Target;

fn asking(words: &[&str]) -> Cmd {
    let mut asked = redis::cmd(words[0]);
    for word in &words[1..] {
        asked.arg(*word);
    }
    asked
}

async fn impatient(target: &Target) -> Live {
    let connection = target.endpoint().connect(Duration::from_secs(10)).await.unwrap();
    Live::new(connection, Duration::from_millis(50), 7)
}

fn signal(target: &Target, signal: &str) {
    let pid = target.pid().expect("a local server").to_string();
    assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
}

/// Stops the server in its tracks: what is sent from now on waits in its socket.
fn stop(target: &Target) {
    signal(target, "-STOP");
    let state = format!("/proc/{}/stat", target.pid().expect("a local server"));
    while !std::fs::read_to_string(&state).unwrap().contains(") T ") {
        std::thread::yield_now();
    }
}

fn go_on(target: &Target) {
    signal(target, "-CONT");
}

#[test]
fn a_request_that_timed_out_is_unknown_and_may_have_happened() {
    on_a_server(async |target| {
        let (watcher, victim) = (client(target).await, Counted::new(impatient(target).await));
        stop(target);
        let timed_out = victim.command(asking(&["INCR", "n"])).await.unwrap_err();
        go_on(target);
        assert_eq!(timed_out, CommandError::TimedOut { command: "INCR".to_owned(), timeout_ms: 50 });
        let sent = victim.take().commands;
        assert_eq!((sent, outcome_of(&timed_out, sent)), (1, Outcome::Unknown(UnknownCause::TimedOut)));
        // It happens once the server goes on, although nobody waits for the answer any more.
        while watcher.command(asking(&["EXISTS", "n"])).await == Ok(Value::Int(0)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(watcher.command(asking(&["GET", "n"])).await, Ok(Value::BulkString(b"1".to_vec())), "once");
    });
}

#[test]
fn after_a_time_out_nothing_is_sent_any_more_so_no_late_answer_is_taken_for_another() {
    on_a_server(async |target| {
        let (watcher, victim) = (client(target).await, Counted::new(impatient(target).await));
        let twin = victim.inner().clone();
        assert!(!twin.is_broken());
        stop(target);
        victim.command(asking(&["ECHO", "late"])).await.unwrap_err();
        go_on(target);
        assert!(twin.is_broken(), "clones share the connection");
        victim.take();
        for _ in 0..3 {
            let next = victim.command(asking(&["INCR", "n"])).await.unwrap_err();
            let batch = victim.pipeline(vec![asking(&["INCR", "n"])]).await.unwrap_err();
            let transaction = victim.transaction(vec![asking(&["INCR", "n"])]).await.unwrap_err();
            for error in [next, batch, transaction] {
                assert!(matches!(error, CommandError::NotSent(_)), "{error:?}");
                assert_eq!(outcome_of(&error, victim.take().commands), Outcome::Refused(Refusal::NotSent));
            }
        }
        assert_eq!(watcher.command(asking(&["EXISTS", "n"])).await, Ok(Value::Int(0)));
    });
}

#[test]
fn a_connection_that_ends_is_unknown_for_what_was_in_flight() {
    on_a_server(async |target| {
        let (watcher, victim) = (client(target).await, client(target).await);
        let Ok(Value::Int(id)) = victim.command(asking(&["CLIENT", "ID"])).await else { panic!("an id") };
        let id = id.to_string();
        let killing = async {
            // The victim waits for an element that never comes.
            tokio::time::sleep(Duration::from_millis(50)).await;
            watcher.command(asking(&["CLIENT", "KILL", "ID", &id])).await.unwrap();
        };
        let (lost, ()) = futures_util::future::join(victim.command(asking(&["BLPOP", "never", "0"])), killing).await;
        let lost = lost.unwrap_err();
        assert!(matches!(&lost, CommandError::Lost { command, .. } if command == "BLPOP"), "{lost:?}");
        assert_eq!(outcome_of(&lost, 1), Outcome::Unknown(UnknownCause::ConnectionLost));
        assert!(victim.is_broken());
    });
}

#[test]
fn each_command_of_a_pipeline_has_its_own_result() {
    on_a_server(async |target| {
        let client = client(target).await;
        let batch = vec![asking(&["SET", "text", "x"]), asking(&["INCR", "text"]), asking(&["INCR", "n"])];
        let results = client.pipeline(batch).await.unwrap();
        assert_eq!(results[0], Ok(Value::Okay));
        assert!(
            matches!(&results[1], Err(CommandError::Server { command, code, .. }) if command == "INCR" && code == "ERR")
        );
        assert_eq!(results[2], Ok(Value::Int(1)));
        assert_eq!(client.pipeline(Vec::new()).await, Ok(Vec::new()));
    });
}

#[test]
fn a_transaction_applies_all_or_says_what_was_refused() {
    on_a_server(async |target| {
        let client = client(target).await;
        let applied = client.transaction(vec![asking(&["INCR", "n"]), asking(&["LPUSH", "n", "x"])]).await.unwrap();
        assert_eq!(applied[0], Ok(Value::Int(1)), "an error beside it does not undo it");
        assert!(
            matches!(&applied[1], Err(CommandError::Server { command, code, .. }) if command == "LPUSH" && code == "WRONGTYPE"),
            "{applied:?}"
        );
        let refused = client.transaction(vec![asking(&["INCR", "n"]), asking(&["NOSUCHCOMMAND"])]).await.unwrap_err();
        let CommandError::Server { command, message, .. } = &refused else { panic!("{refused:?}") };
        assert_eq!(command, "NOSUCHCOMMAND", "the command at fault, not EXEC: {message}");
        assert_eq!(client.command(asking(&["GET", "n"])).await, Ok(Value::BulkString(b"1".to_vec())));
    });
}

#[test]
fn an_error_names_the_command_and_never_its_arguments() {
    on_a_server(async |target| {
        let error = client(target).await.command(asking(&["AUTH", "user", "hunter2"])).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert_eq!(outcome_of(&error, 1), Outcome::Refused(Refusal::NotPermitted));
    });
}

#[test]
fn counted_bytes_are_those_that_the_server_read_and_wrote() {
    /// What the server says it has read and written so far, and what asking cost.
    async fn traffic(client: &Counted<Live>) -> (u64, u64, CallCost) {
        client.take();
        let Ok(Value::BulkString(info)) = client.command(asking(&["INFO", "stats"])).await else { panic!("INFO") };
        let info = String::from_utf8(info).unwrap();
        let number =
            |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().parse().unwrap();
        (number("total_net_input_bytes:"), number("total_net_output_bytes:"), client.take())
    }
    on_a_server(async |target| {
        let client = Counted::new(client(target).await);
        let queue = open(Design::ZsetSeq, Dedupe::User, None);
        let (read_before, written_before, asked_before) = traffic(&client).await;

        for user in 0..20 {
            queue.join(&client, by_user(user, user)).await.unwrap();
            queue.position(&client, by_user(user, user)).await.unwrap();
        }
        queue.join(&client, by_user(3, 77)).await.unwrap();
        queue.position(&client, by_user(99, 99)).await.unwrap();
        assert_eq!(
            queue.admit(&client, 2, crate::support::batch(1)).await,
            Ok(Outcome::Admitted(vec![Token(0), Token(1)]))
        );
        client
            .pipeline(vec![asking(&["KEYS", "*"]), asking(&["LPUSH", "n", "x"]), asking(&["INCR", "n"])])
            .await
            .unwrap();
        client.transaction(vec![asking(&["LRANGE", "n", "0", "-1"]), asking(&["DEL", "n"])]).await.unwrap();
        client.transaction(vec![asking(&["INCR", "m"]), asking(&["NOSUCHCOMMAND"])]).await.unwrap_err();
        client.command(asking(&["GET"])).await.unwrap_err();
        let cost = client.take();

        let (read, written, asked) = traffic(&client).await;
        // The second INFO has been read when it counts, and its reply is not written yet.
        assert_eq!(read - read_before, u64::from(cost.bytes_sent + asked.bytes_sent));
        assert_eq!(written - written_before, u64::from(cost.bytes_received + asked_before.bytes_received));
        // Join, position and admit each met a server that did not know their script.
        assert_eq!(cost.commands, (20 * 2 + 3) + 3 + 3 + 4 + 4 + 1);
        assert_eq!(cost.round_trips, (20 * 2 + 3) + 3 + 1 + 1 + 1 + 1);
        assert_eq!(client.take(), CallCost::default());
    });
}

#[test]
fn a_seed_names_its_random_numbers() {
    on_a_server(async |target| {
        let drawn = async |seed| {
            let connection = target.endpoint().connect(Duration::from_secs(10)).await.unwrap();
            let client = Live::new(connection, Duration::from_secs(1), seed);
            [client.random(), client.random(), client.random()]
        };
        assert_eq!(drawn(1).await, drawn(1).await);
        assert_ne!(drawn(1).await, drawn(2).await);
    });
}
