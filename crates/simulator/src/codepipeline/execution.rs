//! `StopPipelineExecution`: waits for running actions, or abandons them
//! (docs/aws.md §1.4).

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::world::World;

use super::call::pipeline_not_found;
use super::constraints::Check;
use super::{ActionStatus, JobStatus};

pub(super) fn stop(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let pipeline = check.required_text(input, "pipelineName", 1..=100);
    let id = check.required_text(input, "pipelineExecutionId", 1..=100);
    let abandons = check.flag(input, "abandon");
    check.text(input, "reason", 0..=200);
    check.finish()?;
    let is_busy = world.codepipeline.is_busy(&id);
    let executions = &mut world.codepipeline.executions;
    if !executions.values().any(|known| known.pipeline == pipeline) {
        return Err(pipeline_not_found(&pipeline));
    }
    let refused = |code, why: &str| Err(ApiError::new(code, format!("{id} {why}")));
    let Some(execution) = executions.get_mut(&id).filter(|e| e.pipeline == pipeline) else {
        return refused(
            "PipelineExecutionNotStoppableException",
            "is not an execution of this pipeline",
        );
    };
    if !is_busy {
        return refused("PipelineExecutionNotStoppableException", "has ended");
    }
    if execution.is_stopping && !abandons {
        return refused("DuplicatedStopRequestException", "is stopping already");
    }
    execution.is_stopping = true;
    if abandons {
        abandon(world, &id);
    }
    Ok(json!({ "pipelineExecutionId": id }))
}

/// Ends what an execution runs at once.
pub(super) fn abandon(world: &mut World, id: &str) {
    let now = world.now();
    let codepipeline = &mut world.codepipeline;
    if let Some(execution) = codepipeline.executions.get_mut(id) {
        execution.is_stopping = true;
    }
    for position in 0..codepipeline.actions.len() {
        let action = &mut codepipeline.actions[position];
        if action.execution == id && action.status == ActionStatus::InProgress {
            action.status = ActionStatus::Abandoned;
            action.updated = now;
            codepipeline.close_jobs(position, JobStatus::Failed);
        }
    }
}
