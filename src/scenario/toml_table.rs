//! Reads TOML tables leniently: every key is looked at, every problem is noted, nothing stops at the first.
//!
//! Deriving `Deserialize` would stop at the first wrong value. So the document is parsed into a tree with
//! spans, and [`table!`] declares a table once and makes three things of the declaration: the `Raw…`
//! struct, its reader and its JSON schema. They cannot disagree.

use std::ops::Range;

use schemars::JsonSchema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::name::did_you_mean;
use super::problem::Found;

/// Where a value stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// `load.open.rate`; empty for the document.
    pub path: String,
    /// The bytes to point at: a table's key, any other value itself; `None` for the document.
    pub span: Option<Range<usize>>,
}

impl Place {
    /// The place of `key` inside this table.
    pub fn inside(&self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) -> Place {
        let name = key.get_ref().escape_debug();
        let path = if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) };
        let span = if value.get_ref().is_table() { key.span() } else { value.span() };
        Place { path, span: Some(span) }
    }

    /// How a message names this table.
    pub fn table_name(&self) -> String {
        if self.path.is_empty() { "the file".to_owned() } else { format!("[{}]", self.path) }
    }
}

/// A value that was read, and where it stood.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub value: T,
    pub place: Place,
}

/// What a file says about a key. *Broken* keeps one mistake from causing a second message: a `[poll]`
/// that cannot be read is not a missing `[poll]`.
#[derive(Clone, Debug)]
pub(super) enum Field<T> {
    Absent,
    Broken,
    Given(At<T>),
}

impl<T> Field<T> {
    pub fn is_absent(&self) -> bool {
        matches!(self, Field::Absent)
    }

    pub fn is_broken(&self) -> bool {
        matches!(self, Field::Broken)
    }

    pub fn given(&self) -> Option<&At<T>> {
        match self {
            Field::Given(at) => Some(at),
            Field::Absent | Field::Broken => None,
        }
    }

    /// The value, if it was given and could be read.
    pub fn value(&self) -> Option<&T> {
        self.given().map(|at| &at.value)
    }

    /// The bytes to point at, if it was given and could be read.
    pub fn span(&self) -> Option<Range<usize>> {
        self.given().and_then(|at| at.place.span.clone())
    }
}

/// A type that a TOML value can be read as. Its schema says to editors what its reader accepts.
pub(super) trait FromToml: JsonSchema + Sized {
    /// Reads the value; notes what is wrong and answers `None` if it cannot be used.
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self>;
}

/// Notes that a value has the wrong type.
pub(super) fn wrong_type(expected: &str, example: &str, value: &DeValue<'_>, place: &Place, found: &mut Found) {
    let actual = match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    found.note(
        place.span.clone(),
        format!("`{}` must be {expected}", place.path),
        format!("this is {actual}"),
        format!("write {example}"),
    );
}

/// A table while its keys are being read.
pub(super) struct OpenTable<'t, 'i> {
    entries: &'t DeTable<'i>,
    place: &'t Place,
    found: &'t mut Found,
    /// Known keys that an unknown key probably meant: they count as given, but broken.
    meant: Vec<String>,
}

impl<'t, 'i> OpenTable<'t, 'i> {
    /// Opens a value as a table and notes its unknown keys.
    pub fn open(
        value: &'t DeValue<'i>,
        place: &'t Place,
        known: &[String],
        found: &'t mut Found,
    ) -> Option<OpenTable<'t, 'i>> {
        let DeValue::Table(entries) = value else {
            let example = format!("[{}] and its keys below it", place.path);
            wrong_type("a table", &example, value, place, found);
            return None;
        };
        let mut meant = Vec::new();
        for key in entries.keys().filter(|key| !known.iter().any(|known| known == key.get_ref())) {
            let guess = did_you_mean(key.get_ref(), known.iter().map(String::as_str))
                .filter(|guess| !entries.contains_key(*guess));
            let list = format!("the keys of {} are {}", place.table_name(), known.join(", "));
            let fix = match guess {
                // The document has too many keys for one line.
                Some(guess) if known.len() > 10 => format!("did you mean `{guess}`?"),
                Some(guess) => format!("did you mean `{guess}`? {list}"),
                None => format!("remove it; {list}"),
            };
            meant.extend(guess.map(str::to_owned));
            found.note(
                Some(key.span()),
                format!("unknown key `{}`", key.get_ref().escape_debug()),
                format!("{} has no such key", place.table_name()),
                fix,
            );
        }
        Some(OpenTable { entries, place, found, meant })
    }

