//! What is in hand, noted where it outlives the process: CodePipeline never
//! offers an acknowledged job again.

mod directory;
mod entry;
mod files;
mod fleet;
mod lease;
mod lease_guard;
mod peers;
mod scan;
mod status;
#[cfg(test)]
mod tests;

use std::io;

use async_trait::async_trait;

use crate::job::JobId;
use crate::ports::CallError;

pub use directory::{Directory, JournalProblem};
pub use entry::{Entry, Stage};
pub use fleet::Fleet;
pub use lease_guard::{LeaseGuard, NotOurs};
pub use status::{
    JobStatus, JournalStatus, Ownership, Unreadable, WorkerStatus, status_of_directory,
    status_of_fleet,
};

/// Where unfinished jobs are noted.
#[async_trait]
pub trait Journal: Send + Sync {
    /// What the jobs that are taken from now on are held by; waits until there
    /// is such a thing.
    async fn lease_guard(&self) -> LeaseGuard;

    /// Keeps the lease, for ever.
    async fn keep(&self);

    /// Writes an entry durably, over an earlier one of the same job.
    async fn note(&self, entry: Entry) -> Result<(), JournalError>;

    /// Forgets a job that has its result.
    async fn clear(&self, job: &JobId) -> Result<(), JournalError>;

    /// Unfinished jobs that nobody has in hand, `at_most` so many; they are
    /// this worker's from now on.
    async fn take_over(&self, in_hand: InHand<'_>, at_most: usize) -> Result<Taken, JournalError>;

    /// How many entries there are of this worker's.
    async fn size(&self) -> Result<usize, JournalError>;

    /// Waits until it is time to look for unfinished jobs again.
    async fn until_next_scan(&self);

    /// Lets go of the lease, where nothing is in hand any more.
    async fn close(&self);
}

/// Whether this process has a job in hand.
pub type InHand<'a> = &'a (dyn Fn(&JobId) -> bool + Send + Sync);

/// Jobs that were taken over.
#[derive(Clone, Debug)]
pub struct Taken {
    pub entries: Vec<Entry>,
    pub lease_guard: LeaseGuard,
    /// Whether there are more than were wanted.
    pub more: bool,
}

/// Why an entry was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error(transparent)]
    Bucket(#[from] CallError),
    /// Its entry is another worker's.
    #[error("another worker has noted the job")]
    Elsewhere,
    #[error("an entry cannot be written as text: {0}")]
    NotText(#[from] serde_json::Error),
    #[error("`{0}` is not the id of a job")]
    NoId(String),
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
}

/// Counts entries that could not be read and were left as they are.
fn count_unreadable(entries: usize) {
    metrics::counter!("bluegreen_journal_unreadable_total").increment(entries as u64);
}

/// Characters of a job's id, which is a UUID; more would make no file name.
const MAX_ID: usize = 64;

/// The name of a job's entry. Only what CodePipeline gives as an id becomes
/// one.
fn file_name(job: &JobId) -> Result<String, JournalError> {
    let id = job.as_str();
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.is_empty() || id.len() > MAX_ID || !id.chars().all(safe) {
        return Err(JournalError::NoId(id.chars().take(MAX_ID).collect()));
    }
    Ok(format!("{id}.json"))
}
