//! Builds all ports for one account and Region.

use std::sync::Arc;

use aws_config::SdkConfig;
use clock::Clock;

use super::artifacts::S3Artifacts;
use super::engines::Engines;
use super::jobs::CodePipelineJobs;
use super::registry::EcrImages;
use super::roles::AssumedRoles;
use super::service_clients;
use super::task_definitions::EcsTaskDefinitions;
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
    Ports {
        jobs: Arc::new(CodePipelineJobs::new(config, versions, query)),
        artifacts: Arc::new(S3Artifacts::new(config, path_style)),
        task_definitions: Arc::new(EcsTaskDefinitions::new(config, clock.clone())),
        services: Arc::new(service_clients::ecs(config)),
        deployments: Arc::new(Engines::new(config, clock)),
        images: Arc::new(EcrImages::new(config)),
        alarms: Arc::new(service_clients::cloudwatch(config)),
        load_balancers: Arc::new(service_clients::load_balancers(config)),
        iam: Arc::new(service_clients::iam(config)),
        log_groups: Arc::new(service_clients::logs(config)),
        roles: Arc::new(AssumedRoles::new(config, clock)),
    }
}
