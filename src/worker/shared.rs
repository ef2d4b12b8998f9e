//! What the jobs of one worker remember for one another: queues, caches and
//! lists, which hold state and make no decision about a release.

pub(super) mod batch_reader;
mod first_evidence;
pub(super) mod in_flight;
mod last_checks;
pub(super) mod new_tasks_reader;
pub(super) mod readers;
pub(super) mod release_registry;
mod wait_queue;

use self::first_evidence::FirstEvidence;
use self::last_checks::LastChecks;
use self::readers::RoleReaders;
use self::wait_queue::WaitQueue;

/// What jobs remember for one another.
#[derive(Default)]
pub(super) struct Shared {
    /// The releases that wait for each target.
    pub(super) wait_queue: WaitQueue,
    /// The checks whether releases without a job were abandoned.
    pub(super) last_checks: LastChecks,
    /// The evidence that was found right after deployments failed.
    pub(super) first_evidence: FirstEvidence,
    /// The readers of the roles that actions name.
    pub(super) role_readers: RoleReaders,
}
