//! Response of a simulated service: a value, or an error as AWS words it.

use serde_json::Value;

/// The response to one call, unless it is S3's.
pub type Answer = Result<Value, ApiError>;

/// An error response of any service, in any protocol (docs/aws.md §0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status; 400 for most errors.
    pub status: u16,
    /// For example `DeploymentLimitExceededException`.
    pub code: String,
    pub message: String,
    /// Further elements of an S3 error body, such as `ActualObjectSize`.
    pub details: Vec<(&'static str, String)>,
}

impl ApiError {
    /// An error with status 400.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::with_status(400, code, message)
    }

    pub fn with_status(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// Adds an element to the error body.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// An operation that is not simulated.
    pub(crate) fn unknown_operation(operation: &str) -> Self {
        Self::new(
            "UnknownOperationException",
            format!("{operation} is not simulated"),
        )
    }

    /// The same in the query protocol.
    pub(crate) fn invalid_action(operation: &str) -> Self {
        Self::new("InvalidAction", format!("{operation} is not simulated"))
    }
}
