//! Converts a CodePipeline job to our own values (docs/aws.md §1.2).

use aws_sdk_codepipeline::types::{
    Artifact, Job as OfferedJob, JobData as Data, PipelineContext as Context,
};

use super::values::{filled, text};
use crate::job::offer::{ArtifactCredentials, InputArtifact, Job, JobData, PipelineContext};
use crate::job::{JobId, Nonce};

/// Returns `None`, with a warning, for a job that lacks what is needed to
/// report a result.
pub(super) fn offered(job: &OfferedJob) -> Option<Job> {
    let complete = (|| {
        Some(Job {
            id: JobId::new(job.id()?),
            nonce: Nonce::new(job.nonce()?),
            account: text(job.account_id()),
            data: job_data(job.data()?),
        })
    })();
    if complete.is_none() {
        tracing::warn!(
            job.id = job.id(),
            "an offered job lacks its id, nonce or data"
        );
    }
    complete
}

/// Converts the job's data: pipeline, configuration, artifacts and credentials.
pub(super) fn job_data(data: &Data) -> JobData {
    let configuration = data
        .action_configuration()
        .and_then(|action| action.configuration())
        .cloned()
        .unwrap_or_default();
    JobData {
        pipeline: data.pipeline_context().map(pipeline).unwrap_or_default(),
        configuration: configuration.into_iter().collect(),
        artifacts: data.input_artifacts().iter().filter_map(artifact).collect(),
        credentials: data
            .artifact_credentials()
            .map(|given| ArtifactCredentials {
                access_key_id: given.access_key_id().to_owned(),
                secret_access_key: given.secret_access_key().to_owned(),
                session_token: given.session_token().to_owned(),
            }),
        token: data.continuation_token().and_then(filled),
    }
}

fn pipeline(context: &Context) -> PipelineContext {
    let action = context.action();
    let execution = action.and_then(|action| action.action_execution_id());
    PipelineContext {
        pipeline: text(context.pipeline_name()),
        stage: text(context.stage().and_then(|stage| stage.name())),
        action: text(action.and_then(|action| action.name())),
        pipeline_arn: context.pipeline_arn().and_then(filled),
        pipeline_execution: context.pipeline_execution_id().and_then(filled),
        action_execution: execution.and_then(filled),
    }
}

/// Skips an artifact without a location. Looking it up by name later reports it
/// as missing.
fn artifact(artifact: &Artifact) -> Option<InputArtifact> {
    let place = artifact.location()?.s3_location()?;
    Some(InputArtifact {
        name: artifact.name()?.to_owned(),
        bucket: place.bucket_name().to_owned(),
        key: place.object_key().to_owned(),
    })
}
