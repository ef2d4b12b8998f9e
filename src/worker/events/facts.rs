//! Facts for events that neither the token nor the report contains. They stay
//! in this worker's memory: if another worker continues the release, its events
//! lack the findings and exemptions that are not in the token. The worker that
//! judges a release also sends its `DEPLOYING` or `REFUSED` event, so that at
//! least one event is complete.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::state::State;
use crate::job::request::Request;
use crate::job::{DeployTarget, DeploymentId, TaskDefinitionArn};
use crate::messages::finding::marked;
use crate::messages::limit::fit;
use crate::release::finding::{Finding, PolicyFinding};
use crate::release::plan::Plan;
use crate::rollout::decision::Success;
use crate::rollout::failure::{Failure, RollbackOutcome};
use crate::rollout::seen::DeploymentSeen;

/// Maximum number of findings in one event. A release has few, and there is no
/// room for more.
const MAX_FINDINGS: usize = 20;

/// Maximum length of a finding in characters: one line with place and problem.
const MAX_FINDING: usize = 300;

/// Maximum number of exemptions in one event.
const MAX_EXEMPTIONS: usize = 20;

/// What this worker knows about a release. Fields with unknown values are
/// empty.
#[derive(Clone, Debug, Default)]
pub(in crate::worker) struct Facts {
    pub(super) target: Option<DeployTarget>,
    /// The revision that received the traffic before.
    pub(super) old: Option<TaskDefinitionArn>,
    pub(super) new: Option<TaskDefinitionArn>,
    /// Image names and URIs.
    pub(super) images: Vec<(String, String)>,
    /// When the deployment was created.
    pub(super) created: Option<Timestamp>,
    pub(super) rollback: Option<DeploymentId>,
    pub(super) findings: Vec<String>,
    pub(super) exemptions: Vec<Exemption>,
    pub(super) policy_hash: Option<String>,
    pub(super) not_live: NotLive,
    /// The states that this worker has queued an event for.
    pub(super) queued: BTreeSet<State>,
}

/// A policy finding that the operator has exempted until a certain time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::worker) struct Exemption {
    rule: String,
    reason: String,
    until: String,
}

/// How a release ended that is not live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NotLive {
    #[default]
    Failed,
    Refused,
    RolledBack,
}

impl NotLive {
    pub(super) fn state(self) -> State {
        match self {
            Self::Failed => State::Failed,
            Self::Refused => State::Refused,
            Self::RolledBack => State::RolledBack,
        }
    }

    fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Configuration(_)
            | Failure::Refused(_)
            | Failure::NoApplication { .. }
            | Failure::NoGroup(_)
            | Failure::NoService(_)
            | Failure::RoleNotAllowed { .. }
            | Failure::NoArtifactCredentials => Self::Refused,
            Failure::Deployment(failure) => match failure.rollback {
                RollbackOutcome::Succeeded { .. } => Self::RolledBack,
                RollbackOutcome::None
                | RollbackOutcome::Failed { .. }
                | RollbackOutcome::Unfinished { .. } => Self::Failed,
            },
            Failure::Call(_)
            | Failure::Unavailable { .. }
            | Failure::Unfollowed { .. }
            | Failure::GroupBusy { .. }
            | Failure::NeverOurTurn { .. }
            | Failure::Overtaken { .. }
            | Failure::Abandoned { .. }
            | Failure::TookTooLong { .. }
            | Failure::DeploymentGone { .. }
            | Failure::NotOurTaskDefinition { .. }
            | Failure::BadToken { .. }
            | Failure::NotOurDeployment { .. }
            | Failure::Internal { .. } => Self::Failed,
        }
    }
}

impl Facts {
    /// Adds states that an event has been queued for.
    pub(in crate::worker) fn add_queued(&mut self, states: &[State]) {
        self.queued.extend(states);
    }

    /// Adds the names from the action's configuration.
    pub(in crate::worker) fn asked(&mut self, request: &Request) {
        self.target = Some(request.target.clone());
    }

    /// Adds the result of the checks and policies.
    pub(in crate::worker) fn judged(
        &mut self,
        planned: &Result<Plan, Vec<Finding>>,
        policy_hash: Option<&str>,
    ) {
        self.policy_hash = policy_hash.map(str::to_owned);
        let findings = match planned {
            Ok(plan) => {
                self.images.clone_from(&plan.images);
                &plan.findings
            }
            Err(findings) => findings,
        };
        let lines = findings.iter().take(MAX_FINDINGS);
        self.findings = lines.map(|one| fit(&marked(one), MAX_FINDING)).collect();
        let exemptions = findings.iter().filter_map(Finding::policy);
        let exemptions = exemptions.filter_map(Exemption::of).take(MAX_EXEMPTIONS);
        self.exemptions = exemptions.collect();
    }

    /// Adds the revision that receives the traffic before the deployment.
    pub(in crate::worker) fn running(&mut self, revision: Option<&TaskDefinitionArn>) {
        if revision.is_some() {
            self.old = revision.cloned();
        }
    }

    /// Adds what CodeDeploy or ECS shows of the deployment.
    pub(in crate::worker) fn deployment(&mut self, seen: &DeploymentSeen) {
        self.created = seen.created.or(self.created);
        let rollback = seen.rollback.as_ref();
        let rollback = rollback.and_then(|rollback| rollback.deployment.clone());
        self.rollback = rollback.or(self.rollback.take());
    }

    /// Adds the result of a release that is live.
    pub(in crate::worker) fn succeeded(&mut self, success: &Success) {
        self.new = Some(success.release.task_definition.clone());
        self.images.clone_from(&success.release.images);
    }

    /// Adds how a release ended that is not live.
    pub(in crate::worker) fn failed(&mut self, failure: &Failure) {
        self.not_live = NotLive::of(failure);
    }
}

impl Exemption {
    fn of(finding: &PolicyFinding) -> Option<Self> {
        match finding {
            PolicyFinding::Exempted {
                rule,
                reason,
                until,
                ..
            } => Some(Self {
                rule: rule.to_string(),
                reason: reason.to_string(),
                until: until.to_string(),
            }),
            PolicyFinding::Found { .. }
            | PolicyFinding::ExemptionEnded { .. }
            | PolicyFinding::NotEvaluated { .. }
            | PolicyFinding::NotJudged { .. } => None,
        }
    }
}
