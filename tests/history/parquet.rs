//! A history survives its Parquet file whole, and a damaged or foreign file is refused in words.
use crate::history_arbitrary::{history, own_history};
use camino::{Utf8Path, Utf8PathBuf};
use proptest::prelude::*;
use stanchion::history::{History, HistoryError, read, write_parquet};
use stanchion::model::Outcome;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.0.path()).unwrap().join(name)
    }
}

fn bytes_of(history: &History) -> Vec<u8> {
    let folder = Folder::new();
    let path = folder.file("history.parquet");
    write_parquet(&path, history).unwrap();
    fs_err::read(&path).unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<History, HistoryError> {
    let folder = Folder::new();
    let path = folder.file("history.parquet");
    fs_err::write(&path, bytes).unwrap();
    read(&path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_history_comes_back_as_it_was(history in history(0..60)) {
        prop_assert_eq!(read_bytes(&bytes_of(&history)).unwrap(), history);
    }

    #[test]
    fn every_flipped_bit_is_noticed(history in history(0..20), at: prop::sample::Index, bit in 0..8) {
        let mut bytes = bytes_of(&history);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        // A flip in the mark of the seal takes the seal away, and then all other bytes are sound.
        match read_bytes(&bytes) {
            Ok(same) => {
                prop_assert!((4..20).contains(&at), "a flip at byte {} went unnoticed", at);
                prop_assert_eq!(same, history);
            }
            Err(error) => prop_assert!(matches!(error, HistoryError::Damaged { .. }), "{}", error),
        }
    }

    #[test]
    fn every_missing_tail_is_noticed(history in history(0..20), at: prop::sample::Index) {
        let bytes = bytes_of(&history);
        let error = read_bytes(&bytes[..at.index(bytes.len())]).unwrap_err();
        prop_assert!(matches!(error, HistoryError::Damaged { .. }), "{}", error);
    }

    /// Without the seal, Parquet's own checks are all there is: an error or a wrong value, never a panic.
    #[test]
    fn no_bytes_make_the_reader_panic(
        history in history(1..20), flips in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..4)
    ) {
        let mut bytes = bytes_of(&history);
        bytes[4] = 0;
        for (at, mask) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
        }
        let _ = read_bytes(&bytes);
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_bytes(&bytes).is_err());
    }
}

#[test]
fn a_history_longer_than_a_row_group_comes_back_in_order() {
    let mut history = own_history(1);
    let record = history.records.at(0);
    history.records = (0..150_000)
        .map(|n| {
            let mut record = record.clone();
            record.sent_ns = n;
            record
        })
        .collect();
    assert_eq!(read_bytes(&bytes_of(&history)).unwrap(), history);
}

#[test]
fn a_folder_that_is_not_there_is_told_with_what_to_do() {
    let folder = Folder::new();
    let error = write_parquet(&folder.file("no/such/history.parquet"), &own_history(1)).unwrap_err();
    assert!(error.to_string().ends_with("create the folder first"), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let error = read(&Folder::new().file("history.parquet")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.contains("No such file"), "{error}");
}

#[test]
fn another_extension_is_answered_with_the_known_ones() {
    let error = read(Utf8Path::new("run.csv")).unwrap_err().to_string();
    assert_eq!(
        error,
        "run.csv is not named like a history: known are .parquet, .jsonl and .jsonl.gz, and - for JSON Lines from standard input"
    );
}

/// A history of another tool: no seal, and a text in it replaced by one of the same length.
fn edited(from: &str, to: &str) -> String {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes_of(&own_history(3));
    bytes[4] = 0;
    let places: Vec<_> = (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "`{from}` is nowhere in the file");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    let error = read_bytes(&bytes).unwrap_err().to_string();
    error.split_once("history.parquet").unwrap().1.to_owned()
}

#[test]
fn a_file_of_another_tool_without_changes_is_read() {
    let history = own_history(3);
    let mut bytes = bytes_of(&history);
    bytes[4] = 0;
    assert_eq!(read_bytes(&bytes).unwrap(), history);
}

#[test]
fn another_schema_version_is_told() {
    assert_eq!(
        edited(r#"{"schema":1,"#, r#"{"schema":7,"#),
        " has history schema 7, this program reads 1: use the version that recorded it"
    );
}

#[test]
fn a_missing_column_is_told_by_its_name() {
    assert_eq!(
        edited("returned_ns", "returned_ms"),
        ": column `returned_ns` is missing; the columns are listed in docs/history.md"
    );
}

#[test]
fn an_unknown_name_is_told_with_its_row_and_column() {
    assert_eq!(
        edited("joined", "jumped"),
        ": row 1, column `outcome`: no outcome is called `jumped`; the values are listed in docs/history.md"
    );
}

#[test]
fn a_null_where_the_outcome_needs_a_value_is_told() {
    let mut history = own_history(1);
    history.records.edit()[0].outcome = Outcome::Swept(3);
    let mut bytes = bytes_of(&history);
    bytes[4] = 0;
    let at = (0..bytes.len()).find(|at| bytes[*at..].starts_with(b"swept")).unwrap();
    bytes[at..at + 5].copy_from_slice(b"stats");
    let error = read_bytes(&bytes).unwrap_err().to_string();
    assert!(
        error.contains("row 1, column `stats_users`: null where this operation and outcome need a value"),
        "{error}"
    );
}

#[test]
fn a_parquet_file_that_is_no_history_is_told_what_it_lacks() {
    let told = edited("stanchion.header", "somethingg.other");
    assert_eq!(
        told,
        " is not a history of Stanchion: its metadata has no `stanchion.header`; \
         a history of another system is judged as .jsonl"
    );
}
