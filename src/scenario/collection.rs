//! Tables keyed by names, and lists of names.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::name::Key;
use super::problem::Found;
use super::toml_table::{At, FromToml, Place, wrong_type};

/// A table whose keys are names and whose values are all of one kind, in the order of the file.
#[derive(Clone, Debug)]
pub(super) struct Keyed<K, V> {
    /// What could be read.
    pub entries: Vec<(At<K>, V)>,
    /// Whether the table has no key at all.
    pub is_empty: bool,
}

impl<K: Key, V: FromToml> FromToml for Keyed<K, V> {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let DeValue::Table(table) = value else {
            wrong_type("a table", &format!("[{}] and its keys below it", place.path), value, place, found);
            return None;
        };
        let mut entries = Vec::new();
        for (key, value) in table {
            let key_place = Place { path: place.path.clone(), span: Some(key.span()) };
            let name = K::from_key(key.get_ref(), &key_place, found);
            let value = V::from_toml(value.get_ref(), &place.inside(key, value), found);
            if let (Some(value_of_key), Some(value)) = (name, value) {
                entries.push((At { value: value_of_key, place: key_place }, value));
            }
        }
        entries.sort_by_key(|(key, _)| key.place.span.as_ref().map(|span| span.start));
        Some(Keyed { entries, is_empty: table.is_empty() })
    }
}

impl<K: Key, V: FromToml> JsonSchema for Keyed<K, V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("table of {}", V::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<V>();
        match K::all() {
            Some(keys) => {
                let properties: serde_json::Map<_, _> =
                    keys.into_iter().map(|key| (key.to_owned(), value.clone().to_value())).collect();
                json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
            }
            None => json_schema!({
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z0-9-]{1,64}$" },
                "additionalProperties": value,
            }),
        }
    }
}

/// A list of names, none of them twice.
#[derive(Clone, Debug)]
pub(super) struct Names<T> {
    /// What could be read.
    pub items: Vec<At<T>>,
    /// Whether all could be read.
    pub is_complete: bool,
}

impl<T: FromToml> FromToml for Names<T> {
    fn from_toml(value: &DeValue<'_>, place: &Place, found: &mut Found) -> Option<Self> {
        let DeValue::Array(items) = value else {
            wrong_type("a list", "the names in quotes between [ and ]", value, place, found);
            return None;
        };
        if items.is_empty() {
            let what = format!("`{}` is empty", place.path);
            found.note(place.span.clone(), what, "nothing would be left to do", "name at least one");
            return None;
        }
        let before = found.count();
        let mut seen = Vec::new();
        let mut names = Vec::new();
        for item in items {
            let place = Place { path: place.path.clone(), span: Some(item.span()) };
            if let Some(word) = item.get_ref().as_str() {
                if seen.contains(&word) {
                    let what = format!("`{}` is listed twice", word.escape_debug());
                    found.note(place.span.clone(), what, "", "remove one of the two");
                    continue;
                }
                seen.push(word);
            }
            if let Some(value) = T::from_toml(item.get_ref(), &place, found) {
                names.push(At { value, place });
            }
        }
        Some(Names { is_complete: found.count() == before, items: names })
    }
}

impl<T: FromToml> JsonSchema for Names<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("list of {}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({
            "type": "array", "items": items, "minItems": 1, "uniqueItems": true,
            "description": "a list of names in quotes, between [ and ]",
        })
    }
}
