//! The lines of a file, read one after the other; up to [`PROBLEMS_MAX`] problems are told at once.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use camino::Utf8Path;
use serde_json::{Map, Value};

use super::complete::complete;
use super::record::Line;
use super::{header, record};
use crate::history::{Header, History, HistoryError, LineProblem};

/// Reading stops after so many problems: the rest are likely the same again.
const PROBLEMS_MAX: usize = 20;

/// Reads a history from JSON Lines, unpacking it if `gzipped`.
///
/// # Errors
/// The file cannot be read, is damaged, or [`HistoryError::Lines`].
pub(in crate::history) fn read(path: &Utf8Path, gzipped: bool) -> Result<History, HistoryError> {
    let file = File::open(path).map_err(|source| HistoryError::Read { path: path.to_owned(), source })?;
    if gzipped {
        read_from(path, BufReader::new(flate2::read::MultiGzDecoder::new(BufReader::new(file))))
    } else {
        read_from(path, BufReader::new(file))
    }
}

fn read_from(path: &Utf8Path, mut input: impl BufRead) -> Result<History, HistoryError> {
    let stem = path.file_name().unwrap_or_default().split(".jsonl").next().unwrap_or_default();
    let mut file = Lines { scenario: stem, header: None, lines: Vec::new(), problems: Vec::new() };
    let (mut bytes, mut number) = (Vec::new(), 0);
    while file.problems.len() <= PROBLEMS_MAX {
        bytes.clear();
        number += 1;
        if input.read_until(b'\n', &mut bytes).map_err(|error| unreadable(path, error))? == 0 {
            break;
        }
        // Some editors put this mark in front of a text file.
        let line = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
        file.line(number, line.trim_ascii());
    }
    let Lines { header, lines, mut problems, .. } = file;
    let header = header.unwrap_or_else(|| header::absent(stem));
    if problems.is_empty() && lines.is_empty() {
        problems.push(LineProblem { line: 1, message: "no operation in this file; expected one a line".to_owned() });
    }
    if problems.is_empty() {
        let problem = |line, message| problems.push(LineProblem { line, message });
        let (records, names) = complete(&lines, header.terms.dedupe, problem);
        if problems.is_empty() {
            return Ok(History { header, records: records.into(), names });
        }
    }
    let more = problems.len() > PROBLEMS_MAX;
    problems.truncate(PROBLEMS_MAX);
    problems.sort_by_key(|problem| problem.line);
    Err(HistoryError::Lines { path: path.to_owned(), problems, more })
}

/// gzip's own complaints come as these kinds.
fn unreadable(path: &Utf8Path, source: io::Error) -> HistoryError {
    match source.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            HistoryError::Damaged { path: path.to_owned(), detail: format!("its gzip stream is broken ({source})") }
        }
        _ => HistoryError::Read { path: path.to_owned(), source },
    }
}

/// What was read so far.
struct Lines<'a> {
    scenario: &'a str,
    header: Option<Header>,
    lines: Vec<(u64, Line)>,
    problems: Vec<LineProblem>,
}

impl Lines<'_> {
    fn line(&mut self, number: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut problems = Vec::new();
        match object(bytes) {
            Err(problem) => problems.push(problem),
            Ok(object) if !object.contains_key(header::MARK) => {
                self.lines.extend(record::parse(object, &mut problems).map(|line| (number, line)));
            }
            Ok(object) if self.lines.is_empty() && self.problems.is_empty() && self.header.is_none() => {
                self.header = Some(header::parse(object, self.scenario, &mut problems));
            }
            Ok(_) => problems.push("a header; only the first line may be one".to_owned()),
        }
        self.problems.extend(problems.into_iter().map(|message| LineProblem { line: number, message }));
    }
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("expected a JSON object in braces".to_owned()),
        Err(error) => {
            // The library ends its message with a place inside the line, which it takes for a file.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            Err(format!("not JSON at column {}: {message}", error.column()))
        }
    }
}
