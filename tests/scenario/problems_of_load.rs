//! What is wrong with who joins, and when, in a scenario file, as a terminal shows it: the text underlined, why, and what to do.

use crate::refused::{shown, shown_with};

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
  = help: add one of [load.open], [load.replay], [load.closed], [load.flood] and [load.schedule]

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
fn nothing_is_limited_that_virtual_time_cannot_tell() {
    assert_eq!(
        shown(
            r#"about = "A test."
[load.open]
rate = 10
duration = "1s"
[clock]
virtual = true
skew = "5ms"
[promises]
check = ["no-loss"]
[limits.join]
p99 = "5ms"
"#
        ),
        "error: [limits] on virtual time
  --> test:10:2
   |
10 | [limits.join]
   |  ^^^^^^ time stands still there while a request is under way, so nothing can be said of latency
   |
   = help: remove [limits], or `virtual` from [clock]

1 problem in 1 scenario file
"
    );
}

#[test]
fn a_schedule_says_everything_itself_and_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("two.json"), "{}").unwrap();
    let path = camino::Utf8PathBuf::from_path_buf(folder.path().join("test.toml")).unwrap();
    let problems = |file: &str| {
        let text = format!(
            "about = \"A test.\"\nsettle = \"1s\"\n[load.schedule]\nfile = \"{file}\"\n[poll]\nshare = 1\nevery = \"1s\"\n\
             [promises]\ncheck = [\"expiry\", \"capacity\"]\n"
        );
        std::fs::write(&path, text).unwrap();
        let problems = stanchion::scenario::load(std::slice::from_ref(&path), None, &["list"]).unwrap_err();
        problems.iter().map(|problem| problem.what().to_owned()).collect::<Vec<_>>()
    };
    let beside = ["`settle` beside [load.schedule]", "`poll` beside [load.schedule]"];
    assert_eq!(problems("two.json"), beside, "which promises it examines is known when it has run");
    for (file, what) in [("three.json", "there is no such file"), (".", "the schedule is not in a file")] {
        assert_eq!(problems(file).iter().filter(|told| *told == what).count(), 1, "{file}: {:?}", problems(file));
    }
}
