//! The journal: a record of unfinished jobs that outlives the process.
//! CodePipeline never offers an acknowledged job again, so after a crash only
//! the journal knows of it.
//!
//! The journal is a local directory of one worker ([`Directory`]), or a bucket
//! that the workers of a fleet share ([`Fleet`]).

mod directory;
mod entry;
mod files;
mod fleet;
mod lease;
mod lease_guard;
mod peers;
mod record;
mod scan;
mod status;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use async_trait::async_trait;

use crate::job::JobId;
use crate::ports::{CallError, Objects};

pub use directory::{Directory, JournalProblem};
pub use entry::{ClaimStage, Entry, IntendedStop};
pub use fleet::Fleet;
pub use lease_guard::{LeaseGuard, NotOurs};
pub use status::{
    JobStatus, JournalStatus, LockStatus, Unreadable, WorkerStatus, status_of_directory,
    status_of_fleet,
};

/// Where unfinished jobs are recorded.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Returns the guard for jobs that are claimed from now on. Waits until
    /// there is a lease.
    async fn lease_guard(&self) -> LeaseGuard;

    /// Renews the lease forever.
    async fn keep(&self);

    /// Writes an entry durably, replacing an earlier one of the same job.
    async fn record(&self, entry: Entry) -> Result<(), JournalError>;

    /// Removes the entry of a job that has been reported.
    async fn clear(&self, job: &JobId) -> Result<(), JournalError>;

    /// Leaves an entry that was taken over to a worker of another build, because
    /// this one cannot go on with its job. The journal of a single worker keeps
    /// it for the next process.
    async fn leave(&self, _entry: Entry) -> Result<(), JournalError> {
        Ok(())
    }

    /// Returns at most `at_most` unfinished jobs that no worker is processing.
    /// They belong to this worker from now on.
    async fn take_over(
        &self,
        is_in_flight: IsInFlight<'_>,
        at_most: usize,
    ) -> Result<TakenOver, JournalError>;

    /// The number of this worker's entries.
    async fn size(&self) -> Result<usize, JournalError>;

    /// Waits until unfinished jobs should be looked for again.
    async fn until_next_scan(&self);

    /// Releases the lease if no jobs are left.
    async fn close(&self);

    /// The bucket, if several workers share the journal.
    fn shared(&self) -> Option<Arc<dyn Objects>> {
        None
    }
}

/// Whether this process is working on a job.
pub type IsInFlight<'a> = &'a (dyn Fn(&JobId) -> bool + Send + Sync);

/// Jobs that were taken over.
#[derive(Clone, Debug)]
pub struct TakenOver {
    pub entries: Vec<Entry>,
    pub lease_guard: LeaseGuard,
    /// Whether there are more than `at_most`.
    pub more: bool,
}

/// Why an entry was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error(transparent)]
    Bucket(#[from] CallError),
    /// The entry belongs to another worker.
    #[error("another worker has recorded the job")]
    Elsewhere,
    #[error("an entry cannot be written as text: {0}")]
    NotText(#[from] serde_json::Error),
    #[error("`{0}` is not the id of a job")]
    NoId(String),
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
}

/// Counts entries that could not be read and were left unchanged.
fn count_unreadable(entries: usize) {
    metrics::counter!("bluegreen_journal_unreadable_total").increment(entries as u64);
}

/// Characters of a job's id, which is a UUID; a longer id is refused.
const MAX_ID: usize = 64;

/// The file name of a job's entry. Only an id of CodePipeline's form becomes
/// one.
fn file_name(job: &JobId) -> Result<String, JournalError> {
    let id = job.as_str();
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.is_empty() || id.len() > MAX_ID || !id.chars().all(safe) {
        return Err(JournalError::NoId(id.chars().take(MAX_ID).collect()));
    }
    Ok(format!("{id}.json"))
}
