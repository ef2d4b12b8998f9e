//! A revision that is registered already is deployed as it is, instead of one
//! more of the same.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tracing::debug;

use super::look::Looks;
use crate::job::{Excerpt, TaskDefinitionArn};
use crate::messages::finding::marked;
use crate::ports::Trouble;
use crate::release::finding::{Finding, Place, TaskDefinitionFinding};
use crate::release::plan::{Plan, PlannedTaskDefinition};
use crate::release::task_definition::same_revision;

/// How long a revision that was seen is taken to be still active. A release
/// that had to wait longer for its turn looks again.
const FRESH: Duration = Duration::from_secs(30);

/// The newest revision of a family, where it is what would be registered.
#[derive(Clone, Debug)]
pub(super) struct SameRevision {
    arn: TaskDefinitionArn,
    seen: Timestamp,
}

impl Looks {
    /// The newest revision of the family, which ECS describes by the family's
    /// name alone. Where it cannot be had, one is registered.
    pub(super) async fn newest(&self, family: Option<String>) -> Option<Value> {
        let newest = TaskDefinitionArn::new(family?);
        let described = self.hands.ports.task_definitions.describe(&newest).await;
        described.unwrap_or_else(|trouble| {
            debug!(%trouble, "whether the revision is there already is not known");
            None
        })
    }

    /// Notes whether the newest revision is the planned one.
    pub(super) fn compare(&mut self, plan: &Plan, newest: Option<&Value>) {
        let seen = self.hands.clock.now();
        let body = match &plan.task_definition {
            PlannedTaskDefinition::Register(body) => body,
            PlannedTaskDefinition::Existing(_) => return,
        };
        let same = newest.and_then(|newest| same_revision(body, newest));
        self.same = same.map(|arn| SameRevision { arn, seen });
    }

    /// The revision to deploy instead of registering `body`: what a call
    /// registered whose answer was lost, or what an earlier release was. Only
    /// where one may have been registered that nobody noted is it worth
    /// waiting to know.
    pub(super) async fn registered_before(
        &self,
        body: &Value,
    ) -> Result<Option<TaskDefinitionArn>, Trouble> {
        let now = self.hands.clock.now();
        match &self.same {
            Some(same) if !self.unnoted && now <= same.seen + FRESH => {
                return Ok(Some(same.arn.clone()));
            }
            None if !self.unnoted => return Ok(None),
            Some(_) | None => {}
        }
        let newest = TaskDefinitionArn::new(body["family"].as_str().unwrap_or_default());
        match self.hands.ports.task_definitions.describe(&newest).await {
            Ok(described) => Ok(described.and_then(|described| same_revision(body, &described))),
            Err(trouble) if trouble.is_transient() && self.unnoted => Err(trouble),
            Err(trouble) => {
                debug!(%trouble, "whether the revision is there already is not known");
                Ok(None)
            }
        }
    }

    /// What the author hears of a revision that is deployed once more.
    pub(super) fn tell_of_reuse(&mut self, arn: &TaskDefinitionArn) {
        let name = arn.as_str().rsplit_once('/');
        let revision = Excerpt::of(name.map_or(arn.as_str(), |(_, name)| name));
        let finding = TaskDefinitionFinding::Reused { revision };
        self.warnings
            .push(marked(&Finding::note(Place::default(), finding)));
    }
}
