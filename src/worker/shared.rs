//! What the jobs of one worker share: limits, the journal, and what they
//! remember for one another. None of it makes a decision about a release.

pub(super) mod batch_reader;
mod first_evidence;
pub(super) mod in_flight;
mod last_checks;
pub(super) mod new_tasks_reader;
mod own_creations;
pub(super) mod readers;
pub(super) mod release_registry;
pub(super) mod wait_queue;

use std::sync::Arc;

use clock::Clock;
use parking_lot::Mutex;

use self::first_evidence::FirstEvidence;
use self::in_flight::InFlight;
use self::last_checks::LastChecks;
use self::own_creations::OwnCreations;
use self::readers::RoleReaders;
use self::release_registry::ReleaseRegistry;
use self::wait_queue::WaitQueue;
use super::health::Health;
use super::journal::Journal;
use super::limits::Limits;
use super::settings::Settings;
use super::start_lock::StartLocks;

/// What all jobs of one worker share.
pub(super) struct Shared {
    /// The settings for new jobs.
    pub(super) latest_settings: Mutex<Settings>,
    pub(super) limits: Limits,
    pub(super) health: Arc<Health>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    pub(super) releases: ReleaseRegistry,
    pub(super) in_flight: InFlight,
    /// Lets one release at a time start a deployment of a service.
    pub(super) start_locks: StartLocks,
    /// The releases that wait for each target.
    pub(super) wait_queue: WaitQueue,
    /// The checks whether releases without a job were abandoned.
    pub(super) last_checks: LastChecks,
    /// The evidence that was found right after deployments failed.
    pub(super) first_evidence: FirstEvidence,
    /// What this worker has created.
    pub(super) own: OwnCreations,
    /// The readers of the roles that actions name.
    pub(super) role_readers: RoleReaders,
}

impl Shared {
    pub(super) fn new(
        settings: Settings,
        journal: Option<Arc<dyn Journal>>,
        clock: &Clock,
    ) -> Self {
        let locks_in = journal.as_ref().and_then(|journal| journal.shared());
        Self {
            limits: Limits::new(&settings.tuning, clock),
            latest_settings: Mutex::new(settings),
            health: Arc::default(),
            journal,
            releases: ReleaseRegistry::default(),
            in_flight: InFlight::default(),
            start_locks: StartLocks::new(locks_in, clock),
            wait_queue: WaitQueue::default(),
            last_checks: LastChecks::default(),
            first_evidence: FirstEvidence::default(),
            own: OwnCreations::default(),
            role_readers: RoleReaders::default(),
        }
    }
}
