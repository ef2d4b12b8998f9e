//! What the jobs of one worker may do at the same time.

pub(super) mod fair_share;
pub(super) mod slots;

use std::sync::Arc;

use clock::Clock;
use tokio::sync::Semaphore;

use self::fair_share::FairShare;
use self::slots::Slots;
use super::budget::Budget;
use super::tuning::Tuning;
use crate::artifact::LargeReads;

/// Releases that are read, planned and checked at once: that costs CPU, memory
/// and, with slow rules, seconds. Following a deployment is cheap and not limited.
const MAX_CONCURRENT: usize = 8;

/// Releases whose policies may be loaded in advance, while the release is being
/// read. Each takes a process of some ten megabytes; the others load theirs
/// later.
const MAX_PRELOADED: usize = 4;

/// Releases with unusually large files that are kept in memory at once, each
/// from its reading until its policies have been evaluated.
const MAX_LARGE: usize = 8;

/// Shared by all jobs of one worker.
#[derive(Clone)]
pub(super) struct Limits {
    /// Calls to CodePipeline.
    pub(super) budget: Arc<Budget>,
    /// Jobs.
    pub(super) slots: Arc<Slots>,
    /// Work that needs memory and processor time, shared fairly by pipelines.
    pub(super) heavy: Arc<FairShare>,
    /// Releases with large files, shared likewise.
    pub(super) large: Arc<FairShare>,
    /// Artifacts with large directories.
    pub(super) large_reads: LargeReads,
    /// Policies loaded in advance.
    pub(super) preloading: Arc<Semaphore>,
}

impl Limits {
    pub(super) fn new(tuning: &Tuning, clock: &Clock) -> Self {
        Self {
            budget: Arc::new(Budget::new(tuning.max_call_rate, clock)),
            slots: Arc::new(Slots::new(tuning.max_jobs)),
            heavy: Arc::new(FairShare::new(MAX_CONCURRENT)),
            large: Arc::new(FairShare::new(MAX_LARGE)),
            large_reads: LargeReads::default(),
            preloading: Arc::new(Semaphore::new(MAX_PRELOADED)),
        }
    }
}
