//! A job as returned by `PollForJobs` and `GetJobDetails` (docs/aws.md §1.2).

use std::collections::BTreeMap;
use std::fmt;

use zeroize::ZeroizeOnDrop;

use super::{JobId, Key, Nonce};

/// A polled job. The worker owns it only after acknowledging it.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: JobId,
    pub nonce: Nonce,
    /// The 12-digit account id of the pipeline.
    pub account: String,
    pub data: JobData,
}

/// The job's data. `Debug` prints only the pipeline context: the pipeline's
/// author may have put anything into the rest.
#[derive(Clone)]
pub struct JobData {
    pub pipeline: PipelineContext,
    /// The action's properties. CodePipeline may add some of its own.
    pub configuration: BTreeMap<String, String>,
    pub artifacts: Vec<InputArtifact>,
    /// Absent if the action does not need the artifact bucket.
    pub credentials: Option<ArtifactCredentials>,
    /// The continuation token of the rollout's previous job; absent on the
    /// first.
    pub token: Option<String>,
}

/// The pipeline, stage and action of the job. Each member may be empty: the
/// service model requires none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineContext {
    pub pipeline: String,
    pub stage: String,
    pub action: String,
    pub pipeline_arn: Option<String>,
    pub pipeline_execution: Option<String>,
    pub action_execution: Option<String>,
}

/// An input artifact: an S3 object, without a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputArtifact {
    pub name: String,
    pub bucket: String,
    pub key: String,
}

/// Credentials that allow reading this job's artifacts and nothing else, for
/// about a quarter of an hour (docs/aws.md §3). They cannot be printed and are
/// zeroed on drop.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ArtifactCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
}

impl fmt::Debug for ArtifactCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArtifactCredentials(…)")
    }
}

impl fmt::Debug for JobData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobData")
            .field("pipeline", &self.pipeline)
            .finish_non_exhaustive()
    }
}

impl Job {
    /// The release's key. If the job has no action execution id, its own id is
    /// used: unique, but not shared with the rollout's later jobs.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(
            self.data
                .pipeline
                .action_execution
                .as_deref()
                .unwrap_or(self.id.as_str()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_job_holds_does_not_print() {
        let data = JobData {
            pipeline: PipelineContext {
                pipeline: "shop".into(),
                ..PipelineContext::default()
            },
            configuration: [("Options".to_owned(), "hidden".to_owned())].into(),
            artifacts: Vec::new(),
            credentials: None,
            token: Some("hidden".into()),
        };
        let text = format!("{data:?}");
        assert!(text.contains("shop") && !text.contains("hidden"), "{text}");
    }

    #[test]
    fn credentials_do_not_print() {
        let credentials = ArtifactCredentials {
            access_key_id: "ASIAEXAMPLE".into(),
            secret_access_key: "hidden".into(),
            session_token: "hidden".into(),
        };
        assert_eq!(format!("{credentials:?}"), "ArtifactCredentials(…)");
    }
}
