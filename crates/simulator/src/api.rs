//! Response of a simulated service: a value, or an error as AWS words it.

use serde_json::Value;

/// The response to one call of a JSON-protocol service.
pub type Answer = Result<Value, ApiError>;

/// An error response (docs/aws.md §0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status; 400 for most errors.
    pub status: u16,
    /// For example `DeploymentLimitExceededException`.
    pub code: &'static str,
    pub message: String,
}

impl ApiError {
    /// A modelled error, which is sent with status 400.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
        }
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

/// An error of any service, in any protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// Further elements of an S3 error body, such as `ActualObjectSize`.
    pub details: Vec<(&'static str, String)>,
}

impl Failure {
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
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
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::new(error.status, error.code, error.message)
    }
}
