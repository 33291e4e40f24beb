//! What is wrong with the promises, limits and expectations of a scenario file, as a terminal shows it: the text underlined, why, and what to do.

use crate::refused::{shown, shown_with};

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
