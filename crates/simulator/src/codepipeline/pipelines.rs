//! Pipelines with an S3 source followed by stages of custom actions. Other
//! features of real pipelines are refused by name.

mod declaration;
mod run;
mod show;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::world::World;

use super::call::pipeline_not_found;
use super::constraints::Check;

pub(super) use declaration::{Deploy, Fetch};
pub(super) use run::advance;
pub(super) use show::{execution, state};

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
    /// Number of stages started so far.
    pub(super) begun: usize,
    /// Why the next stage could not start.
    pub(super) problem: Option<String>,
}

/// A fetched source: the artifact's copy, and the version of the source object
/// it was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fetched {
    pub(super) artifact: String,
    pub(super) bucket: String,
    pub(super) key: String,
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
    run::start(world, &name, "CreatePipeline");
    Ok(json!({ "pipeline": structure }))
}

pub(super) fn get(world: &mut World, input: &Value) -> Answer {
    let (_, pipeline) = requested_pipeline(world, input, "name")?;
    let at = crate::json::epoch(pipeline.created);
    let structure = pipeline.structure.clone();
    let name = name_of(&structure);
    let arn = world.arn("codepipeline", &name);
    Ok(json!({
        "pipeline": structure,
        "metadata": { "pipelineArn": arn, "created": at, "updated": at },
    }))
}

pub(super) fn start(world: &mut World, input: &Value) -> Answer {
    let (name, _) = requested_pipeline(world, input, "name")?;
    let id = run::start(world, &name, "StartPipelineExecution");
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
