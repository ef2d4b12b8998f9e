//! What all visits of one worker share.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::board::{Board, ReleaseStanding};
use super::budget::Budget;
use super::fair_share::FairShare;
use super::first_looks::FirstLooks;
use super::health::Health;
use super::in_flight::InFlight;
use super::intake::Intake;
use super::journal::{Entry, Journal, JournalTrouble, NotOurs, Tenure};
use super::new_tasks::NewTasksReader;
use super::observer::Observer;
use super::role::{Observers, RoleObservers};
use super::slots::Slots;
use super::waiters::Waiters;
use crate::clock::Clock;
use crate::config::{Rate, Settings};
use crate::job::{AllowedRole, JobId};
use crate::policy::Gate;
use crate::ports::{Nature, Ports, Trouble};

/// Releases for which a process may read the rules while they are looked at.
/// Each takes some ten megabytes for as long, and the rest can wait.
const READING_AHEAD: usize = 4;

/// The longest that a visit watches, however many are in flight: a report
/// every ten minutes keeps far from any time-out that a job may have
/// (aws-facts §1.3).
const LONGEST_WATCH: Duration = Duration::from_secs(10 * 60);

/// Calls to CodePipeline that one visit costs: claiming it and reporting it,
/// its share of the polls, and half a question whether it was abandoned.
const CALLS_A_VISIT: f64 = 3.0;

/// Calls a second that visits share however many more there may be: what is
/// under way needs no more, and those who call CodePipeline beside us may.
const MOST_FOR_VISITS: f64 = 4.0;

/// How fast a worker works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    pub poll_interval: Duration,
    pub observe_interval: Duration,
    pub watch: Duration,
    pub report_rate: Rate,
    pub max_jobs: usize,
}

impl From<&Settings> for Pace {
    fn from(settings: &Settings) -> Self {
        Self {
            poll_interval: settings.poll_interval,
            observe_interval: settings.observe_interval,
            watch: settings.watch,
            report_rate: settings.report_rate,
            max_jobs: settings.max_jobs,
        }
    }
}

impl Pace {
    /// How long a visit watches while `in_flight` visits share the calls of
    /// this rate.
    fn watch(&self, in_flight: usize, rate: Rate) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            reason = "there are at most ten thousand visits"
        )]
        let needed = in_flight as f64 * CALLS_A_VISIT / rate.0.min(MOST_FOR_VISITS);
        Duration::from_secs_f64(needed)
            .max(self.watch)
            .min(LONGEST_WATCH.max(self.watch))
    }
}

/// What an operator may change while the worker works.
#[derive(Clone)]
struct Terms {
    pace: Pace,
    policy: Option<Arc<Gate>>,
    roles: Arc<[AllowedRole]>,
}

/// Everything that a visit needs, shared by all of them.
#[derive(Clone)]
pub struct Hands {
    pub(super) ports: Ports,
    /// Looks at deployments, for all who have the same ports.
    pub(super) observer: Arc<Observer>,
    /// Reads the tasks that deployments start, for the same.
    pub(super) new_tasks: Arc<NewTasksReader>,
    /// The same for roles that actions name.
    pub(super) role_observers: Arc<RoleObservers>,
    /// Who waits for which deployment group.
    pub(super) waiters: Arc<Waiters>,
    /// What was seen of deployments that had just failed.
    pub(super) first_looks: Arc<FirstLooks>,
    pub(super) clock: Clock,
    pub(super) pace: Pace,
    pub(super) health: Arc<Health>,
    pub(super) budget: Arc<Budget>,
    pub(super) board: Board,
    pub(super) slots: Arc<Slots>,
    pub(super) heavy: Arc<FairShare>,
    pub(super) reading_ahead: Arc<Semaphore>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    /// What the job of this visit is held by.
    pub(super) tenure: Tenure,
    pub(super) in_flight: InFlight,
    /// Asked about every release before anything is registered.
    pub(super) policy: Option<Arc<Gate>>,
    /// Roles that a release may be carried out with.
    pub(super) roles: Arc<[AllowedRole]>,
    /// What the next visits work by; a visit keeps to what it began with.
    next: Arc<Mutex<Terms>>,
    /// Whether jobs are taken.
    intake: Arc<Intake>,
    /// Cancelled when the process ends.
    pub(super) stop: CancellationToken,
    /// Cancelled when the worker drains, for a while or because the process
    /// ends: hand back what is in hand.
    pub(super) drain: CancellationToken,
    /// Cancelled when there is no more time to hand back politely.
    pub(super) hurry: CancellationToken,
    /// Cancelled when the worker is gone: nothing of it acts any more.
    pub(super) end: CancellationToken,
}

