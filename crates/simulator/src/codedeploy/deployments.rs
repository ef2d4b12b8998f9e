//! All deployments, and the schedule of their next events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::ecs::Ecs;

use super::deployment::Deployment;
use super::due::Environment;

/// Deployments by index, oldest first.
///
/// Every call must find the next due event. Only a few of thousands of
/// deployments have changed since the last call, so only those that have
/// changed, or whose service has, are evaluated again. The others keep their
/// entries in the schedule.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Deployments {
    all: Vec<Deployment>,
    by_id: BTreeMap<String, usize>,
    /// Indexes of each target's deployments.
    of_target: BTreeMap<String, Vec<usize>>,
    /// Indexes of the deployments whose next event must be computed again.
    changed: BTreeSet<usize>,
    /// Time of the next event of each other deployment. A deployment without an
    /// entry has no further event.
    dues: BTreeMap<usize, Timestamp>,
    /// The entries of `dues`, sorted by time.
    agenda: BTreeSet<(Timestamp, usize)>,
}

impl Deployments {
    pub(super) fn push(&mut self, mut deployment: Deployment) {
        deployment.record(deployment.created_at);
        let index = self.all.len();
        let of_target = self.of_target.entry(deployment.target_id());
        of_target.or_default().push(index);
        self.by_id.insert(deployment.id.clone(), index);
        self.changed.insert(index);
        self.all.push(deployment);
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Deployment> {
        self.all.iter()
    }

    /// The deployments of a service, newest first.
    pub(super) fn of_service(
        &self,
        cluster: &str,
        service: &str,
    ) -> impl Iterator<Item = &Deployment> {
        let indexes = self.of_target.get(&target_id(cluster, service));
        let newest_first = indexes.into_iter().flatten().rev();
        newest_first.map(|&index| &self.all[index])
    }

    pub(super) fn get(&self, id: &str) -> Result<&Deployment, ApiError> {
        Ok(&self.all[self.index_of(id)?])
    }

    /// The deployment with this id. Its next event will be computed again.
    pub(super) fn get_mut(&mut self, id: &str) -> Result<&mut Deployment, ApiError> {
        Ok(self.at_mut(self.index_of(id)?))
    }

    /// The deployment with this index. Its next event will be computed again.
    pub(super) fn at_mut(&mut self, index: usize) -> &mut Deployment {
        self.changed.insert(index);
        &mut self.all[index]
    }

    /// Must be called when a service has changed.
    pub(super) fn service_changed(&mut self, cluster: &str, service: &str) {
        let indexes = self.of_target.get(&target_id(cluster, service));
        let at_work = |index: &&usize| !self.all[**index].stage.is_final();
        self.changed
            .extend(indexes.into_iter().flatten().filter(at_work));
    }

    /// Must be called when anything else that deployments depend on has
    /// changed, such as alarms and hooks.
    pub(super) fn target_changed(&mut self) {
        self.changed.extend(self.dues.keys());
    }

    /// Time of the next event of all deployments, and the deployment's index.
    pub(super) fn next_due(
        &mut self,
        ecs: &Ecs,
        environment: Environment<'_>,
    ) -> Option<(Timestamp, usize)> {
        for index in std::mem::take(&mut self.changed) {
            if let Some(before) = self.dues.remove(&index) {
                self.agenda.remove(&(before, index));
            }
            if let Some(due) = self.all[index].due(ecs, environment) {
                self.dues.insert(index, due);
                self.agenda.insert((due, index));
            }
        }
        self.agenda.first().copied()
    }

    fn index_of(&self, id: &str) -> Result<usize, ApiError> {
        self.by_id.get(id).copied().ok_or_else(|| {
            ApiError::new(
                "DeploymentDoesNotExistException",
                format!("The deployment {id} could not be found"),
            )
        })
    }
}

/// `<cluster>:<service>`.
pub(super) fn target_id(cluster: &str, service: &str) -> String {
    format!("{cluster}:{service}")
}
