//! Converts a job from CodePipeline's JSON to the worker's types.

use serde_json::Value;

use super::values::{list, text, word};
use crate::job::offer::{ArtifactCredentials, InputArtifact, Job, JobData, PipelineContext};
use crate::job::{JobId, Nonce};

/// Returns `None` for a job without id or nonce, which could not be
/// acknowledged.
pub(super) fn offered(job: &Value) -> Option<Job> {
    Some(Job {
        id: JobId::new(text(&job["id"])?),
        nonce: Nonce::new(text(&job["nonce"])?),
        account: word(&job["accountId"]),
        data: job_data(&job["data"]),
    })
}

/// The job's data.
pub(super) fn job_data(data: &Value) -> JobData {
    let configuration = data["actionConfiguration"]["configuration"].as_object();
    let given = &data["artifactCredentials"];
    JobData {
        pipeline: pipeline(&data["pipelineContext"]),
        configuration: configuration
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), word(value)))
            .collect(),
        artifacts: list(&data["inputArtifacts"])
            .iter()
            .filter_map(artifact)
            .collect(),
        credentials: given.is_object().then(|| ArtifactCredentials {
            access_key_id: word(&given["accessKeyId"]),
            secret_access_key: word(&given["secretAccessKey"]),
            session_token: word(&given["sessionToken"]),
        }),
        token: text(&data["continuationToken"]),
    }
}

fn pipeline(context: &Value) -> PipelineContext {
    PipelineContext {
        pipeline: word(&context["pipelineName"]),
        stage: word(&context["stage"]["name"]),
        action: word(&context["action"]["name"]),
        pipeline_arn: text(&context["pipelineArn"]),
        pipeline_execution: text(&context["pipelineExecutionId"]),
        action_execution: text(&context["action"]["actionExecutionId"]),
    }
}

fn artifact(artifact: &Value) -> Option<InputArtifact> {
    let place = &artifact["location"]["s3Location"];
    Some(InputArtifact {
        name: text(&artifact["name"])?,
        bucket: text(&place["bucketName"])?,
        key: text(&place["objectKey"])?,
    })
}
