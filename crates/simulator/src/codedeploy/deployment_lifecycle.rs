//! State machine of a deployment (docs/aws.md §5.3).
//!
//! A deployment is `Created` and then runs its lifecycle events in order.
//! Before the first event of the traffic shift it may wait in `Ready` for
//! `ContinueDeployment`. After the last event it keeps the blue task set for
//! the termination wait, removes it, and succeeds. A rollback is a deployment
//! of its own that skips the events and only moves the traffic back.
//!
//! `due` computes the time of the next step and [`Deployment::advance`] carries
//! it out. A requested stop, an active alarm and a green task set that is not
//! steady are checked in this order before the step of the current stage.

use std::time::Duration;

use jiff::Timestamp;

use crate::ecs::{Ecs, TaskSet};
use crate::ids;

use super::app_spec::AppSpec;
use super::deployment::{Creator, Deployment, ErrorInformation, EventName, EventStatus, Stage};
use super::due::Environment;
use super::plan::RollbackEvent;

/// Index of the first event of the traffic shift.
const TRAFFIC: usize = 5;
/// Time to remove a task set that is no longer used.
pub(super) const DRAIN: Duration = Duration::from_secs(30);

/// CodeDeploy's message when green does not become healthy (docs/aws.md §5.6).
const NOT_HEALTHY: &str = "The deployment timed out while waiting for the replacement task set \
                           to become healthy.";

/// Whether to roll back a deployment that just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FollowUp {
    Nothing,
    RollBack,
}

impl Deployment {
    /// Processes the event that is due at `at`.
    pub(super) fn advance(
        &mut self,
        ecs: &mut Ecs,
        environment: Environment<'_>,
        at: Timestamp,
    ) -> FollowUp {
        self.updated_at = at;
        if let Some(stop) = self.stop().filter(|stop| stop.at <= at) {
            self.end(
                Stage::Stopped,
                "MANUAL_STOP",
                "The deployment was stopped by a user.",
                at,
            );
            return self.follow_up(stop.rolls_back);
        }
        if let Some((alarm, _)) = self.alarm(environment).filter(|(_, since)| *since <= at) {
            let message = format!(
                "One or more alarms have been activated according to the Amazon CloudWatch \
                 metrics you selected, and the affected deployments have been stopped: {alarm}"
            );
            self.end(Stage::Stopped, "ALARM_ACTIVE", &message, at);
            return self.follow_up(self.rolls_back_on(RollbackEvent::StopOnAlarm));
        }
        if self.lost_at(ecs).is_some_and(|lost_at| lost_at <= at) {
            return self.fail("TIMEOUT", NOT_HEALTHY, at);
        }
        match self.stage {
            Stage::Created => self.start(ecs, at),
            Stage::Lifecycle(index) => self.go_on(index, ecs, environment, at),
            Stage::Ready { .. } => {
                self.finish(Stage::Stopped, at);
                // It was not continued in time, which counts as a stop on
                // request (docs/aws.md §8).
                self.follow_up(self.rolls_back_on(RollbackEvent::StopOnRequest))
            }
            Stage::Rerouting { .. } => {
                self.reroute(ecs, at);
                FollowUp::Nothing
            }
            Stage::TerminationWait { .. } => {
                self.terminate_blue(ecs, at);
                FollowUp::Nothing
            }
            Stage::Draining { .. } => {
                self.finish(Stage::Succeeded, at);
                FollowUp::Nothing
            }
            Stage::Succeeded | Stage::Failed | Stage::Stopped => FollowUp::Nothing,
        }
    }

    /// Shifts the traffic, after `ContinueDeployment` for a waiting deployment.
    pub(super) fn leave_ready(&mut self, ecs: &mut Ecs, at: Timestamp) {
        self.updated_at = at;
        self.begin(TRAFFIC, ecs, at);
    }

    /// Ends the termination wait.
    pub(super) fn terminate_blue(&mut self, ecs: &mut Ecs, at: Timestamp) {
        self.updated_at = at;
        if let Some(blue) = &self.task_sets.blue
            && let Some(service) = ecs.service_mut(&self.plan.cluster, &self.plan.service)
        {
            service.drain(&blue.id, at);
        }
        self.stage = Stage::Draining { until: at + DRAIN };
    }

    pub(super) fn rolls_back_on(&self, event: RollbackEvent) -> bool {
        self.plan.rolls_back_on.contains(&event)
    }

    pub(super) fn hook(&self, event: EventName) -> Option<&str> {
        self.app_spec.as_ref()?.hook(event)
    }

    fn start(&mut self, ecs: &mut Ecs, at: Timestamp) -> FollowUp {
        self.started_at = Some(at);
        if self.creator == Creator::CodeDeployRollback {
            for event in &mut self.events {
                event.status = EventStatus::Skipped;
            }
            let event = self.event(EventName::AllowTraffic);
            event.status = EventStatus::InProgress;
            event.started_at = Some(at);
            self.stage = Stage::Rerouting {
                until: at + super::rollback::REROUTE,
            };
            return FollowUp::Nothing;
        }
        match AppSpec::parse(&self.revision.content) {
            Ok(app_spec) => {
                self.app_spec = Some(app_spec);
                self.begin(0, ecs, at)
            }
            Err(message) => self.fail("INVALID_REVISION", &message, at),
        }
    }

