//! State of a service's deployments and revisions.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::share::Share;

use super::cause::NetworkProblem;
use super::configuration::Configuration;
use super::history::Moment;
use super::hook::{HookAction, HookTarget};
use super::lambda::Outcome;
use super::revisions::ServiceRevision;
use super::stage::{Place, Stage, StageSequence};
use super::strategy::{Shift, Strategy};

/// The deployments that ECS itself made for a service, and where its traffic
/// goes. Revisions are named by the last part of their ARN.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::ecs) struct ServiceDeployments {
    /// Oldest first.
    pub(super) revisions: Vec<ServiceRevision>,
    /// Oldest first.
    pub(super) all: Vec<ServiceDeployment>,
    /// The revisions' shares of the production traffic, without empty ones.
    pub(super) production: Vec<(String, Share)>,
    /// The revision that has the test traffic.
    pub(super) test: Option<String>,
    /// The revision of the last deployment that succeeded.
    pub(super) last_successful: Option<String>,
    /// ARN of the task definition that the service shows.
    pub(super) task_definition: String,
    pub(in crate::ecs) network_problem: Option<NetworkProblem>,
}

/// A service deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceDeployment {
    /// The last part of its ARN.
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    /// When the first response may show it.
    pub(super) visible_at: Timestamp,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) stopped_at: Option<Timestamp>,
    pub(super) updated_at: Timestamp,
    pub(super) configuration: Configuration,
    /// Whether there is traffic for ECS to shift.
    pub(super) shifts_traffic: bool,
    /// Whether a test rule or Service Connect lets test traffic in.
    pub(super) has_test_traffic: bool,
    /// Time to change the rules of its load balancers.
    pub(super) shift_takes: Duration,
    /// The running revisions that it replaces.
    pub(super) sources: Vec<String>,
    pub(super) target: String,
    pub(super) phase: Phase,
    /// The last place on its sequence.
    pub(super) place: Option<Place>,
    pub(super) hooks: Vec<HookRun>,
    pub(super) reason: Option<String>,
    pub(super) rollback: Option<Rollback>,
    pub(super) watch: Watch,
    pub(super) superseded_by: Option<String>,
    /// Its last response, once it has ended.
    pub(super) final_response: Option<Value>,
    pub(super) history: Vec<Moment>,
}

/// What a deployment does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    Pending,
    /// In the lifecycle stage of `ServiceDeployment::place`.
    Running {
        since: Timestamp,
    },
    StopRequested {
        until: Timestamp,
    },
    RollbackRequested {
        until: Timestamp,
    },
    RollingBack {
        step: RollbackStep,
        since: Timestamp,
    },
    Successful,
    Stopped,
    RolledBack,
    RollbackFailed,
}

/// The parts of a rollback, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RollbackStep {
    /// The production traffic goes back.
    Production,
    /// The test traffic goes back.
    Test,
    /// The new tasks are removed.
    CleanUp,
}

/// A hook that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HookRun {
    pub(super) id: String,
    pub(super) target: HookTarget,
    pub(super) stage: Stage,
    pub(super) started_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) timeout_action: HookAction,
    /// What the function receives.
    pub(super) event: Value,
    /// What something else than the function reported, and when.
    pub(super) answer: Option<(Timestamp, Outcome)>,
    pub(super) outcome: Option<Outcome>,
}

/// `Rollback` in the model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rollback {
    pub(super) reason: String,
    pub(super) started_at: Timestamp,
    pub(super) revision: String,
}

/// What watches a deployment, apart from its hooks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Watch {
    /// Alarms that were on at the start, which ECS ignores.
    pub(super) ignored_alarms: Vec<String>,
    pub(super) triggered_alarms: Vec<String>,
    pub(super) breaker_triggered: bool,
}

/// The values of `ServiceDeploymentStatus`.
pub(super) const STATUSES: [&str; 9] = [
    "PENDING",
    "IN_PROGRESS",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
    "SUCCESSFUL",
    "STOPPED",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
];

