//! What happens next to a service's deployments, and when.

use std::time::Duration;

use jiff::Timestamp;

use crate::cloudwatch::CloudWatch;
use crate::ecs::service::{Service, TaskSet};

use super::cause::Cause;
use super::lambda::{Lambdas, Outcome};
use super::settings::{CircuitBreaker, Settings};
use super::stage::Stage;
use super::state::{Phase, RollbackStep, ServiceDeployment};

/// Time from creation to the first stage.
pub(super) const START: Duration = Duration::from_secs(2);
/// Duration of a stage without work or hooks.
const STEP: Duration = Duration::from_secs(1);
/// Time to remove the tasks of a revision, and a little more.
const CLEAN_UP: Duration = Duration::from_secs(30);
/// Time limit of a stage, and of a deployment (docs/aws.md §6.8).
const STAGE_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);
const LIMIT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// State outside a service that its deployments depend on.
#[derive(Clone, Copy)]
pub(in crate::ecs) struct Environment<'a> {
    pub(in crate::ecs) cloudwatch: &'a CloudWatch,
    pub(in crate::ecs) lambdas: &'a Lambdas,
    pub(in crate::ecs) settings: &'a Settings,
}

/// What happens next to a deployment.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Start,
    Stop,
    RollBack,
    /// Something other than a hook ends it early.
    Fail(Cause),
    /// The hook with this index ends.
    HookEnds(usize, Outcome),
    /// The work of the current stage is done.
    StageEnds,
    /// The work of this part of the rollback is done.
    RollbackStepEnds(RollbackStep),
}

impl Service {
    /// The time of the next event of all its deployments, and the deployment's index.
    pub(in crate::ecs) fn next_deployment_due(
        &self,
        environment: Environment<'_>,
    ) -> Option<(Timestamp, usize)> {
        let all = self.deployments.all.iter().enumerate();
        all.filter_map(|(index, deployment)| {
            let (at, _) = deployment.next_event(self, index, environment)?;
            Some((at, index))
        })
        .min()
    }

    /// When the deployments before this one had ended; `None` while one has
    /// not.
    fn free_since(&self, index: usize) -> Option<Option<Timestamp>> {
        let earlier = &self.deployments.all[..index];
        let all_ended = earlier.iter().all(|one| one.phase.is_final());
        all_ended.then(|| earlier.iter().filter_map(|one| one.finished_at).max())
    }
}

impl ServiceDeployment {
    /// The next event, and its time. Its hooks come before the work of its
    /// stage, and what ends it early before both.
    pub(super) fn next_event(
        &self,
        service: &Service,
        index: usize,
        environment: Environment<'_>,
    ) -> Option<(Timestamp, Event)> {
        // A newer deployment waits until the older ones have ended.
        let once_free = |due: Timestamp| {
            let free_since = service.free_since(index)?;
            Some(free_since.map_or(due, |free| free.max(due)))
        };
        let hook = || {
            let (hook, at, outcome) = self.next_hook_end(environment)?;
            Some((at, Event::HookEnds(hook, outcome)))
        };
        let (at, event) = match self.phase {
            Phase::Pending => (once_free(self.created_at + START)?, Event::Start),
            Phase::StopRequested { until } => (until, Event::Stop),
            Phase::RollbackRequested { until } => (once_free(until)?, Event::RollBack),
            Phase::Running { since } => {
                let failure = self.failure(service, since, environment);
                let failure = failure.map(|(at, cause)| (at, Event::Fail(cause)));
                let stage = || Some((self.work_ends(service, since)?, Event::StageEnds));
                let all = failure.into_iter().chain(hook().or_else(stage));
                all.min_by_key(|(at, _)| (*at).max(self.updated_at))?
            }
            Phase::RollingBack { step, since } => {
                hook().unwrap_or_else(|| (since + self.takes(step), Event::RollbackStepEnds(step)))
            }
            Phase::Successful | Phase::Stopped | Phase::RolledBack | Phase::RollbackFailed => {
                return None;
            }
        };
        Some((at.max(self.updated_at), event))
    }

