//! Reuses a revision that is registered already instead of registering a
//! duplicate.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tracing::debug;

use crate::job::{TaskDefinitionArn, TaskDefinitionName};
use crate::ports::CallError;
use crate::release::plan::{Plan, PlannedTaskDefinition};
use crate::release::task_definition::{is_registered, same_revision};
use crate::worker::context::Context;

/// How long the comparison with the newest revision is valid: afterwards the
/// revision may no longer be active or the newest, and is read again.
const MAX_AGE: Duration = Duration::from_secs(30);

/// Describes the newest revision of the family, which ECS returns for the
/// family's name alone. If that fails, a new revision will be registered.
pub(in crate::worker) async fn newest(context: &Context, family: Option<String>) -> Option<Value> {
    let newest = TaskDefinitionName::new(family?);
    let described = context.ports.task_definitions.describe(&newest).await;
    described.unwrap_or_else(|error| {
        debug!(%error, "cannot tell whether the revision already exists");
        None
    })
}

/// What is known of the release's revision in ECS.
pub(in crate::worker) struct Revisions {
    /// Whether a revision may have been registered that no token names.
    pub(in crate::worker) may_be_unnamed: bool,
    /// The revision that was registered from the plan or found equal to it.
    pub(in crate::worker) registered: Option<TaskDefinitionArn>,
    newest: Option<Compared>,
}

/// The comparison of the family's newest revision with the planned one.
#[derive(Clone, Debug)]
struct Compared {
    /// The newest revision, if it equals what would be registered.
    same: Option<TaskDefinitionArn>,
    seen: Timestamp,
}

impl Revisions {
    pub(in crate::worker) fn new(may_be_unnamed: bool) -> Self {
        Self {
            may_be_unnamed,
            registered: None,
            newest: None,
        }
    }

    /// Forgets what was compared with a plan that is dropped.
    pub(in crate::worker) fn drop_plan(&mut self) {
        self.registered = None;
        self.newest = None;
    }

    /// Notes whether the newest revision is the planned one.
    pub(in crate::worker) fn compare(
        &mut self,
        plan: &Plan,
        newest: Option<&Value>,
        seen: Timestamp,
    ) {
        let body = match &plan.task_definition {
            PlannedTaskDefinition::Register(body) => body,
            PlannedTaskDefinition::Existing(_) => return,
        };
        let same = newest.and_then(|newest| same_revision(body, newest));
        self.newest = Some(Compared { same, seen });
    }

    /// The revision to deploy instead of registering `body`: one from a call
    /// whose answer was lost, or from an earlier release. A transient error is
    /// returned only if a revision may exist that no token names; otherwise it is
    /// not worth a wait.
    pub(in crate::worker) async fn registered_before(
        &self,
        context: &Context,
        body: &Value,
    ) -> Result<Option<TaskDefinitionArn>, CallError> {
        let now = context.clock.now();
        match &self.newest {
            Some(compared) if !self.may_be_unnamed && now <= compared.seen + MAX_AGE => {
                return Ok(compared.same.clone());
            }
            Some(_) | None => {}
        }
        let newest = TaskDefinitionName::new(body["family"].as_str().unwrap_or_default());
        match context.ports.task_definitions.describe(&newest).await {
            Ok(described) => Ok(described.and_then(|described| same_revision(body, &described))),
            Err(error) if error.is_transient() && self.may_be_unnamed => Err(error),
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
        context: &Context,
        plan: &Plan,
        named: &TaskDefinitionArn,
    ) -> Result<bool, CallError> {
        let body = match &plan.task_definition {
            PlannedTaskDefinition::Register(body) => body,
            PlannedTaskDefinition::Existing(planned) => return Ok(planned == named),
        };
        let newest = self.newest.as_ref();
        if newest.and_then(|newest| newest.same.as_ref()) == Some(named) {
            return Ok(true);
        }
        let is_own = context.shared.own.has_revision(named, body);
        match context.ports.task_definitions.describe(&named.into()).await {
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
}
