//! What the comparison with peers reads and reckons: their output, the server's counters, ratios with intervals.
//!
//! The samples are what the programs printed: redis-benchmark 7.0.15, memtier_benchmark of March 2026, Redis 7.0.15.
#![allow(clippy::unwrap_used, reason = "a sample that cannot be read fails the test")]

#[path = "../benches/peers/output.rs"]
mod output;
#[path = "../benches/peers/server_count.rs"]
mod server_count;
#[path = "../benches/peers/statistics.rs"]
mod statistics;

use output::{csv_ops_per_s, error_line, json_ops_per_s};
use server_count::{Counted, counted, error_replies, info, objection, text};
use statistics::{difference, median, ratio};

const CSV: &str = r#""test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"SET bench:key:__rand_int__ xxx","71428.57","0.378","0.064","0.271","0.519","4.023","4.359"
"#;

const JSON: &str = r#"{"configuration": {"threads": 1}, "ALL STATS": {
    "Sets": {"Count": 2000, "Ops/sec": 1.00},
    "Totals": {"Count": 2000, "Ops/sec": 43888.52, "Hits/sec": 0.00, "Connection Errors": 0}}}"#;

const INFO: &str = "# Commandstats\r\n\
    cmdstat_set:calls=4000,usec=1641,usec_per_call=0.41,rejected_calls=0,failed_calls=0\r\n\
    cmdstat_evalsha:calls=50,usec=12,usec_per_call=0.24,rejected_calls=3,failed_calls=47\r\n\
    # Errorstats\r\nerrorstat_NOSCRIPT:count=47\r\nerrorstat_OOM:count=3\r\n";

#[test]
fn the_rate_is_read_from_what_each_peer_prints() {
    assert_eq!(csv_ops_per_s(CSV), Ok(71_428.57));
    assert_eq!(json_ops_per_s(JSON), Ok(43_888.52));
}

#[test]
fn what_names_no_rate_is_no_rate() {
    let header = CSV.lines().next().unwrap();
    for text in
        ["", header, &CSV.replace("71428.57", "-nan"), &CSV.replace("71428.57", "0.00"), &CSV.replace("rps", "x")]
    {
        assert!(csv_ops_per_s(text).is_err(), "{text}");
    }
    for text in ["", "{}", &JSON.replace("43888.52", "0"), &JSON.replace("43888.52", "\"many\"")] {
        assert!(json_ops_per_s(text).is_err(), "{text}");
    }
}

#[test]
fn an_error_that_a_peer_goes_on_after_is_seen() {
    let said = "server 127.0.0.1:7391 handle error response: -NOSCRIPT No matching script. Please use EVAL.";
    assert_eq!(error_line(&format!("Writing results\n{said}\n")), Some(said));
    assert!(error_line("Error from server: NOSCRIPT No matching script. Please use EVAL.").is_some());
    assert_eq!(error_line(CSV), None);
}

#[test]
fn calls_and_refusals_are_those_that_the_server_counted() {
    assert_eq!(counted(INFO, "set"), Counted { calls: 4000, failed: 0 });
    assert_eq!(counted(INFO, "evalsha"), Counted { calls: 50, failed: 50 });
    assert_eq!(counted(INFO, "eval"), Counted::default(), "a part of a name is not the name");
    assert_eq!(error_replies(INFO), 50);
    assert_eq!(text(&redis::Value::BulkString(INFO.into())).as_deref(), Ok(INFO));
    assert!(text(&redis::Value::Okay).is_err());
    assert!(info().get_packed_command().windows(4).any(|word| word == b"INFO"));
}

#[test]
fn a_run_that_did_less_or_other_than_asked_is_no_measurement() {
    let all = Counted { calls: 4000, failed: 0 };
    assert_eq!(objection(4000, all, 0), None);
    assert!(objection(4001, all, 0).unwrap().contains("4000 calls, asked were 4001"));
    assert!(objection(3999, all, 0).is_some(), "more than asked is wrong, too");
    assert!(objection(4000, Counted { failed: 1, ..all }, 0).is_some());
    assert!(objection(4000, all, 1).is_some());
}

#[test]
fn a_median_is_the_middle() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
}

#[test]
fn a_ratio_is_the_geometric_mean_with_students_interval() {
    // ln 0.5, ln 1, ln 2: mean 0, standard deviation ln 2, so ± 4.303 · ln 2 / √3.
    let found = ratio(&[(1.0, 2.0), (3.0, 3.0), (2.0, 1.0)]).unwrap();
    let half = 4.303 * 2.0_f64.ln() / 3.0_f64.sqrt();
    assert!((found.estimate - 1.0).abs() < 1e-12);
    assert!((found.low - (-half).exp()).abs() < 1e-9 && (found.high - half.exp()).abs() < 1e-9, "{found:?}");
    assert_eq!(ratio(&[(1.0, 2.0)]), None, "one round says nothing of the others");
    assert_eq!(ratio(&[(1.0, 2.0), (0.0, 1.0)]), None);
}

#[test]
fn a_difference_is_the_mean_with_students_interval() {
    let found = difference(&[(5.0, 4.0), (7.0, 4.0)]).unwrap();
    assert!((found.estimate - 2.0).abs() < 1e-12 && (found.high - found.estimate - 12.706).abs() < 1e-9, "{found:?}");
}
