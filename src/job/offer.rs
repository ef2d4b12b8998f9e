//! A job as `PollForJobs` offers it and `GetJobDetails` repeats it
//! (aws-facts §1.2).

use std::collections::BTreeMap;
use std::fmt;

use zeroize::ZeroizeOnDrop;

use super::{JobId, Key, Nonce};

/// One job on offer. It becomes ours only when it has been acknowledged.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: JobId,
    pub nonce: Nonce,
    /// The twelve digits of the pipeline's account.
    pub account: String,
    pub data: JobData,
}

/// What the job is about. Only where it comes from is ever printed: a pipeline's
/// author may have put anything into the rest.
#[derive(Clone)]
pub struct JobData {
    pub pipeline: PipelineContext,
    /// The action's properties; the service may add some of its own.
    pub configuration: BTreeMap<String, String>,
    pub artifacts: Vec<InputArtifact>,
    /// Absent when the action does not need the artifact bucket.
    pub credentials: Option<ArtifactCredentials>,
    /// What the previous job of this rollout left; absent on the first.
    pub token: Option<String>,
}

/// Where in which pipeline the job comes from. Every member may be empty:
/// the model requires none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineContext {
    pub pipeline: String,
    pub stage: String,
    pub action: String,
    pub pipeline_arn: Option<String>,
    pub pipeline_execution: Option<String>,
    pub action_execution: Option<String>,
}

/// An input artifact: one S3 object, named but not pinned to a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputArtifact {
    pub name: String,
    pub bucket: String,
    pub key: String,
}

/// Credentials that read this job's artifacts and nothing else, for about a
/// quarter of an hour (aws-facts §3). They cannot be printed and are wiped
/// when dropped.
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
    /// The release's key. Were the action execution ever missing, the job's
    /// own id would stand in: unique, though not shared with later jobs.
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
