//! One unfinished job as the journal stores it. It never contains credentials
//! or the content of an artifact.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::job::offer::Job;
use crate::job::{JobId, Nonce};

/// The version that this build writes.
const VERSION: u32 = 1;

/// A job that was about to be claimed, or is claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    v: u32,
    pub job: JobId,
    pub nonce: Nonce,
    pub account: String,
    /// For people who read the journal.
    pub pipeline: String,
    pub since: Timestamp,
    pub stage: Stage,
}

/// How far the job's acknowledgement has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// About to be acknowledged.
    Intended,
    /// Acknowledged: it will not be offered to another worker.
    Claimed,
}

impl Entry {
    /// The entry to write before the job is acknowledged.
    #[must_use]
    pub fn intended(job: &Job, now: Timestamp) -> Self {
        Self {
            v: VERSION,
            job: job.id.clone(),
            nonce: job.nonce.clone(),
            account: job.account.clone(),
            pipeline: job.data.pipeline.pipeline.clone(),
            since: now,
            stage: Stage::Intended,
        }
    }

    /// The same job after its acknowledgement.
    #[must_use]
    pub fn claimed(self) -> Self {
        Self {
            stage: Stage::Claimed,
            ..self
        }
    }

    /// Whether this build understands the entry.
    pub(super) fn is_current(&self) -> bool {
        self.v == VERSION
    }
}
