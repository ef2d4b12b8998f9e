//! `PutJobSuccessResult` and `PutJobFailureResult`: the single result of a job
//! (docs/aws.md §1.2).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::api::{Answer, ApiError};
use crate::world::World;

use super::constraints::{Check, is_made_of};
use super::jobs::{ID_LENGTH, find};
use super::pipelines;
use super::{ActionStatus, ErrorDetails, JobStatus, ReportSeen};

/// Maximum number of bytes of an action's output variables in total
/// (docs/aws.md §1.2).
pub(super) const MAX_VARIABLES: usize = 122_880;

const FAILURE_TYPES: [&str; 6] = [
    "JobFailed",
    "ConfigurationError",
    "PermissionError",
    "RevisionOutOfSync",
    "RevisionUnavailable",
    "SystemUnavailable",
];

/// What the pipeline shows of an action during and after its run.
#[derive(Default)]
struct Details {
    summary: Option<String>,
    external_execution_id: Option<String>,
    percent: Option<i64>,
}

pub(super) fn success(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let id = check.required_text(input, "jobId", ID_LENGTH);
    let token = check.text(input, "continuationToken", 1..=2048);
    let details = read_details(&mut check, input);
    let variables = check.texts(input, "outputVariables");
    read_revision(&mut check, input);
    for key in variables.keys() {
        if key.is_empty() || !is_made_of(key, "@-_") {
            let rule = "satisfy regular expression pattern: [A-Za-z0-9@\\-_]+";
            check.violate(key, "outputVariables", rule);
        }
    }
    check.finish()?;
    if token.is_some() && !variables.is_empty() {
        return Err(ApiError::new(
            "ValidationException",
            "Output variables are not allowed together with a continuation token",
        ));
    }
    let size: usize = variables.iter().map(|(k, v)| k.len() + v.len()).sum();
    if size > MAX_VARIABLES {
        return Err(ApiError::new(
            "OutputVariablesSizeExceededException",
            format!("Output variables have {size} bytes of at most {MAX_VARIABLES}"),
        ));
    }
    let action = close(world, &id, details, token.as_ref(), None)?;
    match token {
        Some(token) => continue_later(world, action, token),
        None => end(world, action, ActionStatus::Succeeded, variables),
    }
    Ok(Value::Null)
}

pub(super) fn failure(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let id = check.required_text(input, "jobId", ID_LENGTH);
    let given = check.required_object(input, "failureDetails");
    let mut error = ErrorDetails::default();
    let mut details = Details::default();
    if !given.is_null() {
        error.code = check.required_word(given, "failureDetails.type", &FAILURE_TYPES);
        error.message = check.required_text(given, "failureDetails.message", 1..=5000);
        details.external_execution_id =
            check.text(given, "failureDetails.externalExecutionId", 1..=1500);
    }
    check.finish()?;
    let action = close(world, &id, details, None, Some(error))?;
    end(world, action, ActionStatus::Failed, BTreeMap::new());
    Ok(Value::Null)
}

fn read_details(check: &mut Check, input: &Value) -> Details {
    let Some(given) = check.object(input, "executionDetails") else {
        return Details::default();
    };
    Details {
        summary: check.text(given, "executionDetails.summary", 1..=2048),
        external_execution_id: check.text(given, "executionDetails.externalExecutionId", 1..=1500),
        percent: check.number(given, "executionDetails.percentComplete", 0..=100),
    }
}

/// Validates `currentRevision`, which matters only to source actions.
fn read_revision(check: &mut Check, input: &Value) {
    if let Some(given) = check.object(input, "currentRevision") {
        check.required_text(given, "currentRevision.revision", 1..=1500);
        check.required_text(given, "currentRevision.changeIdentifier", 1..=100);
        check.text(given, "currentRevision.revisionSummary", 1..=2048);
    }
}

/// Closes an acknowledged job with its result, and returns the action's
/// position. Only an acknowledged job accepts a result.
fn close(
    world: &mut World,
    id: &str,
    details: Details,
    token: Option<&String>,
    error: Option<ErrorDetails>,
) -> Result<usize, ApiError> {
    let now = world.now();
    let codepipeline = &mut world.codepipeline;
    let position = find(codepipeline, id)?;
    let job = &mut codepipeline.jobs[position];
    if job.status != JobStatus::InProgress {
        return Err(ApiError::new(
            "InvalidJobStateException",
            format!("The job is {:?} and takes no result", job.status),
        ));
    }
    job.status = match error {
        None => JobStatus::Succeeded,
        Some(_) => JobStatus::Failed,
    };
    codepipeline.open.remove(&position);
    let action = &mut codepipeline.actions[job.action];
    action.updated = now;
    action.summary = details.summary.or(action.summary.take());
    action.percent = details.percent.or(action.percent);
    action.external_execution_id = details
        .external_execution_id
        .or(action.external_execution_id.take());
    action.reports.push(ReportSeen {
        at: now,
        job: job.id.clone(),
        continuation_token: token.cloned(),
        succeeded: error.is_none(),
        text: match &error {
            Some(error) => Some(error.message.clone()),
            None => action.summary.clone(),
        },
    });
    action.error = error;
    Ok(job.action)
}

/// Creates the next job of the action, with the continuation token.
fn continue_later(world: &mut World, action: usize, token: String) {
    let later = Duration::from_secs(world.codepipeline.settings.continuation_seconds);
    let available = world.now() + later;
    let id = world.names.uuid();
    let codepipeline = &mut world.codepipeline;
    codepipeline.add_job(id, action, Some(token), available);
}

fn end(
    world: &mut World,
    action: usize,
    status: ActionStatus,
    variables: BTreeMap<String, String>,
) {
    let action = &mut world.codepipeline.actions[action];
    action.status = status;
    action.output_variables = variables;
    // A pipeline's next stage starts at once.
    pipelines::advance(world);
}
