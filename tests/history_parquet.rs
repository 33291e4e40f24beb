//! A history survives its Parquet file whole, and a damaged or foreign file is refused in words.

mod history_arbitrary;

use camino::{Utf8Path, Utf8PathBuf};
use history_arbitrary::{history, own_history};
use proptest::prelude::*;
use stanchion::history::{History, HistoryError, read, write_parquet};

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
    let record = history.records[0].clone();
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
    assert_eq!(error, "run.csv is not named like a history: known are .parquet, .jsonl and .jsonl.gz");
}
