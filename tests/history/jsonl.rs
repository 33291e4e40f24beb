//! Anybody's own system can record a history as JSON Lines, and is told exactly what is wrong with it.
use std::collections::HashMap;
use std::io::Write;

use crate::history_arbitrary::{own_history, sound_history};
use camino::{Utf8Path, Utf8PathBuf};
use proptest::prelude::*;
use stanchion::history::{History, HistoryError, Names, read, write_jsonl};
use stanchion::model::{
    BatchId, Dedupe, DedupeKey, Entry, OpId, Operation, Outcome, Phase, Promise, Refusal, Token, UnknownCause, UserId,
};

fn path_in(folder: &tempfile::TempDir, name: &str) -> Utf8PathBuf {
    Utf8Path::from_path(folder.path()).unwrap().join(name)
}

fn read_text(text: impl AsRef<[u8]>) -> Result<History, HistoryError> {
    let folder = tempfile::tempdir().unwrap();
    let path = path_in(&folder, "mine.jsonl");
    fs_err::write(&path, text).unwrap();
    read(&path)
}

/// What is wrong, without the folder in front.
fn problems(text: impl AsRef<[u8]>) -> Vec<String> {
    match read_text(text).unwrap_err() {
        error @ HistoryError::Lines { .. } => {
            error.to_string().lines().map(|line| line.split_once("mine.jsonl:").unwrap().1.to_owned()).collect()
        }
        other => panic!("expected problems with lines, found: {other}"),
    }
}

