//! Reuses a revision that is registered already instead of registering a
//! duplicate.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tracing::debug;

use super::observations::Observations;
use crate::job::{Excerpt, TaskDefinitionArn};
use crate::messages::finding::marked;
use crate::ports::CallError;
use crate::release::finding::{Finding, Place, TaskDefinitionFinding};
use crate::release::plan::{Plan, PlannedTaskDefinition};
use crate::release::task_definition::{is_registered, same_revision};
use crate::rollout::starting::Turn;

/// How long the comparison with the newest revision is valid: afterwards the
/// revision may no longer be active or the newest, and is read again.
const MAX_AGE: Duration = Duration::from_secs(30);

/// The comparison of the family's newest revision with the planned one.
#[derive(Clone, Debug)]
pub(in crate::worker) struct Compared {
    /// The newest revision, if it equals what would be registered.
    same: Option<TaskDefinitionArn>,
    seen: Timestamp,
}

impl Observations {
    /// Describes the newest revision of the family, which ECS returns for the
    /// family's name alone. If that fails, a new revision will be registered.
    pub(in crate::worker) async fn newest(&self, family: Option<String>) -> Option<Value> {
        let newest = TaskDefinitionArn::new(family?);
        let described = self.context.ports.task_definitions.describe(&newest).await;
        described.unwrap_or_else(|error| {
            debug!(%error, "cannot tell whether the revision already exists");
            None
        })
    }

    /// Notes whether the newest revision is the planned one.
    pub(in crate::worker) fn compare(&mut self, plan: &Plan, newest: Option<&Value>) {
        let seen = self.context.clock.now();
        let body = match &plan.task_definition {
            PlannedTaskDefinition::Register(body) => body,
            PlannedTaskDefinition::Existing(_) => return,
        };
        let same = newest.and_then(|newest| same_revision(body, newest));
        self.compared = Some(Compared { same, seen });
    }

    /// The revision to deploy instead of registering `body`: one from a call
    /// whose answer was lost, or from an earlier release. A transient error is
    /// returned only if a revision may exist that no token names; otherwise it is
    /// not worth a wait.
    pub(in crate::worker) async fn registered_before(
        &self,
        body: &Value,
    ) -> Result<Option<TaskDefinitionArn>, CallError> {
        let now = self.context.clock.now();
        match &self.compared {
            Some(compared) if !self.unnamed && now <= compared.seen + MAX_AGE => {
                return Ok(compared.same.clone());
            }
            Some(_) | None => {}
        }
        let newest = TaskDefinitionArn::new(body["family"].as_str().unwrap_or_default());
        match self.context.ports.task_definitions.describe(&newest).await {
            Ok(described) => Ok(described.and_then(|described| same_revision(body, &described))),
            Err(error) if error.is_transient() && self.unnamed => Err(error),
            Err(error) => {
                debug!(%error, "cannot tell whether the revision already exists");
                Ok(None)
            }
        }
    }

    /// Whether `named` is what the plan would register: ECS shows that it is the
    /// same, or this worker has registered it from the plan and ECS does not show
    /// that it has been deregistered since. ECS may show a revision late, or with
    /// members that this build does not know.
    pub(in crate::worker) async fn is_planned(
        &self,
        plan: &Plan,
        named: &TaskDefinitionArn,
    ) -> Result<bool, CallError> {
        let body = match &plan.task_definition {
            PlannedTaskDefinition::Register(body) => body,
            PlannedTaskDefinition::Existing(planned) => return Ok(planned == named),
        };
        let newest = self
            .compared
            .as_ref()
            .and_then(|compared| compared.same.as_ref());
        if newest == Some(named) {
            return Ok(true);
        }
        let is_own = self.context.shared.own.has_revision(named, body);
        match self.context.ports.task_definitions.describe(named).await {
            Ok(Some(shown)) => {
                let shown_revision = &shown["taskDefinition"];
                // For a family name alone, ECS shows the newest revision.
                let is_named = shown_revision["taskDefinitionArn"] == named.as_str();
                let is_gone = matches!(
                    shown_revision["status"].as_str(),
                    Some("INACTIVE" | "DELETE_IN_PROGRESS")
                );
                Ok(is_named && !is_gone && (is_own || is_registered(body, &shown)))
            }
            Ok(None) => Ok(is_own),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                debug!(%error, "cannot identify the registered revision");
                Ok(is_own)
            }
        }
    }

    /// Warns the author if the deployment that is adopted may deploy something
    /// else than what was checked, or was refused. Anyone who may create
    /// deployments can give one the release's key.
    pub(in crate::worker) async fn note_adopted(
        &mut self,
        planned: &Result<Plan, Vec<Finding>>,
        turn: &Turn,
    ) -> Result<(), CallError> {
        let Turn::Ours {
            deployment,
            task_definition,
        } = turn
        else {
            return Ok(());
        };
        let own = &self.context.shared.own;
        let is_checked = own.has_deployment(deployment, &self.job.key())
            || match planned {
                Ok(plan) => self.is_planned(plan, task_definition).await?,
                Err(_) => false,
            };
        if !is_checked {
            let revision = Excerpt::of(task_definition.as_str());
            let adopted = TaskDefinitionFinding::Adopted { revision };
            let warning = Finding::warning(Place::default(), adopted);
            self.warnings.checks.insert(0, marked(&warning));
        }
        Ok(())
    }

    /// Notes for the author that an existing revision is deployed.
    pub(in crate::worker) fn note_reuse(&mut self, arn: &TaskDefinitionArn) {
        let name = arn.as_str().rsplit_once('/');
        let revision = Excerpt::of(name.map_or(arn.as_str(), |(_, name)| name));
        self.note_finding(TaskDefinitionFinding::Reused { revision });
    }
}
