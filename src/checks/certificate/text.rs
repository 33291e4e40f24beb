//! An order as text: a header, then one operation a line, named by the record of the history that holds it.
//!
//! ```text
//! stanchion-order 1 global-fifo 4
//! join 0
//! join 1
//! admit 3
//! told 4
//! ```
//!
//! | line | means |
//! |---|---|
//! | `took R A B…` | after the header: the admission of record R, whose answer was lost, took those that records A, B… joined |
//! | `join R` | the join of record R took effect |
//! | `admit R`, `leave R` | the admission or leave that record R answered |
//! | `left R` | the leave of record R, which was not answered, took effect |
//! | `gone R` | the entry that record R joined is gone by itself (expired, or swept), if it still was there |
//! | `told R` | what record R answers about one entry was true |

use std::collections::HashMap;
use std::io::{self, BufRead, Write};

use super::{Certificate, Step, supposed};
use crate::checks::lost::Taken;
use crate::checks::notation::{MaybeCause, Trace};
use crate::model::Promise;

const NAME: &str = "stanchion-order";
const VERSION: u32 = 1;

/// Writes an order.
///
/// # Errors
/// When the writer fails.
pub fn write(trace: &Trace, certificate: &Certificate, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{NAME} {VERSION} {} {}", certificate.promise.name(), certificate.steps.len())?;
    let joined = |value: u32| trace.value(value).record.unwrap_or_default();
    for Taken { lost, values } in &certificate.taken {
        write!(to, "took {}", trace.lost[*lost as usize].record)?;
        values.iter().try_for_each(|value| write!(to, " {}", joined(*value)))?;
        writeln!(to)?;
    }
    let Some(trace) = supposed(trace, &certificate.taken) else { return Ok(()) };
    for step in &certificate.steps {
        match *step {
            Step::Join(value) => writeln!(to, "join {}", joined(value))?,
            Step::Removal(index) => {
                let removal = trace.removals.at(index as usize);
                writeln!(to, "{} {}", if removal.is_batch() { "admit" } else { "leave" }, removal.record)?;
            }
            Step::Maybe(index) => {
                let maybe = &trace.maybes[index as usize];
                match maybe.cause {
                    MaybeCause::LostLeave(record) => writeln!(to, "left {record}")?,
                    _ => writeln!(to, "gone {}", joined(maybe.value))?,
                }
            }
            Step::Read(index) => writeln!(to, "told {}", trace.reads[index as usize].record)?,
        }
    }
    Ok(())
}

/// Why a text is not an order of this history.
#[derive(Debug, thiserror::Error)]
pub enum TextProblem {
    /// The file.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The first line.
    #[error("line 1 is not `{NAME} {VERSION} global-fifo|per-user-fifo COUNT`")]
    Header,
    /// A line.
    #[error("line {line} is `{text}`, which is no operation of this history")]
    Line {
        /// From 1.
        line: usize,
        /// What it says.
        text: String,
    },
    /// Lines are missing, or too many.
    #[error("its first line announces {announced} operations and it holds {found}: it was cut short, or changed")]
    Count {
        /// By the header.
        announced: usize,
        /// In fact.
        found: usize,
    },
}

/// Reads an order of this trace's history.
///
/// # Errors
/// See [`TextProblem`].
pub fn read(trace: &Trace, from: impl BufRead) -> Result<Certificate, TextProblem> {
    let mut lines = from.lines();
    let header = lines.next().transpose()?.unwrap_or_default();
    let (promise, announced) = parse_header(&header).ok_or(TextProblem::Header)?;
    let mut taken = Vec::new();
    let mut names_of_steps = None;
    let mut steps = Vec::new();
    for (at, line) in lines.enumerate() {
        let line = line?;
        let shown = || line.chars().take(60).collect();
        let strange = || TextProblem::Line { line: at + 2, text: shown() };
        if let Some(rest) = line.strip_prefix("took ").filter(|_| names_of_steps.is_none()) {
            taken.push(parse_taken(trace, rest).ok_or_else(strange)?);
            continue;
        }
        let steps_by_name = match &mut names_of_steps {
            Some(names) => names,
            none => none.insert(names(&*supposed(trace, &taken).ok_or_else(strange)?)),
        };
        let step = line
            .split_once(' ')
            .and_then(|(word, record)| Some((Word::from_name(word)?, record.parse::<u32>().ok()?)))
            .and_then(|name| steps_by_name.get(&name));
        steps.push(*step.ok_or_else(strange)?);
    }
    if steps.len() != announced {
        return Err(TextProblem::Count { announced, found: steps.len() });
    }
    Ok(Certificate { promise, taken, steps })
}

fn parse_header(line: &str) -> Option<(Promise, usize)> {
    let mut words = line.split(' ');
    let known = words.next()? == NAME && words.next()?.parse() == Ok(VERSION);
    let promise = Promise::from_name(words.next()?).filter(|promise| super::rules(*promise).is_some())?;
    let count = words.next()?.parse().ok()?;
    (known && words.next().is_none()).then_some((promise, count))
}

/// `R A B…`: the records of a lost admission and of the joins of those it took.
fn parse_taken(trace: &Trace, text: &str) -> Option<Taken> {
    let mut records = text.split(' ').map(|record| record.parse::<usize>().ok());
    let admission = records.next()??;
    let lost = trace.lost.iter().position(|lost| lost.record == admission)?;
    let joined = |record: usize| trace.values.ids().find(|id| trace.value(*id).record == Some(record));
    let values = records.map(|record| joined(record?)).collect::<Option<Vec<_>>>()?;
    Some(Taken { lost: u32::try_from(lost).ok()?, values })
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Word {
    Join,
    Admit,
    Leave,
    Left,
    Gone,
    Told,
}

impl Word {
    fn from_name(name: &str) -> Option<Word> {
        match name {
            "join" => Some(Word::Join),
            "admit" => Some(Word::Admit),
            "leave" => Some(Word::Leave),
            "left" => Some(Word::Left),
            "gone" => Some(Word::Gone),
            "told" => Some(Word::Told),
            _ => None,
        }
    }
}

/// Every operation of the trace by what its line says.
fn names(trace: &Trace) -> HashMap<(Word, u32), Step> {
    let mut names = HashMap::new();
    // Records are numbered in 32 bits: a history holds fewer.
    let number = |record: usize| record as u32;
    for id in trace.values.ids() {
        if let Some(record) = trace.value(id).record {
            names.insert((Word::Join, number(record)), Step::Join(id));
        }
    }
    for (index, removal) in (0u32..).zip(trace.removals.iter()) {
        let word = if removal.is_batch() { Word::Admit } else { Word::Leave };
        names.insert((word, number(removal.record)), Step::Removal(index));
    }
    for (index, maybe) in (0u32..).zip(&trace.maybes) {
        let name = match maybe.cause {
            MaybeCause::LostLeave(record) => Some((Word::Left, number(record))),
            _ => trace.value(maybe.value).record.map(|record| (Word::Gone, number(record))),
        };
        if let Some(name) = name {
            names.insert(name, Step::Maybe(index));
        }
    }
    for (index, read) in (0u32..).zip(&trace.reads) {
        names.insert((Word::Told, number(read.record)), Step::Read(index));
    }
    names
}
