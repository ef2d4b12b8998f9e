//! The action's `Options` property: how the release author wants the rollout
//! to behave.

mod choices;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use parse::{MAX_TIMEOUT, MIN_TIMEOUT};

/// `Timeout` when the author names none: just inside the 24 hours that
/// CodePipeline gives a custom action (aws-facts §1.3).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(23 * 3600);

/// Characters that the name of a deployment configuration may have
/// (aws-facts §5.1).
pub const MAX_DEPLOYMENT_CONFIG: usize = 100;

/// Every option with its value; what the author left out has its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub complete_when: CompleteWhen,
    pub when_busy: WhenBusy,
    /// Counted from the first job; at least a minute.
    pub timeout: Duration,
    pub on_timeout: OnTimeout,
    pub on_abandon: OnAbandon,
    pub on_task_failure: OnTaskFailure,
    pub continue_when_ready: ContinueWhenReady,
    /// Overrides the deployment group's own deployment configuration.
    pub deployment_config: Option<String>,
    pub task_definition: TaskDefinitionSource,
    pub capacity_providers: CapacityProviders,
    pub pin_digest: bool,
    pub skip_if_unchanged: bool,
    /// A role to deploy with; only one that the operator allows.
    pub role_arn: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            complete_when: CompleteWhen::default(),
            when_busy: WhenBusy::default(),
            timeout: DEFAULT_TIMEOUT,
            on_timeout: OnTimeout::default(),
            on_abandon: OnAbandon::default(),
            on_task_failure: OnTaskFailure::default(),
            continue_when_ready: ContinueWhenReady::default(),
            deployment_config: None,
            task_definition: TaskDefinitionSource::default(),
            capacity_providers: CapacityProviders::default(),
            pin_digest: false,
            skip_if_unchanged: false,
            role_arn: None,
        }
    }
}

/// When the action counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompleteWhen {
    /// The deployment has ended, the old tasks included: as the built-in action.
    #[default]
    DeploymentSucceeded,
    /// All traffic is on the new tasks; the old ones may still wait.
    TrafficShifted,
}

/// What to do while another deployment holds the deployment group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenBusy {
    #[default]
    Wait,
    Fail,
}

/// What becomes of the deployment when `Timeout` has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTimeout {
    Rollback,
    Stop,
    #[default]
    Leave,
}

/// What becomes of the deployment when the pipeline has abandoned the action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAbandon {
    #[default]
    Leave,
    Stop,
    Rollback,
}

/// What becomes of the deployment when its new tasks fail one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTaskFailure {
    /// CodeDeploy gives up after an hour.
    #[default]
    Wait,
    Stop,
    Rollback,
}

/// What to do when the deployment group waits for somebody to continue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContinueWhenReady {
    #[default]
    Never,
    Always,
}

/// Where the task definition comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskDefinitionSource {
    /// The template is rendered and registered as a new revision.
    #[default]
    Register,
    /// The AppSpec names a registered revision; nothing is registered.
    FromAppSpec,
}

/// What becomes of a capacity provider strategy that the AppSpec leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapacityProviders {
    /// The running task set's strategy is copied.
    Keep,
    /// The AppSpec alone decides, as CodeDeploy would.
    #[default]
    AsAppSpec,
}