impl Phase {
    /// The value in responses (`ServiceDeploymentStatus`).
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running { .. } => "IN_PROGRESS",
            Self::StopRequested { .. } => "STOP_REQUESTED",
            Self::RollbackRequested { .. } => "ROLLBACK_REQUESTED",
            Self::RollingBack { .. } => "ROLLBACK_IN_PROGRESS",
            Self::Successful => "SUCCESSFUL",
            Self::Stopped => "STOPPED",
            Self::RolledBack => "ROLLBACK_SUCCESSFUL",
            Self::RollbackFailed => "ROLLBACK_FAILED",
        }
    }

    pub(super) fn is_final(self) -> bool {
        matches!(
            self,
            Self::Successful | Self::Stopped | Self::RolledBack | Self::RollbackFailed
        )
    }
}

impl ServiceDeployment {
    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }

    /// The stage of a running deployment.
    pub(super) fn running_stage(&self) -> Option<Stage> {
        self.place
            .filter(|_| self.is_running())
            .map(|place| place.stage)
    }

    /// Whether blue still runs, so that the traffic can go back to it.
    pub(super) fn can_turn_back(&self) -> bool {
        matches!(self.phase, Phase::Pending)
            || self
                .running_stage()
                .is_some_and(|stage| stage != Stage::CleanUp)
    }

    /// What decides the stages of a deployment that has started.
    pub(super) fn sequence(&self) -> StageSequence {
        StageSequence {
            is_staged: self.is_staged(),
            reconciles: self.sources.len() > 1,
            has_test_traffic: self.has_test_traffic,
            steps: self.shifts().len(),
        }
    }

    pub(super) fn is_staged(&self) -> bool {
        self.configuration.strategy != Strategy::Rolling
    }

    /// The steps of its production shift: one without a revision to shift from,
    /// or without traffic.
    pub(super) fn shifts(&self) -> Vec<Shift> {
        if self.sources.is_empty() || !self.shifts_traffic {
            Strategy::BlueGreen.shifts()
        } else {
            self.configuration.strategy.shifts()
        }
    }

    /// The revision to which it goes back.
    pub(super) fn rolls_back_to(&self) -> Option<&str> {
        Some(&self.rollback.as_ref()?.revision)
    }
}

impl ServiceDeployments {
    /// Deletes the history. The task definition is still shown.
    pub(in crate::ecs) fn forget(&mut self) {
        *self = Self {
            task_definition: std::mem::take(&mut self.task_definition),
            ..Self::default()
        };
    }

    pub(super) fn revision(&self, id: &str) -> Option<&ServiceRevision> {
        self.revisions.iter().find(|revision| revision.id == id)
    }

    /// Whether no deployment was made after the one with this revision.
    pub(super) fn is_newest(&self, revision: &str) -> bool {
        let newest = self.revisions.last();
        newest.is_some_and(|newest| newest.id == revision)
    }

    /// A revision's share of the production traffic.
    pub(super) fn share(&self, revision: &str) -> Share {
        let mut shares = self.production.iter();
        let own = shares.find(|(id, _)| id == revision);
        own.map_or(Share::NONE, |(_, share)| *share)
    }

    /// The revision with most of the production traffic.
    pub(super) fn serving(&self) -> Option<&str> {
        let most = self.production.iter().max_by_key(|(_, share)| share);
        most.map(|(revision, _)| revision.as_str())
    }

    /// Gives a share to `target` and the rest to `other`.
    pub(super) fn split(&mut self, target: &str, share: Share, other: &str) {
        let shares = [(target, share), (other, share.rest())];
        let shares = shares.into_iter().filter(|(_, share)| *share > Share::NONE);
        self.production = shares.map(|(id, share)| (id.to_owned(), share)).collect();
    }

    pub(super) fn give_all_to(&mut self, revision: &str) {
        self.production = vec![(revision.to_owned(), Share::ALL)];
    }
}
