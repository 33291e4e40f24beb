//! What is wrong with how the parts of a scenario file fit together, as a terminal shows it: the text underlined, why, and what to do.

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
fn a_load_must_be_one_of_the_three() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load]
[promises]
check = ["no-loss"]
"#
        ),
        "error: the load is missing
 --> test:2:2
  |
2 | [load]
  |  ^^^^ nobody would join
  |
  = help: add one of [load.open], [load.closed] and [load.flood]

1 problem in 1 scenario file
"
    );
}

#[test]
fn only_one_load_may_be_given() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 10
duration = "1s"
[load.flood]
joins = 10
rounds = 2
[promises]
check = ["no-loss"]
"#
        ),
        "error: [load.flood] and [load.open] are both given
 --> test:5:7
  |
5 | [load.flood]
  |       ^^^^^ a scenario has one load
  |
  = help: keep one; put the other into a file of its own

1 problem in 1 scenario file
"
    );
}

#[test]
fn zero_clients_users_and_rates_are_refused_together() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.closed]
clients = 0
[population.buyers]
users = 0
[promises]
check = ["no-loss"]
"#
        ),
        "error: `load.closed.clients` must lie between 1 and 1000
 --> test:3:11
  |
3 | clients = 0
  |           ^ too small
  |
  = help: write a whole number from 1 to 1000

error: `population.buyers.users` must lie between 1 and 10000000
 --> test:5:9
  |
5 | users = 0
  |         ^ too small
  |
  = help: write a whole number from 1 to 10000000

2 problems in 1 scenario file
"
    );
}

#[test]
fn a_rate_of_nan_is_refused() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = nan
duration = "1s"
[promises]
check = ["no-loss"]
"#
        ),
        "error: `load.open.rate` must be a number above 0 and up to 10000000
 --> test:3:8
  |
3 | rate = nan
  |        ^^^ this is NaN
  |
  = help: write a number such as 1500 or 0.5

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_closed_load_needs_a_population() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.closed]
clients = 4
[promises]
check = ["no-loss"]
"#
        ),
        "error: [load.closed] without [population]
 --> test:2:7
  |
2 | [load.closed]
  |       ^^^^^^ nobody would join
  |
  = help: add a group: [population.buyers] with `users = 100`

1 problem in 1 scenario file
"
    );
}

#[test]
fn an_empty_population_is_refused() {
    assert_eq!(
        shown(
            r#"about = "A test."
[population]
[load.closed]
clients = 4
[promises]
check = ["no-loss"]
"#
        ),
        "error: [population] is empty
 --> test:2:2
  |
2 | [population]
  |  ^^^^^^^^^^ nobody would join
  |
  = help: add a group: [population.buyers] with `users = 100`

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_population_needs_a_closed_load() {
    assert_eq!(
        shown_with(
            "",
            "[population.buyers]
users = 3
"
        ),
        "error: [population] without [load.closed]
 --> test:8:2
  |
8 | [population.buyers]
  |  ^^^^^^^^^^ only a closed load deals its users out by group
  |
  = help: remove [population], or use [load.closed]

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_group_has_a_plain_name() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.closed]
clients = 4
[population."too many/words"]
users = 3
[promises]
check = ["no-loss"]
"#
        ),
        r#"error: `too many/words` is not a name
 --> test:4:13
  |
4 | [population."too many/words"]
  |             ^^^^^^^^^^^^^^^^ names become parts of paths and Redis keys
  |
  = help: use 1 to 64 letters (a-z, A-Z), digits and `-`

1 problem in 1 scenario file
"#
    );
}

#[test]
fn several_tokens_need_dedupe_by_request() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.closed]
clients = 4
[population.buyers]
users = 3
tokens-per-user = 3
[promises]
check = ["no-loss"]
"#
        ),
        r#"error: several tokens per user, but a user may hold only one
 --> test:6:19
  |
6 | tokens-per-user = 3
  |                   ^ with dedupe = "user" every token after the first is a duplicate
  |
  = help: write dedupe = "request" at the top, or one token per user and [repeat] for double clicks

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_ramp_climbs_and_fits_into_the_load() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 10
duration = "1s"
ramp = { from = 20, over = "3s" }
[promises]
check = ["no-loss"]
"#
        ),
        r#"error: the ramp starts above the peak rate
 --> test:5:17
  |
5 | ramp = { from = 20, over = "3s" }
  |                 ^^ a ramp climbs from its start to `rate`
  |
  = help: lower `from`, or raise `rate`

