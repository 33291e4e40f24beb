//! What is wrong with the durations, shares and counts of a scenario file, as a terminal shows it: the text underlined, why, and what to do.

use crate::refused::shown_with;

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
