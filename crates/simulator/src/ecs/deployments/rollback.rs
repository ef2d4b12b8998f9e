//! The way back to the last good revision (docs/aws.md §6.7).
//!
//! A rollback is part of the same deployment. It gives back the production
//! traffic and the test traffic, as far as they were shifted, and runs the
//! hooks of those two stages again. Then it removes the new tasks.

use jiff::Timestamp;

use crate::ecs::service::Service;
use crate::share::Share;

use super::cause::NO_CANDIDATE;
use super::due::Environment;
use super::settings::TaskDefinitionAfterRollback;
use super::stage::Stage;
use super::state::{Phase, Rollback, RollbackStep, ServiceDeployment};

impl ServiceDeployment {
    /// Starts the rollback, or ends the deployment if there is nothing to go
    /// back to.
    pub(super) fn roll_back(
        &mut self,
        service: &mut Service,
        environment: Environment<'_>,
        at: Timestamp,
    ) {
        self.abandon_hooks();
        let good = service.deployments.last_successful.clone();
        let is_there = |id: &String| *id != self.target && service.has_running(id);
        let Some(candidate) = good.filter(is_there) else {
            self.reason = Some(NO_CANDIDATE.into());
            return self.end(Phase::RollbackFailed, at);
        };
        self.rollback = Some(Rollback {
            reason: self.reason.clone().unwrap_or_default(),
            started_at: at,
            revision: candidate,
        });
        let traffic = &service.deployments;
        let has_production = traffic.share(&self.target) > Share::NONE;
        let step = if self.shifts_traffic && has_production {
            RollbackStep::Production
        } else if traffic.test.as_ref() == Some(&self.target) {
            RollbackStep::Test
        } else {
            RollbackStep::CleanUp
        };
        self.enter_step(step, service, environment, at);
    }

    /// Goes on after a part of the rollback.
    pub(super) fn go_back(
        &mut self,
        step: RollbackStep,
        service: &mut Service,
        environment: Environment<'_>,
        at: Timestamp,
    ) {
        let has_test = service.deployments.test.as_ref() == Some(&self.target);
        match step {
            RollbackStep::Production if has_test => {
                self.enter_step(RollbackStep::Test, service, environment, at);
            }
            RollbackStep::Production | RollbackStep::Test => {
                self.enter_step(RollbackStep::CleanUp, service, environment, at);
            }
            RollbackStep::CleanUp => {
                service.deployments.last_successful = self.rolls_back_to().map(str::to_owned);
                self.end(Phase::RolledBack, at);
            }
        }
    }

    fn enter_step(
        &mut self,
        step: RollbackStep,
        service: &mut Service,
        environment: Environment<'_>,
        at: Timestamp,
    ) {
        self.phase = Phase::RollingBack { step, since: at };
        let candidate = self.rolls_back_to().unwrap_or_default().to_owned();
        match step {
            RollbackStep::Production => {
                service.deployments.give_all_to(&candidate);
                self.start_hooks(service, Stage::ProductionTrafficShift, at);
            }
            RollbackStep::Test => {
                service.deployments.test = None;
                self.start_hooks(service, Stage::TestTrafficShift, at);
            }
            RollbackStep::CleanUp => {
                service.deployments.give_all_to(&candidate);
                service.deployments.test = None;
                service.drain_revision(&self.target, at);
                service.drain_all_but(&[&candidate], at);
                let is_newest = service.deployments.is_newest(&self.target);
                if is_newest {
                    service.make_revision_primary(&candidate, at);
                }
                let shown = environment.settings.task_definition_after_rollback;
                let shows_old = shown == TaskDefinitionAfterRollback::Old;
                let old = service.deployments.revision(&candidate);
                let old = old.map(|revision| revision.task_definition.clone());
                if let Some(old) = old.filter(|_| is_newest && shows_old) {
                    service.deployments.task_definition = old;
                }
            }
        }
    }
}
