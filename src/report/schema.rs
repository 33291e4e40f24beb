//! The JSON schema of result.json, for whoever reads it with a program: committed as `docs/result.schema.json`.

use serde_json::Value;

use super::Document;
use crate::model::schema_of;

/// The schema of what this version writes.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Document>("The result.json of a Stanchion run")
}
