//! What the pretend ECS remembers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::behaviour::Behaviour;
use super::revision::Revision;
use super::service::Service;

/// ECS's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ecs {
    pub(super) clusters: BTreeMap<String, Cluster>,
    /// The revisions of every family, the first at index 0.
    pub(super) families: BTreeMap<String, Vec<Revision>>,
    /// The cluster and name of services that were changed.
    changed: BTreeSet<(String, String)>,
}

/// A cluster and its services by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Cluster {
    pub(super) arn: String,
    pub(super) services: BTreeMap<String, Service>,
    /// Those in which something may be about to happen: whatever is changed
    /// is here until nothing is left to come. Of thousands there are few, and
    /// every call asks what is due.
    pub(super) restless: BTreeSet<String>,
}

impl Ecs {
    /// A service by the bare names of its cluster and itself.
    pub(in crate::simulator) fn service(&self, cluster: &str, name: &str) -> Option<&Service> {
        self.clusters.get(cluster)?.services.get(name)
    }

    /// The same, to be changed.
    pub(in crate::simulator) fn service_mut(
        &mut self,
        cluster: &str,
        name: &str,
    ) -> Option<&mut Service> {
        let Cluster {
            services, restless, ..
        } = self.clusters.get_mut(cluster)?;
        let service = services.get_mut(name)?;
        if !restless.contains(name) {
            restless.insert(name.to_owned());
        }
        self.changed.insert((cluster.to_owned(), name.to_owned()));
        Some(service)
    }

    /// The cluster and name of each service that was changed since this was
    /// asked last.
    pub(in crate::simulator) fn take_changed(&mut self) -> BTreeSet<(String, String)> {
        std::mem::take(&mut self.changed)
    }

    /// What was sent to `RegisterTaskDefinition` for this revision, untouched.
    #[must_use]
    pub fn received(&self, arn: &str) -> Option<&Value> {
        self.families
            .values()
            .flatten()
            .find(|revision| revision.arn == arn)
            .map(|revision| &revision.received)
    }

    /// How many revisions were ever registered.
    #[must_use]
    pub fn registered(&self) -> usize {
        self.families.values().map(Vec::len).sum()
    }

    /// Says how every task set of a service fares from now on. Nothing happens
    /// where there is no such service.
    pub fn set_behaviour(&mut self, cluster: &str, service: &str, behaviour: Behaviour) {
        if let Some(service) = self.service_mut(cluster, service) {
            service.script.then = behaviour;
        }
    }

    /// Says how the next task set of a service fares, after those already
    /// planned.
    pub fn set_next_behaviour(&mut self, cluster: &str, service: &str, behaviour: Behaviour) {
        if let Some(service) = self.service_mut(cluster, service) {
            service.script.next.push_back(behaviour);
        }
    }
}
