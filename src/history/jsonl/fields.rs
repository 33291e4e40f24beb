//! One JSON object, taken apart field by field; what is wrong with it is collected, not thrown.

use serde_json::{Map, Value};

/// The fields of one object that were not taken yet, and what was wrong with those that were.
pub(super) struct Fields<'a> {
    left: Map<String, Value>,
    problems: &'a mut Vec<String>,
}

impl<'a> Fields<'a> {
    /// An absent field and one that is null mean the same: tools that write tables write nulls.
    pub(super) fn new(mut object: Map<String, Value>, problems: &'a mut Vec<String>) -> Self {
        object.retain(|_, value| !value.is_null());
        Fields { left: object, problems }
    }

    pub(super) fn problem(&mut self, field: &str, message: &str) {
        self.problems.push(format!("field `{field}`: {message}"));
    }

    /// Where to put what is wrong with a part of this object.
    pub(super) fn problems(&mut self) -> &mut Vec<String> {
        self.problems
    }

    pub(super) fn take(&mut self, field: &str) -> Option<Value> {
        self.left.remove(field)
    }

    /// A whole number that fits into `T`.
    pub(super) fn int<T: TryFrom<u64>>(&mut self, field: &str) -> Option<T> {
        let value = self.take(field)?;
        let number = value.as_u64().and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            let limit = (1_u128 << (8 * size_of::<T>())) - 1;
            let hint = if field.ends_with("_ns") { hint_of_time(&value) } else { "" };
            self.problem(field, &format!("expected a whole number from 0 to {limit}, found {value}{hint}"));
        }
        number
    }

    /// A name: a string, or a whole number taken as its digits.
    pub(super) fn text(&mut self, field: &str) -> Option<String> {
        let value = self.take(field)?;
        let text = as_text(&value);
        if text.is_none() {
            self.problem(field, &format!("expected a string, found {value}"));
        }
        text
    }

    /// A list of names.
    pub(super) fn texts(&mut self, field: &str) -> Option<Vec<String>> {
        let value = self.take(field)?;
        let texts = value.as_array().and_then(|values| values.iter().map(as_text).collect());
        if texts.is_none() {
            self.problem(field, &format!("expected a list of strings, found {value}"));
        }
        texts
    }

    pub(super) fn flag(&mut self, field: &str) -> Option<bool> {
        let value = self.take(field)?;
        if value.as_bool().is_none() {
            self.problem(field, &format!("expected true or false, found {value}"));
        }
        value.as_bool()
    }

    /// One of some names.
    pub(super) fn named<T>(&mut self, field: &str, known: &[&str], from_name: impl Fn(&str) -> Option<T>) -> Option<T> {
        let name = self.text(field)?;
        let found = known.contains(&name.as_str()).then(|| from_name(&name)).flatten();
        if found.is_none() {
            self.problem(field, &format!("`{name}` is not known{}", suggestion(&name, known)));
        }
        found
    }

    /// A field that must be there; `of` says of what.
    pub(super) fn needed<T>(
        &mut self,
        field: &str,
        of: &str,
        take: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<T> {
        if !self.left.contains_key(field) {
            self.problem(field, &format!("missing; {of} needs it"));
            return None;
        }
        take(self, field)
    }

    /// What was not taken is not known.
    pub(super) fn finish(self, of: &str, known: &[&str]) {
        for field in self.left.keys() {
            self.problems.push(if known.contains(&field.as_str()) {
                format!("field `{field}`: does not belong to {of}")
            } else {
                format!("field `{field}`: not known{}", suggestion(field, known))
            });
        }
    }
}

/// What to do about a time that is no whole number of nanoseconds.
fn hint_of_time(value: &Value) -> &'static str {
    match value.as_f64() {
        Some(ns) if ns < 0.0 => {
            "; only differences matter: add one number to all times of the file so that none is negative"
        }
        Some(ns) if ns.fract() != 0.0 || value.is_f64() => {
            "; times are whole nanoseconds: multiply seconds by 1000000000, or read a clock of nanoseconds"
        }
        _ => "",
    }
}

fn as_text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
}

/// What may have been meant, or all that is known.
fn suggestion(word: &str, known: &[&str]) -> String {
    /// Below this similarity a suggestion confuses more than it helps.
    const SIMILAR: f64 = 0.8;
    let similarity = |candidate: &str| strsim::jaro_winkler(word, candidate);
    match known.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b))) {
        Some(closest) if similarity(closest) >= SIMILAR => format!("; did you mean `{closest}`?"),
        _ => format!("; known: {}", known.join(", ")),
    }
}
