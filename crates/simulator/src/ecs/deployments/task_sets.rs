//! The task sets in which the tasks of a service's revisions run.

use jiff::Timestamp;
use serde_json::Value;

use crate::ecs::service::{Service, TaskSet, TaskSetStatus};

use super::configuration::Configuration;

impl Service {
    /// The task set of a revision, while it exists.
    pub(super) fn set_of(&self, revision: &str) -> Option<&TaskSet> {
        let mut sets = self.task_sets.iter();
        sets.find(|set| set.revision.as_deref() == Some(revision))
    }

    pub(super) fn index_of_revision(&self, revision: &str) -> Option<usize> {
        let mut sets = self.task_sets.iter();
        sets.position(|set| set.revision.as_deref() == Some(revision))
    }

    /// Whether a revision has tasks, or is to have some, that are not drained.
    pub(super) fn has_running(&self, revision: &str) -> bool {
        self.set_of(revision).is_some_and(is_running)
    }

    /// The revisions that have tasks, apart from one, oldest first.
    pub(super) fn running_revisions(&self, but: &str) -> Vec<String> {
        let sets = self.task_sets.iter().filter(|set| is_running(set));
        let revisions = sets.filter_map(|set| set.revision.clone());
        revisions.filter(|revision| revision != but).collect()
    }

    pub(super) fn drain_revision(&mut self, revision: &str, at: Timestamp) {
        if let Some(id) = self.set_of(revision).map(|set| set.id.clone()) {
            self.drain(&id, at);
        }
    }

    /// Drains every revision but these. Tasks that are yet to start belong to a
    /// newer deployment and stay.
    pub(super) fn drain_all_but(&mut self, kept: &[&str], at: Timestamp) {
        for revision in self.running_revisions("") {
            if !kept.contains(&revision.as_str()) {
                self.drain_revision(&revision, at);
            }
        }
    }

    pub(super) fn make_revision_primary(&mut self, revision: &str, at: Timestamp) {
        if let Some(id) = self.set_of(revision).map(|set| set.id.clone()) {
            self.make_primary(&id, at);
        }
    }

    /// The task definition that the service shows.
    pub(in crate::ecs) fn current_task_definition(&self) -> Option<&str> {
        match self.is_deployed_by_ecs() {
            true => Some(&self.deployments.task_definition),
            false => self.primary().map(|set| set.task_definition.as_str()),
        }
    }

    /// The `deploymentConfiguration` that the service shows.
    pub(in crate::ecs) fn shown_configuration(&self) -> Value {
        let configuration = &self.settings["deploymentConfiguration"];
        match Configuration::read(configuration) {
            Ok(read) if self.is_deployed_by_ecs() => read.shown,
            Ok(_) | Err(_) => configuration.clone(),
        }
    }

    pub(super) fn has_service_connect(&self) -> bool {
        let configuration = &self.settings["serviceConnectConfiguration"];
        configuration["enabled"] == true
            && configuration["services"]
                .as_array()
                .is_some_and(|services| !services.is_empty())
    }
}

fn is_running(set: &TaskSet) -> bool {
    !set.starts_later && set.status != TaskSetStatus::Draining
}
