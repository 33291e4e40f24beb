//! The JSON schema of scenario files, for editors: committed as `scenarios/schema.json`.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::raw::RawScenario;

/// The schema of a scenario file, in draft 7: the one that TOML language servers know.
#[must_use]
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<RawScenario>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "A Stanchion scenario".into());
    }
    schema
}
