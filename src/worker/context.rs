//! What all jobs of one worker share.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use clock::Clock;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::act::abandon::LastChecks;
use super::budget::Budget;
use super::claim::fair_share::FairShare;
use super::claim::in_flight::InFlight;
use super::claim::intake::Intake;
use super::claim::slots::Slots;
use super::events::Events;
use super::health::Health;
use super::journal::{Entry, Journal, JournalError, LeaseGuard, NotOurs};
use super::observe::first_evidence::FirstEvidence;
use super::observe::new_tasks::NewTasksReader;
use super::observe::observer::Observer;
use super::observe::wait_queue::WaitQueue;
use super::report::release_registry::{ReleaseRegistry, ReleaseStatus};
use super::role::{Observers, RoleObservers};
use super::start_lock::StartLocks;
use super::tuning::Tuning;
use crate::job::{AllowedRole, JobId};
use crate::policy::Gate;
use crate::ports::{CallError, CallErrorKind, EventBus, Ports, Sources};

/// Releases whose policies may be loaded in advance, while the release is being
/// read. Each takes a process of some ten megabytes; the others load theirs
/// later.
const MAX_PRELOADED: usize = 4;

/// What an operator may change while the worker works.
#[derive(Clone)]
struct ReloadableSettings {
    tuning: Tuning,
    policy: Option<Arc<Gate>>,
    roles: Arc<[AllowedRole]>,
}

/// The ports, clock, settings and shared state that every job needs.
#[derive(Clone)]
pub struct Context {
    pub(super) ports: Ports,
    /// Reads deployments for all jobs that use the same ports.
    pub(super) observer: Arc<Observer>,
    /// Reads the tasks that deployments start, likewise shared.
    pub(super) new_tasks: Arc<NewTasksReader>,
    /// The observers of the roles that actions name.
    pub(super) role_observers: Arc<RoleObservers>,
    /// The releases that wait for each deployment group.
    pub(super) wait_queue: Arc<WaitQueue>,
    /// The checks whether releases without a job were abandoned.
    pub(super) last_checks: Arc<LastChecks>,
    /// The evidence that was found right after deployments failed.
    pub(super) first_evidence: Arc<FirstEvidence>,
    pub(super) clock: Clock,
    pub(super) tuning: Tuning,
    pub(super) health: Arc<Health>,
    pub(super) budget: Arc<Budget>,
    pub(super) releases: ReleaseRegistry,
    pub(super) slots: Arc<Slots>,
    pub(super) heavy: Arc<FairShare>,
    pub(super) preloading: Arc<Semaphore>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    /// Lets one release at a time start a deployment of a service.
    pub(super) start_locks: Arc<StartLocks>,
    /// Sends release events, if there is an event bus.
    pub(super) events: Option<Events>,
    /// The lease under which the job is held.
    pub(super) lease_guard: LeaseGuard,
    pub(super) in_flight: InFlight,
    /// Judges every release before anything is registered.
    pub(super) policy: Option<Arc<Gate>>,
    /// The roles that an action may name.
    pub(super) roles: Arc<[AllowedRole]>,
    /// The settings for new jobs; a job keeps those it started with.
    next: Arc<Mutex<ReloadableSettings>>,
    /// Whether the worker takes jobs.
    intake: Arc<Intake>,
    /// Cancelled when the process ends.
    pub(super) stop: CancellationToken,
    /// Cancelled when the worker drains, temporarily or because the process
    /// ends: jobs in flight are handed back.
    pub(super) drain: CancellationToken,
    /// Cancelled when the time to hand jobs back is over.
    pub(super) cancel: CancellationToken,
    /// Cancelled when the worker has ended: none of its tasks may act any more.
    pub(super) end: CancellationToken,
}

impl Context {
    /// Creates the context of one worker, which ends when `stop` is cancelled.
    #[must_use]
    pub fn new(
        ports: Ports,
        clock: Clock,
        tuning: Tuning,
        journal: Option<Arc<dyn Journal>>,
        stop: CancellationToken,
    ) -> Self {
        let intake = Intake::new(&stop);
        let observers = Observers::new(&ports, &clock);
        let roles: Arc<[AllowedRole]> = Arc::default();
        let shared = journal.as_ref().and_then(|journal| journal.shared());
        let terms = ReloadableSettings {
            tuning,
            policy: None,
            roles: roles.clone(),
        };
        Self {
            observer: observers.deployments,
            new_tasks: observers.new_tasks,
            role_observers: Arc::default(),
            wait_queue: Arc::default(),
            last_checks: Arc::default(),
            first_evidence: Arc::default(),
            ports,
            start_locks: Arc::new(StartLocks::new(shared, &clock)),
            journal,
            events: None,
            lease_guard: LeaseGuard::unlimited(),
            in_flight: InFlight::default(),
            policy: None,
            roles,
            next: Arc::new(Mutex::new(terms)),
            budget: Arc::new(Budget::new(tuning.report_rate, &clock)),
            clock,
            tuning,
            health: Arc::default(),
            releases: ReleaseRegistry::default(),
            slots: Arc::new(Slots::new(tuning.max_jobs)),
            heavy: Arc::default(),
            preloading: Arc::new(Semaphore::new(MAX_PRELOADED)),
            drain: intake.token(),
            intake: Arc::new(intake),
            stop,
            cancel: CancellationToken::new(),
            end: CancellationToken::new(),
        }
    }

    /// Has `gate` judge every release before anything is registered.
    #[must_use]
    pub fn with_policy(self, gate: Gate) -> Self {
        self.next().policy = Some(Arc::new(gate));
        self.renewed()
    }

