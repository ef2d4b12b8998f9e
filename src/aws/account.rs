//! Builds all ports for one account and Region.

use std::sync::Arc;

use aws_config::SdkConfig;
use clock::Clock;

use super::{
    AssumedRoles, AwsIam, CloudWatchAlarms, CloudWatchLogGroups, CodePipelineJobs, EcrImages,
    EcsServices, EcsTaskDefinitions, ElasticLoadBalancers, Engines, S3Artifacts,
};
use crate::job::ActionVersion;
use crate::ports::Ports;

/// The ports for jobs of these versions of the action type; with `query`, only
/// for jobs whose queryable property of this name has this value. `path_style`
/// selects path-style S3 addresses, which are always used with a custom endpoint
/// for all services.
#[must_use]
pub fn ports(
    config: &SdkConfig,
    versions: &[ActionVersion],
    query: Option<(String, String)>,
    path_style: bool,
    clock: &Clock,
) -> Ports {
    let artifacts = S3Artifacts::new(config);
    let artifacts = if path_style {
        artifacts.by_path()
    } else {
        artifacts
    };
    Ports {
        jobs: Arc::new(CodePipelineJobs::new(config, versions, query)),
        artifacts: Arc::new(artifacts),
        task_definitions: Arc::new(EcsTaskDefinitions::new(config, clock.clone())),
        services: Arc::new(EcsServices::new(config)),
        deployments: Arc::new(Engines::new(config, clock)),
        images: Arc::new(EcrImages::new(config)),
        alarms: Arc::new(CloudWatchAlarms::new(config)),
        load_balancers: Arc::new(ElasticLoadBalancers::new(config)),
        iam: Arc::new(AwsIam::new(config)),
        log_groups: Arc::new(CloudWatchLogGroups::new(config)),
        roles: Arc::new(AssumedRoles::new(config, clock)),
    }
}
