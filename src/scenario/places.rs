//! Where a scenario file says what a verdict is about: for marks on its lines.
//!
//! The places are looked up in the text when they are asked for, so that neither a scenario nor a saved run has to
//! carry them: a result is read on other machines, where the file may be another one.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::problem::Found;
use super::raw::RawScenario;
use super::toml_table::{FromToml, Place as Tree};
use crate::model::{OpKind, Percentile, Promise};

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// Where a text sets a limit.
#[must_use]
pub fn place_of_limit(text: &str, op: OpKind, percentile: Percentile) -> Option<Place> {
    let raw = raw(text)?;
    let (_, limits) = raw.limits.value()?.entries.iter().find(|(key, _)| key.value == op)?;
    let limit = match percentile {
        Percentile::P50 => &limits.p50,
        Percentile::P90 => &limits.p90,
        Percentile::P99 => &limits.p99,
        Percentile::P999 => &limits.p999,
        Percentile::Max => &limits.max,
    };
    place(text, limit.span())
}

/// Where a text asks for a promise to be checked.
#[must_use]
pub fn place_of_promise(text: &str, promise: Promise) -> Option<Place> {
    let raw = raw(text)?;
    let asked = raw.promises.value()?.check.value()?.items.iter().find(|item| item.value.0 == promise)?;
    place(text, asked.place.span.clone())
}

/// Where a text says what it expects of a promise on a design.
#[must_use]
pub fn place_of_expectation(text: &str, design: &str, promise: Promise) -> Option<Place> {
    let raw = raw(text)?;
    let (_, promises) = raw.expect.value()?.entries.iter().find(|(key, _)| key.value.0 == design)?;
    let (key, _) = promises.entries.iter().find(|(key, _)| key.value == promise)?;
    place(text, key.place.span.clone())
}

fn raw(text: &str) -> Option<RawScenario> {
    let document = DeTable::parse(text).ok()?;
    let root = Tree { path: String::new(), span: None };
    RawScenario::from_toml(&DeValue::Table(document.into_inner()), &root, &mut Found::default())
}

fn place(text: &str, span: Option<Range<usize>>) -> Option<Place> {
    let before = text.get(..span?.start)?;
    let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    Some(Place { line, column: before[begin..].chars().count() + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "about = \"é\"\n[load.open]\nrate = 10\nduration = \"3s\"\n[promises]\ncheck = [\n  \"no-loss\", \"global-fifo\",\n]\n\
        [limits]\njoin = { p50 = \"1ms\", p99 = \"5ms\" }\n[expect.zset-ms]\nglobal-fifo = \"either\"\n";

    #[test]
    fn limits_promises_and_expectations_are_found_where_they_stand() {
        let at = |line, column| Some(Place { line, column });
        assert_eq!(place_of_limit(TEXT, OpKind::Join, Percentile::P99), at(10, 29));
        assert_eq!(place_of_promise(TEXT, Promise::GlobalFifo), at(7, 14));
        assert_eq!(place_of_expectation(TEXT, "zset-ms", Promise::GlobalFifo), at(12, 1));
    }

    #[test]
    fn what_a_text_does_not_say_has_no_place() {
        assert_eq!(place_of_limit(TEXT, OpKind::Leave, Percentile::P99), None);
        assert_eq!(place_of_limit(TEXT, OpKind::Join, Percentile::Max), None);
        assert_eq!(place_of_promise(TEXT, Promise::Position), None);
        assert_eq!(place_of_expectation(TEXT, "list", Promise::GlobalFifo), None);
        assert_eq!(place_of_promise("no toml", Promise::NoLoss), None);
    }
}
