//! What a pipeline's page shows of an action.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Action, ActionStatus, ActionType, CodePipeline, ErrorDetails, ReportSeen};

/// One action as shown to users. Secret values are masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionView {
    pub action_execution_id: String,
    pub pipeline_execution_id: String,
    pub pipeline: String,
    pub stage: String,
    pub action: String,
    pub status: ActionStatus,
    pub started: Timestamp,
    pub updated: Timestamp,
    pub summary: Option<String>,
    pub percent: Option<i64>,
    pub external_execution_id: Option<String>,
    /// The action's link: the type's execution URL with its placeholders
    /// replaced.
    pub link: Option<String>,
    pub error: Option<ErrorDetails>,
    pub configuration: BTreeMap<String, String>,
    pub output_variables: BTreeMap<String, String>,
    pub reports: Vec<ReportSeen>,
}

impl CodePipeline {
    /// The view of the action with this `actionExecutionId`.
    #[must_use]
    pub fn view(&self, id: &str) -> Option<ActionView> {
        self.action(id).map(|action| self.view_of(action))
    }

    /// The views of all actions, oldest first.
    pub fn views(&self) -> impl Iterator<Item = ActionView> {
        self.actions.iter().map(|action| self.view_of(action))
    }

    fn view_of(&self, action: &Action) -> ActionView {
        ActionView {
            action_execution_id: action.id.clone(),
            pipeline_execution_id: action.execution.clone(),
            pipeline: action.pipeline.clone(),
            stage: action.stage.clone(),
            action: action.name.clone(),
            status: action.status,
            started: action.started,
            updated: action.updated,
            summary: action.summary.clone(),
            percent: action.percent,
            external_execution_id: action.external_execution_id.clone(),
            link: self.link(action),
            error: action.error.clone(),
            configuration: self.public_configuration(action),
            output_variables: action.output_variables.clone(),
            reports: action.reports.clone(),
        }
    }

    /// The action's type, deleted or not.
    fn type_of(&self, action: &Action) -> Option<&ActionType> {
        let mut types = self.action_types.iter();
        types.find(|known| known.id == action.action_type)
    }

    /// The configuration with secret values masked, as every reading call of
    /// AWS returns it (docs/aws.md §1.1).
    pub(super) fn public_configuration(&self, action: &Action) -> BTreeMap<String, String> {
        let mut configuration = action.configuration.clone();
        let action_type = self.type_of(action);
        for property in action_type.iter().flat_map(|known| &known.properties) {
            if property.secret
                && let Some(value) = configuration.get_mut(&property.name)
            {
                "*****".clone_into(value);
            }
        }
        configuration
    }

    /// The execution URL with its placeholders replaced. `None` until a worker
    /// has reported the external execution id that the URL contains.
    pub(super) fn link(&self, action: &Action) -> Option<String> {
        let template = self.type_of(action)?.settings["executionUrlTemplate"].as_str()?;
        let mut link = template.to_owned();
        if link.contains("{ExternalExecutionId}") {
            link = link.replace(
                "{ExternalExecutionId}",
                action.external_execution_id.as_deref()?,
            );
        }
        for (key, value) in &action.configuration {
            link = link.replace(&format!("{{Config:{key}}}"), value);
        }
        Some(link)
    }
}
