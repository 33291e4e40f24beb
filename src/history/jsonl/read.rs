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

/// What a gzip file begins with.
const GZIP: &[u8] = b"\x1f\x8b";
/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";

/// Reads a history from JSON Lines, unpacking it if `gzipped`.
///
/// # Errors
/// The file cannot be read, is damaged, or [`HistoryError::Lines`].
pub(in crate::history) fn read(path: &Utf8Path, gzipped: bool) -> Result<History, HistoryError> {
    let file = File::open(path).map_err(|source| HistoryError::Read { path: path.to_owned(), source })?;
    if gzipped {
        read_lines(path, BufReader::new(flate2::read::MultiGzDecoder::new(BufReader::new(file))))
    } else {
        read_lines(path, BufReader::new(file))
    }
}

/// Reads a history from a pipe that has a path.
///
/// # Errors
/// As [`read`].
pub(in crate::history) fn read_stream(path: &Utf8Path) -> Result<History, HistoryError> {
    let file = File::open(path).map_err(|source| HistoryError::Read { path: path.to_owned(), source })?;
    read_from(path, BufReader::new(file))
}

/// Reads a history from what can be read only once and has no name that tells whether it is packed.
///
/// # Errors
/// As [`read`].
pub(in crate::history) fn read_from(path: &Utf8Path, mut input: impl BufRead) -> Result<History, HistoryError> {
    let packed = input.fill_buf().map_err(|error| unreadable(path, error))?.starts_with(GZIP);
    if packed {
        read_lines(path, BufReader::new(flate2::read::MultiGzDecoder::new(input)))
    } else {
        read_lines(path, input)
    }
}

fn read_lines(path: &Utf8Path, mut input: impl BufRead) -> Result<History, HistoryError> {
    let stem = path.file_name().unwrap_or_default().split(".jsonl").next().unwrap_or_default();
    let mut file = Lines { scenario: stem, header: None, lines: Vec::new(), problems: Vec::new() };
    let (mut bytes, mut number) = (Vec::new(), 0);
    while file.problems.len() <= PROBLEMS_MAX {
        bytes.clear();
        number += 1;
        if input.read_until(b'\n', &mut bytes).map_err(|error| unreadable(path, error))? == 0 {
            break;
        }
        if number == 1
            && let Some(message) = another_format(&bytes)
        {
            file.problems.push(LineProblem { line: 1, message: message.to_owned() });
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

/// What a file is that is no text at all, by its first bytes, and what to do.
fn another_format(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(PARQUET) {
        Some("this is Parquet and not JSON Lines; give it as a file whose name ends in .parquet")
    } else if bytes.starts_with(GZIP) {
        Some("this is packed by gzip; give it a name that ends in .jsonl.gz")
    } else if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        Some("this is UTF-16; save it as UTF-8")
    } else {
        None
    }
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        format!("not UTF-8 at byte {}: the recorder must write UTF-8, or \\u escapes", error.valid_up_to() + 1)
    })?;
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("expected a JSON object in braces".to_owned()),
        Err(error) => {
            // The library ends its message with a place inside the line, which it takes for a file.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let hint = if error.is_eof() {
                "the line was cut off, or one object was written over several lines"
            } else {
                "each line must be one whole JSON object"
            };
            Err(format!("not JSON at column {}: {message}; {hint}", error.column()))
        }
    }
}
