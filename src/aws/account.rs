//! Builds all ports for one account and Region.

use std::sync::Arc;

use aws_config::SdkConfig;
use clock::Clock;

use super::{
    ActionType, AssumedRoles, AwsIam, CloudWatchAlarms, CloudWatchLogGroups, CodeDeployDeployments,
    CodePipelineJobs, EcrImages, EcsDeployments, EcsServices, EcsTaskDefinitions,
    ElasticLoadBalancers, Engines, S3Artifacts,
};
use crate::job::action_type::PROVIDER;
use crate::ports::Ports;

/// The ports for jobs of the action type's `version`. `path_style` selects
/// path-style S3 addresses, which are always used with a custom endpoint for
/// all services.
#[must_use]
pub fn ports(config: &SdkConfig, version: &str, path_style: bool, clock: &Clock) -> Ports {
    ports_for(config, (version, None), path_style, clock)
}

/// Like [`ports`], but only for jobs whose queryable property has the given
/// value.
#[must_use]
pub fn ports_for(
    config: &SdkConfig,
    (version, query): (&str, Option<(String, String)>),
    path_style: bool,
    clock: &Clock,
) -> Ports {
    let action_type = ActionType {
        provider: PROVIDER.to_owned(),
        version: version.to_owned(),
        query,
    };
    let artifacts = S3Artifacts::new(config);
    let artifacts = if path_style {
        artifacts.by_path()
    } else {
        artifacts
    };
    Ports {
        jobs: Arc::new(CodePipelineJobs::new(config, action_type)),
        artifacts: Arc::new(artifacts),
        task_definitions: Arc::new(EcsTaskDefinitions::new(config, clock.clone())),
        services: Arc::new(EcsServices::new(config)),
        deployments: Arc::new(Engines {
            codedeploy: CodeDeployDeployments::new(config, clock.clone()),
            ecs: EcsDeployments::new(config, clock.clone()),
        }),
        images: Arc::new(EcrImages::new(config)),
        alarms: Arc::new(CloudWatchAlarms::new(config)),
        load_balancers: Arc::new(ElasticLoadBalancers::new(config)),
        iam: Arc::new(AwsIam::new(config)),
        log_groups: Arc::new(CloudWatchLogGroups::new(config)),
        roles: Arc::new(AssumedRoles::new(config, version, clock)),
    }
}
