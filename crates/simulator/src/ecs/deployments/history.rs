//! The recorded states of a deployment, against which tests check what a
//! client reported.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ecs::service::Service;
use crate::ecs::state::Ecs;
use crate::share::Share;

use super::read::{deployment_arn, find_any};
use super::revisions::revision_arn;
use super::state::ServiceDeployment;

/// A deployment's history since its creation.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentBiography<'a> {
    pub arn: String,
    pub revision_arn: String,
    pub task_definition: &'a str,
    /// `statusReason`.
    pub reason: Option<&'a str>,
    /// ARN of the deployment that superseded this one.
    pub superseded_by: Option<String>,
    /// What its Lambda hooks received, oldest first.
    pub hook_events: Vec<&'a Value>,
    /// Oldest first; never empty.
    pub moments: &'a [Moment],
}

/// State of a deployment from `at` until the next moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub at: Timestamp,
    /// The status as `DescribeServiceDeployments` returns it.
    pub status: String,
    /// The lifecycle stage in which it is or was last, also for a rolling
    /// deployment, whose stages responses do not show.
    pub stage: Option<String>,
    /// The new revision's share of the production traffic.
    pub share: Share,
    /// Ids of the pause hooks that wait for an action.
    pub waiting: Vec<String>,
}

impl Ecs {
    /// The histories of a service's own deployments, oldest first.
    #[must_use]
    pub fn service_deployments(
        &self,
        cluster: &str,
        service: &str,
    ) -> Vec<DeploymentBiography<'_>> {
        let Some(service) = self.service(cluster, service) else {
            return Vec::new();
        };
        let all = service.deployments.all.iter();
        all.map(|deployment| deployment.biography(service))
            .collect()
    }

    /// The history of the service deployment with this ARN, if it exists.
    #[must_use]
    pub fn service_deployment(&self, arn: &str) -> Option<DeploymentBiography<'_>> {
        let (service, deployment) = find_any(self, arn)?;
        Some(deployment.biography(service))
    }
}

impl ServiceDeployment {
    fn biography<'a>(&'a self, service: &'a Service) -> DeploymentBiography<'a> {
        let revision = service.deployments.revision(&self.target);
        let events = self.hooks.iter().map(|run| &run.event);
        DeploymentBiography {
            arn: deployment_arn(service, &self.id),
            revision_arn: revision_arn(service, &self.target),
            task_definition: revision.map_or("", |revision| &revision.task_definition),
            reason: self.reason.as_deref(),
            superseded_by: self
                .superseded_by
                .as_ref()
                .map(|id| deployment_arn(service, id)),
            hook_events: events.filter(|event| !event.is_null()).collect(),
            moments: &self.history,
        }
    }

    /// Records the state from `at` on, if it has changed.
    pub(super) fn record(&mut self, share: Share, at: Timestamp) {
        let waiting = self.hooks.iter().filter(|run| self.waits_for(run));
        let moment = Moment {
            at,
            status: self.phase.status().to_owned(),
            stage: self.place.map(|place| place.stage.as_str().to_owned()),
            share,
            waiting: waiting.map(|run| run.id.clone()).collect(),
        };
        let same = |last: &Moment| Moment { at, ..last.clone() } == moment;
        if !self.history.last().is_some_and(same) {
            self.history.push(moment);
        }
    }
}
