//! Reads deployments, several per call, and the target of one, in process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::deployment_seen::{deployment, target};
use super::line::{Call, Line};
use super::values::list;
use crate::job::DeploymentId;
use crate::ports::{CallError, CallErrorKind, TargetIds, is_no_target};
use crate::release::target::Group;
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus, TargetSeen};
use crate::rollout::shift::Shift;

type Answer = Result<Option<DeploymentSeen>, CallError>;

/// CodeDeploy of the simulated account, for reading deployments.
#[derive(Debug)]
pub(super) struct Reader {
    line: Line,
    /// Set when `BatchGetDeployments` is denied. Then every deployment is read
    /// with its own call.
    one_by_one: AtomicBool,
    targets: TargetIds,
}

impl Reader {
    pub(super) fn new(line: Line) -> Self {
        Self {
            line,
            one_by_one: AtomicBool::new(false),
            targets: TargetIds::default(),
        }
    }

    /// Stores the service to which the group deploys.
    pub(super) fn note(&self, group: &Group) {
        self.targets.note(group);
    }

    /// Returns one answer for each of `ids`, in their order. A deployment
    /// missing from the batch is requested alone before it counts as gone.
    pub(super) async fn survey(&self, ids: &[DeploymentId]) -> Vec<Answer> {
        let mut found = match self.batch(ids).await {
            Ok(found) => found,
            Err(error) => return ids.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut answers = Vec::with_capacity(ids.len());
        for id in ids {
            answers.push(match found.remove(id) {
                Some(seen) => Ok(Some(seen)),
                None => self.get(id).await,
            });
        }
        answers
    }

    async fn batch(
        &self,
        ids: &[DeploymentId],
    ) -> Result<BTreeMap<DeploymentId, DeploymentSeen>, CallError> {
        if ids.len() < 2 || self.one_by_one.load(Ordering::Relaxed) {
            return Ok(BTreeMap::new());
        }
        let call = Call::at_large("codedeploy:BatchGetDeployments");
        let names: Vec<&str> = ids.iter().map(DeploymentId::as_str).collect();
        let answer = self.line.ask(&call, json!({ "deploymentIds": names }));
        match answer.await {
            Ok(answer) => Ok(list(&answer["deploymentsInfo"])
                .iter()
                .filter_map(deployment)
                .map(|seen| (seen.id.clone(), seen))
                .collect()),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                let denied = error.kind == CallErrorKind::Denied;
                self.one_by_one.fetch_or(denied, Ordering::Relaxed);
                Ok(BTreeMap::new())
            }
        }
    }

    async fn get(&self, id: &DeploymentId) -> Answer {
        let call = Call::new("codedeploy:GetDeployment", id.as_str());
        let input = json!({ "deploymentId": id.as_str() });
        match self.line.ask(&call, input).await {
            Ok(answer) => match deployment(&answer["deploymentInfo"]) {
                Some(seen) => Ok(Some(seen)),
                None => Err(call.incomplete()),
            },
            Err(error) if error.code == "DeploymentDoesNotExistException" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds the target, once the deployment can have one. The deployment
    /// configurations in the simulator are found by name.
    pub(super) async fn with_target(
        &self,
        mut seen: DeploymentSeen,
    ) -> Result<DeploymentSeen, CallError> {
        seen.target = match seen.status {
            DeploymentStatus::Created | DeploymentStatus::Queued => None,
            DeploymentStatus::InProgress
            | DeploymentStatus::Baking
            | DeploymentStatus::Ready
            | DeploymentStatus::Succeeded
            | DeploymentStatus::Failed
            | DeploymentStatus::Stopped
            | DeploymentStatus::Unrecognised(_) => match self.target(&seen).await {
                Ok(target) => target,
                Err(error) if error.code == "DeploymentNotStartedException" => None,
                Err(error) if error.is_transient() => return Err(error),
                // The deployment without its target is enough to continue.
                Err(_) => None,
            },
        };
        if seen.target.is_some() {
            let config = seen.deployment_config.as_deref();
            seen.shift = config.and_then(Shift::predefined);
        }
        Ok(seen)
    }

    async fn target(&self, seen: &DeploymentSeen) -> Result<Option<TargetSeen>, CallError> {
        if let Some(expected) = self.targets.of(seen) {
            match self.read_target(seen, &expected).await {
                Ok(Some(target)) => return Ok(Some(target)),
                Ok(None) => {}
                Err(error) if is_no_target(&error) => {}
                Err(error) => return Err(error),
            }
        }
        match self.target_id(seen.id.as_str()).await? {
            Some(listed) => self.read_target(seen, &listed).await,
            None => Ok(None),
        }
    }

    async fn read_target(
        &self,
        seen: &DeploymentSeen,
        target_id: &str,
    ) -> Result<Option<TargetSeen>, CallError> {
        let id = seen.id.as_str();
        let call = Call::new("codedeploy:GetDeploymentTarget", id);
        let input = json!({ "deploymentId": id, "targetId": target_id });
        let answer = self.line.ask(&call, input).await?;
        let ecs = &answer["deploymentTarget"]["ecsTarget"];
        Ok(ecs.is_object().then(|| target(ecs)))
    }

    async fn target_id(&self, id: &str) -> Result<Option<String>, CallError> {
        let call = Call::new("codedeploy:ListDeploymentTargets", id);
        let listed = self.line.ask(&call, json!({ "deploymentId": id })).await?;
        let first = list(&listed["targetIds"]).first();
        Ok(first.and_then(|id| id.as_str()).map(str::to_owned))
    }
}
