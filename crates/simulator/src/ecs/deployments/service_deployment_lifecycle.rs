//! State machine of a deployment (docs/aws.md §6.4).
//!
//! A deployment is `PENDING`, also while an older one of the service still
//! ends. Then it passes its lifecycle stages. In each stage, hooks and the
//! stage's own work run side by side, and both must end. A failure takes the
//! traffic back to the last good revision, in the same deployment.
//!
//! `due` tells the next event and its time, and [`ServiceDeployment::advance`]
//! carries it out.

use std::time::Duration;

use jiff::Timestamp;

use crate::ecs::service::{Service, Transition};
use crate::ecs::task_set_lifecycle::LAUNCH;

use super::cause::{Cause, NetworkProblem};
use super::due::{Environment, Event};
use super::settings::Settings;
use super::show;
use super::stage::{Place, Stage};
use super::state::{Phase, ServiceDeployment};

/// Time from a request to stop or roll back to its effect.
pub(super) const REQUEST: Duration = Duration::from_secs(3);

impl Service {
    /// Processes the next event of the deployment with this index.
    pub(in crate::ecs) fn advance_deployment(
        &mut self,
        index: usize,
        environment: Environment<'_>,
    ) {
        let next = self.deployments.all[index].next_event(self, index, environment);
        if let Some((at, event)) = next {
            self.with_deployment(index, environment.settings, at, |deployment, service| {
                deployment.advance(event, service, environment, at);
            });
        }
    }

    /// Lets a deployment and its service change together, and records what has
    /// become of the deployment.
    pub(super) fn with_deployment(
        &mut self,
        index: usize,
        settings: &Settings,
        at: Timestamp,
        change: impl FnOnce(&mut ServiceDeployment, &mut Self),
    ) {
        let mut deployment = self.deployments.all.remove(index);
        change(&mut deployment, self);
        let share = self.deployments.share(&deployment.target);
        deployment.record(share, at);
        if deployment.phase.is_final() && deployment.final_response.is_none() {
            deployment.final_response = Some(show::deployment(self, &deployment, settings));
        }
        self.deployments.all.insert(index, deployment);
    }
}

impl ServiceDeployment {
    fn advance(
        &mut self,
        event: Event,
        service: &mut Service,
        environment: Environment<'_>,
        at: Timestamp,
    ) {
        self.updated_at = at;
        match event {
            Event::Start => self.start(service, environment, at),
            Event::Stop => self.stop(service, at),
            Event::RollBack => self.roll_back(service, environment, at),
            Event::Fail(cause) => self.fail(&cause, service, environment, at),
            Event::HookEnds(index, outcome) => {
                let rolls_back = !self.is_running();
                let run = &mut self.hooks[index];
                run.outcome = Some(outcome);
                if run.goes_on(outcome) {
                    return;
                }
                if rolls_back {
                    return self.end(Phase::RollbackFailed, at);
                }
                let cause = Cause::Hook {
                    stage: run.stage,
                    target: run.target.clone(),
                    outcome,
                };
                self.fail(&cause, service, environment, at);
            }
            Event::StageEnds => {
                let next = self.place.and_then(|place| self.sequence().after(place));
                match next {
                    Some(place) => self.enter(place, service, environment, at),
                    None => self.succeed(service, at),
                }
            }
            Event::RollbackStepEnds(step) => self.go_back(step, service, environment, at),
        }
    }

    fn start(&mut self, service: &mut Service, environment: Environment<'_>, at: Timestamp) {
        self.started_at = Some(at);
        self.sources = service.running_revisions(&self.target);
        if self.sources.is_empty() {
            service.deployments.give_all_to(&self.target);
        }
        self.watch.ignored_alarms = self.active_alarms(environment);
        self.enter(self.sequence().first(), service, environment, at);
    }