    /// Reads a key that may be left out.
    pub fn optional<T: FromToml>(&mut self, key: &str) -> Field<T> {
        let Some((name, value)) = self.entries.get_key_value(key) else {
            let meant = self.meant.iter().any(|meant| meant == key);
            return if meant { Field::Broken } else { Field::Absent };
        };
        let place = self.place.inside(name, value);
        match T::from_toml(value.get_ref(), &place, self.found) {
            Some(value) => Field::Given(At { value, place }),
            None => Field::Broken,
        }
    }

    /// Reads a key that must be there; notes if it is not, and answers `Broken` then.
    pub fn required<T: FromToml>(&mut self, key: &str) -> Field<T> {
        let field = self.optional(key);
        if !field.is_absent() {
            return field;
        }
        self.found.note(
            self.place.span.clone(),
            format!("`{key}` is missing"),
            if self.place.path.is_empty() { String::new() } else { format!("{} needs it", self.place.table_name()) },
            format!(
                "add `{key}`: {}",
                first_sentence(&schemars::SchemaGenerator::default().into_root_schema_for::<T>())
            ),
        );
        Field::Broken
    }
}

/// What a type is, in the words of its schema.
fn first_sentence(schema: &schemars::Schema) -> String {
    schema.get("description").and_then(|text| text.as_str()).unwrap_or("a value").to_owned()
}

/// Declares a table of the file: the `Raw…` struct, its reader and its schema. A key is the field's name
/// with `-` for `_`; `required` or `optional` stands before it.
macro_rules! table {
    (
        $(#[doc = $about:literal])*
        $name:ident { $( $(#[doc = $doc:literal])* $need:ident $field:ident: $kind:ty, )* }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub(super) struct $name { $( $(#[doc = $doc])* pub $field: Field<$kind>, )* }

        impl FromToml for $name {
            fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
                let known = [$( key_of(stringify!($field)) ),*];
                let mut table = OpenTable::open(value, place, &known, found)?;
                Some($name { $( $field: table.$need(&key_of(stringify!($field))), )* })
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).trim_start_matches("Raw").into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                table_schema(
                    concat!($($about),*),
                    vec![$( (stringify!($field), stringify!($need), concat!($($doc),*), generator.subschema_for::<$kind>()) ),*],
                )
            }
        }
    };
}
pub(super) use table;

/// The key of a field; one that is a word of the language is written `r#word`.
pub(super) fn key_of(field: &str) -> String {
    field.trim_start_matches("r#").replace('_', "-")
}

/// The schema of a table, from its declaration: (field, `required` or `optional`, doc, schema) each.
pub(super) fn table_schema(about: &str, fields: Vec<(&str, &str, &str, schemars::Schema)>) -> schemars::Schema {
    let mut properties = serde_json::Map::new();
    let mut required = Vec::new();
    for (field, need, doc, schema) in fields {
        let key = key_of(field);
        if need == "required" {
            required.push(key.clone());
        }
        // In draft 7 a reference hides its neighbours, so the description stands beside it in `allOf`.
        let mut schema = schema.to_value();
        if schema.get("$ref").is_some() {
            schema = serde_json::json!({ "allOf": [schema] });
        }
        if let Some(object) = schema.as_object_mut() {
            object.insert("description".to_owned(), doc.trim().into());
        }
        properties.insert(key, schema);
    }
    schemars::json_schema!({
        "type": "object",
        "description": about.trim(),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
