//! Quantities in a file: durations with a unit, shares, counts and rates, each with its bounds.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::duration::{DURATION_PATTERN, parse_duration};
use super::problem::Found;
use super::toml_table::{FromToml, Place, wrong_type};

/// Implements [`JsonSchema`] for a quantity: its schema stands where it is used.
macro_rules! schema {
    ($type:ty, $name:literal, $schema:tt) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

impl FromToml for bool {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        if value.as_bool().is_none() {
            wrong_type("`true` or `false`", "true or false, without quotes", value, place, found);
        }
        value.as_bool()
    }
}

/// A duration that may be zero: a delay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delay(pub Duration);

/// A duration above zero: a period or a length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period(pub Duration);

schema!(Delay, "delay", {
    "type": "string", "pattern": DURATION_PATTERN, "description": "a duration such as \"250ms\", \"2s\" or \"1m30s\"",
});
schema!(Period, "period", {
    "type": "string", "pattern": DURATION_PATTERN,
    "description": "a duration above zero, such as \"250ms\", \"2s\" or \"1m30s\"",
});

impl FromToml for Delay {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let example =
            "a number and a unit in quotes: \"250ms\", \"2s\" or \"1m30s\"; the units are h, m, s, ms, us and ns";
        let Some(text) = value.as_str() else {
            wrong_type("a duration", example, value, place, found);
            return None;
        };
        match parse_duration(text) {
            Ok(duration) => Some(Delay(duration)),
            Err(error) => {
                let what = format!("`{}` must be a duration", place.path);
                found.note(place.span.clone(), what, error.to_string(), format!("write {example}"));
                None
            }
        }
    }
}

impl FromToml for Period {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let Delay(duration) = Delay::from_toml(value, place, found)?;
        if duration.is_zero() {
            let what = format!("`{}` must be above zero", place.path);
            found.note(place.span.clone(), what, "no time at all", "write a duration above zero, such as \"100ms\"");
            return None;
        }
        Some(Period(duration))
    }
}

/// A share, 0 to 1: a number, or a percentage in quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portion(pub f64);

/// A share above zero: that of the users who do something.
#[derive(Clone, Copy, Debug)]
pub(super) struct SomePortion(pub f64);

schema!(Portion, "portion", {
    "anyOf": [
        { "type": "number", "minimum": 0, "maximum": 1 },
        { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?%$" },
    ],
    "description": "a share from 0 to 1, or a percentage in quotes such as \"10%\"",
});
schema!(SomePortion, "share", {
    "anyOf": [
        { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
        { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?%$" },
    ],
    "description": "a share above 0 and up to 1, or a percentage in quotes such as \"10%\"",
});

impl FromToml for Portion {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let share = match value {
            DeValue::String(text) => percentage(text),
            other => number(other),
        };
        let example = "a number from 0 to 1, or a percentage in quotes from \"0%\" to \"100%\"";
        match share {
            None => {
                if value.is_str() {
                    let what = format!("`{}` must be a share", place.path);
                    found.note(place.span.clone(), what, "a text, but no percentage", format!("write {example}"));
                } else {
                    wrong_type("a share", example, value, place, found);
                }
                None
            }
            Some(share) if (0.0..=1.0).contains(&share) => Some(Portion(share)),
            Some(share) => {
                let what = format!("`{}` must lie between 0 and 1", place.path);
                found.note(place.span.clone(), what, format!("this is {share}"), format!("write {example}"));
                None
            }
        }
    }
}

impl FromToml for SomePortion {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let Portion(share) = Portion::from_toml(value, place, found)?;
        if share == 0.0 {
            let what = format!("`{}` is zero", place.path);
            found.note(place.span.clone(), what, "nothing would happen", "write a share above 0, or remove the table");
            return None;
        }
        Some(SomePortion(share))
    }
}

/// The share that `10%` or `2.5%` names.
fn percentage(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let percent: f64 = number.parse().ok()?;
    (digits(whole) && digits(fraction)).then_some(percent / 100.0)
}

/// A number above zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(pub f64);

/// Rates and scales above this are typing errors.
const RATE_MAX: f64 = 10_000_000.0;

schema!(Rate, "rate", {
    "type": "number", "exclusiveMinimum": 0, "maximum": RATE_MAX, "description": "a number above 0",
});

impl FromToml for Rate {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let Some(rate) = number(value) else {
            wrong_type("a number", "a number without quotes, such as 1500 or 0.5", value, place, found);
            return None;
        };
        if !(rate > 0.0 && rate <= RATE_MAX) {
            found.note(
                place.span.clone(),
                format!("`{}` must be a number above 0 and up to {RATE_MAX}", place.path),
                format!("this is {rate}"),
                "write a number such as 1500 or 0.5",
            );
            return None;
        }
        Some(Rate(rate))
    }
}

/// A whole number between bounds that belong to its meaning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count<const MIN: u64, const MAX: u64>(pub u64);

impl<const MIN: u64, const MAX: u64> JsonSchema for Count<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("count {MIN} to {MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let description = format!("a whole number from {MIN} to {MAX}");
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX, "description": description })
    }
}

impl<const MIN: u64, const MAX: u64> FromToml for Count<MIN, MAX> {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let DeValue::Integer(integer) = value else {
            wrong_type("a whole number", &format!("a whole number from {MIN} to {MAX}"), value, place, found);
            return None;
        };
        // A number too long for i128 is out of bounds as well.
        let count = i128::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(i128::MAX);
        if count < i128::from(MIN) || count > i128::from(MAX) {
            found.note(
                place.span.clone(),
                format!("`{}` must lie between {MIN} and {MAX}", place.path),
                if count < i128::from(MIN) { "too small" } else { "too large" },
                format!("write a whole number from {MIN} to {MAX}"),
            );
            return None;
        }
        u64::try_from(count).ok().map(Count)
    }
}

/// A text of at least one visible character.
#[derive(Clone, Debug)]
pub(super) struct Sentence(pub String);

schema!(Sentence, "sentence", {
    "type": "string", "pattern": "\\S", "description": "a text in quotes",
});

impl FromToml for Sentence {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let Some(text) = value.as_str() else {
            wrong_type("a text", "a sentence in quotes", value, place, found);
            return None;
        };
        if text.trim().is_empty() {
            let what = format!("`{}` is empty", place.path);
            found.note(place.span.clone(), what, "", "say in one sentence what the scenario shows");
            return None;
        }
        Some(Sentence(text.trim().to_owned()))
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(integer) => {
            let whole = i128::from_str_radix(integer.as_str(), integer.radix()).ok()?;
            Some(whole as f64)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}
