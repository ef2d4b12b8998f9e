//! What the work on a job comes to know and its events tell, beside what its
//! token and its report say. It stays in this worker's memory: where another
//! worker goes on, what the judgement found is absent. The worker that judges a
//! release is the one that tells of its deployment or its refusal, so that one
//! event at least has everything.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::state::State;
use crate::job::DeploymentId;
use crate::job::TaskDefinitionArn;
use crate::job::request::Request;
use crate::messages::finding::marked;
use crate::messages::limit::fit;
use crate::release::finding::{Finding, PolicyFinding};
use crate::release::plan::Plan;
use crate::rollout::decision::Success;
use crate::rollout::failure::{Failure, RollbackOutcome};
use crate::rollout::seen::DeploymentSeen;

/// Findings of one event. A release has few; the message has room for no more.
const MAX_FINDINGS: usize = 20;

/// Characters of a finding: a line that says where and what.
const MAX_FINDING: usize = 300;

/// Exemptions of one event.
const MAX_EXEMPTIONS: usize = 20;

/// Everything that is known; what is not is absent.
#[derive(Clone, Debug, Default)]
pub(in crate::worker) struct Facts {
    pub(super) application: Option<String>,
    pub(super) group: Option<String>,
    /// The revision that had the traffic before.
    pub(super) old: Option<TaskDefinitionArn>,
    pub(super) new: Option<TaskDefinitionArn>,
    /// Names and URIs.
    pub(super) images: Vec<(String, String)>,
    /// When CodeDeploy created the deployment.
    pub(super) created: Option<Timestamp>,
    pub(super) rollback: Option<DeploymentId>,
    pub(super) findings: Vec<String>,
    pub(super) exemptions: Vec<Exemption>,
    pub(super) policy_hash: Option<String>,
    pub(super) not_live: NotLive,
    /// States that this worker has told of.
    pub(super) told: BTreeSet<State>,
}

/// What a policy found and the operator has excused for a while.
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
            | Failure::NoGroup { .. }
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
    /// What was asked for.
    pub(in crate::worker) fn asked(&mut self, request: &Request) {
        self.application = Some(request.application.clone());
        self.group = Some(request.deployment_group.clone());
    }

    /// What the checks and the policies made of the release.
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

    /// Which revision has the traffic before there is a deployment.
    pub(in crate::worker) fn running(&mut self, revision: Option<&TaskDefinitionArn>) {
        if revision.is_some() {
            self.old = revision.cloned();
        }
    }

    /// What CodeDeploy shows of the deployment.
    pub(in crate::worker) fn deployment(&mut self, seen: &DeploymentSeen) {
        self.created = seen.created.or(self.created);
        let rollback = seen.rollback.as_ref();
        let rollback = rollback.and_then(|rollback| rollback.deployment.clone());
        self.rollback = rollback.or(self.rollback.take());
    }

    /// The release is live.
    pub(in crate::worker) fn succeeded(&mut self, success: &Success) {
        self.new = Some(success.release.task_definition.clone());
        self.images.clone_from(&success.release.images);
    }

    /// The release is not live.
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
