//! What a simulated service answers: a JSON value, or an error as AWS words it.

use serde_json::Value;

/// The answer to one call of a JSON-protocol service.
pub type Answer = Result<Value, ApiError>;

/// An error answer (aws-facts §0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status, 400 for most.
    pub status: u16,
    /// Such as `DeploymentLimitExceededException`.
    pub code: &'static str,
    pub message: String,
}

impl ApiError {
    /// A modelled error, which travels with status 400.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
        }
    }
}
