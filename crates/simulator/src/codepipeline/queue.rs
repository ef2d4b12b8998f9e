//! Starts an action, as a pipeline does when it reaches the action's stage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::names::Names;
use crate::s3::Content;
use crate::world::World;

use super::action_type::ActionType;
use super::constraints::is_made_of;
use super::state::{ArtifactLocation, Execution};
use super::{Action, ActionStatus, ActionTypeId};

/// An action as a pipeline declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionDeclaration {
    pub action_type: ActionTypeId,
    pub pipeline: String,
    pub stage: String,
    pub action: String,
    /// The execution to join; `None` starts a new one.
    pub execution: Option<String>,
    pub configuration: BTreeMap<String, String>,
    pub inputs: Vec<InputArtifact>,
    /// Customer managed KMS key of the artifact bucket, if it has one.
    pub encryption_key: Option<String>,
}

/// An input artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputArtifact {
    pub name: String,
    pub source: Source,
}

/// Source of an artifact's object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// New content, written to the artifact bucket under a key in
    /// CodePipeline's format.
    Content(Content),
    /// An object that may or may not exist.
    Object { bucket: String, key: String },
}

/// Everything that is wrong with an action that cannot be started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct QueueError(pub Vec<String>);

impl World {
    /// Starts an action and creates its first job. Returns its
    /// `actionExecutionId`.
    ///
    /// # Errors
    ///
    /// Everything that `UpdatePipeline` would refuse, or that S3 is full.
    pub fn queue_action(&mut self, declaration: ActionDeclaration) -> Result<String, QueueError> {
        let problems = problems(self, &declaration);
        if !problems.is_empty() {
            return Err(QueueError(problems));
        }
        let now = self.now();
        let id = self.names.uuid();
        let execution = match declaration.execution {
            Some(execution) => execution,
            None => self.names.uuid(),
        };
        let inputs = declaration.inputs.into_iter();
        let inputs = inputs
            .map(|input| self.place(&declaration.pipeline, input))
            .collect::<Result<_, _>>()?;
        let codepipeline = &mut self.codepipeline;
        codepipeline
            .executions
            .entry(execution.clone())
            .or_insert_with(|| Execution {
                pipeline: declaration.pipeline.clone(),
                is_stopping: false,
            });
        codepipeline.actions.push(Action {
            id: id.clone(),
            execution,
            pipeline: declaration.pipeline,
            stage: declaration.stage,
            name: declaration.action,
            action_type: declaration.action_type,
            configuration: declaration.configuration,
            inputs,
            outputs: Vec::new(),
            was_retried: false,
            encryption_key: declaration.encryption_key,
            status: ActionStatus::InProgress,
            started: now,
            updated: now,
            summary: None,
            percent: None,
            external_execution_id: None,
            error: None,
            output_variables: BTreeMap::new(),
            reports: Vec::new(),
        });
        let position = codepipeline.actions.len() - 1;
        codepipeline.add_job(self.names.uuid(), position, None, now);
        Ok(id)
    }

    /// Gives an action places for its output artifacts in a bucket.
    pub(super) fn give_outputs(&mut self, id: &str, bucket: &str, artifacts: &[String]) {
        let mut actions = self.codepipeline.actions.iter_mut().rev();
        let Some(action) = actions.find(|action| action.id == id) else {
            return;
        };
        let outputs = artifacts.iter().map(|artifact| ArtifactLocation {
            name: artifact.clone(),
            bucket: bucket.to_owned(),
            key: artifact_key(&mut self.names, &action.pipeline, artifact),
        });
        action.outputs = outputs.collect();
    }

    /// The bucket in which CodePipeline keeps artifacts.
    #[must_use]
    pub fn artifact_bucket(&self) -> String {
        format!("codepipeline-{}-{}", self.region, self.account)
    }

