//! All ports of the worker, implemented by the world's account.

use std::sync::Arc;

use super::alarms::WorldAlarms;
use super::artifacts::WorldArtifacts;
use super::deployments::WorldDeployments;
use super::iam::WorldIam;
use super::images::WorldImages;
use super::jobs::WorldJobs;
use super::line::Line;
use super::load_balancers::WorldLoadBalancers;
use super::log_groups::WorldLogGroups;
use super::services::WorldServices;
use super::task_definitions::WorldTaskDefinitions;
use crate::ports::{Ports, Roles};
use crate::simulator::wire::Exchange;

/// The ports to the account, for jobs of the action type's `version`. The
/// caller provides `roles`: role sessions need signed requests, which are not
/// made in process.
#[must_use]
pub fn ports(exchange: &Exchange, version: &str, roles: Arc<dyn Roles>) -> Ports {
    let line = Line::new(exchange.clone());
    Ports {
        jobs: Arc::new(WorldJobs::new(line.clone(), version)),
        artifacts: Arc::new(WorldArtifacts::new(line.clone())),
        task_definitions: Arc::new(WorldTaskDefinitions::new(line.clone())),
        services: Arc::new(WorldServices::new(line.clone())),
        deployments: Arc::new(WorldDeployments::new(line.clone())),
        images: Arc::new(WorldImages::new(line.clone())),
        alarms: Arc::new(WorldAlarms::new(line.clone())),
        load_balancers: Arc::new(WorldLoadBalancers::new(line.clone())),
        iam: Arc::new(WorldIam::new(line.clone())),
        log_groups: Arc::new(WorldLogGroups::new(line)),
        roles,
    }
}