impl Hands {
    /// A worker's hands; `stop` asks them to let go and end.
    #[must_use]
    pub fn new(
        ports: Ports,
        clock: Clock,
        pace: Pace,
        journal: Option<Arc<dyn Journal>>,
        stop: CancellationToken,
    ) -> Self {
        let intake = Intake::new(&stop);
        let observers = Observers::new(&ports, &clock);
        let roles: Arc<[AllowedRole]> = Arc::default();
        let terms = Terms {
            pace,
            policy: None,
            roles: roles.clone(),
        };
        Self {
            observer: observers.deployments,
            new_tasks: observers.new_tasks,
            role_observers: Arc::default(),
            waiters: Arc::default(),
            first_looks: Arc::default(),
            ports,
            journal,
            tenure: Tenure::unlimited(),
            in_flight: InFlight::default(),
            policy: None,
            roles,
            next: Arc::new(Mutex::new(terms)),
            budget: Arc::new(Budget::new(pace.report_rate, &clock)),
            clock,
            pace,
            health: Arc::default(),
            board: Board::default(),
            slots: Arc::new(Slots::new(pace.max_jobs)),
            heavy: Arc::default(),
            reading_ahead: Arc::new(Semaphore::new(READING_AHEAD)),
            drain: intake.token(),
            intake: Arc::new(intake),
            stop,
            hurry: CancellationToken::new(),
            end: CancellationToken::new(),
        }
    }

    /// The same hands, that register nothing which the policies refuse.
    #[must_use]
    pub fn with_policy(self, gate: Gate) -> Self {
        self.next().policy = Some(Arc::new(gate));
        self.renewed()
    }

    /// The same hands, that take these roles where a pipeline asks for one.
    #[must_use]
    pub fn with_roles(self, roles: &[AllowedRole]) -> Self {
        self.next().roles = roles.into();
        self.renewed()
    }

    /// The same hands with other ports, and who looks through them.
    #[must_use]
    pub(super) fn with_ports(self, ports: Ports, observers: Observers) -> Self {
        Self {
            observer: observers.deployments,
            new_tasks: observers.new_tasks,
            ports,
            ..self
        }
    }

    /// Where the releases stand that this worker has in hand or had lately,
    /// the latest first.
    #[must_use]
    pub fn releases(&self) -> Vec<ReleaseStanding> {
        self.board.releases()
    }

    /// What visits work by that begin from now on; how many there may be at
    /// once stays as it is.
    pub fn change(&self, pace: Pace, gate: Option<Gate>, roles: &[AllowedRole]) {
        self.budget.set_ceiling(pace.report_rate);
        let max_jobs = self.pace.max_jobs;
        *self.next() = Terms {
            pace: Pace { max_jobs, ..pace },
            policy: gate.map(Arc::new),
            roles: roles.into(),
        };
    }

    /// Polls no more and hands back what is in hand, or takes jobs again;
    /// answers whether this changed anything.
    pub fn set_draining(&self, draining: bool) -> bool {
        self.intake.set_draining(draining)
    }

