//! Deployments: the port, and what goes through it.

use std::fmt;

use async_trait::async_trait;

use super::CallError;
use crate::job::{DeployTarget, DeploymentId, Key, TaskDefinitionArn};
use crate::release::target::Group;
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::step::StopMode;

/// Maximum number of deployments that one call reads (docs/aws.md §5.4).
pub const BATCH: usize = 25;

/// Deployments: CodeDeploy's (docs/aws.md §5) and ECS's own (§6).
#[async_trait]
pub trait Deployments: Send + Sync {
    /// The deployment group, or a service that shifts its traffic itself.
    async fn group(&self, target: &DeployTarget) -> Result<GroupAnswer, CallError>;

    /// Starts a deployment. Not idempotent; the adapter does not retry it once
    /// AWS may have acted.
    async fn create(&self, deployment: &NewDeployment) -> Result<Created, CallError>;

    /// Reads at most [`BATCH`] deployments without their targets. One result
    /// per id, in the same order; `None` if there is no such deployment.
    async fn survey(&self, ids: &[DeploymentId]) -> Vec<Result<Option<DeploymentSeen>, CallError>>;

    /// Adds the target and the traffic shift to a deployment. If `seen` already
    /// has a target, its id is used.
    async fn with_target(&self, seen: DeploymentSeen) -> Result<DeploymentSeen, CallError>;

    /// The newest deployment that belongs to the release, without its target.
    async fn find(&self, wanted: &OwnDeployment) -> Result<Option<DeploymentSeen>, CallError>;

    /// Starts the traffic shift of a deployment that is `Ready`.
    async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError>;

    /// Requests that a deployment stops; it may continue for a while.
    async fn stop(&self, id: &DeploymentId, mode: StopMode) -> Result<StopAnswer, CallError>;
}

/// The answer to a request to stop a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopAnswer {
    /// It is being stopped.
    Accepted,
    /// It has ended, or can no longer be stopped.
    TooLate,
}

/// The answer for a deployment group or a service.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupAnswer {
    Found(Box<Group>),
    NoApplication,
    /// There is no group, or no service, of this name.
    NoTarget,
}

/// What tells a release's own deployment from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnDeployment {
    pub target: DeployTarget,
    /// CodeDeploy's deployments carry it in their description.
    pub key: Key,
    /// ECS's deployments carry nothing but their revision, which is registered
    /// for one release. `None` if nothing has been registered.
    pub revision: Option<TaskDefinitionArn>,
}

/// A deployment to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeployment {
    pub target: DeployTarget,
    pub task_definition: TaskDefinitionArn,
    /// What CodeDeploy needs; ECS has no use for it.
    pub codedeploy: Option<CodeDeployParameters>,
}

/// What a deployment is to CodeDeploy beyond its target.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeDeployParameters {
    /// The AppSpec as JSON text.
    pub app_spec: String,
    /// The SHA-256 of `app_spec` in lower-case hex.
    pub app_spec_sha256: String,
    /// At most 256 characters; contains the release's key.
    pub description: String,
    pub deployment_config: Option<String>,
}

/// Leaves out the AppSpec.
impl fmt::Debug for CodeDeployParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeDeployParameters")
            .field("app_spec_sha256", &self.app_spec_sha256)
            .finish_non_exhaustive()
    }
}

/// The result of creating a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    Started(DeploymentId),
    /// Another deployment uses the group.
    GroupIsBusy,
}
