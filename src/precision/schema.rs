//! The JSON schema of the document, for whoever reads it with a program: committed as `docs/precision.schema.json`.

use serde_json::Value;

use super::Document;
use crate::model::schema_of;

/// The schema of what this version writes.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Document>("What stanchion precision --format json writes")
}