/// The history with every id replaced by the order of its first appearance, and without names.
fn canonical(mut history: History) -> History {
    #[derive(Default)]
    struct Order(HashMap<u64, u64>);
    impl Order {
        fn of(&mut self, id: &mut u64) {
            let next = self.0.len() as u64;
            *id = *self.0.entry(*id).or_insert(next);
        }
    }
    let [mut users, mut tokens, mut keys, mut batches]: [Order; 4] = Default::default();
    for record in history.records.edit().iter_mut() {
        match &mut record.call {
            Operation::Join(entry) | Operation::Position(entry) | Operation::Leave(entry) | Operation::Renew(entry) => {
                users.of(&mut entry.user.0);
                tokens.of(&mut entry.token.0);
                keys.of(&mut entry.dedupe.0);
            }
            Operation::Admit { batch, .. } => batches.of(&mut batch.0),
            Operation::Entries(user) => users.of(&mut user.0),
            Operation::Sweep { .. } | Operation::Stats => {}
        }
        match &mut record.outcome {
            Outcome::Duplicate(token) => tokens.of(&mut token.0),
            Outcome::Admitted(list) | Outcome::Entries(list) => {
                list.iter_mut().for_each(|token| tokens.of(&mut token.0))
            }
            _ => {}
        }
    }
    history.names = Names::default();
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_written_history_reads_back_as_the_same_up_to_renaming(history in sound_history(1..60), gzip: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = path_in(&folder, if gzip { "h.jsonl.gz" } else { "h.jsonl" });
        write_jsonl(&path, &history).unwrap();
        prop_assert_eq!(canonical(read(&path).unwrap()), canonical(history));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_text(bytes);
    }

    #[test]
    fn any_value_in_any_field_is_read_or_refused(
        history in sound_history(1..4),
        field in prop::sample::select(vec!["op", "user", "token", "count", "sent_ns", "outcome", "tokens", "terms", "stanchion", "load_ns"]),
        value in prop_oneof![
            Just("null".to_owned()), Just("[]".to_owned()), Just("{}".to_owned()), Just("-1".to_owned()),
            Just("1.5".to_owned()), Just("1e400".to_owned()), "\"[a-z-]{0,8}\"", "[0-9]{1,25}",
        ],
        line: prop::sample::Index,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = path_in(&folder, "h.jsonl");
        write_jsonl(&path, &history).unwrap();
        let text = fs_err::read_to_string(&path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = line.index(lines.len());
        lines[at].insert_str(1, &format!("\"{field}\":{value},"));
        let _ = read_text(lines.join("\n"));
    }
}

#[test]
fn a_history_of_another_system_needs_few_fields() {
    let history = read_text(
        r#"{"op":"join","user":"alice","token":"a-1","sent_ns":10,"returned_ns":20,"outcome":"joined"}
{"op":"join","user":"bob","token":7,"sent_ns":5,"outcome":"unknown"}
{"op":"join","user":"alice","sent_ns":30,"returned_ns":31,"outcome":"duplicate","duplicate_of":"a-1"}
{"op":"position","token":"a-1","client":3,"sent_ns":40,"returned_ns":41,"outcome":"position","position":1}

{"op":"admit","count":2,"phase":"drain","sent_ns":50,"returned_ns":60,"outcome":"admitted","tokens":["7","a-1"]}
{"op":"leave","token":"a-1","sent_ns":70,"outcome":"refused","reason":"loading"}
"#,
    )
    .unwrap();
    // Ids in order of first appearance in the file, records in order of sending.
    let alice = Entry { user: UserId(0), token: Token(0), dedupe: DedupeKey(0) };
    let bob = Entry { user: UserId(1), token: Token(1), dedupe: DedupeKey(1) };
    let told: Vec<_> = history.records.iter().map(|record| (record.call, record.outcome.clone())).collect();
    assert_eq!(
        told,
        [
            (Operation::Join(bob), Outcome::Unknown(UnknownCause::TimedOut)),
            (Operation::Join(alice), Outcome::Joined),
            (Operation::Join(alice), Outcome::Duplicate(Token(0))),
            (Operation::Position(alice), Outcome::Position(1)),
            (Operation::Admit { count: 2, batch: BatchId(0) }, Outcome::Admitted(vec![Token(1), Token(0)])),
            (Operation::Leave(alice), Outcome::Refused(Refusal::Loading)),
        ]
    );
    assert_eq!(history.names.users, ["alice", "bob"]);
    assert_eq!(history.names.tokens, ["a-1", "7"]);
    assert_eq!(history.names.dedupe_keys, ["alice", "bob"]);
    assert_eq!(history.records.at(4).phase, Phase::Drain);
    assert_eq!(history.header.terms, Default::default());
    assert_eq!(history.header.scenario, "mine");
    assert!(!history.header.drained && history.header.load_ns.is_none());
}

#[test]
fn the_first_line_may_set_the_terms() {
    let history = read_text(
        r#"{"stanchion":1,"queue":"ours","drained":true,"terms":{"promises":["global-fifo"],"dedupe":"request","ttl_ns":5}}
{"op":"join","user":"a","token":"x","sent_ns":1,"returned_ns":2,"outcome":"joined"}"#,
    )
    .unwrap();
    assert_eq!(history.header.terms.promises, [Promise::GlobalFifo]);
    assert_eq!((history.header.terms.dedupe, history.header.terms.ttl_ns), (Dedupe::Request, Some(5)));
    assert_eq!((history.header.queue.as_str(), history.header.drained), ("ours", true));
    assert_eq!(history.names.dedupe_keys, ["x"], "by request, a token is its own dedupe key");
}

#[test]
fn attempts_keep_their_operation_and_others_get_one_of_their_own() {
    let history = read_text(
        r#"{"op":"join","op_id":0,"user":"a","token":"x","sent_ns":1,"outcome":"unknown"}
{"op":"join","op_id":0,"attempt":1,"user":"a","token":"x","sent_ns":2,"returned_ns":3,"outcome":"joined"}
{"op":"stats","sent_ns":4,"outcome":"unknown"}
{"op":"stats","sent_ns":5,"outcome":"unknown"}"#,
    )
    .unwrap();
    let ids: Vec<_> = history.records.iter().map(|record| record.op).collect();
    assert_eq!(ids, [OpId(0), OpId(0), OpId(1), OpId(2)]);
}

#[test]
fn each_mistake_is_pointed_at_with_what_was_expected() {
    let told = problems(
        r#"{"stanchion":1,"terms":{"promises":["global-fifa"]},"drainned":true}
{"op":"jion","sent_ns":1,"outcome":"joined"}
{"op":"join","user":"a","tokn":"x","sent_ns":1,"returned_ns":2,"outcome":"joined"}
{"op":"join","user":"a","token":"x","sent_ns":1.5,"returned_ns":2,"outcome":"joined"}
{"op":"join","user":"a","token":"x","sent_ns":3,"returned_ns":2,"outcome":"joined"}
{"op":"join","user":"a","token":"x","sent_ns":3,"outcome":"joined"}
{"op":"leave","token":"x","sent_ns":3,"returned_ns":4,"outcome":"joined"}
{"op":"admit","sent_ns":3,"returned_ns":4,"outcome":"admitted","tokens":"x"}
{"op":"stats","user":"a","sent_ns":3,"intended_ns":4,"outcome":"unknown","reason":"time-out"}
[1]
{"op":
{"stanchion":1}
"#,
    );
    assert_eq!(
        told,
        [
            "1: field `drainned`: not known; did you mean `drained`?",
            "1: field `promises`: `global-fifa` is not known; did you mean `global-fifo`?",
            "2: field `op`: `jion` is not known; did you mean `join`?",
            "3: field `token`: missing; a join needs it unless it is a duplicate. A queue that names no tokens: write the user",
            "3: field `tokn`: not known; did you mean `token`?",
            "4: field `sent_ns`: expected a whole number from 0 to 18446744073709551615, found 1.5; times are whole nanoseconds: multiply seconds by 1000000000, or read a clock of nanoseconds",
            "5: field `returned_ns`: lies before `sent_ns`; both must be read from one monotonic clock",
            "6: field `returned_ns`: missing; an answer has a time. If none came, the outcome is `unknown`",
            "7: field `outcome`: `joined` is not known; known: left, not-waiting, refused, unknown",
            "8: field `count`: missing; op `admit` needs it",
            "8: field `tokens`: expected a list of strings, found \"x\"",
            "9: field `reason`: `time-out` is not known; did you mean `timed-out`?",
            "9: field `intended_ns`: lies after `sent_ns`: nothing is sent before it is due",
            "9: field `user`: does not belong to op `stats`",
            "10: expected a JSON object in braces",
            "11: not JSON at column 6: EOF while parsing a value; the line was cut off, or one object was written over several lines",
            "12: a header; only the first line may be one",
        ]
    );
}

#[test]
fn what_only_shows_at_the_end_is_pointed_at_too() {
    let told = problems(
        r#"{"op":"leave","token":"y","sent_ns":3,"outcome":"unknown"}
{"op":"stats","op_id":4,"sent_ns":3,"outcome":"unknown"}
{"op":"stats","op_id":4,"sent_ns":3,"outcome":"unknown"}"#,
    );
    assert_eq!(
        told,
        [
            "1: field `user`: missing, and no join of this file has the token `y`",
            "3: field `attempt`: op_id 4 has attempt 0 on line 2 already; count the attempts of an operation up from 0, or leave out `op_id` where each line is an operation of its own",
        ]
    );
}

#[test]
fn twenty_problems_are_told_at_once_and_then_that_there_are_more() {
    let told = problems("x\n".repeat(20));
    assert_eq!(
        (told.len(), told[19].as_str()),
        (20, "20: not JSON at column 1: expected value; each line must be one whole JSON object")
    );
    let told = read_text("x\n".repeat(50)).unwrap_err().to_string();
    assert_eq!(told.lines().count(), 21);
    assert!(told.ends_with("reading stopped after 20 problems"), "{told}");
}

#[test]
fn an_empty_file_is_refused() {
    assert_eq!(problems("\n\n"), ["1: no operation in this file; expected one a line"]);
}

#[test]
fn a_gzip_file_without_its_tail_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = path_in(&folder, "h.jsonl.gz");
    write_jsonl(&path, &own_history(50)).unwrap();
    let bytes = fs_err::read(&path).unwrap();
    fs_err::File::create(&path).unwrap().write_all(&bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(read(&path), Err(HistoryError::Damaged { .. })));
}

#[test]
fn times_that_are_no_whole_nanoseconds_are_refused_with_what_to_do() {
    let told = problems(
        r#"{"op":"stats","sent_ns":12345.678,"outcome":"unknown"}
{"op":"stats","sent_ns":1.7e9,"outcome":"unknown"}
{"op":"stats","sent_ns":-5,"outcome":"unknown"}
{"op":"stats","sent_ns":"5","outcome":"unknown"}
{"op":"admit","count":-1,"sent_ns":5,"outcome":"unknown"}"#,
    );
    let seconds = "times are whole nanoseconds: multiply seconds by 1000000000, or read a clock of nanoseconds";
    let shift = "only differences matter: add one number to all times of the file so that none is negative";
    let whole = "expected a whole number from 0 to 18446744073709551615, found";
    assert_eq!(
        told,
        [
            format!("1: field `sent_ns`: {whole} 12345.678; {seconds}"),
            format!("2: field `sent_ns`: {whole} 1700000000.0; {seconds}"),
            format!("3: field `sent_ns`: {whole} -5; {shift}"),
            format!("4: field `sent_ns`: {whole} \"5\""),
            "5: field `count`: expected a whole number from 0 to 4294967295, found -1".to_owned(),
        ]
    );
}

#[test]
fn a_token_that_two_users_join_with_is_refused() {
    let told = problems(
        r#"{"op":"join","user":"ann","token":"x","sent_ns":1,"returned_ns":2,"outcome":"joined"}
{"op":"join","user":"bob","token":"x","sent_ns":3,"returned_ns":4,"outcome":"joined"}
{"op":"join","user":"ann","token":"x","sent_ns":5,"returned_ns":6,"outcome":"duplicate","duplicate_of":"x"}"#,
    );
    assert_eq!(
        told,
        [
            "2: field `token`: user `bob` joins with `x`, and so did `ann` on line 1; a token is one place in line, so give each join one of its own"
        ]
    );
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    // As Latin-1 has it.
    let line = r#"{"op":"join","user":"M#ller","token":"x","sent_ns":1,"outcome":"unknown"}"#;
    let line: Vec<u8> = line.bytes().map(|byte| if byte == b'#' { 0xfc } else { byte }).collect();
    let told = problems([b"\n".as_slice(), &line].concat());
    assert_eq!(told, ["2: not UTF-8 at byte 23: the recorder must write UTF-8, or \\u escapes"]);
}

#[test]
fn a_file_of_another_format_is_told_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let parquet = path_in(&folder, "h.parquet");
    stanchion::history::write_parquet(&parquet, &own_history(20)).unwrap();
    let packed = path_in(&folder, "h.jsonl.gz");
    write_jsonl(&packed, &own_history(20)).unwrap();
    let bytes = |path: &Utf8PathBuf| fs_err::read(path).unwrap();
    let is = |bytes: Vec<u8>, what: &str| {
        let told = problems(bytes);
        assert!(told.len() == 1 && told[0].starts_with(&format!("1: this is {what}")), "{told:?}");
    };
    is(bytes(&parquet), "Parquet and not JSON Lines; give it as a file whose name ends in .parquet");
    is(bytes(&packed), "packed by gzip; give it a name that ends in .jsonl.gz");
    is(b"\xff\xfe{\0}\0".to_vec(), "UTF-16; save it as UTF-8");
    // And the other way round.
    fs_err::write(&parquet, "{\"op\":\"stats\",\"sent_ns\":1,\"outcome\":\"unknown\"}\n").unwrap();
    let told = read(&parquet).unwrap_err().to_string();
    assert!(told.contains("neither begins nor ends like a Parquet file") && told.contains("as .jsonl"), "{told}");
}
