//! `PollForJobs`: selects the jobs offered to a worker (docs/aws.md §1.2).

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::world::World;

use super::constraints::Check;
use super::state::ArtifactLocation;
use super::{ActionType, ActionTypeId, JobStatus};

pub(super) fn poll_for_jobs(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let id = ActionTypeId::read(&mut check, input, "actionTypeId");
    let most = check.number(input, "maxBatchSize", 1..=i64::MAX);
    let query = check.texts(input, "queryParam");
    if query.len() > 1 {
        let rule = "have length less than or equal to 1";
        check.violate("{…}", "queryParam", rule);
    }
    check.finish()?;
    if id.owner != "Custom" {
        return Err(ApiError::new(
            "ValidationException",
            format!("ActionType with owner '{}' is not supported", id.owner),
        ));
    }
    let codepipeline = &world.codepipeline;
    let action_type = codepipeline
        .active_action_type(&id)
        .ok_or_else(|| id.not_found())?;
    let wanted = wanted_value(action_type, query)?;
    let most = usize::try_from(most.unwrap_or(1)).unwrap_or(usize::MAX);
    let now = world.now();
    let offered: Vec<usize> = codepipeline
        .open
        .iter()
        .copied()
        .filter(|&position| {
            let job = &codepipeline.jobs[position];
            let action = &codepipeline.actions[job.action];
            job.status != JobStatus::InProgress
                && job.available <= now
                && action.action_type == id
                && wanted
                    .as_ref()
                    .is_none_or(|(name, value)| action.configuration.get(name) == Some(value))
        })
        .take(most.min(codepipeline.settings.largest_batch))
        .collect();
    let jobs: Vec<Value> = offered
        .into_iter()
        .map(|position| offer(world, position))
        .collect();
    Ok(json!({ "jobs": jobs }))
}

/// The property and value by which a poll must select jobs, if the action type
/// has a queryable property.
fn wanted_value(
    action_type: &ActionType,
    query: std::collections::BTreeMap<String, String>,
) -> Result<Option<(String, String)>, ApiError> {
    let given = query.into_iter().next();
    match (action_type.queryable(), given) {
        (None, None) => Ok(None),
        (Some(property), Some((name, value))) if property.name == name => Ok(Some((name, value))),
        (Some(property), Some(_) | None) => Err(ApiError::new(
            "ValidationException",
            format!(
                "queryParam must name the queryable property '{}'",
                property.name
            ),
        )),
        (None, Some((name, _))) => Err(ApiError::new(
            "ValidationException",
            format!("The action type has no queryable property '{name}'"),
        )),
    }
}

/// Offers a job. Until it is acknowledged, it may be offered again later, with
/// another nonce.
fn offer(world: &mut World, position: usize) -> Value {
    let nonce = world.names.number().to_string();
    let again = Duration::from_secs(world.codepipeline.settings.redelivery_seconds);
    let now = world.now();
    let job = &mut world.codepipeline.jobs[position];
    job.status = JobStatus::Dispatched;
    job.available = now + again;
    job.nonce.clone_from(&nonce);
    let id = job.id.clone();
    json!({
        "id": id,
        "data": job_data(world, position),
        "nonce": nonce,
        "accountId": world.account,
    })
}

/// The job's data, with new artifact credentials on each call.
pub(super) fn job_data(world: &mut World, position: usize) -> Value {
    let now = world.now();
    let job = &world.codepipeline.jobs[position];
    let action = &world.codepipeline.actions[job.action];
    let objects = |artifacts: &[ArtifactLocation]| {
        let places = artifacts
            .iter()
            .map(|it| (it.bucket.clone(), it.key.clone()));
        places.collect::<Vec<_>>()
    };
    let objects = (objects(&action.inputs), objects(&action.outputs));
    let pipeline_arn = world.arn("codepipeline", &action.pipeline);
    let session = world.keys.issue(&mut world.names, now, objects);
    let artifacts = |artifacts: &[ArtifactLocation]| {
        let shown = artifacts.iter().map(|artifact| {
            let place = json!({ "bucketName": artifact.bucket, "objectKey": artifact.key });
            json!({
                "name": artifact.name,
                "location": { "type": "S3", "s3Location": place },
            })
        });
        shown.collect::<Vec<Value>>()
    };
    let encryption_key = action
        .encryption_key
        .as_ref()
        .map(|key| json!({ "id": key, "type": "KMS" }));
    json!({
        "actionTypeId": action.action_type,
        "actionConfiguration": { "configuration": action.configuration },
        "pipelineContext": {
            "pipelineName": action.pipeline,
            "stage": { "name": action.stage },
            "action": { "name": action.name, "actionExecutionId": action.id },
            "pipelineArn": pipeline_arn,
            "pipelineExecutionId": action.execution,
        },
        "inputArtifacts": artifacts(&action.inputs),
        "outputArtifacts": artifacts(&action.outputs),
        "artifactCredentials": {
            "accessKeyId": session.access_key_id,
            "secretAccessKey": session.secret_access_key,
            "sessionToken": session.session_token,
        },
        "continuationToken": job.continuation_token,
        "encryptionKey": encryption_key,
    })
}
