//! The file of a replay: one arrival time a line.
//!
//! All lines are read and all problems counted, so that a file is corrected once; the first twenty are shown. Nothing is
//! passed over in silence: what is no time is a problem, and so is an empty line.

use std::io::{BufRead, BufReader, Read as _};
use std::sync::Arc;

use camino::Utf8Path;

use super::beside::Beside;
use super::duration::{DurationError, parse_ns};
use super::problem::{Found, Source};
use super::raw::RawScenario;

/// As many as one cell may have joins.
const TIMES_MAX: usize = 10_000_000;
/// Problems of one file that are shown; the others are counted.
const SHOWN_MAX: u64 = 20;
/// A longer line is no time, and its file no list of times.
const LINE_BYTES_MAX: u64 = 256;

/// What to write instead of what is no time.
const WRITE: &str = "write one time a line: seconds such as 12.25, a duration such as 250ms, or a time stamp such as \
                     2026-11-27T20:00:00.250Z";

/// The times of the file that a scenario replays, ns since the first, the speed applied. `None` if there is no such file to
/// read, or something is wrong with it, which is noted. `path` is the scenario's own.
pub(super) fn read(raw: &RawScenario, path: &str, found: &mut Found) -> Option<Arc<[u64]>> {
    let replay = raw.load.value()?.replay.value()?;
    let given = replay.file.given()?;
    let span = given.place.span.clone();
    let words = Beside { what: "the arrivals", name: "name a file with one time a line" };
    let (file, opened) = words.open(path, &given.value.0, span.clone(), found)?;
    let speed = replay.speed.value().map_or(1.0, |speed| speed.0);
    let mut times = Times::new(speed);
    let mut problems = FileProblems { file: &file, scenario: path, noted: 0, found };
    if let Err(error) = times.read(BufReader::new(opened), &mut problems) {
        let why = format!("{file}: {error}");
        problems.found.note(span, "the file cannot be read", why, "check the file and its disk");
        return None;
    }
    let noted = problems.finish();
    if times.ns.is_empty() && noted == 0 {
        let why = format!("{file} is empty, so nobody would join");
        found.note(span, "the file holds no time", why, WRITE);
        return None;
    }
    (noted == 0).then(|| times.ns.into())
}

/// The problems of one file of times.
struct FileProblems<'f> {
    file: &'f Utf8Path,
    scenario: &'f str,
    noted: u64,
    found: &'f mut Found,
}

impl FileProblems<'_> {
    fn source(&self, first_line: usize, text: String) -> Source {
        Source { path: self.file.to_string(), text, first_line, named_by: Some(self.scenario.to_owned()) }
    }

    /// Notes what is wrong with a line.
    fn line(&mut self, number: usize, text: &str, what: &str, why: impl Into<String>, fix: &str) {
        self.noted += 1;
        if self.noted <= SHOWN_MAX {
            let begin = text.len() - text.trim_start().len();
            let span = begin..begin + text.trim().len();
            self.found.note_elsewhere(self.source(number, text.to_owned()), Some(span), what, why, fix);
        }
    }

    /// Notes what is wrong with the file as a whole.
    fn whole(&mut self, what: impl Into<String>, why: impl Into<String>, fix: &str) {
        self.noted += 1;
        self.found.note_elsewhere(self.source(1, String::new()), None, what, why, fix);
    }

    /// Says how many are not shown, and gives the number of all.
    fn finish(mut self) -> u64 {
        if let Some(more) = self.noted.checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
            let why = format!("only the first {SHOWN_MAX} problems of a file are shown");
            self.whole(format!("{more} more in the same file"), why, "correct the ones above first");
        }
        self.noted
    }
}

/// A time as a line says it, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Seconds or a duration.
    Since(i128),
    /// A time stamp, since 1970.
    At(i128),
}

/// The times read so far.
struct Times {
    speed: f64,
    first: Option<(usize, Moment)>,
    /// The last line that was a time, and that time.
    before: Option<(usize, i128)>,
    ns: Vec<u64>,
}

impl Times {
    fn new(speed: f64) -> Times {
        Times { speed, first: None, before: None, ns: Vec::new() }
    }

