//! The JSON schema of the document, for whoever reads it with a program: committed as `docs/compare.schema.json`.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Comparison;

/// The schema of what this version writes, in draft 7. A field that is always written is required, even where
/// it may be `null`.
#[must_use]
pub fn schema() -> Value {
    let settings = SchemaSettings::draft07().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Comparison>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "What stanchion compare --format json prints".into());
    }
    schema
}
