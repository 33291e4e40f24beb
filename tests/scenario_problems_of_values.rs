//! What is wrong with single values of a scenario file, as a terminal shows it: the text underlined, why, and what to do.

use stanchion::scenario::parse;

/// What is shown for a file of this text.
fn shown(text: &str) -> String {
    match parse("test", text, None, &["list", "zset-seq", "zset-ms"]) {
        Ok(scenario) => panic!("{text}\nis taken for\n{scenario:#?}"),
        Err(problems) => problems.render(false),
    }
}

/// A good file with keys added at the top and tables at the end.
fn shown_with(top: &str, tables: &str) -> String {
    let load = "[load.open]\nrate = 10\nduration = \"1s\"\n[promises]\ncheck = [\"no-loss\"]\n";
    let file = |top: &str, tables: &str| format!("about = \"A test.\"\n{top}\n{load}{tables}");
    assert!(parse("test", &file("", ""), None, &["list"]).is_ok(), "the file is good without them");
    shown(&file(top, tables))
}

#[test]
fn an_unknown_key_is_answered_with_the_key_it_probably_meant() {
    assert_eq!(
        shown_with(r#"setle = "1s""#, ""),
        r#"error: unknown key `setle`
 --> test:2:1
  |
2 | setle = "1s"
  | ^^^^^ the file has no such key
  |
  = help: did you mean `settle`?

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_unknown_key_like_no_other_is_answered_with_all_keys() {
    assert_eq!(
        shown_with(
            "",
            r#"[leave]
share = "5%"
after = "1s"
banana = 1
"#
        ),
        "error: unknown key `banana`
  --> test:11:1
   |
11 | banana = 1
   | ^^^^^^ [leave] has no such key
   |
   = help: remove it; the keys of [leave] are share, after

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_mistyped_required_key_is_one_problem_not_two() {
    assert_eq!(
        shown_with(
            "",
            r#"[leave]
shar = 0.5
after = "1s"
"#
        ),
        "error: unknown key `shar`
 --> test:9:1
  |
9 | shar = 0.5
  | ^^^^ [leave] has no such key
  |
  = help: did you mean `share`? the keys of [leave] are share, after

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_missing_key_says_what_belongs_there() {
    assert_eq!(
        shown_with(
            "",
            "[leave]
share = 0.5
"
        ),
        r#"error: `after` is missing
 --> test:8:2
  |
8 | [leave]
  |  ^^^^^ [leave] needs it
  |
  = help: add `after`: a duration such as "250ms", "2s" or "1m30s"

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_wrong_type_says_what_was_given() {
    assert_eq!(
        shown_with(
            r#"timeout = 5
attempts = 2.5
dedupe = true
designs = "list""#,
            "leave = 1979-05-27
"
        ),
        r#"error: `timeout` must be a duration
 --> test:2:11
  |
2 | timeout = 5
  |           ^ this is a whole number
  |
  = help: write a number and a unit in quotes: "250ms", "2s" or "1m30s"; the units are h, m, s, ms, us and ns

error: `attempts` must be a whole number
 --> test:3:12
  |
3 | attempts = 2.5
  |            ^^^ this is a number with a fraction
  |
  = help: write a whole number from 1 to 100

error: `dedupe` must be a name
 --> test:4:10
  |
4 | dedupe = true
  |          ^^^^ this is true or false
  |
  = help: write "user" or "request"

error: `designs` must be a list
 --> test:5:11
  |
5 | designs = "list"
  |           ^^^^^^ this is a text
  |
  = help: write the names in quotes between [ and ]

error: unknown key `leave`
  --> test:11:1
   |
11 | leave = 1979-05-27
   | ^^^^^ [promises] has no such key
   |
   = help: remove it; the keys of [promises] are check, position-tolerance, position-slack

5 problems in 1 scenario file
"#
    );
}

#[test]
fn a_percentage_needs_its_sign() {
    assert_eq!(
        shown_with(
            "",
            r#"[leave]
share = "5"
after = "1s"
"#
        ),
        r#"error: `leave.share` must be a share
 --> test:9:9
  |
9 | share = "5"
  |         ^^^ a text, but no percentage
  |
  = help: write a number from 0 to 1, or a percentage in quotes from "0%" to "100%"

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_duration_needs_a_unit() {
    assert_eq!(
        shown_with(r#"settle = "250""#, ""),
        r#"error: `settle` must be a duration
 --> test:2:10
  |
2 | settle = "250"
  |          ^^^^^ a unit is missing after `250`
  |
  = help: write a number and a unit in quotes: "250ms", "2s" or "1m30s"; the units are h, m, s, ms, us and ns

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_duration_with_an_unknown_unit_is_told_the_units() {
    assert_eq!(
        shown_with(r#"settle = "3 sec""#, ""),
        r#"error: `settle` must be a duration
 --> test:2:10
  |
2 | settle = "3 sec"
  |          ^^^^^^^ ` sec` is not a unit
  |
  = help: write a number and a unit in quotes: "250ms", "2s" or "1m30s"; the units are h, m, s, ms, us and ns

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_duration_cannot_be_negative() {
    assert_eq!(
        shown_with(r#"settle = "-2s""#, ""),
        r#"error: `settle` must be a duration
 --> test:2:10
  |
2 | settle = "-2s"
  |          ^^^^^ a duration cannot be negative
  |
  = help: write a number and a unit in quotes: "250ms", "2s" or "1m30s"; the units are h, m, s, ms, us and ns

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_duration_is_at_most_a_day() {
    assert_eq!(
        shown_with(r#"settle = "25h""#, ""),
        r#"error: `settle` must be a duration
 --> test:2:10
  |
2 | settle = "25h"
  |          ^^^^^ longer than 24 hours
  |
  = help: write a number and a unit in quotes: "250ms", "2s" or "1m30s"; the units are h, m, s, ms, us and ns

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_period_cannot_be_zero() {
    assert_eq!(
        shown_with(r#"stats-every = "0ms""#, ""),
        r#"error: `stats-every` must be above zero
 --> test:2:15
  |
2 | stats-every = "0ms"
  |               ^^^^^ no time at all
  |
  = help: write a duration above zero, such as "100ms"

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_share_lies_between_0_and_1() {
    assert_eq!(
        shown_with(
            "",
            r#"[leave]
share = 1.5
after = "1s"
[repeat]
share = "150%"
after = "1s"
"#
        ),
        r#"error: `leave.share` must lie between 0 and 1
 --> test:9:9
  |
9 | share = 1.5
  |         ^^^ this is 1.5
  |
  = help: write a number from 0 to 1, or a percentage in quotes from "0%" to "100%"

error: `repeat.share` must lie between 0 and 1
  --> test:12:9
   |
12 | share = "150%"
   |         ^^^^^^ this is 1.5
   |
   = help: write a number from 0 to 1, or a percentage in quotes from "0%" to "100%"

2 problems in 1 scenario file
"#
    );
}

#[test]
fn a_share_of_nobody_is_refused() {
    assert_eq!(
        shown_with(
            "",
            r#"[leave]
share = 0
after = "1s"
"#
        ),
        "error: `leave.share` is zero
 --> test:9:9
  |
9 | share = 0
  |         ^ nothing would happen
  |
  = help: write a share above 0, or remove the table

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_count_of_zero_is_refused() {
    assert_eq!(
        shown_with(
            "",
            r#"[admit]
batch = 0
every = "1s"
"#
        ),
        "error: `admit.batch` must lie between 1 and 1000000
 --> test:9:9
  |
9 | batch = 0
  |         ^ too small
  |
  = help: write a whole number from 1 to 1000000

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_count_beyond_its_bound_is_refused() {
    assert_eq!(
        shown_with("attempts = 101", ""),
        "error: `attempts` must lie between 1 and 100
 --> test:2:12
  |
2 | attempts = 101
  |            ^^^ too large
  |
  = help: write a whole number from 1 to 100

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_rate_is_a_number_above_zero() {
    assert_eq!(
        shown_with("scale = 0", ""),
        "error: `scale` must be a number above 0 and up to 10000000
 --> test:2:9
  |
2 | scale = 0
  |         ^ this is 0
  |
  = help: write a number such as 1500 or 0.5

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_rate_is_no_nan_and_not_infinite() {
    assert_eq!(
        shown_with("scale = nan", ""),
        "error: `scale` must be a number above 0 and up to 10000000
 --> test:2:9
  |
2 | scale = nan
  |         ^^^ this is NaN
  |
  = help: write a number such as 1500 or 0.5

1 problem in 1 scenario file
"
    );
}

#[test]
fn an_infinite_number_is_refused() {
    assert_eq!(
        shown_with("scale = inf", ""),
        "error: `scale` must be a number above 0 and up to 10000000
 --> test:2:9
  |
2 | scale = inf
  |         ^^^ this is inf
  |
  = help: write a number such as 1500 or 0.5

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_scenario_has_a_plain_name() {
    assert_eq!(
        shown_with(r#"name = "x y""#, ""),
        r#"error: `x y` is not a name
 --> test:2:8
  |
2 | name = "x y"
  |        ^^^^^ names become parts of paths and Redis keys
  |
  = help: use 1 to 64 letters (a-z, A-Z), digits and `-`

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_scenario_says_what_it_shows() {
    assert_eq!(
        shown(
            r#"about = " "
[load.open]
rate = 10
duration = "1s"
[promises]
check = ["no-loss"]
"#
        ),
        r#"error: `about` is empty
 --> test:1:9
  |
1 | about = " "
  |         ^^^
  |
  = help: say in one sentence what the scenario shows

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_unknown_dedupe_rule_is_answered_with_the_rules() {
    assert_eq!(
        shown_with(r#"dedupe = "usr""#, ""),
        r#"error: unknown dedupe rule `usr`
 --> test:2:10
  |
2 | dedupe = "usr"
  |          ^^^^^
  |
  = help: did you mean `user`? the dedupe rules are user, request

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_empty_list_of_designs_is_refused() {
    assert_eq!(
        shown_with("designs = []", ""),
        "error: `designs` is empty
 --> test:2:11
  |
2 | designs = []
  |           ^^ nothing would be left to do
  |
  = help: name at least one

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_design_listed_twice_is_refused() {
    assert_eq!(
        shown_with(r#"designs = ["list", "list"]"#, ""),
        r#"error: `list` is listed twice
 --> test:2:20
  |
2 | designs = ["list", "list"]
  |                    ^^^^^^
  |
  = help: remove one of the two

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_unknown_design_is_answered_with_the_nearest() {
    assert_eq!(
        shown_with(r#"designs = ["zset-sec"]"#, ""),
        r#"error: unknown design `zset-sec`
 --> test:2:12
  |
2 | designs = ["zset-sec"]
  |            ^^^^^^^^^^
  |
  = help: did you mean `zset-seq`? the designs are list, zset-seq, zset-ms

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_unknown_operation_is_answered_with_the_nearest() {
    assert_eq!(
        shown_with(
            "",
            r#"[limits.joins]
p99 = "5ms"
"#
        ),
        "error: unknown operation `joins`
 --> test:8:9
  |
8 | [limits.joins]
  |         ^^^^^
  |
  = help: did you mean `join`? the operations are join, position, admit, leave, renew, entries, sweep, stats

1 problem in 1 scenario file
"
    );
}

#[test]
fn an_unknown_percentile_is_answered_with_the_nearest() {
    assert_eq!(
        shown_with(
            "",
            r#"[limits.join]
p95 = "5ms"
"#
        ),
        r#"error: unknown key `p95`
 --> test:9:1
  |
9 | p95 = "5ms"
  | ^^^ [limits.join] has no such key
  |
  = help: did you mean `p90`? the keys of [limits.join] are p50, p90, p99, p999, max

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_unknown_expectation_is_answered_with_the_expectations() {
    assert_eq!(
        shown_with(
            "",
            r#"[expect.list]
no-loss = "perhaps"
"#
        ),
        r#"error: unknown expectation `perhaps`
 --> test:9:11
  |
9 | no-loss = "perhaps"
  |           ^^^^^^^^^
  |
  = help: the expectations are violated, either

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_unknown_promise_is_answered_with_the_nearest() {
    assert_eq!(
        shown_with(
            "",
            r#"[expect.list]
global-fif = "either"
"#
        ),
        r#"error: unknown promise `global-fif`
 --> test:9:1
  |
9 | global-fif = "either"
  | ^^^^^^^^^^
  |
  = help: did you mean `global-fifo`? the promises are no-duplicates, per-user-fifo, global-fifo, no-loss, no-phantoms, position, expiry, idempotence, capacity

1 problem in 1 scenario file
"#
    );
}