    /// When the work of the current stage ends, apart from its hooks; `None`
    /// while that depends on tasks.
    fn work_ends(&self, service: &Service, since: Timestamp) -> Option<Timestamp> {
        let place = self.place?;
        let time = match place.stage {
            Stage::ScaleUp => return self.target_set(service)?.steady_since(),
            Stage::TestTrafficShift => self.shift_takes,
            Stage::ProductionTrafficShift => {
                let shifts = self.shifts();
                let bake = shifts.get(place.step).map(|shift| shift.bake);
                self.shift_takes + bake.unwrap_or_default()
            }
            Stage::BakeTime if self.sources.is_empty() => Duration::ZERO,
            Stage::BakeTime => self.configuration.bake,
            Stage::ReconcileService | Stage::CleanUp => CLEAN_UP,
            Stage::PreScaleUp
            | Stage::PostScaleUp
            | Stage::PostTestTrafficShift
            | Stage::PreProductionTrafficShift
            | Stage::PostProductionTrafficShift => STEP,
        };
        Some(since + time)
    }

    fn takes(&self, step: RollbackStep) -> Duration {
        match step {
            RollbackStep::Production | RollbackStep::Test => self.shift_takes,
            RollbackStep::CleanUp => CLEAN_UP,
        }
    }

    /// What ends the deployment early that is in its stage since then, and when.
    /// Hooks are not meant.
    fn failure(
        &self,
        service: &Service,
        since: Timestamp,
        environment: Environment<'_>,
    ) -> Option<(Timestamp, Cause)> {
        let stage = self.place?.stage;
        if stage == Stage::CleanUp {
            return None;
        }
        let alarm = self.active_alarm(environment);
        // The other stages end by themselves, and pauses may be longer.
        let stage_limit = (stage == Stage::ScaleUp).then_some(since + STAGE_LIMIT);
        [
            alarm.map(|at| (at, Cause::Alarms)),
            self.breaker_opens(service, stage, environment.settings)
                .map(|at| (at, Cause::Breaker)),
            stage_limit.map(|at| (at, Cause::StageTooLong(stage))),
            Some((self.created_at + LIMIT, Cause::TooLong)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }

    /// Since when an alarm is on that was not on at the start.
    fn active_alarm(&self, environment: Environment<'_>) -> Option<Timestamp> {
        let first = environment.cloudwatch.first_active(self.watched_alarms());
        first.map(|(_, since)| since)
    }

    /// The names of its alarms, apart from those that were on at the start.
    pub(super) fn watched_alarms(&self) -> impl Iterator<Item = &str> {
        let names = self.configuration.alarms.iter().flat_map(|it| &it.names);
        names
            .filter(|name| !self.watch.ignored_alarms.contains(name))
            .map(String::as_str)
    }

    /// When the circuit breaker counted the failure that ends the deployment.
    fn breaker_opens(
        &self,
        service: &Service,
        stage: Stage,
        settings: &Settings,
    ) -> Option<Timestamp> {
        let breaker = self.configuration.breaker?;
        let counts = match settings.circuit_breaker {
            CircuitBreaker::ScaleUp => stage == Stage::ScaleUp,
            CircuitBreaker::Always => true,
            CircuitBreaker::OnlyRolling => !self.is_staged() && stage == Stage::ScaleUp,
        };
        let failures = self.target_set(service)?.failures;
        let threshold = breaker.threshold(service.desired);
        (counts && self.failure_count(service) >= threshold)
            .then_some(failures.last_at)
            .flatten()
    }

    /// The failures that the circuit breaker has counted.
    pub(super) fn failure_count(&self, service: &Service) -> u32 {
        let resets = self.configuration.breaker.is_none_or(|one| one.resets);
        self.target_set(service).map_or(0, |set| match resets {
            true => set.failures.in_a_row,
            false => set.failures.total,
        })
    }

    /// The task set of the new revision, while it exists.
    pub(super) fn target_set<'a>(&self, service: &'a Service) -> Option<&'a TaskSet> {
        service.set_of(&self.target)
    }
}
