//! Dispatches CodePipeline's operations by name.

use serde_json::Value;

use crate::api::{Answer, ApiError};
use crate::world::World;

use super::{action_type, execution, history, jobs, pipelines, poll, results};

/// Handles one call.
///
/// # Errors
///
/// Errors as CodePipeline words them; `UnknownOperationException` for
/// operations that are not simulated.
pub fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateCustomActionType" => action_type::create(world, input),
        "ListActionTypes" => action_type::list(world, input),
        "DeleteCustomActionType" => action_type::delete(world, input),
        "PollForJobs" => poll::poll_for_jobs(world, input),
        "AcknowledgeJob" => jobs::acknowledge(world, input),
        "GetJobDetails" => jobs::details(world, input),
        "PutJobSuccessResult" => results::success(world, input),
        "PutJobFailureResult" => results::failure(world, input),
        "ListActionExecutions" => history::list(world, input),
        "StopPipelineExecution" => execution::stop(world, input),
        "CreatePipeline" => pipelines::create(world, input),
        "GetPipeline" => pipelines::get(world, input),
        "GetPipelineState" => pipelines::state(world, input),
        "GetPipelineExecution" => pipelines::execution(world, input),
        "StartPipelineExecution" => pipelines::start(world, input),
        _ => Err(ApiError::new(
            "UnknownOperationException",
            format!("{operation} is not simulated"),
        )),
    }
}

/// Fails every action that has exceeded its time limit, and starts the next
/// stages of pipelines.
pub fn advance(world: &mut World) {
    let now = world.now();
    world.codepipeline.time_out(now);
    pipelines::advance(world);
}
