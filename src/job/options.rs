//! The action's `Options` property, which controls the rollout.

mod choices;
mod parse;
mod problem;
mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::RoleArn;

pub use choices::{
    CapacityProviders, Choice, CompleteWhen, ContinueWhenReady, OnAbandon, OnTaskFailure,
    OnTimeout, TaskDefinitionSource, WhenBusy,
};
pub use parse::{MAX_TIMEOUT, MIN_TIMEOUT};
pub use problem::OptionProblem;
pub use table::{ActionOption, OPTIONS};

/// Default of `Timeout`: an hour less than the 24 hours that AWS's guide of 2022
/// gives a custom action. Whether CodePipeline still does is not verified
/// (docs/aws.md §1.3).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(23 * 3600);

/// Maximum length of a deployment configuration's name (docs/aws.md §5.1).
pub const MAX_DEPLOYMENT_CONFIG: usize = 100;

/// All options. Those that are not set have their defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub complete_when: CompleteWhen,
    pub when_busy: WhenBusy,
    /// Measured from the first job; at least a minute.
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
    /// The role to deploy with. It must be one that the operator allows.
    pub role_arn: Option<String>,
}

impl Options {
    /// The account of the role to deploy with.
    #[must_use]
    pub fn role_account(&self) -> Option<&str> {
        Some(RoleArn::parse(self.role_arn.as_deref()?)?.account)
    }

    /// The keys of the options that differ from their defaults and mean
    /// something only to CodeDeploy.
    #[must_use]
    pub fn only_for_codedeploy(&self) -> Vec<&'static str> {
        let from_app_spec = self.task_definition == TaskDefinitionSource::FromAppSpec;
        let keeps = self.capacity_providers == CapacityProviders::Keep;
        [
            ("DeploymentConfigName", self.deployment_config.is_some()),
            ("TaskDefinition", from_app_spec),
            ("CapacityProviders", keeps),
        ]
        .into_iter()
        .filter_map(|(key, is_set)| is_set.then_some(key))
        .collect()
    }
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
