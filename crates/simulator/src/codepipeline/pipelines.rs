//! Pipelines with an S3 source followed by stages of custom actions. Other
//! features of real pipelines are refused by name.

mod declaration;
mod retry;
mod run;
mod show;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::epoch;
use crate::world::World;

use super::call::{page, pipeline_not_found};
use super::constraints::Check;
use super::execution;
use super::state::ArtifactLocation;

pub(super) use declaration::{Deploy, Fetch};
pub(super) use retry::retry;
pub(super) use run::advance;
pub(super) use show::{execution as shown_execution, executions, state};

/// A pipeline.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pipeline {
    /// The structure as given, with its version.
    pub(super) structure: Value,
    pub(super) artifact_bucket: String,
    pub(super) sources: Vec<Fetch>,
    /// Stages after the first; the actions of one stage run in parallel.
    pub(super) stages: Vec<Vec<Deploy>>,
    pub(super) runs: Vec<Run>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

/// One execution.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) started: Timestamp,
    /// Why a source could not be fetched.
    pub(super) source_problem: Option<String>,
    /// The fetched artifacts.
    pub(super) artifacts: Vec<Fetched>,
    /// What started it, in the words of `ExecutionTrigger`.
    pub(super) trigger: String,
    /// The `clientRequestToken` of its start.
    #[serde(default)]
    pub(super) token: Option<String>,
    /// Number of stages started so far.
    pub(super) begun: usize,
    /// Why the next stage could not start.
    pub(super) problem: Option<String>,
}

/// A fetched source: the artifact's copy, and the version of the source object
/// it was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fetched {
    pub(super) artifact: ArtifactLocation,
    pub(super) version: String,
}

pub(super) fn create(world: &mut World, input: &Value) -> Answer {
    let pipeline = declaration::read(world, input)?;
    let name = name_of(&pipeline.structure);
    if world.codepipeline.pipelines.contains_key(&name) {
        return Err(ApiError::new(
            "PipelineNameInUseException",
            format!("A pipeline with the name '{name}' already exists in account"),
        ));
    }
    let structure = pipeline.structure.clone();
    world.codepipeline.pipelines.insert(name.clone(), pipeline);
    // A new pipeline runs immediately.
    run::start(world, &name, "CreatePipeline", None);
    Ok(json!({ "pipeline": structure }))
}

pub(super) fn get(world: &mut World, input: &Value) -> Answer {
    let (name, pipeline) = requested_pipeline(world, input, "name")?;
    let arn = world.arn("codepipeline", &name);
    let (created, updated) = (epoch(pipeline.created), epoch(pipeline.updated));
    Ok(json!({
        "pipeline": pipeline.structure,
        "metadata": { "pipelineArn": arn, "created": created, "updated": updated },
    }))
}

/// Changes a pipeline for the stages that are still to start. It does not run.
pub(super) fn update(world: &mut World, input: &Value) -> Answer {
    let changed = declaration::read(world, input)?;
    let name = name_of(&changed.structure);
    let pipelines = &mut world.codepipeline.pipelines;
    let known = pipelines
        .get_mut(&name)
        .ok_or_else(|| pipeline_not_found(&name))?;
    let version = known.structure["version"].as_u64().unwrap_or_default() + 1;
    *known = Pipeline {
        runs: std::mem::take(&mut known.runs),
        created: known.created,
        ..changed
    };
    known.structure["version"] = json!(version);
    Ok(json!({ "pipeline": known.structure }))
}

/// Deletes a pipeline, if there is one, and abandons what it runs.
pub(super) fn delete(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let name = check.required_text(input, "name", 1..=100);
    check.finish()?;
    if let Some(pipeline) = world.codepipeline.pipelines.remove(&name) {
        for run in pipeline.runs {
            execution::abandon(world, &run.id);
        }
    }
    Ok(Value::Null)
}

pub(super) fn list(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let size = check.number(input, "maxResults", 1..=1000).unwrap_or(1000);
    let token = check.text(input, "nextToken", 1..=2048);
    check.finish()?;
    let pipelines = world.codepipeline.pipelines.iter();
    let summaries = pipelines.map(|(name, pipeline)| {
        let structure = &pipeline.structure;
        json!({
            "name": name,
            "version": structure["version"],
            "pipelineType": structure["pipelineType"],
            "executionMode": structure["executionMode"],
            "created": epoch(pipeline.created),
            "updated": epoch(pipeline.updated),
        })
    });
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let page = page(summaries.collect(), token.as_deref(), size)?;
    Ok(json!({ "pipelines": page.items, "nextToken": page.next }))
}

/// Starts an execution. A request that is repeated with its token starts no
/// second one.
pub(super) fn start(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let token = check.text(input, "clientRequestToken", 1..=128);
    let overrides = ["variables", "sourceRevisions"].map(|it| check.list(input, it, 50).is_empty());
    check.finish()?;
    let (name, pipeline) = requested_pipeline(world, input, "name")?;
    if overrides.contains(&false) {
        let message = "Variables and source revision overrides are not simulated";
        return Err(ApiError::new("ValidationException", message));
    }
    let mut runs = pipeline.runs.iter();
    let repeated = runs.find(|run| token.is_some() && run.token == token);
    let id = match repeated {
        Some(run) => run.id.clone(),
        None => run::start(world, &name, "StartPipelineExecution", token),
    };
    Ok(json!({ "pipelineExecutionId": id }))
}

/// The pipeline named in a request.
fn requested_pipeline<'w>(
    world: &'w World,
    input: &Value,
    member: &str,
) -> Result<(String, &'w Pipeline), ApiError> {
    let mut check = Check::default();
    let name = check.required_text(input, member, 1..=100);
    check.finish()?;
    match world.codepipeline.pipelines.get(&name) {
        Some(pipeline) => Ok((name, pipeline)),
        None => Err(pipeline_not_found(&name)),
    }
}

fn name_of(structure: &Value) -> String {
    structure["name"].as_str().unwrap_or_default().to_owned()
}
