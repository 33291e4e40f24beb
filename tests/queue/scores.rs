//! What `precision` computes is what a server does: Lua's arithmetic, its text of a number, Redis' reading of one, ties.

use crate::support::Stage;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis::{Cmd, Value};
use stanchion::precision::{Scheme, SchemeName, TS_MS_MAX, digits, exactly, general, midnight_before, tostring};
use stanchion::queue::{Commands, Live};

/// Numbers asked about in one request.
const MANY: usize = 200;

fn eval(script: &str, keys: &[String], args: &[String]) -> Cmd {
    let mut eval = redis::cmd("EVAL");
    eval.arg(script).arg(keys.len()).arg(keys).arg(args);
    eval
}

fn text(value: Value) -> String {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).unwrap(),
        other => panic!("no text: {other:?}"),
    }
}

async fn texts(client: &Live, cmd: Cmd) -> Vec<String> {
    match client.command(cmd).await.unwrap() {
        Value::Array(items) => items.into_iter().map(text).collect(),
        other => panic!("no list: {other:?}"),
    }
}

/// Random cases against one server, with some cases a request.
fn on_a_server<S: Strategy>(cases: u32, strategy: S, test: impl AsyncFn(&Live, S::Value)) {
    let stage = Stage::new(1);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases));
    let ran = runner.run(&strategy, |case| {
        stage.run(test(&stage.clients()[0], case));
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn luas_arithmetic_gives_the_same_float64_bit_for_bit() {
    let scheme = (0..4_u8, 0..=52_u32, 0..=TS_MS_MAX);
    let joins = proptest::collection::vec((0..=TS_MS_MAX, any::<u64>()), MANY);
    on_a_server(40, (scheme, joins), async |client, ((which, bits, epoch), joins)| {
        let epoch_ms = joins.iter().map(|(ts_ms, _)| *ts_ms).min().unwrap().min(epoch);
        let scheme = match which {
            0 => Scheme::Shift { bits },
            1 => Scheme::Decimal,
            2 => Scheme::Centi,
            _ => Scheme::Rebased { epoch_ms, bits },
        };
        let joins: Vec<(u64, u64)> =
            joins.into_iter().map(|(ts_ms, counter)| (ts_ms, counter % scheme.counters_per_ms())).collect();
        let lua = scheme.lua("ARGV[i]", "ARGV[i + 1]");
        let script = format!(
            "local scores = {{}} for i = 1, #ARGV, 2 do scores[#scores + 1] = string.format('%.17g', {lua}) end return scores"
        );
        let args: Vec<String> = joins.iter().flat_map(|join| [join.0.to_string(), join.1.to_string()]).collect();
        for (answer, (ts_ms, counter)) in texts(client, eval(&script, &[], &args)).await.iter().zip(joins) {
            let score = scheme.score(ts_ms, counter);
            let same = answer.parse::<f64>().unwrap().to_bits() == score.to_bits();
            assert!(same, "{scheme:?}, {ts_ms}, {counter}: Lua has {answer}, computed {}", digits(score));
        }
    });
}

/// The script of the designs itself, with clock and counter given.
#[test]
fn the_designs_own_script_places_a_join_by_the_score_that_is_computed() {
    let script = format!(
        "{}\nlocal refused = line_push(ARGV[2])\nif refused then return refused end\nreturn redis.call('ZSCORE', KEYS[1], ARGV[2])",
        include_str!("../../lua/push_composite.lua")
    );
    let names = [SchemeName::Shift, SchemeName::Decimal, SchemeName::Centi, SchemeName::Rebased];
    // Rebased lets nobody in later than 99 days after its epoch.
    let case = (0..4_usize, 86_400_000..=TS_MS_MAX, 0..1_u64 << 33, 0..1_u64 << 40);
    on_a_server(400, case, async |client, (which, epoch, age, counter)| {
        let name = names[which];
        let epoch_ms = midnight_before(epoch);
        let ts_ms = (epoch_ms + age).min(TS_MS_MAX);
        let bits = name.design_bits().unwrap_or_default();
        let scheme = match name {
            SchemeName::Shift => Scheme::Shift { bits },
            SchemeName::Decimal => Scheme::Decimal,
            SchemeName::Centi => Scheme::Centi,
            SchemeName::Rebased => Scheme::Rebased { epoch_ms, bits },
        };
        let counter = counter % scheme.counters_per_ms();
        let key = |name: &str| format!("{{scores}}{name}");
        let (counter_key, epoch_key) = (key("counter"), key("epoch"));
        for (key, value) in [(&counter_key, counter), (&epoch_key, epoch_ms)] {
            client.command(redis::cmd("SET").arg(key).arg(value).clone()).await.unwrap();
        }
        let keys = [key("queue"), key("marks"), key("seen"), counter_key, epoch_key];
        let args = ["0", "u1", "t1", &ts_ms.to_string(), name.text()].map(str::to_owned);
        let answer = text(client.command(eval(&script, &keys, &args)).await.unwrap());
        let score = scheme.score(ts_ms, counter);
        assert_eq!(
            answer.parse::<f64>().unwrap().to_bits(),
            score.to_bits(),
            "{scheme:?}, {ts_ms}, {counter}: {answer}"
        );
    });
}

#[test]
fn luas_text_of_a_number_is_the_one_computed() {
    let number =
        prop_oneof![any::<f64>(), (-1_000_000_000_000_000_000_i64..1_000_000_000_000_000_000).prop_map(|n| n as f64)];
    on_a_server(40, proptest::collection::vec(number, MANY), async |client, numbers| {
        let numbers: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
        let script = "local texts = {} for _, arg in ipairs(ARGV) do local number = tonumber(arg) \
                      texts[#texts + 1] = tostring(number) .. ' ' .. string.format('%.17g', number) .. ' ' .. string.format('%.3g', number) end return texts";
        let args: Vec<String> = numbers.iter().map(|number| exactly(*number)).collect();
        for (answer, number) in texts(client, eval(script, &[], &args)).await.iter().zip(numbers) {
            let computed = format!("{} {} {}", tostring(number), exactly(number), general(number, 3));
            assert_eq!(*answer, computed, "{}", digits(number));
        }
    });
}

/// `-0` is told as 0 by some servers, so it is left out.
#[test]
fn a_score_comes_back_from_a_sorted_set_bit_for_bit_however_it_was_written() {
    let number = prop_oneof![any::<f64>(), any::<u64>().prop_map(|n| n as f64)];
    on_a_server(20, proptest::collection::vec(number, MANY), async |client, numbers| {
        for number in numbers.into_iter().filter(|number| number.is_finite() && *number != 0.0) {
            for written in [exactly(number), digits(number)] {
                client.command(redis::cmd("ZADD").arg("{scores}").arg(&written).arg("m").clone()).await.unwrap();
                let read = text(client.command(redis::cmd("ZSCORE").arg("{scores}").arg("m").clone()).await.unwrap());
                assert_eq!(read.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{written} is read as {read}");
            }
        }
    });
}

#[test]
fn members_with_one_score_stand_in_the_order_of_their_bytes() {
    let members = proptest::collection::btree_set("[a-zA-Z0-9:é-]{0,6}", 1..50);
    on_a_server(100, members, async |client, members| {
        let mut add = redis::cmd("ZADD");
        add.arg("{ties}");
        for member in members.iter().rev() {
            add.arg(0).arg(member);
        }
        client.command(redis::cmd("DEL").arg("{ties}").clone()).await.unwrap();
        client.command(add).await.unwrap();
        let ordered = texts(client, redis::cmd("ZRANGE").arg("{ties}").arg(0).arg(-1).clone()).await;
        // A set of text is in the order of its bytes.
        assert_eq!(ordered, members.into_iter().collect::<Vec<_>>());
    });
}
