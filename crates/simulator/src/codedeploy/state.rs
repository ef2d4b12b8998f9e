//! State of the simulated CodeDeploy.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ecs::resource_name;

use super::configs::CustomConfig;
use super::deployment::Deployment;
use super::deployments::Deployments;
use super::groups::Group;
use super::hooks::{HookBehaviour, Hooks};
use super::revisions::Revision;

/// CodeDeploy's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CodeDeploy {
    pub(super) applications: BTreeMap<String, Application>,
    pub(super) configs: BTreeMap<String, CustomConfig>,
    pub(super) deployments: Deployments,
    pub(super) hooks: Hooks,
    pub(super) stop_takes: Option<Duration>,
    /// Whether `CreateDeployment` already refuses a service that cannot be
    /// deployed, and not only the event `Install`. Which of the two AWS does is
    /// not known (docs/aws.md §8).
    pub(super) checks_service_at_creation: bool,
    /// Counter for all ids.
    pub(super) last_number: u64,
}

/// An application with its groups and known revisions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Application {
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    pub(super) compute_platform: ComputePlatform,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) revisions: Vec<KnownRevision>,
}

/// Compute platform of an application, by its name in requests and responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ComputePlatform {
    Server,
    Lambda,
    #[serde(rename = "ECS")]
    Ecs,
}

/// A revision that was registered or deployed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KnownRevision {
    pub(super) revision: Revision,
    pub(super) description: Option<String>,
    pub(super) registered_at: Timestamp,
    pub(super) last_used_at: Option<Timestamp>,
}

impl CodeDeploy {
    /// Sets the behaviour of a hook's Lambda function, named as in the AppSpec.
    pub fn set_hook(&mut self, function: &str, behaviour: HookBehaviour) {
        self.hooks.set(function, behaviour);
        self.deployments.environment_changed();
    }

    /// Must be called when an alarm has changed, which may stop deployments.
    pub(crate) fn alarms_changed(&mut self) {
        self.deployments.environment_changed();
    }

    /// Sets the time from a stop request to the end of the deployment.
    pub fn let_a_stop_take(&mut self, time: Duration) {
        self.stop_takes = Some(time);
    }

    /// Makes `CreateDeployment` refuse a service that cannot be deployed, not
    /// only the event `Install`.
    pub fn check_services_at_creation(&mut self) {
        self.checks_service_at_creation = true;
    }

    /// The cluster and name of the service that a production listener serves.
    pub(crate) fn service_behind(&self, listener: &str) -> Option<(String, String)> {
        let applications = self.applications.values();
        let mut groups = applications.flat_map(|app| app.groups.values());
        let group = groups.find(|group| {
            let info = group.settings.get("loadBalancerInfo");
            info.is_some_and(|info| {
                let pair = &info["targetGroupPairInfoList"][0];
                pair["prodTrafficRoute"]["listenerArns"][0] == listener
            })
        })?;
        let service = &group.settings.get("ecsServices")?[0];
        let name = |member: &str| Some(resource_name(service[member].as_str()?).to_owned());
        Some((name("clusterName")?, name("serviceName")?))
    }

    /// Whether a deployment group names this target group.
    pub(crate) fn has_target_group(&self, name: &str) -> bool {
        let groups = self
            .applications
            .values()
            .flat_map(|app| app.groups.values());
        groups
            .filter_map(|group| group.settings.get("loadBalancerInfo"))
            .filter_map(|info| info["targetGroupPairInfoList"][0]["targetGroups"].as_array())
            .flatten()
            .any(|group| group["name"] == name)
    }

    /// Number of deployments created so far, including rollbacks.
    #[must_use]
    pub fn deployments(&self) -> usize {
        self.deployments.len()
    }

    /// A group's deployments, newest first.
    pub(super) fn deployments_of(
        &self,
        application: &str,
        group: &str,
    ) -> impl Iterator<Item = &Deployment> {
        self.deployments
            .iter()
            .rev()
            .filter(move |one| one.application == application && one.group == group)
    }

    /// A number that was not returned before.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}