    /// Starts the event with this index, or what follows the last event.
    fn begin(&mut self, index: usize, ecs: &mut Ecs, at: Timestamp) -> FollowUp {
        let Some(event) = self.events.get_mut(index) else {
            let until = at + self.plan.termination_wait;
            self.stage = Stage::TerminationWait { until };
            return FollowUp::Nothing;
        };
        let name = event.name;
        let is_test_traffic =
            name == EventName::AllowTestTraffic || name == EventName::AfterAllowTestTraffic;
        if is_test_traffic && !self.plan.has_test_listener {
            event.status = EventStatus::Skipped;
            return self.after(index, ecs, at);
        }
        event.status = EventStatus::InProgress;
        event.started_at = Some(at);
        self.stage = Stage::Lifecycle(index);
        if self.hook(name).is_some() {
            let id = ids::uuid(ids::start_of(&format!("{}/{}", self.id, name.as_str())));
            self.events[index].execution_id = Some(id);
        }
        if name == EventName::Install {
            return match self.install(ecs, at) {
                Ok(()) => FollowUp::Nothing,
                Err((code, message)) => self.fail(code, &message, at),
            };
        }
        FollowUp::Nothing
    }

    /// Continues after the event with this index.
    fn after(&mut self, index: usize, ecs: &mut Ecs, at: Timestamp) -> FollowUp {
        match self.plan.ready_wait {
            Some(wait) if index + 1 == TRAFFIC => {
                self.stage = Stage::Ready { until: at + wait };
                FollowUp::Nothing
            }
            Some(_) | None => self.begin(index + 1, ecs, at),
        }
    }

    /// Processes the due step of the event with this index.
    fn go_on(
        &mut self,
        index: usize,
        ecs: &mut Ecs,
        environment: Environment<'_>,
        at: Timestamp,
    ) -> FollowUp {
        let name = self.events[index].name;
        let steady_since = self.green(ecs).and_then(TaskSet::steady_since);
        if name == EventName::Install && steady_since.is_none() {
            return self.fail("TIMEOUT", NOT_HEALTHY, at);
        }
        if name == EventName::AllowTraffic {
            let started_at = self.events[index].started_at.unwrap_or(at);
            if let (_, Some(share)) = self.next_shift(started_at) {
                self.green_weight = share;
                return FollowUp::Nothing;
            }
            self.promote_green(ecs, at);
        }
        if let Some(diagnostics) = self.hook_failure(index, environment.hooks) {
            let message = format!(
                "The Lambda function {} for the lifecycle event {} failed: {}",
                diagnostics.script_name,
                name.as_str(),
                diagnostics.message
            );
            self.events[index].diagnostics = Some(diagnostics);
            return self.fail("HOOK_EXECUTION_FAILURE", &message, at);
        }
        let event = &mut self.events[index];
        event.status = EventStatus::Succeeded;
        event.ended_at = Some(at);
        self.after(index, ecs, at)
    }

    fn promote_green(&self, ecs: &mut Ecs, at: Timestamp) {
        if let Some(green) = &self.task_sets.green
            && let Some(service) = ecs.service_mut(&self.plan.cluster, &self.plan.service)
        {
            service.make_primary(&green.id, at);
        }
    }

    fn fail(&mut self, code: &str, message: &str, at: Timestamp) -> FollowUp {
        self.end(Stage::Failed, code, message, at);
        self.follow_up(self.rolls_back_on(RollbackEvent::Failure))
    }

    /// Ends the deployment early with an error.
    fn end(&mut self, stage: Stage, code: &str, message: &str, at: Timestamp) {
        self.error = Some(ErrorInformation {
            code: code.to_owned(),
            message: message.to_owned(),
        });
        self.finish(stage, at);
    }

    /// Ends the deployment and closes its unfinished events.
    fn finish(&mut self, stage: Stage, at: Timestamp) {
        for event in &mut self.events {
            match event.status {
                EventStatus::InProgress => {
                    event.status = if stage == Stage::Failed {
                        EventStatus::Failed
                    } else {
                        EventStatus::Skipped
                    };
                    event.ended_at = Some(at);
                }
                EventStatus::Pending => event.status = EventStatus::Skipped,
                EventStatus::Succeeded | EventStatus::Failed | EventStatus::Skipped => {}
            }
        }
        self.stage = stage;
        self.stop = None;
        self.completed_at = Some(at);
    }

    /// Rolls back only if something was installed and the deployment is not
    /// itself a rollback.
    fn follow_up(&self, wanted: bool) -> FollowUp {
        let can = self.task_sets.green.is_some() && self.creator == Creator::User;
        if wanted && can {
            FollowUp::RollBack
        } else {
            FollowUp::Nothing
        }
    }
}
