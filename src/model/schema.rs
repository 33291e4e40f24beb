//! JSON schemas of what this program writes, from the types themselves.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema of what is written of a type, in draft 7, under a title. A field that is always written is required, even where
/// it may be `null`.
#[must_use]
pub fn schema_of<T: JsonSchema>(title: &str) -> Value {
    // Without the contract of writing every field with a default would seem to be missing at times.
    let generator = SchemaSettings::draft07().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), title.into());
    }
    schema
}
