//! The JSON schema of sweep.json, for whoever reads it with a program: committed as `docs/sweep.schema.json`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{DepthReport, RateReport};
use crate::model::schema_of;

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

/// The schema of what this version writes.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Either>("The sweep.json of a Stanchion sweep")
}
