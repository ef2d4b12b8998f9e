//! State machine of a deployment (docs/aws.md §6.4).
//!
//! A deployment is `PENDING`, also while an older one of the service still
//! ends. Then it passes its lifecycle stages. In each stage, hooks and the
//! stage's own work run side by side, and both must end. A failure takes the
//! traffic back to the last good revision, in the same deployment.
//!
//! `due` computes the time of the next event and [`ServiceDeployment::advance`]
//! carries it out. What ends a deployment early comes before its stages.

use std::time::Duration;

use jiff::Timestamp;

use crate::cloudwatch::AlarmState;
use crate::ecs::service::{Service, Transition};
use crate::ecs::task_set_lifecycle::LAUNCH;

use super::cause::Cause;
use super::due::Environment;
use super::network::NetworkProblem;
use super::show;
use super::stage::{Place, Stage, StageSequence};
use super::state::{Phase, ServiceDeployment};
use super::strategy::Strategy;

/// Time from a request to stop or roll back to its effect.
pub(super) const REQUEST: Duration = Duration::from_secs(3);

impl Service {
    /// Processes the event of the deployment with this index.
    pub(in crate::ecs) fn advance_deployment(
        &mut self,
        index: usize,
        environment: Environment<'_>,
        at: Timestamp,
    ) {
        self.with_deployment(index, |deployment, service| {
            deployment.advance(service, environment, at);
            let share = service.deployments.share(&deployment.target);
            deployment.record(share, at);
        });
        let service = &*self;
        let deployment = &service.deployments.all[index];
        if deployment.phase.is_final() && deployment.final_response.is_none() {
            let shown = show::deployment(service, deployment, environment.settings);
            self.deployments.all[index].final_response = Some(shown);
        }
    }

    /// Lets a deployment and its service change together.
    pub(super) fn with_deployment(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut ServiceDeployment, &mut Self),
    ) {
        let mut deployment = self.deployments.all.remove(index);
        change(&mut deployment, self);
        self.deployments.all.insert(index, deployment);
    }
}

impl ServiceDeployment {
    fn advance(&mut self, service: &mut Service, environment: Environment<'_>, at: Timestamp) {
        self.updated_at = at;
        match self.phase {
            Phase::Pending => self.start(service, environment, at),
            Phase::Running { .. } => self.go_on(service, environment, at),
            Phase::StopRequested { .. } => self.stop(service, at),
            Phase::RollbackRequested { .. } => self.roll_back(service, environment, at),
            Phase::RollingBack { step, .. } => self.go_back(step, service, environment, at),
            Phase::Successful | Phase::Stopped | Phase::RolledBack | Phase::RollbackFailed => {}
        }
    }

    fn start(&mut self, service: &mut Service, environment: Environment<'_>, at: Timestamp) {
        self.started_at = Some(at);
        self.sources = service.running_revisions(&self.target);
        if self.sources.is_empty() {
            service.deployments.give_all_to(&self.target);
        }
        self.watch.ignored_alarms = self.alarms_in(environment, AlarmState::Alarm);
        let sequence = StageSequence {
            is_staged: self.configuration.strategy != Strategy::Rolling,
            reconciles: self.sources.len() > 1,
            has_test_traffic: self.has_test_traffic(service),
            steps: self.shifts().len(),
        };
        self.sequence = Some(sequence);
        self.enter(sequence.first(), service, environment, at);
    }

    /// Processes the due event of the current stage.
    fn go_on(&mut self, service: &mut Service, environment: Environment<'_>, at: Timestamp) {
        if let Some((_, cause)) = self
            .failure(service, environment)
            .filter(|(due, _)| *due <= at)
        {
            return self.fail(&cause, service, environment, at);
        }
        if let Some((index, _, outcome)) = self.next_hook_end(environment) {
            let run = &mut self.hooks[index];
            run.outcome = Some(outcome);
            if !run.goes_on(outcome) {
                let cause = Cause::of_hook(run, outcome);
                self.fail(&cause, service, environment, at);
            }
            return;
        }
        let next = self
            .sequence
            .zip(self.place)
            .map(|(sequence, place)| sequence.after(place));
        match next.flatten() {
            Some(place) => self.enter(place, service, environment, at),
            None => self.succeed(service, at),
        }
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
            Stage::TestTrafficShift => {
                if let Some(problem) = self.network_problem(service) {
                    return self.fail(&Cause::Network(problem), service, environment, at);
                }
                service.deployments.test = Some(self.target.clone());
            }
            Stage::ProductionTrafficShift => {
                if let Some(problem) = self.network_problem(service) {
                    return self.fail(&Cause::Network(problem), service, environment, at);
                }
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
        if self.sequence.is_some_and(|sequence| sequence.is_staged) {
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
    pub(super) fn fail(
        &mut self,
        cause: &Cause,
        service: &mut Service,
        environment: Environment<'_>,
        at: Timestamp,
    ) {
        let rolls_back = match cause {
            Cause::Alarms => {
                self.watch.triggered_alarms = self.alarms_in(environment, AlarmState::Alarm);
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

    /// Whether a test rule or Service Connect lets test traffic in.
    fn has_test_traffic(&self, service: &Service) -> bool {
        let has_rule = self
            .balancers
            .iter()
            .filter_map(|balancer| balancer.pair.as_ref())
            .any(|pair| pair.test_rule.is_some());
        self.shifts_traffic && (has_rule || service.has_service_connect())
    }

    /// Its alarms that are in this state, apart from ignored ones.
    fn alarms_in(&self, environment: Environment<'_>, wanted: AlarmState) -> Vec<String> {
        let names = self.configuration.alarms.iter().flat_map(|it| &it.names);
        names
            .filter(|name| !self.watch.ignored_alarms.contains(name))
            .filter(|name| {
                let mut alarms = environment.cloudwatch.alarms();
                alarms.any(|(known, state, _)| known == name.as_str() && state == wanted)
            })
            .cloned()
            .collect()
    }
}
