//! All deployments, and the schedule of their next events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agenda::Agenda;
use crate::api::ApiError;
use crate::ecs::Ecs;

use super::deployment::Deployment;
use super::due::Environment;

/// Deployments by index, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Deployments {
    all: Vec<Deployment>,
    by_id: BTreeMap<String, usize>,
    /// Indexes of each target's deployments.
    of_target: BTreeMap<String, Vec<usize>>,
    agenda: Agenda<usize>,
}

impl Deployments {
    pub(super) fn push(&mut self, mut deployment: Deployment) {
        deployment.record(deployment.created_at);
        let index = self.all.len();
        let of_target = self.of_target.entry(deployment.target_id());
        of_target.or_default().push(index);
        self.by_id.insert(deployment.id.clone(), index);
        self.agenda.change(index);
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
        self.agenda.change(index);
        &mut self.all[index]
    }

    /// Must be called when a service has changed.
    pub(super) fn service_changed(&mut self, cluster: &str, service: &str) {
        let indexes = self.of_target.get(&target_id(cluster, service));
        for index in indexes.into_iter().flatten() {
            if !self.all[*index].stage.is_final() {
                self.agenda.change(*index);
            }
        }
    }

    /// Must be called when anything else that deployments depend on has
    /// changed, such as alarms and hooks.
    pub(super) fn environment_changed(&mut self) {
        self.agenda.change_all();
    }

    /// Time of the next event of all deployments, and the deployment's index.
    pub(super) fn next_due(
        &mut self,
        ecs: &Ecs,
        environment: Environment<'_>,
    ) -> Option<(Timestamp, usize)> {
        let Self { all, agenda, .. } = self;
        agenda.next(|index| all[*index].due(ecs, environment))
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
