//! `AcknowledgeJob` and `GetJobDetails` (docs/aws.md §1.2).

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::world::World;

use super::constraints::Check;
use super::poll::job_data;
use super::{AbandonedJob, ActionStatus, CodePipeline, JobStatus, RepeatedAcknowledge};

/// Length of a job id. Ids are UUIDs and the model allows any length, but no
/// longer string is the id of a job.
pub(super) const ID_LENGTH: std::ops::RangeInclusive<usize> = 1..=256;

pub(super) fn acknowledge(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let id = check.required_text(input, "jobId", ID_LENGTH);
    let nonce = check.required_text(input, "nonce", 1..=50);
    check.finish()?;
    let position = find(&world.codepipeline, &id)?;
    let repeated = world.codepipeline.settings.repeated_acknowledge;
    let job = &mut world.codepipeline.jobs[position];
    let wrong_nonce = || ApiError::new("InvalidNonceException", "The nonce is not valid");
    if job.nonce != nonce {
        return Err(wrong_nonce());
    }
    match job.status {
        JobStatus::Dispatched => job.status = JobStatus::InProgress,
        JobStatus::InProgress => match repeated {
            RepeatedAcknowledge::InvalidNonce => return Err(wrong_nonce()),
            RepeatedAcknowledge::Status => {}
        },
        JobStatus::Queued => return Err(wrong_nonce()),
        JobStatus::TimedOut | JobStatus::Succeeded | JobStatus::Failed => {}
    }
    Ok(json!({ "status": job.status }))
}

pub(super) fn details(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let id = check.required_text(input, "jobId", ID_LENGTH);
    check.finish()?;
    let position = find(&world.codepipeline, &id)?;
    let data = job_data(world, position);
    Ok(json!({
        "jobDetails": { "id": id, "data": data, "accountId": world.account },
    }))
}

/// The job with this id. Whether the job of an abandoned action can still be
/// found is a setting.
pub(super) fn find(codepipeline: &CodePipeline, id: &str) -> Result<usize, ApiError> {
    codepipeline
        .jobs_by_id
        .get(id)
        .copied()
        .filter(|&position| {
            let action = &codepipeline.actions[codepipeline.jobs[position].action];
            match codepipeline.settings.abandoned_job {
                AbandonedJob::InvalidJobState => true,
                AbandonedJob::JobNotFound => action.status != ActionStatus::Abandoned,
            }
        })
        .ok_or_else(|| ApiError::new("JobNotFoundException", format!("Job {id} was not found")))
}
