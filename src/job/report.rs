//! The result of a job, within AWS's limits (docs/aws.md §1.2).

use std::collections::BTreeMap;

use super::DeploymentId;
use super::continuation_token::Token;

/// Maximum length of a summary in characters.
pub const MAX_SUMMARY: usize = 2048;
/// Maximum length of a failure message in characters.
pub const MAX_MESSAGE: usize = 5000;
/// Maximum size of all output variables of an action in bytes.
pub const MAX_VARIABLES: usize = 122_880;

/// The result that the worker reports for a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// The rollout goes on: CodePipeline creates a new job with this token.
    Continue(Progress),
    /// The release is live.
    Success(Success),
    /// The release is not live.
    Failure(FailureReport),
}

/// The state of the rollout, as the pipeline shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub token: Token,
    pub summary: String,
    /// 0–100.
    pub percent: u8,
    /// The console link of the action points to it.
    pub deployment: Option<DeploymentId>,
}

/// A successful release.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    pub summary: String,
    pub deployment: Option<DeploymentId>,
    pub variables: BTreeMap<String, String>,
}

/// A failed release.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureReport {
    pub kind: FailureType,
    pub message: String,
    pub deployment: Option<DeploymentId>,
}

/// The failure types in use, out of CodePipeline's six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureType {
    /// The deployment was created and failed, or the worker failed.
    JobFailed,
    /// Invalid input, or refused by a policy: the author can fix it.
    ConfigurationError,
    /// A permission is missing.
    PermissionError,
    /// AWS was unreachable for longer than the timeout allows.
    SystemUnavailable,
}

impl FailureType {
    /// CodePipeline's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::JobFailed => "JobFailed",
            Self::ConfigurationError => "ConfigurationError",
            Self::PermissionError => "PermissionError",
            Self::SystemUnavailable => "SystemUnavailable",
        }
    }
}
