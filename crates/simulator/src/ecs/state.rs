//! State of the simulated ECS.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agenda::Agenda;

use super::behaviour::Behaviour;
use super::deployments::{LambdaBehaviour, Lambdas, NetworkProblem, Settings};
use super::revision::Revision;
use super::service::Service;

/// ECS's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ecs {
    pub(super) clusters: BTreeMap<String, Cluster>,
    /// The revisions of every family; the first one has index 0.
    pub(super) families: BTreeMap<String, Vec<Revision>>,
    /// Cluster and name of services that have changed.
    changed: BTreeSet<(String, String)>,
    /// Choices for behaviour that AWS does not document.
    pub(super) settings: Settings,
    pub(super) lambdas: Lambdas,
    /// The next events of services, by `CLUSTER/SERVICE`.
    pub(super) agenda: Agenda<String>,
}

/// A cluster: its services by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Cluster {
    pub(super) services: BTreeMap<String, Service>,
}

impl Ecs {
    /// A service by the names of its cluster and itself, without ARNs.
    pub(crate) fn service(&self, cluster: &str, name: &str) -> Option<&Service> {
        self.clusters.get(cluster)?.services.get(name)
    }

    /// Like [`Self::service`], and marks the service as changed.
    pub(crate) fn service_mut(&mut self, cluster: &str, name: &str) -> Option<&mut Service> {
        let cluster_services = &mut self.clusters.get_mut(cluster)?.services;
        let service = cluster_services.get_mut(name)?;
        self.agenda.change(format!("{cluster}/{name}"));
        if !service.is_deployed_by_ecs() {
            self.changed.insert((cluster.to_owned(), name.to_owned()));
        }
        Some(service)
    }

    pub(super) fn add_service(&mut self, service: Service) {
        let key = format!("{}/{}", service.cluster, service.name);
        self.agenda.change(key);
        if let Some(cluster) = self.clusters.get_mut(&service.cluster) {
            cluster.services.insert(service.name.clone(), service);
        }
    }

    /// All services, including deleted ones.
    pub(super) fn services(&self) -> impl Iterator<Item = &Service> {
        let clusters = self.clusters.values();
        clusters.flat_map(|cluster| cluster.services.values())
    }

    pub(super) fn active_services(&self) -> impl Iterator<Item = &Service> {
        self.services().filter(|service| service.is_active())
    }

    /// Cluster and name of each service that has changed since the last call,
    /// apart from those that ECS itself deploys.
    pub(crate) fn take_changed(&mut self) -> BTreeSet<(String, String)> {
        std::mem::take(&mut self.changed)
    }

    /// The choices for behaviour that AWS does not document.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the choices.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
        self.agenda.change_all();
    }

    /// Sets the behaviour of the Lambda function of a lifecycle hook, by its
    /// name or ARN.
    pub fn set_lambda(&mut self, function: &str, behaviour: LambdaBehaviour) {
        self.lambdas.set(function, behaviour);
        self.agenda.change_all();
    }

    /// Must be called when an alarm has changed, which may end deployments.
    pub(crate) fn alarms_changed(&mut self) {
        self.agenda.change_all();
    }

    /// Sets what keeps ECS from shifting a service's traffic from now on. Does
    /// nothing if the service does not exist.
    pub fn set_network_problem(
        &mut self,
        cluster: &str,
        service: &str,
        problem: Option<NetworkProblem>,
    ) {
        if let Some(service) = self.service_mut(cluster, service) {
            service.deployments.network_problem = problem;
        }
    }

    /// The body of `RegisterTaskDefinition` for this revision, unchanged.
    #[must_use]
    pub fn received(&self, arn: &str) -> Option<&Value> {
        self.families
            .values()
            .flatten()
            .find(|revision| revision.arn == arn)
            .map(|revision| &revision.received)
    }

    /// Number of revisions registered so far.
    #[must_use]
    pub fn registered(&self) -> usize {
        self.families.values().map(Vec::len).sum()
    }

    /// Sets the behaviour of the next task set of a service, after those
    /// already planned.
    pub fn set_next_behaviour(&mut self, cluster: &str, service: &str, behaviour: Behaviour) {
        if let Some(service) = self.service_mut(cluster, service) {
            service.script.next.push_back(behaviour);
        }
    }
}
