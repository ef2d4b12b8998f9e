//! A revision that is registered already is deployed as it is, instead of one
//! more of the same.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tracing::debug;

use super::observations::Observations;
use crate::job::{Excerpt, TaskDefinitionArn};
use crate::ports::CallError;
use crate::release::finding::TaskDefinitionFinding;
use crate::release::plan::{Plan, PlannedTaskDefinition};
use crate::release::task_definition::{is_registered, same_revision};

/// How long what was seen of the newest revision counts: whether it is still
/// active, and still the newest. What took longer since then looks again.
const FRESH: Duration = Duration::from_secs(30);

/// The newest revision of the family beside the planned one.
#[derive(Clone, Debug)]
pub(in crate::worker) struct Compared {
    /// It, where it is what would be registered.
    same: Option<TaskDefinitionArn>,
    seen: Timestamp,
}

impl Observations {
    /// The newest revision of the family, which ECS describes by the family's
    /// name alone. Where it cannot be had, one is registered.
    pub(in crate::worker) async fn newest(&self, family: Option<String>) -> Option<Value> {
        let newest = TaskDefinitionArn::new(family?);
        let described = self.context.ports.task_definitions.describe(&newest).await;
        described.unwrap_or_else(|error| {
            debug!(%error, "whether the revision is there already is not known");
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

    /// The revision to deploy instead of registering `body`: what a call
    /// registered whose answer was lost, or what an earlier release was. Only
    /// where one may have been registered that nobody noted is it worth
    /// waiting to know.
    pub(in crate::worker) async fn registered_before(
        &self,
        body: &Value,
    ) -> Result<Option<TaskDefinitionArn>, CallError> {
        let now = self.context.clock.now();
        match &self.compared {
            Some(compared) if !self.unnoted && now <= compared.seen + FRESH => {
                return Ok(compared.same.clone());
            }
            Some(_) | None => {}
        }
        let newest = TaskDefinitionArn::new(body["family"].as_str().unwrap_or_default());
        match self.context.ports.task_definitions.describe(&newest).await {
            Ok(described) => Ok(described.and_then(|described| same_revision(body, &described))),
            Err(error) if error.is_transient() && self.unnoted => Err(error),
            Err(error) => {
                debug!(%error, "whether the revision is there already is not known");
                Ok(None)
            }
        }
    }

    /// Whether the revision is what the plan would register. One that ECS does
    /// not show, or does not let us see, is not.
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
        match self.context.ports.task_definitions.describe(named).await {
            Ok(described) => Ok(described.is_some_and(|shown| {
                // ECS shows the newest revision of a family that is named alone.
                let arn = shown["taskDefinition"]["taskDefinitionArn"].as_str();
                arn == Some(named.as_str()) && is_registered(body, &shown)
            })),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                debug!(%error, "what the registered revision is cannot be known");
                Ok(false)
            }
        }
    }

    /// What the author hears of a revision that is deployed once more.
    pub(in crate::worker) fn tell_of_reuse(&mut self, arn: &TaskDefinitionArn) {
        let name = arn.as_str().rsplit_once('/');
        let revision = Excerpt::of(name.map_or(arn.as_str(), |(_, name)| name));
        self.tell(TaskDefinitionFinding::Reused { revision });
    }
}
