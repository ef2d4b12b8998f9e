//! Dispatches CodePipeline's operations by name.

use serde_json::Value;

use crate::api::{Answer, ApiError};
use crate::json::{self, Page, without_nulls};
use crate::world::World;

use super::{action_type, execution, history, jobs, pipelines, poll, results};

/// Handles one call.
///
/// # Errors
///
/// Errors as CodePipeline words them; `UnknownOperationException` for
/// operations that are not simulated.
pub fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    let answer = match operation {
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
        "UpdatePipeline" => pipelines::update(world, input),
        "DeletePipeline" => pipelines::delete(world, input),
        "ListPipelines" => pipelines::list(world, input),
        "GetPipelineExecution" => pipelines::shown_execution(world, input),
        "ListPipelineExecutions" => pipelines::executions(world, input),
        "RetryStageExecution" => pipelines::retry(world, input),
        "StartPipelineExecution" => pipelines::start(world, input),
        _ => Err(ApiError::unknown_operation(operation)),
    };
    answer.map(without_nulls)
}

/// Admits a call, if the settings' rate allows it: as many calls as one second
/// allows may come at once. AWS publishes no rate for CodePipeline; the error
/// beyond it is the one observed (docs/aws.md §1.3).
///
/// # Errors
///
/// `ThrottlingException` if the rate is exceeded.
pub fn admit(world: &mut World) -> Result<(), ApiError> {
    let now = world.now();
    let codepipeline = &mut world.codepipeline;
    let Some(rate) = codepipeline.settings.calls_per_second else {
        return Ok(());
    };
    let rate = f64::from(rate.get());
    match codepipeline.bucket.take(rate, rate, now) {
        true => Ok(()),
        false => Err(ApiError::new("ThrottlingException", "Rate exceeded")),
    }
}

/// The error for a pipeline that does not exist.
pub(super) fn pipeline_not_found(name: &str) -> ApiError {
    ApiError::new(
        "PipelineNotFoundException",
        format!("There is no pipeline '{name}'"),
    )
}

/// The error for an execution that does not exist.
pub(super) fn execution_not_found(id: &str) -> ApiError {
    ApiError::new(
        "PipelineExecutionNotFoundException",
        format!("There is no execution '{id}'"),
    )
}

/// The page of a list, in the order of `items`, that starts at a token.
pub(super) fn page<T>(
    items: Vec<T>,
    token: Option<&str>,
    size: usize,
) -> Result<Page<T>, ApiError> {
    json::page(items, token, size)
        .ok_or_else(|| ApiError::new("InvalidNextTokenException", "The next token is not valid"))
}

/// Fails every action that has exceeded its time limit, and starts the next
/// stages of pipelines.
pub fn advance(world: &mut World) {
    let now = world.now();
    world.codepipeline.time_out(now);
    pipelines::advance(world);
}
