//! The pretend CodeDeploy.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::{Answer, ApiError};
use super::world::World;

/// CodeDeploy's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CodeDeploy {}

/// Answers one call.
pub fn call(_world: &mut World, operation: &str, _input: &Value) -> Answer {
    Err(ApiError::new("UnknownOperationException", operation))
}

/// Does what has become due.
pub fn advance(_world: &mut World) {}