    /// Allows actions to name these roles.
    #[must_use]
    pub fn with_roles(self, roles: &[AllowedRole]) -> Self {
        self.next().roles = roles.into();
        self.renewed()
    }

    /// Sends release events to an event bus.
    #[must_use]
    pub fn with_events(
        self,
        bus: Arc<dyn EventBus>,
        sources: Arc<dyn Sources>,
        region: &str,
    ) -> Self {
        let events = Events::new(bus, sources, region, &self.budget, &self.clock);
        Self {
            events: Some(events),
            ..self
        }
    }

    /// The same context with other ports and their observers.
    #[must_use]
    pub(super) fn with_ports(self, ports: Ports, observers: Observers) -> Self {
        Self {
            observer: observers.deployments,
            new_tasks: observers.new_tasks,
            ports,
            ..self
        }
    }

    /// The status of the releases in flight and of recent ones, the latest
    /// first.
    #[must_use]
    pub fn releases(&self) -> Vec<ReleaseStatus> {
        self.releases.releases()
    }

    /// Changes the settings for jobs that start from now on. `max_jobs` stays
    /// as it is.
    pub fn change(&self, tuning: Tuning, gate: Option<Gate>, roles: &[AllowedRole]) {
        self.budget.set_ceiling(tuning.report_rate);
        let max_jobs = self.tuning.max_jobs;
        *self.next() = ReloadableSettings {
            tuning: Tuning { max_jobs, ..tuning },
            policy: gate.map(Arc::new),
            roles: roles.into(),
        };
    }

    /// Starts draining (no polls, jobs in flight are handed back) or takes jobs
    /// again. Returns whether this changed anything.
    pub fn set_draining(&self, draining: bool) -> bool {
        self.intake.set_draining(draining)
    }

    /// Whether the worker takes no jobs.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.intake.is_draining()
    }

    pub(super) async fn until_taking_jobs(&self) {
        self.intake.until_open().await;
    }

    /// The same context with the latest settings and the current drain token.
    #[must_use]
    pub(super) fn renewed(&self) -> Self {
        let ReloadableSettings {
            tuning,
            policy,
            roles,
        } = self.next().clone();
        Self {
            tuning,
            policy,
            roles,
            drain: self.intake.token(),
            ..self.clone()
        }
    }

    fn next(&self) -> MutexGuard<'_, ReloadableSettings> {
        self.next.lock().expect("nobody panics with the lock")
    }

    /// How many jobs could start now.
    #[must_use]
    pub fn slots_available(&self) -> usize {
        self.slots.available()
    }

    /// How long a job watches its deployment before it is handed back.
    pub(super) fn watch(&self) -> Duration {
        self.tuning.watch(self.health.jobs(), self.budget.rate())
    }

    /// Whether the poll loop is running.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let interval = self.next().tuning.poll_interval;
        self.health.is_alive(self.clock.now(), interval)
    }

    /// Whether the worker takes jobs and CodePipeline answers its polls.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let interval = self.next().tuning.poll_interval;
        !self.is_draining() && self.health.is_ready(self.clock.now(), interval)
    }

    /// The state behind the health endpoint.
    #[must_use]
    pub fn health(&self) -> Arc<Health> {
        self.health.clone()
    }

    /// The same context for jobs that are held under `lease_guard`.
    #[must_use]
    pub(super) fn with_lease_guard(&self, lease_guard: LeaseGuard) -> Self {
        Self {
            lease_guard,
            ..self.clone()
        }
    }

    /// Writes a job to the journal, if there is one.
    pub(super) async fn note(&self, entry: Entry) -> Result<(), JournalError> {
        match &self.journal {
            Some(journal) => self.lease_guard.while_held(journal.note(entry)).await?,
            None => Ok(()),
        }
    }

    /// Removes a job from the journal, if there is one.
    pub(super) async fn clear(&self, job: &JobId) -> Result<(), JournalError> {
        match &self.journal {
            Some(journal) => self.lease_guard.while_held(journal.clear(job)).await?,
            None => Ok(()),
        }
    }

    /// Runs a call that changes something for a job, but only while the job's
    /// lease is held. If the lease is lost meanwhile, the call may or may not
    /// have taken effect.
    pub(super) async fn while_lease_held<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let done = self.lease_guard.while_held(work).await;
        done.unwrap_or_else(|why| Err(lease_lost(call, why)))
    }

    /// How long the oldest job in flight has been running.
    pub(super) fn oldest_job(&self) -> Option<Duration> {
        let since = self.in_flight.oldest()?;
        let passed = self.clock.now().duration_since(since);
        Some(Duration::try_from(passed).unwrap_or_default())
    }

    /// Waits for `time` with 15 % jitter either way, so that many waits do not
    /// end together, or until the worker drains.
    pub(super) async fn pause(&self, time: Duration) {
        self.pause_within(time, 0.15).await;
    }

    /// Like `pause`, with a jitter of at most the fraction `spread` either way.
    pub(super) async fn pause_within(&self, time: Duration, spread: f64) {
        let jittered = time.mul_f64(1.0 + spread * (2.0 * fastrand::f64() - 1.0));
        tokio::select! {
            biased;
            () = self.clock.sleep(jittered) => {}
            () = self.drain.cancelled() => {}
        }
    }
}

fn lease_lost(call: &'static str, why: NotOurs) -> CallError {
    CallError {
        call,
        resource: None,
        kind: CallErrorKind::Unclear,
        code: "NoLease".into(),
        message: why.to_string(),
        request_id: None,
    }
}