error: the ramp is longer than the load
 --> test:5:28
  |
5 | ramp = { from = 20, over = "3s" }
  |                            ^^^^ joins arrive for 1s only, so the peak is never reached
  |
  = help: shorten `over`, or raise `duration`

2 problems in 1 scenario file
"#
    );
}

#[test]
fn nothing_is_planned_for_after_the_load() {
    assert_eq!(
        shown_with(
            "",
            r#"[admit]
batch = 1
every = "10ms"
start = "1s"
[faults.script-flush]
at = "5s"
"#
        ),
        r#"error: `admit.start` lies after the load
  --> test:11:9
   |
11 | start = "1s"
   |         ^^^^ joins arrive for 1s only
   |
   = help: choose an earlier time, or raise `load.open.duration`

error: `faults.script-flush.at` lies after the load
  --> test:13:6
   |
13 | at = "5s"
   |      ^^^^ joins arrive for 1s only
   |
   = help: choose an earlier time, or raise `load.open.duration`

2 problems in 1 scenario file
"#
    );
}

#[test]
fn a_cell_of_too_many_joins_is_refused() {
    assert_eq!(
        shown(
            r#"about = "A test."
scale = 1000
[load.open]
rate = 30000
duration = "1s"
[promises]
check = ["no-loss"]
"#
        ),
        "error: too many joins for one cell
 --> test:3:2
  |
3 | [load.open]
  |  ^^^^ about 30000000 at scale 1000, at most 10000000
  |
  = help: lower the scale, the users, the rate or the duration

1 problem in 1 scenario file
"
    );
}

