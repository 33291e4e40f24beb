//! The JSON schema of sweep.json, for whoever reads it with a program: committed as `docs/sweep.schema.json`.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{DepthReport, RateReport};

/// A document of either kind. No value of it exists: each kind is written as itself.
struct Either;

impl JsonSchema for Either {
    fn schema_name() -> Cow<'static, str> {
        "Sweep".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kinds = [generator.subschema_for::<RateReport>(), generator.subschema_for::<DepthReport>()];
        json_schema!({ "description": "`kind` says which of the two it is.", "oneOf": kinds })
    }
}

/// The schema of what this version writes, in draft 7. A field that is always written is required, even where
/// it may be `null`.
#[must_use]
pub fn schema() -> Value {
    let settings = SchemaSettings::draft07().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Either>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "The sweep.json of a Stanchion sweep".into());
    }
    schema
}
