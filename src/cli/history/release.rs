//! One release, combined from the records of CodeDeploy or ECS and CodePipeline.

use jiff::Timestamp;
use serde::Serialize;

use crate::aws::{ActionRecord, ExecutionRecord};
use crate::job::TaskDefinitionArn;
use crate::ports::SourceRecord;
use crate::rollout::description;
use crate::rollout::seen::DeploymentSeen;

/// The creator of a deployment that rolls another one back (CodeDeploy's API
/// reference, `DeploymentCreator`).
const ROLLBACK: &str = "codeDeployRollback";

/// A release, or a deployment that no worker made. Members with unknown values
/// are omitted; unknown times are null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Release {
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    /// The action's status, or the deployment's if it has no action.
    pub(super) result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deployment: Option<String>,
    /// The deployment that this one rolls back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rolls_back: Option<String>,
    /// `family:revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) task_definition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pipeline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) execution: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sources: Vec<Source>,
    /// Who or what started the pipeline execution, or created the deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) started_by: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// The source of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source {
    pub(super) artifact: String,
    pub(super) revision: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// Whether the action made the deployment. CodeDeploy's description has the
/// action's key; for ECS, the action has the deployment's short name.
pub(super) fn made(action: &ActionRecord, deployment: &DeploymentSeen) -> bool {
    let key = deployment.description.as_deref().and_then(description::key);
    let named = action.deployment.as_ref().map(ToString::to_string);
    key == Some(action.key.as_str()) || named == Some(deployment.id.to_string())
}

/// The pipeline of that action.
pub(super) fn pipeline(deployment: &DeploymentSeen) -> Option<&str> {
    description::pipeline(deployment.description.as_deref()?)
}

/// The release of a pipeline action.
pub(super) fn of_action(action: &ActionRecord, execution: Option<&ExecutionRecord>) -> Release {
    let is_over = action.status != "InProgress";
    Release {
        started: action.started,
        ended: action.updated.filter(|_| is_over),
        result: action.status.clone(),
        deployment: action.deployment.as_ref().map(ToString::to_string),
        task_definition: action.task_definition.as_deref().map(short),
        pipeline: Some(action.pipeline.clone()),
        stage: Some(action.stage.clone()),
        action: Some(action.action.clone()),
        execution: Some(action.execution.clone()),
        sources: sources(execution),
        started_by: execution.and_then(started_by),
        reason: action.error.clone(),
        ..Release::default()
    }
}

/// The release of a deployment. Its action, if it has one, has better
/// information about why it failed and who started it.
pub(super) fn of_deployment(
    deployment: &DeploymentSeen,
    action: Option<&ActionRecord>,
    execution: Option<&ExecutionRecord>,
) -> Release {
    let description = deployment.description.as_deref();
    let own = Release {
        started: deployment.created,
        ended: deployment.completed,
        result: deployment.status.word().to_owned(),
        deployment: Some(deployment.id.to_string()),
        rolls_back: rolls_back(deployment),
        task_definition: description
            .and_then(description::revision)
            .or(deployment.revision().map(TaskDefinitionArn::as_str))
            .map(short),
        pipeline: pipeline(deployment).map(str::to_owned),
        started_by: deployment.creator.clone(),
        reason: reason(deployment),
        ..Release::default()
    };
    let Some(action) = action else {
        return own;
    };
    let theirs = of_action(action, execution);
    Release {
        task_definition: own.task_definition.or(theirs.task_definition),
        pipeline: theirs.pipeline,
        stage: theirs.stage,
        action: theirs.action,
        execution: theirs.execution,
        sources: theirs.sources,
        started_by: theirs.started_by.or(own.started_by),
        reason: theirs.reason.or(own.reason),
        ..own
    }
}

/// Why the deployment failed, as CodeDeploy or ECS says it.
fn reason(deployment: &DeploymentSeen) -> Option<String> {
    let error = deployment.error.as_ref()?;
    if let Some(newer) = &deployment.superseded_by {
        return Some(format!("Superseded by {}.", short(newer.as_str())));
    }
    Some(match error.message.is_empty() {
        true => error.code.clone(),
        false => error.message.clone(),
    })
}

fn rolls_back(deployment: &DeploymentSeen) -> Option<String> {
    if deployment.creator.as_deref() != Some(ROLLBACK) {
        return None;
    }
    let rollback = deployment.rollback.as_ref()?;
    rollback.triggered_by.as_ref().map(ToString::to_string)
}

/// `family:revision` of an ARN.
fn short(task_definition: &str) -> String {
    let name = task_definition.rsplit('/').next();
    name.unwrap_or(task_definition).to_owned()
}

fn sources(execution: Option<&ExecutionRecord>) -> Vec<Source> {
    let source = |source: &SourceRecord| Source {
        artifact: source.artifact.clone(),
        revision: source.revision.clone(),
        summary: source.summary.clone(),
        url: source.url.clone(),
    };
    let all = execution.into_iter().flat_map(|one| one.sources.iter());
    all.map(source).collect()
}

/// The person who started the execution, or otherwise the kind of event that
/// did.
fn started_by(execution: &ExecutionRecord) -> Option<String> {
    let detail = execution.trigger_detail.as_deref();
    let person = detail.filter(|detail| detail.starts_with("arn:"));
    person.map(short).or_else(|| execution.trigger.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{DeploymentId, Key};

    fn action(status: &str) -> ActionRecord {
        ActionRecord {
            pipeline: "shop".into(),
            stage: "Deploy".into(),
            action: "Release".into(),
            execution: "e-1".into(),
            key: Key::new("k-1"),
            status: status.into(),
            started: Some(Timestamp::UNIX_EPOCH),
            updated: Some(Timestamp::UNIX_EPOCH),
            deployment: Some(DeploymentId::new("d-1")),
            task_definition: Some("arn:aws:ecs:r:a:task-definition/web:7".into()),
            summary: None,
            error: None,
        }
    }

    #[test]
    fn an_action_at_work_has_not_ended() {
        let release = of_action(&action("InProgress"), None);
        assert_eq!((release.started.is_some(), release.ended), (true, None));
        let release = of_action(&action("Failed"), None);
        assert_eq!(release.ended, Some(Timestamp::UNIX_EPOCH));
        assert_eq!(release.task_definition.as_deref(), Some("web:7"));
    }

    #[test]
    fn a_person_is_named_and_an_event_by_its_kind() {
        let execution = |detail: &str| ExecutionRecord {
            trigger: Some("StartPipelineExecution".into()),
            trigger_detail: Some(detail.into()),
            ..ExecutionRecord::default()
        };
        let person = execution("arn:aws:sts::111122223333:assumed-role/admin/ada");
        assert_eq!(started_by(&person).as_deref(), Some("ada"));
        let event = execution("main");
        assert_eq!(
            started_by(&event).as_deref(),
            Some("StartPipelineExecution")
        );
    }
}
