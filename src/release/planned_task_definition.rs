//! The task definition of a planned release.

use std::fmt;

use serde_json::Value;

use crate::job::TaskDefinitionArn;

/// The revision to deploy.
#[derive(Clone, PartialEq)]
pub enum PlannedTaskDefinition {
    /// The exact body of the `RegisterTaskDefinition` request.
    Register(Value),
    /// The registered revision in the AppSpec.
    Existing(TaskDefinitionArn),
}

/// Omits the body.
impl fmt::Debug for PlannedTaskDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(_) => f.write_str("Register(…)"),
            Self::Existing(arn) => write!(f, "Existing({arn})"),
        }
    }
}