    fn enter(
        &mut self,
        place: Place,
        service: &mut Service,
        environment: Environment<'_>,
        at: Timestamp,
    ) {
        self.place = Some(place);
        self.phase = Phase::Running { since: at };
        let is_shift = matches!(
            place.stage,
            Stage::TestTrafficShift | Stage::ProductionTrafficShift
        );
        if is_shift && let Some(problem) = self.network_problem(service) {
            return self.fail(&Cause::Network(problem), service, environment, at);
        }
        match place.stage {
            Stage::ReconcileService => {
                let good = self.blue(service);
                service.deployments.give_all_to(&good);
                service.deployments.test = None;
                service.drain_all_but(&[&good, &self.target], at);
            }
            Stage::ScaleUp => {
                if let Some(index) = service.index_of_revision(&self.target) {
                    service.task_sets[index].starts_later = false;
                    service.schedule(index, at + LAUNCH, Transition::Launch);
                }
            }
            Stage::TestTrafficShift => service.deployments.test = Some(self.target.clone()),
            Stage::ProductionTrafficShift => {
                let share = self.shifts()[place.step].share;
                let blue = self.blue(service);
                service.deployments.split(&self.target, share, &blue);
            }
            Stage::CleanUp => {
                service.deployments.give_all_to(&self.target);
                service.drain_all_but(&[&self.target], at);
            }
            Stage::PreScaleUp
            | Stage::PostScaleUp
            | Stage::PostTestTrafficShift
            | Stage::PreProductionTrafficShift
            | Stage::PostProductionTrafficShift
            | Stage::BakeTime => {}
        }
        if self.is_staged() {
            self.start_hooks(service, place.stage, at);
        }
    }

    pub(super) fn succeed(&mut self, service: &mut Service, at: Timestamp) {
        service.deployments.last_successful = Some(self.target.clone());
        service.deployments.test = None;
        self.end(Phase::Successful, at);
        let set = self.target_set(service).map(|set| set.id.clone());
        let text = format!(
            "(service {}) (deployment {}) deployment completed.",
            service.name,
            set.unwrap_or_default()
        );
        service.add_event(at, text);
    }

    /// Ends the deployment as its cause requires.
    fn fail(
        &mut self,
        cause: &Cause,
        service: &mut Service,
        environment: Environment<'_>,
        at: Timestamp,
    ) {
        let rolls_back = match cause {
            Cause::Alarms => {
                self.watch.triggered_alarms = self.active_alarms(environment);
                let alarms = self.configuration.alarms.as_ref();
                alarms.is_none_or(|alarms| alarms.rolls_back)
            }
            Cause::Breaker => {
                self.watch.breaker_triggered = true;
                let breaker = self.configuration.breaker.as_ref();
                breaker.is_none_or(|breaker| breaker.rolls_back)
            }
            Cause::Hook { .. }
            | Cause::StageTooLong(_)
            | Cause::TooLong
            | Cause::Network(_)
            | Cause::Stop
            | Cause::RollbackOfPause(_)
            | Cause::Superseded => true,
        };
        if rolls_back {
            self.reason = Some(cause.of_rollback(environment.settings));
            self.roll_back(service, environment, at);
        } else {
            self.reason = Some(cause.of_stop(environment.settings));
            self.abandon_hooks();
            self.phase = Phase::StopRequested {
                until: at + REQUEST,
            };
        }
    }

    /// Ends without a rollback. Traffic and tasks stay as they are, and no
    /// further tasks start.
    fn stop(&mut self, service: &mut Service, at: Timestamp) {
        if let Some(index) = service.index_of_revision(&self.target) {
            let set = &mut service.task_sets[index];
            if set.starts_later {
                let id = set.id.clone();
                service.drain(&id, at);
            } else if set.steady_since().is_none() {
                set.next = None;
            }
        }
        self.stopped_at = Some(at);
        self.end(Phase::Stopped, at);
    }

    pub(super) fn end(&mut self, phase: Phase, at: Timestamp) {
        self.abandon_hooks();
        self.phase = phase;
        self.finished_at = Some(at);
    }

    /// The revision that serves while this deployment shifts traffic, and that
    /// a rollback goes back to.
    pub(super) fn blue(&self, service: &Service) -> String {
        let deployments = &service.deployments;
        let good = deployments.last_successful.as_ref();
        let serving = deployments.production.iter().map(|(id, _)| id);
        let blue = good.into_iter().chain(serving).chain(&self.sources);
        let mut blue = blue.filter(|id| **id != self.target && self.sources.contains(id));
        blue.next().unwrap_or(&self.target).clone()
    }

    fn network_problem(&self, service: &Service) -> Option<NetworkProblem> {
        let problem = service.deployments.network_problem.clone();
        problem.filter(|_| self.shifts_traffic)
    }

    /// Its alarms that are on, apart from ignored ones.
    fn active_alarms(&self, environment: Environment<'_>) -> Vec<String> {
        let is_on = |name: &&str| environment.cloudwatch.first_active([*name]).is_some();
        let active = self.watched_alarms().filter(is_on);
        active.map(str::to_owned).collect()
    }
}
