//! What is wrong with the keys, names and types of a scenario file, as a terminal shows it: the text underlined, why, and what to do.

use crate::refused::{shown, shown_with};

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
  = help: did you mean `global-fifo`? the promises are no-duplicates, per-user-fifo, global-fifo, no-loss, no-phantoms, position, expiry, idempotence, capacity, no-leftovers, one-slot

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_broken_table_is_not_also_a_missing_one() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 10
duration = "1s"
[pol]
share = 1
every = "10ms"
[promises]
check = ["position"]
[limits.position]
p99 = "5ms"
"#
        ),
        "error: unknown key `pol`
 --> test:5:2
  |
5 | [pol]
  |  ^^^ the file has no such key
  |
  = help: did you mean `poll`?

1 problem in 1 scenario file
"
    );
}

#[test]
fn an_empty_file_lacks_what_every_scenario_needs() {
    assert_eq!(
        shown(""),
        "error: `about` is missing
--> test
 = help: add `about`: a text in quotes

error: `load` is missing
--> test
 = help: add `load`: Who joins: exactly one of [load.open], [load.replay], [load.closed], [load.flood] and [load.schedule].

error: `promises` is missing
--> test
 = help: add `promises`: What must hold: the table [promises] with `check`, a list of promises.

3 problems in 1 scenario file
"
    );
}

#[test]
fn syntax_errors_are_all_shown_where_they_are() {
    assert_eq!(
        shown(
            r#"about = "A test
[load
rate = = 3
"#
        ),
        r#"error: this is not TOML: invalid basic string, expected `"`
 --> test:1:16
  |
1 | about = "A test
  |                ^
  |
  = help: correct it; https://toml.io shows the syntax

error: this is not TOML: unclosed table, expected `]`
 --> test:2:6
  |
2 | [load
  |      ^
  |
  = help: correct it; https://toml.io shows the syntax

error: this is not TOML: extra `=`, expected nothing
 --> test:3:8
  |
3 | rate = = 3
  |        ^
  |
  = help: correct it; https://toml.io shows the syntax

error: this is not TOML: unexpected key or value, expected newline, `#`
 --> test:3:10
  |
3 | rate = = 3
  |          ^
  |
  = help: correct it; https://toml.io shows the syntax

4 problems in 1 scenario file
"#
    );
}