#[test]
fn renewing_needs_a_time_to_live() {
    assert_eq!(
        shown_with(
            "",
            r#"[renew]
share = 0.5
every = "100ms"
"#
        ),
        "error: [renew] without [ttl]
 --> test:8:2
  |
8 | [renew]
  |  ^^^^^ there is no time to live to renew
  |
  = help: add [ttl], or remove [renew]

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_time_to_live_and_a_cleanup_exclude_each_other() {
    assert_eq!(
        shown_with(
            "",
            r#"[ttl]
after = "100ms"
[cleanup]
older-than = "100ms"
every = "50ms"
"#
        ),
        "error: [ttl] and [cleanup] are both given
  --> test:10:2
   |
10 | [cleanup]
   |  ^^^^^^^ it could not be told which of them removed an entry
   |
   = help: keep one; put the other into a file of its own

1 problem in 1 scenario file
"
    );
}

#[test]
fn joining_again_needs_somebody_who_went() {
    assert_eq!(
        shown_with(
            "",
            r#"[rejoin]
share = 0.5
after = "100ms"
"#
        ),
        "error: [rejoin] without anybody who went
 --> test:8:2
  |
8 | [rejoin]
  |  ^^^^^^ nobody leaves, expires or is admitted before
  |
  = help: add [leave], [ttl], [cleanup] or [admit]; for a double click while waiting use [repeat]

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_settle_too_short_for_anything_to_expire_is_refused() {
    assert_eq!(
        shown(
            r#"about = "A test."
settle = "500ms"
[load.flood]
joins = 10
rounds = 2
[ttl]
after = "600ms"
[promises]
check = ["expiry"]
"#
        ),
        r#"error: the settle is too short for anything to expire
 --> test:2:10
  |
2 | settle = "500ms"
  |          ^^^^^^^ the first entry may be removed as late as 750ms after its join
  |
  = help: write settle = "750ms" or more at the top, so that the drain comes after that

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_promise_without_what_examines_it_is_refused() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 10
duration = "1s"
[promises]
check = [
  "per-user-fifo",
  "position",
  "expiry",
  "idempotence",
  "capacity",
]
"#
        ),
        r#"error: nothing would examine `per-user-fifo`
 --> test:7:3
  |
7 |   "per-user-fifo",
  |   ^^^^^^^^^^^^^^^ nobody holds two tokens whose order could be wrong
  |
  = help: write dedupe = "request" and `tokens-per-user` above 1, or remove the promise

error: nothing would examine `position`
 --> test:8:3
  |
8 |   "position",
  |   ^^^^^^^^^^ nobody asks for a position
  |
  = help: add [poll], or remove the promise

error: nothing would examine `expiry`
 --> test:9:3
  |
9 |   "expiry",
  |   ^^^^^^^^ nothing expires
  |
  = help: add [ttl] or [cleanup], or remove the promise

error: nothing would examine `idempotence`
  --> test:10:3
   |
10 |   "idempotence",
   |   ^^^^^^^^^^^^^ no join or admission is ever repeated
   |
   = help: add [repeat], or [faults.drop-reply] with "join" or "admit" and attempts above 1

error: nothing would examine `capacity`
  --> test:11:3
   |
11 |   "capacity",
   |   ^^^^^^^^^^ nothing limits how many are let in
   |
   = help: add [admit] with `capacity`, or remove the promise

5 problems in 1 scenario file
"#
    );
}

#[test]
fn a_dropped_reply_that_is_never_retried_examines_no_idempotence() {
    assert_eq!(
        shown(
            r#"about = "A test."
attempts = 1
[load.open]
rate = 10
duration = "1s"
[promises]
check = ["idempotence"]
[faults.drop-reply]
share = "2%"
ops = ["join"]
"#
        ),
        r#"error: nothing would examine `idempotence`
 --> test:7:10
  |
7 | check = ["idempotence"]
  |          ^^^^^^^^^^^^^ no join or admission is ever repeated
  |
  = help: add [repeat], or [faults.drop-reply] with "join" or "admit" and attempts above 1

1 problem in 1 scenario file
"#
    );
}

#[test]
fn admissions_without_a_capacity_examine_no_capacity() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 10
duration = "1s"
[promises]
check = ["capacity"]
[admit]
batch = 1
every = "10ms"
"#
        ),
        r#"error: nothing would examine `capacity`
 --> test:6:10
  |
6 | check = ["capacity"]
  |          ^^^^^^^^^^ nothing limits how many are let in
  |
  = help: add [admit] with `capacity`, or remove the promise

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_expectation_of_an_unchecked_promise_is_refused() {
    assert_eq!(
        shown_with(
            "",
            r#"[expect.list]
global-fifo = "violated"
"#
        ),
        r#"error: an expectation of `global-fifo`, which is not checked
 --> test:9:1
  |
9 | global-fifo = "violated"
  | ^^^^^^^^^^^ `promises.check` does not name it
  |
  = help: add it to `promises.check`, or remove this

1 problem in 1 scenario file
"#
    );
}

#[test]
fn an_expectation_of_a_design_that_is_not_run_is_refused() {
    assert_eq!(
        shown_with(
            r#"designs = ["list"]"#,
            r#"[expect.zset-ms]
no-loss = "either"
"#
        ),
        "error: an expectation of `zset-ms`, which is not run
 --> test:8:9
  |
8 | [expect.zset-ms]
  |         ^^^^^^^ `designs` does not name it
  |
  = help: add it to `designs`, or remove this

1 problem in 1 scenario file
"
    );
}

#[test]
fn an_expectation_of_an_unknown_design_is_answered_with_the_nearest() {
    assert_eq!(
        shown_with(
            "",
            r#"[expect.zset-mss]
no-loss = "either"
"#
        ),
        "error: unknown design `zset-mss`
 --> test:8:9
  |
8 | [expect.zset-mss]
  |         ^^^^^^^^
  |
  = help: did you mean `zset-ms`? the designs are list, zset-seq, zset-ms

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_limit_on_what_nobody_does_is_refused() {
    assert_eq!(
        shown_with(
            "",
            r#"[limits.leave]
p99 = "5ms"
"#
        ),
        "error: a limit on `leave`, which nobody does
 --> test:8:9
  |
8 | [limits.leave]
  |         ^^^^^ there is no [leave]
  |
  = help: add [leave], or remove this

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_fault_of_what_nobody_does_is_refused() {
    assert_eq!(
        shown_with(
            "",
            r#"[faults.drop-reply]
share = "2%"
ops = ["position", "sweep"]
"#
        ),
        r#"error: a fault on `position`, which nobody does
  --> test:10:8
   |
10 | ops = ["position", "sweep"]
   |        ^^^^^^^^^^ there is no [poll]
   |
   = help: add [poll], or remove this

error: a fault on `sweep`, which nobody does
  --> test:10:20
   |
10 | ops = ["position", "sweep"]
   |                    ^^^^^^^ there is no [ttl] or [cleanup]
   |
   = help: add [ttl] or [cleanup], or remove this

2 problems in 1 scenario file
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
 = help: add `load`: Who joins: exactly one of [load.open], [load.closed] and [load.flood].

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
