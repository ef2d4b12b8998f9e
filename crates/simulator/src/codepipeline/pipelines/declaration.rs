//! Parses and validates a pipeline's structure, as `CreatePipeline` does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::ApiError;
use crate::codepipeline::ActionTypeId;
use crate::codepipeline::constraints::Check;
use crate::world::World;

use super::Pipeline;

/// Maximum number of stages per pipeline.
const MAX_STAGES: usize = 50;
/// Maximum number of actions per stage.
const MAX_ACTIONS: usize = 50;

/// A source action, in the first stage: it copies an S3 object to an artifact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::codepipeline) struct Fetch {
    pub(super) stage: String,
    pub(super) action: String,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) artifact: String,
}

/// An action of the structure. Those of later stages are custom actions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::codepipeline) struct Deploy {
    pub(super) stage: String,
    pub(super) action: String,
    pub(super) action_type: ActionTypeId,
    pub(super) configuration: BTreeMap<String, String>,
    pub(super) inputs: Vec<String>,
    #[serde(default)]
    pub(super) outputs: Vec<String>,
}

/// Parses the input of `CreatePipeline`.
pub(super) fn read(world: &World, input: &Value) -> Result<Pipeline, ApiError> {
    let mut check = Check::default();
    let structure = check.required_object(input, "pipeline").clone();
    check.required_text(&structure, "pipeline.name", 1..=100);
    check.required_text(&structure, "pipeline.roleArn", 1..=1024);
    let store = check.required_object(&structure, "pipeline.artifactStore");
    check.required_word(store, "pipeline.artifactStore.type", &["S3"]);
    let bucket = check.required_text(store, "pipeline.artifactStore.location", 3..=63);
    let mut read = Vec::new();
    for stage in check.list(&structure, "pipeline.stages", MAX_STAGES) {
        let name = check.required_text(stage, "pipeline.stages.member.name", 1..=100);
        let actions = check.list(stage, "pipeline.stages.member.actions", MAX_ACTIONS);
        let actions = actions.iter();
        let actions = actions.map(|action| Deploy::read(&mut check, &name, action));
        read.push(actions.collect::<Vec<_>>());
    }
    check.finish()?;
    let mut structure = structure;
    structure["version"] = json!(1);
    if read.len() < 2 {
        return Err(invalid("Pipeline should have at least two stages"));
    }
    let stages = read.split_off(1);
    let sources = read.into_iter().flatten().map(Deploy::into_fetch);
    let sources: Vec<Fetch> = sources.collect::<Result<_, _>>()?;
    let mut artifacts: Vec<String> = sources.iter().map(|it| it.artifact.clone()).collect();
    for stage in &stages {
        for action in stage {
            action.check(world, &artifacts)?;
        }
        for output in stage.iter().flat_map(|action| &action.outputs) {
            if artifacts.contains(output) {
                return Err(invalid(format!(
                    "Output Artifact Bundle name must be unique within the pipeline. {output} has \
                     been used more than once"
                )));
            }
            artifacts.push(output.clone());
        }
    }
    Ok(Pipeline {
        structure,
        artifact_bucket: bucket,
        sources,
        stages,
        runs: Vec::new(),
        created: world.now(),
        updated: world.now(),
    })
}

impl Deploy {
    fn read(check: &mut Check, stage: &str, action: &Value) -> Self {
        let path = "pipeline.stages.member.actions.member";
        let artifacts = |check: &mut Check, which: &str| -> Vec<String> {
            let listed = check.list(action, &format!("{path}.{which}"), 50);
            listed
                .iter()
                .map(|it| check.required_text(it, &format!("{path}.{which}.member.name"), 1..=100))
                .collect()
        };
        let inputs = artifacts(check, "inputArtifacts");
        let outputs = artifacts(check, "outputArtifacts");
        Self {
            stage: stage.to_owned(),
            action: check.required_text(action, &format!("{path}.name"), 1..=100),
            action_type: ActionTypeId::read(check, action, &format!("{path}.actionTypeId")),
            configuration: check.texts(action, &format!("{path}.configuration")),
            inputs,
            outputs,
        }
    }

    fn into_fetch(self) -> Result<Fetch, ApiError> {
        let id = &self.action_type;
        if (
            id.category.as_str(),
            id.owner.as_str(),
            id.provider.as_str(),
        ) != ("Source", "AWS", "S3")
        {
            return Err(invalid(format!(
                "The simulated pipelines fetch from S3 only, not from {}",
                id.provider
            )));
        }
        let setting = |name: &str| {
            let value = self.configuration.get(name).cloned();
            value.ok_or_else(|| {
                invalid(format!(
                    "Action configuration for action '{}' is missing required configuration '{name}'",
                    self.action
                ))
            })
        };
        let [artifact] = self.outputs.as_slice() else {
            return Err(invalid("A source action has one output artifact"));
        };
        Ok(Fetch {
            bucket: setting("S3Bucket")?,
            key: setting("S3ObjectKey")?,
            artifact: artifact.clone(),
            stage: self.stage,
            action: self.action,
        })
    }

    /// Returns an error unless it is a custom action that has its artifacts.
    fn check(&self, world: &World, artifacts: &[String]) -> Result<(), ApiError> {
        if self.action_type.owner != "Custom" {
            return Err(invalid(format!(
                "The simulated pipelines have custom actions only, not {}",
                self.action_type.provider
            )));
        }
        let known = world.codepipeline.active_action_type(&self.action_type);
        let known = known.ok_or_else(|| {
            let message = self.action_type.not_found().message;
            ApiError::new("InvalidActionDeclarationException", message)
        })?;
        let count = i64::try_from(self.outputs.len()).unwrap_or(i64::MAX);
        let bounds = known.outputs;
        if !(bounds.minimum_count..=bounds.maximum_count).contains(&count) {
            return Err(invalid(format!(
                "Action {} has {count} output artifacts, and its type {} to {}",
                self.action, bounds.minimum_count, bounds.maximum_count
            )));
        }
        let missing = self.inputs.iter().find(|input| !artifacts.contains(input));
        if let Some(missing) = missing {
            return Err(invalid(format!(
                "Input Artifact Bundle {missing} in action {} is not declared as Output Artifact \
                 Bundle in any of the preceding actions",
                self.action
            )));
        }
        Ok(())
    }
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidStructureException", message)
}