    fn read(&mut self, mut reader: impl BufRead, problems: &mut FileProblems<'_>) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            if reader.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(());
            }
            if bytes.len() as u64 > LINE_BYTES_MAX {
                let what = format!("line {number} is longer than {LINE_BYTES_MAX} bytes");
                problems.whole(what, "what follows was not read", WRITE);
                return Ok(());
            }
            if number > TIMES_MAX {
                let why = format!("a cell has at most {TIMES_MAX} joins; what follows was not read");
                problems.whole("too many lines", why, "cut a part out of the file, or take every tenth line of it");
                return Ok(());
            }
            // Editors on Windows begin a file with this mark.
            let line = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            self.line(number, &String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)), problems);
        }
        Ok(())
    }

    fn line(&mut self, number: usize, text: &str, problems: &mut FileProblems<'_>) {
        let moment = match moment(text.trim()) {
            Ok(moment) => moment,
            Err(why) => return problems.line(number, text, "this is no arrival time", why, WRITE),
        };
        let (first_number, first) = *self.first.get_or_insert((number, moment));
        let (first_ns, ns) = match (first, moment) {
            (Moment::Since(first_ns), Moment::Since(ns)) | (Moment::At(first_ns), Moment::At(ns)) => (first_ns, ns),
            (Moment::Since(_), Moment::At(_)) => {
                let why = format!("line {first_number} is seconds or a duration, this is a time stamp");
                return problems.line(
                    number,
                    text,
                    "two kinds of times in one file",
                    why,
                    "write all lines in one way",
                );
            }
            (Moment::At(_), Moment::Since(_)) => {
                let why = format!("line {first_number} is a time stamp, this is seconds or a duration");
                return problems.line(
                    number,
                    text,
                    "two kinds of times in one file",
                    why,
                    "write all lines in one way",
                );
            }
        };
        // Compared with its neighbour and not with the largest: one line that is far ahead is one problem.
        let before = self.before.replace((number, ns));
        if let Some((before_number, _)) = before.filter(|(_, before_ns)| *before_ns > ns) {
            let why = format!("line {before_number} is later");
            return problems.line(number, text, "the times are not in order", why, "sort the file by time");
        }
        self.ns.push(at_speed(ns - first_ns, self.speed));
    }
}

/// So long after the first arrival, in ns; as it is where the speed is 1.
fn at_speed(since_first_ns: i128, speed: f64) -> u64 {
    if speed == 1.0 {
        // Longer than a day, which is refused in either case.
        return u64::try_from(since_first_ns).unwrap_or(if since_first_ns < 0 { 0 } else { u64::MAX });
    }
    (since_first_ns as f64 / speed).round() as u64
}

/// The time that a line says, or why it says none.
fn moment(text: &str) -> Result<Moment, String> {
    if text.is_empty() {
        return Err("the line is empty".to_owned());
    }
    if text.contains(|c: char| !c.is_ascii() || c.is_ascii_control()) {
        return Err("letters that no time has".to_owned());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return seconds(text).map(Moment::Since);
    }
    let is_stamp = text.as_bytes().get(4) == Some(&b'-') && text.bytes().take(4).all(|byte| byte.is_ascii_digit());
    if is_stamp {
        let stamp: jiff::Timestamp =
            text.parse().map_err(|_| "no time stamp as in RFC 3339, with its offset or Z".to_owned())?;
        return Ok(Moment::At(stamp.as_nanosecond()));
    }
    match parse_ns(text) {
        Ok(ns) => i128::try_from(ns).map(Moment::Since).map_err(|_| "too long".to_owned()),
        Err(DurationError::Negative) => Err("a time cannot be negative".to_owned()),
        Err(DurationError::TooLong) => Err("too long".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Seconds with a fraction, to the nearest ns.
fn seconds(text: &str) -> Result<i128, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err("digits are missing, or a point is too many".to_owned());
    }
    if whole.len() > 15 {
        return Err("too long".to_owned());
    }
    let whole: i128 = whole.parse().map_err(|_| "no whole number of seconds".to_owned())?;
    // The tenth digit rounds; what comes after it is below a tenth of a ns.
    let tenths = fraction.bytes().chain(std::iter::repeat(b'0')).take(10);
    let tenths_of_ns = tenths.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    Ok(whole * 1_000_000_000 + (tenths_of_ns + 5) / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_a_duration_or_a_time_stamp() {
        let cases = [
            ("0", Moment::Since(0)),
            ("12.25", Moment::Since(12_250_000_000)),
            ("0.30000000000000004", Moment::Since(300_000_000)),
            ("0.9999999996", Moment::Since(1_000_000_000)),
            ("1764273600.123456789", Moment::Since(1_764_273_600_123_456_789)),
            ("250ms", Moment::Since(250_000_000)),
            ("30h", Moment::Since(108_000_000_000_000)),
            ("1970-01-01T00:00:01.5Z", Moment::At(1_500_000_000)),
            ("1970-01-01T02:00:00+02:00", Moment::At(0)),
        ];
        for (text, expected) in cases {
            assert_eq!(moment(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        let cases = [
            ("", "the line is empty"),
            ("-1", "a time cannot be negative"),
            ("-250ms", "a time cannot be negative"),
            ("1.", "digits are missing, or a point is too many"),
            (".5", "digits are missing, or a point is too many"),
            ("1.2.3", "digits are missing, or a point is too many"),
            ("9999999999999999", "too long"),
            ("time", "a number is missing"),
            ("1,5", "`,` is not a unit"),
            ("1e-05", "`e-` is not a unit"),
            ("2026-11-27T20:00:00", "no time stamp as in RFC 3339, with its offset or Z"),
            ("2026-13-27T20:00:00Z", "no time stamp as in RFC 3339, with its offset or Z"),
            ("1\u{1b}[31ms", "letters that no time has"),
        ];
        for (text, why) in cases {
            assert_eq!(moment(text), Err(why.to_owned()), "{text}");
        }
    }
}
