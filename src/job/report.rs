//! The one result that a job ends in, within AWS's limits (aws-facts §1.2).

use std::collections::BTreeMap;

use super::DeploymentId;
use super::token::Token;

/// Characters that a summary may have.
pub const MAX_SUMMARY: usize = 2048;
/// Characters that a failure message may have.
pub const MAX_MESSAGE: usize = 5000;
/// Bytes that all output variables of one action may have together.
pub const MAX_VARIABLES: usize = 122_880;

/// What a job reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// The rollout goes on: CodePipeline will offer a new job with this token.
    Continue(Progress),
    /// The release is live.
    Success(Success),
    /// The release is not live, and this is why.
    Failure(FailureReport),
}

/// Where the rollout stands, for the pipeline to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub token: Token,
    pub summary: String,
    /// 0–100.
    pub percent: u8,
    /// Becomes the action's link.
    pub deployment: Option<DeploymentId>,
}

/// The end of a release that went well.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    pub summary: String,
    pub deployment: Option<DeploymentId>,
    pub variables: BTreeMap<String, String>,
}

/// The end of a release that did not.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureReport {
    pub kind: FailureType,
    pub message: String,
    pub deployment: Option<DeploymentId>,
}

/// The failure types that we use of CodePipeline's six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureType {
    /// The deployment was made and failed, or we did.
    JobFailed,
    /// Wrong input or refused by policy: the author can mend it.
    ConfigurationError,
    /// A permission is missing.
    PermissionError,
    /// AWS could not be reached for longer than timeout allows.
    SystemUnavailable,
}
