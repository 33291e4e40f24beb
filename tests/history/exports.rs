//! The formats for other checkers, as they are written: a program of somebody else's reads them.
use camino::Utf8Path;
use stanchion::history::export::{Format, write};
use stanchion::history::{History, read};

/// A join whose answer was lost and which is tried again, a batch, a duplicate, an answer kept from the client, and a
/// request that was refused.
const SMALL: &str = r#"{"stanchion": 1, "queue": "ours", "drained": true}
{"op": "join", "op_id": 0, "client": 0, "user": "ann", "token": "A", "sent_ns": 1000, "outcome": "unknown"}
{"op": "join", "op_id": 0, "attempt": 1, "client": 0, "user": "ann", "token": "A", "sent_ns": 3000, "returned_ns": 4000, "outcome": "duplicate", "duplicate_of": "A"}
{"op": "join", "client": 1, "user": "bob \"b\"", "token": "B", "sent_ns": 2000, "returned_ns": 5000, "outcome": "joined"}
{"op": "join", "client": 1, "user": "ann", "token": "C", "sent_ns": 6000, "returned_ns": 7000, "outcome": "duplicate", "duplicate_of": "A"}
{"op": "position", "client": 0, "token": "A", "sent_ns": 6000, "returned_ns": 6500, "outcome": "position", "position": 1}
{"op": "leave", "client": 1, "token": "B", "sent_ns": 7500, "returned_ns": 7600, "outcome": "refused", "reason": "loading"}
{"op": "stats", "client": 1, "sent_ns": 7700, "returned_ns": 7800, "outcome": "stats", "stats_users": 2, "stats_entries": 2}
{"op": "admit", "client": 2, "count": 5, "batch": "first", "sent_ns": 8000, "outcome": "admitted", "tokens": ["A", "B"], "reply_dropped": true}
{"op": "admit", "client": 2, "count": 5, "batch": "first", "sent_ns": 9000, "returned_ns": 9500, "outcome": "admitted", "tokens": ["A", "B"]}
{"op": "leave", "client": 1, "token": "A", "sent_ns": 10000, "outcome": "unknown", "reason": "connection-lost"}
"#;

fn small() -> History {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().join("ours.jsonl");
    fs_err::write(&path, SMALL).unwrap();
    read(&path).unwrap()
}

fn exported(history: &History, format: Format) -> String {
    let mut bytes = Vec::new();
    write(history, format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn operations_for_porcupine() {
    insta::assert_snapshot!(exported(&small(), Format::Porcupine));
}

#[test]
fn a_history_for_jepsen() {
    insta::assert_snapshot!(exported(&small(), Format::Jepsen));
}

#[test]
fn a_clock_that_counts_beyond_the_numbers_of_go_is_set_back() {
    const LATE: u64 = u64::MAX - 20_000;
    let mut history = small();
    for record in history.records.edit().iter_mut() {
        record.sent_ns += LATE;
        record.returned_ns = record.returned_ns.map(|returned| returned + LATE);
    }
    let back = exported(&history, Format::Porcupine);
    assert!(back.contains("\"call\":0,") && back.contains("\"call\":9000,"), "{back}");
}
