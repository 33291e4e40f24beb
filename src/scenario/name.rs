//! Names in a file: of promises, operations, designs and groups; and what a mistyped one probably meant.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::problem::Found;
use super::resolved::{Arrivals, Expectation};
use super::toml_table::{FromToml, Place, wrong_type};
use crate::model::{Dedupe, OpKind, Promise};

/// The candidate that `word` most probably meant: the nearest by Damerau–Levenshtein distance, if at most
/// a third of its letters would have to change.
pub(super) fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A sentence that helps with an unknown name.
pub(super) fn suggestion(word: &str, kind: &str, names: &[&str]) -> String {
    let list = names.join(", ");
    match did_you_mean(word, names.iter().copied()) {
        Some(guess) => format!("did you mean `{guess}`? the {kind}s are {list}"),
        None => format!("the {kind}s are {list}"),
    }
}

/// Whether a text may name a scenario or a group: it becomes part of a path and of a key.
pub(super) fn is_plain_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain)
}

/// One of a fixed set of names.
pub(super) trait Named: Copy + 'static {
    /// What the set holds, in the singular.
    const KIND: &'static str;
    /// All of them.
    const NAMED: &'static [Self];
    /// The name in files.
    fn text(self) -> &'static str;

    fn texts() -> Vec<&'static str> {
        Self::NAMED.iter().map(|named| named.text()).collect()
    }
}

/// Gives an enum its names in files.
macro_rules! named {
    ($kind:literal $type:ident { $($variant:ident $name:literal),* }) => {
        impl Named for $type {
            const KIND: &'static str = $kind;
            const NAMED: &'static [Self] = &[$($type::$variant),*];
            fn text(self) -> &'static str { match self { $($type::$variant => $name),* } }
        }
    };
}

/// Whether all joins of a round carry one dedupe key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FloodKey {
    Same,
    Own,
}

named!("flood key" FloodKey { Same "same", Own "own" });
named!("kind of arrival" Arrivals { Constant "constant", Poisson "poisson" });
named!("dedupe rule" Dedupe { User "user", Request "request" });
named!("expectation" Expectation { Violated "violated", Either "either" });

impl Named for Promise {
    const KIND: &'static str = "promise";
    const NAMED: &'static [Self] = &Promise::EVERY;
    fn text(self) -> &'static str {
        self.name()
    }
}

impl Named for OpKind {
    const KIND: &'static str = "operation";
    const NAMED: &'static [Self] = &OpKind::ALL;
    fn text(self) -> &'static str {
        self.name()
    }
}

/// A value that is one of a fixed set of names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<T>(pub T);

impl<T: Named> FromToml for Choice<T> {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let names = T::texts();
        let Some(word) = value.as_str() else {
            let example = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ");
            wrong_type("a name", &example, value, place, found);
            return None;
        };
        T::from_key(word, place, found).map(Choice)
    }
}

impl<T: Named> JsonSchema for Choice<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::KIND.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = T::texts();
        json_schema!({ "type": "string", "enum": names, "description": format!("one of {}", names.join(", ")) })
    }
}

/// A type that a table's key can be read as.
pub(super) trait Key: Sized {
    /// Reads the key; notes what is wrong and answers `None` if it cannot be used.
    fn from_key(key: &str, place: &Place, found: &mut Found) -> Option<Self>;
    /// All keys there can be; `None`: any plain name.
    fn all() -> Option<Vec<&'static str>>;
}

impl<T: Named> Key for T {
    fn from_key(key: &str, place: &Place, found: &mut Found) -> Option<Self> {
        let known = T::NAMED.iter().copied().find(|named| named.text() == key);
        if known.is_none() {
            let what = format!("unknown {} `{}`", T::KIND, key.escape_debug());
            found.note(place.span.clone(), what, "", suggestion(key, T::KIND, &T::texts()));
        }
        known
    }

    fn all() -> Option<Vec<&'static str>> {
        Some(T::texts())
    }
}

/// The name of a group, a design or a scenario: letters, digits and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlainName(pub String);

impl Key for PlainName {
    fn from_key(key: &str, place: &Place, found: &mut Found) -> Option<Self> {
        if !is_plain_name(key) {
            found.note(
                place.span.clone(),
                format!("`{}` is not a name", key.escape_debug()),
                "names become parts of paths and Redis keys",
                "use 1 to 64 letters (a-z, A-Z), digits and `-`",
            );
            return None;
        }
        Some(PlainName(key.to_owned()))
    }

    fn all() -> Option<Vec<&'static str>> {
        None
    }
}

impl FromToml for PlainName {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let Some(word) = value.as_str() else {
            wrong_type("a name", "letters, digits and `-` in quotes", value, place, found);
            return None;
        };
        Self::from_key(word, place, found)
    }
}

impl JsonSchema for PlainName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$", "description": "a name of letters, digits and `-`" })
    }
}

/// The path of a file beside the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FilePath(pub String);

impl FromToml for FilePath {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let Some(path) = value.as_str() else {
            wrong_type("a path", "the name of a file in quotes", value, place, found);
            return None;
        };
        if path.is_empty() || path.contains(char::is_control) {
            let what = format!("`{}` is not the path of a file", place.path);
            let why = if path.is_empty() { "it is empty" } else { "it holds a control character" };
            found.note(place.span.clone(), what, why, "write the path of a file, relative to the scenario file");
            return None;
        }
        Some(FilePath(path.to_owned()))
    }
}

impl JsonSchema for FilePath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "path".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$",
            "description": "the path of a file, relative to the scenario file",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_near_or_not_made() {
        let names = ["join", "position", "share", "after", "p99", "max"];
        let cases = [
            ("joins", Some("join")),
            ("JOIN", Some("join")),
            ("jion", Some("join")),
            ("postion", Some("position")),
            ("p95", Some("p99")),
            ("banana", None),
            ("", None),
        ];
        for (word, guess) in cases {
            assert_eq!(did_you_mean(word, names), guess, "{word}");
        }
    }

    #[test]
    fn a_name_cannot_leave_its_folder_or_its_key() {
        for (name, plain) in
            [("on-sale", true), ("A1", true), ("", false), ("..", false), ("a/b", false), ("a:b", false), ("é", false)]
        {
            assert_eq!(is_plain_name(name), plain, "{name}");
        }
        assert!(!is_plain_name(&"a".repeat(65)));
    }
}
