//! What is wrong with bursts, in a scenario file, as a terminal shows it.

use crate::refused::shown;

#[test]
fn a_burst_has_one_height_above_the_rate() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 100
duration = "10s"
burst = { every = "1s", lasts = "100ms" }
[promises]
check = ["no-loss"]
"#
        ),
        "error: the burst has no height
 --> test:5:1
  |
5 | burst = { every = \"1s\", lasts = \"100ms\" }
  | ^^^^^ nothing says how high it is
  |
  = help: add `rate`, joins per second, or `factor`, how many times the rate outside of bursts

1 problem in 1 scenario file
"
    );
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 100
duration = "10s"
burst = { every = "1s", lasts = "100ms", rate = 100, factor = 0.5 }
[promises]
check = ["no-loss"]
"#
        ),
        r#"error: the burst is no higher than the rate outside of it
 --> test:5:49
  |
5 | burst = { every = "1s", lasts = "100ms", rate = 100, factor = 0.5 }
  |                                                 ^^^ `load.open.rate` is 100
  |
  = help: raise it above `load.open.rate`, or remove the burst

error: `rate` and `factor` are both given
 --> test:5:63
  |
5 | burst = { every = "1s", lasts = "100ms", rate = 100, factor = 0.5 }
  |                                                               ^^^ a burst has one height
  |
  = help: keep one of them

error: the burst is no higher than the rate outside of it
 --> test:5:63
  |
5 | burst = { every = "1s", lasts = "100ms", rate = 100, factor = 0.5 }
  |                                                               ^^^ the rate outside of it times 0.5
  |
  = help: raise it above 1, or remove the burst

3 problems in 1 scenario file
"#
    );
}

#[test]
fn a_burst_ends_and_falls_into_the_load() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 100
duration = "10s"
burst = { every = "10s", lasts = "10s", factor = 2 }
[promises]
check = ["no-loss"]
"#
        ),
        r#"error: no burst falls into the load
 --> test:5:19
  |
5 | burst = { every = "10s", lasts = "10s", factor = 2 }
  |                   ^^^^^ the first would begin after 10s, and joins arrive for 10s only
  |
  = help: choose an earlier `start` or a shorter `every`, or raise `load.open.duration`

error: the burst never ends
 --> test:5:34
  |
5 | burst = { every = "10s", lasts = "10s", factor = 2 }
  |                                  ^^^^^ the next one begins after 10s
  |
  = help: shorten `lasts`, or raise `every`; a rate that stays is `load.open.rate`

2 problems in 1 scenario file
"#
    );
}

#[test]
fn bursts_too_many_to_be_told_from_a_rate_are_refused() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 100
duration = "24h"
burst = { every = "2ns", lasts = "1ns", factor = 2, start = "0s" }
[promises]
check = ["no-loss"]
"#
        ),
        r#"error: too many bursts for one load
 --> test:5:19
  |
5 | burst = { every = "2ns", lasts = "1ns", factor = 2, start = "0s" }
  |                   ^^^^^ 43200000000000 of them, at most 1000000
  |
  = help: raise `every`; what comes so often is a rate that stays: `load.open.rate`

1 problem in 1 scenario file
"#
    );
}

#[test]
fn a_mistyped_key_of_a_burst_is_recognised() {
    let text = shown(
        r#"about = "A test."
[load.open]
rate = 100
duration = "10s"
burst = { every = "1s", last = "100ms", factor = 2 }
[promises]
check = ["no-loss"]
"#,
    );
    assert!(
        text.contains("did you mean `lasts`? the keys of [load.open.burst] are every, lasts, rate, factor, start"),
        "{text}"
    );
    assert!(text.ends_with("1 problem in 1 scenario file\n"), "{text}");
}