    /// Whether no jobs are taken.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.intake.is_draining()
    }

    pub(super) async fn until_taking_jobs(&self) {
        self.intake.until_open().await;
    }

    /// The same hands, as the operator wants them now.
    #[must_use]
    pub(super) fn renewed(&self) -> Self {
        let Terms {
            pace,
            policy,
            roles,
        } = self.next().clone();
        Self {
            pace,
            policy,
            roles,
            drain: self.intake.token(),
            ..self.clone()
        }
    }

    fn next(&self) -> MutexGuard<'_, Terms> {
        self.next.lock().expect("nobody panics with the lock")
    }

    /// Jobs that could begin at once.
    #[must_use]
    pub fn slots_available(&self) -> usize {
        self.slots.available()
    }

    /// How long a visit watches before it hands its job back.
    pub(super) fn watch(&self) -> Duration {
        self.pace.watch(self.health.visits(), self.budget.rate())
    }

    /// Whether the poll loop turns.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let interval = self.next().pace.poll_interval;
        self.health.is_alive(self.clock.now(), interval)
    }

    /// Whether jobs are taken and CodePipeline answers our polls.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let interval = self.next().pace.poll_interval;
        !self.is_draining() && self.health.is_ready(self.clock.now(), interval)
    }

    /// What the health endpoint tells.
    #[must_use]
    pub fn health(&self) -> Arc<Health> {
        self.health.clone()
    }

    /// The same hands, for jobs that are held by `tenure`.
    #[must_use]
    pub(super) fn under(&self, tenure: Tenure) -> Self {
        Self {
            tenure,
            ..self.clone()
        }
    }

    /// Notes a job in the journal, where there is one.
    pub(super) async fn note(&self, entry: Entry) -> Result<(), JournalTrouble> {
        match &self.journal {
            Some(journal) => self.tenure.while_ours(journal.note(entry)).await?,
            None => Ok(()),
        }
    }

    /// Removes a job from the journal, where there is one.
    pub(super) async fn clear(&self, job: &JobId) -> Result<(), JournalTrouble> {
        match &self.journal {
            Some(journal) => self.tenure.while_ours(journal.clear(job)).await?,
            None => Ok(()),
        }
    }

    /// Does what changes the world for a job, while the job is surely ours.
    /// Where that is not so, what was begun may have happened or not.
    pub(super) async fn surely<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let done = self.tenure.while_ours(work).await;
        done.unwrap_or_else(|why| Err(not_surely(call, why)))
    }

    /// How long the oldest job has been worked on.
    pub(super) fn oldest_visit(&self) -> Option<Duration> {
        let since = self.in_flight.oldest()?;
        let passed = self.clock.now().duration_since(since);
        Some(Duration::try_from(passed).unwrap_or_default())
    }

    /// Waits for about `time`, a little less or more so that many waits do not
    /// fall together, or until the worker drains.
    pub(super) async fn pause(&self, time: Duration) {
        self.pause_within(time, 0.15).await;
    }

    /// The same, at most the share `spread` of it less or more.
    pub(super) async fn pause_within(&self, time: Duration, spread: f64) {
        let jittered = time.mul_f64(1.0 + spread * (2.0 * fastrand::f64() - 1.0));
        tokio::select! {
            biased;
            () = self.clock.sleep(jittered) => {}
            () = self.drain.cancelled() => {}
        }
    }
}

fn not_surely(call: &'static str, why: NotOurs) -> Trouble {
    Trouble {
        call,
        resource: None,
        nature: Nature::Unclear,
        code: "NoLease".into(),
        message: why.to_string(),
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_watch_longer_when_many_share_the_budget() {
        let pace = Pace {
            poll_interval: Duration::from_secs(5),
            observe_interval: Duration::from_secs(10),
            watch: Duration::from_secs(20),
            report_rate: Rate(40.0),
            max_jobs: 1000,
        };
        let watch = |in_flight| pace.watch(in_flight, Rate(5.0));
        assert_eq!(watch(1), Duration::from_secs(20));
        assert_eq!(watch(26), Duration::from_secs(20));
        assert_eq!(watch(400), Duration::from_secs(300));
        assert_eq!(pace.watch(400, Rate(40.0)), watch(400));
        assert_eq!(pace.watch(100, Rate(1.0)), Duration::from_secs(300));
        assert_eq!(watch(800), LONGEST_WATCH);
        assert_eq!(watch(5000), LONGEST_WATCH);
    }
}