    /// Stores an input artifact and returns its location.
    fn place(
        &mut self,
        pipeline: &str,
        input: InputArtifact,
    ) -> Result<ArtifactLocation, QueueError> {
        let (bucket, key) = match input.source {
            Source::Object { bucket, key } => (bucket, key),
            Source::Content(content) => {
                let bucket = self.artifact_bucket();
                let key = artifact_key(&mut self.names, pipeline, &input.name);
                let now = self.now();
                self.s3.create_bucket(&bucket);
                self.s3
                    .put(&mut self.names, now, (&bucket, &key), content)
                    .map_err(|error| QueueError(vec![error.message]))?;
                (bucket, key)
            }
        };
        Ok(ArtifactLocation {
            name: input.name,
            bucket,
            key,
        })
    }
}

/// The key of an artifact's object, in CodePipeline's format (docs/aws.md §3).
pub(super) fn artifact_key(names: &mut Names, pipeline: &str, artifact: &str) -> String {
    let cut = |text: &str, length| text.chars().take(length).collect::<String>();
    let random = &names.hex()[..7];
    format!("{}/{}/{random}", cut(pipeline, 20), cut(artifact, 10))
}

fn problems(world: &World, declaration: &ActionDeclaration) -> Vec<String> {
    let mut problems = Vec::new();
    let names = [
        ("pipeline", &declaration.pipeline),
        ("stage", &declaration.stage),
        ("action", &declaration.action),
    ];
    for (what, name) in names {
        if name.is_empty() || name.chars().count() > 100 || !is_made_of(name, ".@-_") {
            problems.push(format!(
                "the {what}'s name '{name}' must be 1 to 100 of A-Z, a-z, 0-9, '.', '@', '-' and '_'"
            ));
        }
    }
    for input in &declaration.inputs {
        let name = &input.name;
        if name.is_empty() || name.chars().count() > 100 || !is_made_of(name, "_-") {
            problems.push(format!(
                "the artifact's name '{name}' must be 1 to 100 of A-Z, a-z, 0-9, '_' and '-'"
            ));
        }
    }
    if let Some(id) = &declaration.execution {
        match world.codepipeline.executions.get(id) {
            Some(execution)
                if execution.pipeline == declaration.pipeline && !execution.is_stopping => {}
            Some(_) | None => problems.push(format!(
                "the pipeline '{}' has no running execution '{id}'",
                declaration.pipeline
            )),
        }
    }
    match world
        .codepipeline
        .active_action_type(&declaration.action_type)
    {
        Some(action_type) => problems.extend(configuration_problems(action_type, declaration)),
        None => problems.push(declaration.action_type.not_found().message),
    }
    problems
}

fn configuration_problems(
    action_type: &ActionType,
    declaration: &ActionDeclaration,
) -> Vec<String> {
    let mut problems = Vec::new();
    for property in &action_type.properties {
        if property.required && !declaration.configuration.contains_key(&property.name) {
            problems.push(format!(
                "the required property '{}' is missing",
                property.name
            ));
        }
    }
    for (key, value) in &declaration.configuration {
        let declared = action_type.properties.iter().find(|p| p.name == *key);
        let Some(declared) = declared else {
            problems.push(format!("the action type declares no property '{key}'"));
            continue;
        };
        let most = if declared.queryable { 50 } else { 1000 };
        if !(1..=most).contains(&value.chars().count()) {
            problems.push(format!(
                "the value of '{key}' must have 1 to {most} characters"
            ));
        }
        if declared.queryable && !is_made_of(value, "_-") {
            problems.push(format!(
                "the value of '{key}' must be of A-Z, a-z, 0-9, '_' and '-'"
            ));
        }
    }
    let count = i64::try_from(declaration.inputs.len()).unwrap_or(i64::MAX);
    let bounds = action_type.inputs;
    if !(bounds.minimum_count..=bounds.maximum_count).contains(&count) {
        problems.push(format!(
            "the action takes {} to {} input artifacts and was given {count}",
            bounds.minimum_count, bounds.maximum_count
        ));
    }
    problems
}
