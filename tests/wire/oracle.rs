//! The same commands get the same replies as on the `redis` crate's connection.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis::{Cmd, Value};
use stanchion::queue::{CommandError, Commands, Live};
use stanchion::target::{Endpoint, Target};

use crate::support::{asking, hear, playing, reactor, say, server, wire};

type Answer = Result<Value, CommandError>;

/// A step of a program: one command, several at once, or a transaction.
#[derive(Clone, Debug)]
enum Step {
    One(Vec<String>),
    Pipeline(Vec<Vec<String>>),
    Transaction(Vec<Vec<String>>),
}

fn cmd(words: &[String]) -> Cmd {
    asking(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

async fn run(commands: &impl Commands, program: &[Step]) -> Vec<Result<Vec<Answer>, CommandError>> {
    let mut answers = Vec::new();
    for step in program {
        let cmds = |several: &[Vec<String>]| several.iter().map(|words| cmd(words)).collect();
        answers.push(match step {
            Step::One(words) => Ok(vec![commands.command(cmd(words)).await]),
            Step::Pipeline(several) => commands.pipeline(cmds(several)).await,
            Step::Transaction(several) => commands.transaction(cmds(several)).await,
        });
    }
    answers
}

fn by_reference(target: &Target, program: &[Step]) -> Vec<Result<Vec<Answer>, CommandError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let connection = target.endpoint().connect(Duration::from_secs(10)).await.unwrap();
        let live = Live::new(connection, Duration::from_secs(60), 7);
        live.command(asking(&["FLUSHALL"])).await.unwrap();
        run(&live, program).await
    })
}

fn by_wire(endpoint: &Endpoint, program: &[Step]) -> Vec<Result<Vec<Answer>, CommandError>> {
    let reactor = reactor();
    let answered = reactor.block_on(async {
        let wire = wire(&reactor, endpoint).await;
        wire.command(asking(&["FLUSHALL"])).await.unwrap();
        run(&wire, program).await
    });
    answered.unwrap()
}

/// Commands of every kind of reply, on few keys, so that many meet the wrong type.
fn command() -> impl Strategy<Value = Vec<String>> {
    let key = || prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    let word = || prop_oneof!["[a-z]{0,8}", "[ -~]{0,40}", "(?s).{0,20}", Just("x".repeat(70_000))];
    let words = |name: &str, rest: Vec<BoxedStrategy<String>>| {
        let name = name.to_owned();
        rest.prop_map(move |rest| std::iter::once(name.clone()).chain(rest).collect::<Vec<_>>()).boxed()
    };
    let fixed = |texts: &[&str]| texts.iter().map(|text| Just((*text).to_owned()).boxed()).collect::<Vec<_>>();
    let with = |name: &str, rest: &[&str]| words(name, [vec![key().boxed()], fixed(rest)].concat());
    prop_oneof![
        words("SET", vec![key().boxed(), word().boxed()]),
        words("ECHO", vec![word().boxed()]),
        words("RPUSH", vec![key().boxed(), word().boxed(), word().boxed()]),
        words("ZADD", vec![key().boxed(), Just("1.5".to_owned()).boxed(), word().boxed()]),
        words(
            "XADD",
            vec![key().boxed(), Just("1-1".to_owned()).boxed(), Just("f".to_owned()).boxed(), word().boxed()]
        ),
        words("HSET", vec![key().boxed(), word().boxed(), word().boxed()]),
        with("GET", &[]),
        with("INCR", &[]),
        with("LRANGE", &["0", "-1"]),
        with("ZRANGE", &["0", "-1", "WITHSCORES"]),
        with("ZSCORE", &["x"]),
        with("XRANGE", &["-", "+"]),
        with("HGETALL", &[]),
        with("DEL", &[]),
        with("TYPE", &[]),
        words("NOSUCHCOMMAND", vec![word().boxed()]),
        Just(vec!["GET".to_owned()]),
        Just(["EVAL", "return {1, {2, {3, false}}, 'x', redis.status_reply('fine')}", "0"].map(str::to_owned).to_vec()),
        Just(["EVAL", "return redis.error_reply('MINE all mine')", "0"].map(str::to_owned).to_vec()),
        Just(["COMMAND", "INFO", "get", "nosuch"].map(str::to_owned).to_vec()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let several = || prop::collection::vec(command(), 0..6);
    prop_oneof![
        4 => command().prop_map(Step::One),
        1 => several().prop_map(Step::Pipeline),
        1 => several().prop_map(Step::Transaction),
    ]
}

#[test]
fn every_command_gets_the_reply_that_the_reference_gets() {
    let target = server();
    let unix = target.unix_endpoint().unwrap();
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..25), |program| {
            let expected = by_reference(&target, &program);
            prop_assert_eq!(&by_wire(target.endpoint(), &program), &expected, "over TCP");
            prop_assert_eq!(&by_wire(unix, &program), &expected, "over a unix socket");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_request_larger_than_the_socket_takes_at_once_goes_out_in_parts() {
    let target = server();
    let reactor = reactor();
    let large = "y".repeat(20 << 20);
    let answers = reactor.block_on(async {
        let wire = wire(&reactor, target.endpoint()).await;
        let set = wire.command(asking(&["SET", "large", &large])).await;
        (set, wire.command(asking(&["GET", "large"])).await)
    });
    assert_eq!(answers.unwrap(), (Ok(Value::Okay), Ok(Value::BulkString(large.into_bytes()))));
}

#[test]
fn replies_may_come_in_single_bytes_or_many_in_one_packet_and_messages_in_between_are_nobodys_reply() {
    const REPLIES: &[u8] = b":1\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n$3\r\nabc\r\n*2\r\n:2\r\n$-1\r\n-MINE bad\r\n";
    for piece in [1, 2, 7, REPLIES.len()] {
        let (endpoint, server) = playing(move |mut stream| {
            hear(&mut stream, 4 * b"*1\r\n$4\r\nPING\r\n".len());
            say(&mut stream, REPLIES, piece);
            stream
        });
        let reactor = reactor();
        let answers = reactor
            .block_on(async { wire(&reactor, &endpoint).await.pipeline(vec![asking(&["PING"]); 4]).await.unwrap() });
        let answers = answers.unwrap();
        assert_eq!(answers[0], Ok(Value::Int(1)), "in pieces of {piece}");
        assert_eq!(answers[1], Ok(Value::BulkString(b"abc".to_vec())));
        assert_eq!(answers[2], Ok(Value::Array(vec![Value::Int(2), Value::Nil])));
        assert!(matches!(&answers[3], Err(CommandError::Server { code, .. }) if code == "MINE"), "{answers:?}");
        drop(server.join().unwrap());
    }
}
