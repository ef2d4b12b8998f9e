//! What a job works with.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use parking_lot::MutexGuard;
use tokio_util::sync::CancellationToken;

use super::events::Events;
use super::health::Health;
use super::journal::{Entry, Journal, JournalError, LeaseGuard, NotOurs};
use super::lifecycle::Lifecycle;
use super::settings::Settings;
use super::shared::Shared;
use super::shared::readers::SharedReaders;
use super::shared::release_registry::ReleaseStatus;
use super::tuning::Tuning;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::job::{AllowedRole, DeploymentId, Engine, JobId};
use crate::policy::Gate;
use crate::ports::{CallError, CallErrorKind, EventBus, Objects, Ports, Sources, StopAnswer};
use crate::rollout::description::is_own;
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::step::{Deploying, StopMode};

/// How much longer or shorter a wait may be, as a fraction of it, so that many
/// waits do not end together.
const JITTER: f64 = 0.15;

/// The ports, settings and clock of one job, and what it shares with the
/// others.
///
/// The members up to `lifecycle`, which has the hand-back token, may differ
/// from job to job; the others are the worker's.
#[derive(Clone)]
pub struct Context {
    /// The worker's own, or those of the role that the action names.
    pub(super) ports: Ports,
    /// Shared by all jobs that use the same ports.
    pub(super) readers: SharedReaders,
    /// A job keeps the settings it started with.
    pub(super) settings: Settings,
    /// The lease under which the job is held.
    pub(super) lease_guard: LeaseGuard,
    pub(super) lifecycle: Lifecycle,
    pub(super) clock: Clock,
    pub(super) shared: Arc<Shared>,
    /// Sends release events, if there is an event bus.
    pub(super) events: Option<Events>,
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
        let settings = Settings {
            tuning,
            policy: None,
            roles: Arc::default(),
        };
        Self {
            readers: SharedReaders::new(&ports, &clock),
            ports,
            shared: Arc::new(Shared::new(settings.clone(), journal, &clock)),
            clock,
            settings,
            lease_guard: LeaseGuard::unlimited(),
            lifecycle: Lifecycle::new(stop),
            events: None,
        }
    }

    /// Has `gate` judge every release before anything is registered.
    #[must_use]
    pub fn with_policy(self, gate: Gate) -> Self {
        self.latest_settings().policy = Some(Arc::new(gate));
        self.for_new_jobs()
    }

    /// Allows actions to name these roles.
    #[must_use]
    pub fn with_roles(self, roles: &[AllowedRole]) -> Self {
        self.latest_settings().roles = roles.into();
        self.for_new_jobs()
    }

    /// Sends release events to an event bus.
    #[must_use]
    pub fn with_events(
        self,
        bus: Arc<dyn EventBus>,
        sources: Arc<dyn Sources>,
        region: &str,
    ) -> Self {
        let events = Events::new(
            bus,
            sources,
            region,
            &self.shared.limits.budget,
            &self.clock,
        );
        Self {
            events: Some(events),
            ..self
        }
    }

    /// The same context with other ports and their readers.
    #[must_use]
    pub(super) fn with_ports(self, ports: Ports, readers: SharedReaders) -> Self {
        Self {
            ports,
            readers,
            ..self
        }
    }

    /// The status of the releases in flight and of recent ones, the latest
    /// first.
    #[must_use]
    pub fn releases(&self) -> Vec<ReleaseStatus> {
        self.shared.releases.releases()
    }

    /// The bucket of the journal, if several workers share it.
    #[must_use]
    pub fn shared_journal(&self) -> Option<Arc<dyn Objects>> {
        self.shared.journal.as_ref()?.shared()
    }

    /// Changes the settings for jobs that start from now on. `max_jobs` stays
    /// as it is.
    pub fn change(&self, tuning: Tuning, gate: Option<Gate>, roles: &[AllowedRole]) {
        self.shared.limits.budget.set_ceiling(tuning.max_call_rate);
        let max_jobs = self.settings.tuning.max_jobs;
        *self.latest_settings() = Settings {
            tuning: Tuning { max_jobs, ..tuning },
            policy: gate.map(Arc::new),
            roles: roles.into(),
        };
    }

    /// Starts draining (no polls, jobs in flight are handed back) or takes jobs
    /// again. Returns whether this changed anything.
    pub fn set_draining(&self, draining: bool) -> bool {
        self.lifecycle.intake().set_draining(draining)
    }

    /// Whether the worker takes no jobs.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.lifecycle.intake().is_draining()
    }

    pub(super) async fn until_taking_jobs(&self) {
        self.lifecycle.intake().until_open().await;
    }

    /// The same context with the latest settings and the current hand-back token.
    #[must_use]
    pub(super) fn for_new_jobs(&self) -> Self {
        Self {
            settings: self.latest_settings().clone(),
            lifecycle: self.lifecycle.for_new_jobs(),
            ..self.clone()
        }
    }

    fn latest_settings(&self) -> MutexGuard<'_, Settings> {
        self.shared.latest_settings.lock()
    }

    /// How many jobs could start now.
    #[must_use]
    pub fn slots_available(&self) -> usize {
        self.shared.limits.slots.available()
    }

    /// How long a job watches its deployment before it is handed back.
    pub(super) fn watch(&self) -> Duration {
        let rate = self.shared.limits.budget.rate();
        self.settings.tuning.watch(self.shared.health.jobs(), rate)
    }

    /// Whether the poll loop is running.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let interval = self.latest_settings().tuning.poll_interval;
        self.shared.health.is_alive(self.clock.now(), interval)
    }

    /// Whether the worker takes jobs and CodePipeline answers its polls.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let interval = self.latest_settings().tuning.poll_interval;
        let polls = self.slots_available() > 0;
        let health = &self.shared.health;
        !self.is_draining() && health.is_ready(self.clock.now(), interval, polls)
    }

    /// The state behind the health endpoint.
    #[must_use]
    pub fn health(&self) -> Arc<Health> {
        self.shared.health.clone()
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
    pub(super) async fn record(&self, entry: Entry) -> Result<(), JournalError> {
        match &self.shared.journal {
            Some(journal) => self.lease_guard.while_held(journal.record(entry)).await?,
            None => Ok(()),
        }
    }

    /// Removes a job from the journal, if there is one.
    pub(super) async fn clear(&self, job: &JobId) -> Result<(), JournalError> {
        match &self.shared.journal {
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

    /// Whether a deployment is the release's: this worker has created it for the
    /// release, or AWS shows that it is.
    pub(super) fn is_own(
        &self,
        seen: &DeploymentSeen,
        step: &Deploying,
        job: &Job,
        request: &Request,
    ) -> bool {
        let own = &self.shared.own;
        own.has_deployment(&step.deployment, &job.key()) || is_own(seen, step, job, request)
    }

    /// Stops a deployment, but only while the job's lease is held.
    pub(super) async fn stop_deployment(
        &self,
        deployment: &DeploymentId,
        mode: StopMode,
    ) -> Result<StopAnswer, CallError> {
        let call = match deployment.engine() {
            Engine::CodeDeploy => "codedeploy:StopDeployment",
            Engine::Ecs => "ecs:StopServiceDeployment",
        };
        let stop = self.ports.deployments.stop(deployment, mode);
        self.while_lease_held(call, stop).await
    }

    /// How long the oldest job in flight has been running.
    pub(super) fn oldest_job(&self) -> Option<Duration> {
        let since = self.shared.in_flight.oldest()?;
        let passed = self.clock.now().duration_since(since);
        Some(Duration::try_from(passed).unwrap_or_default())
    }

    /// Waits for `time` with [`JITTER`], or until jobs are to be handed back.
    pub(super) async fn pause(&self, time: Duration) {
        self.pause_within(time, JITTER).await;
    }

    /// Like `pause`, with a jitter of at most the fraction `spread` either way.
    pub(super) async fn pause_within(&self, time: Duration, spread: f64) {
        let jittered = time.mul_f64(1.0 + spread * (2.0 * fastrand::f64() - 1.0));
        tokio::select! {
            biased;
            () = self.clock.sleep(jittered) => {}
            () = self.lifecycle.hand_back.cancelled() => {}
        }
    }
}

fn lease_lost(call: &'static str, why: NotOurs) -> CallError {
    CallError::new(call, CallErrorKind::Unclear, "NoLease", why.to_string())
}
