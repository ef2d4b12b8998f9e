//! An entry of a fleet's journal as an object in the bucket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::{JournalError, file_name};
use crate::job::JobId;
use crate::ports::{CallError, ETag};

/// The prefix of the entries.
pub(super) const JOBS: &str = "jobs/";

/// The longest entry in bytes; ours have a few hundred.
pub(super) const MAX_ENTRY: u64 = 16 * 1024;

/// The worker of an entry that was left to the others; no lease has this name.
pub(super) const NO_WORKER: &str = "none";

/// An entry as stored in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) worker: String,
    pub(super) entry: Entry,
}

impl Record {
    /// Parses the entry with this key; the error says why this build cannot read
    /// it.
    pub(super) fn parse(key: &str, text: &[u8]) -> Result<Self, String> {
        let record: Self = serde_json::from_slice(text).map_err(|problem| problem.to_string())?;
        match job_of(key).as_ref() == Some(&record.entry.job) {
            true => Ok(record),
            false => Err("it names another job".to_owned()),
        }
    }
}

/// The entries that a worker has written under its lease, as it last saw them.
#[derive(Default)]
pub(super) struct WrittenEntries {
    worker: String,
    etags: BTreeMap<JobId, ETag>,
}

impl WrittenEntries {
    /// Those under the lease of `worker`. Those of an earlier lease are forgotten:
    /// another worker takes them over.
    pub(super) fn under(&mut self, worker: &str) -> &mut BTreeMap<JobId, ETag> {
        if self.worker != worker {
            worker.clone_into(&mut self.worker);
            self.etags.clear();
        }
        &mut self.etags
    }

    pub(super) fn remove(&mut self, job: &JobId) {
        self.etags.remove(job);
    }

    pub(super) fn len(&self) -> usize {
        self.etags.len()
    }
}

/// Why one entry cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Bucket(#[from] CallError),
    /// It is not an entry of this build's version.
    #[error("{0}")]
    Broken(String),
}

/// The key of a job's entry.
pub(super) fn key(job: &JobId) -> Result<String, JournalError> {
    Ok(format!("{JOBS}{}", file_name(job)?))
}

/// The job whose entry has this key; `None` if it is not the key of an entry.
pub(super) fn job_of(key: &str) -> Option<JobId> {
    let id = key.strip_prefix(JOBS)?.strip_suffix(".json")?;
    let job = JobId::new(id);
    file_name(&job).is_ok().then_some(job)
}
