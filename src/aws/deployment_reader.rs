//! Reads deployments in batches, and the target of a single deployment
//! (docs/aws.md §5.4).
//!
//! An ECS deployment has one target, whose id is `<cluster>:<service>` (§5.4,
//! §8). The deployment group names the service, and it is read before every
//! start. A worker that takes over a deployment has not read the group and must
//! ask CodeDeploy for the id; so must one that is told that there is no such
//! target.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_codedeploy::Client;
use parking_lot::Mutex;

use super::deployment_config::Shifts;
use super::deployment_seen::{deployment, target};
use super::error::{call_error, incomplete, none_if};
use super::paced_client::PacedClient;
use crate::job::{DeployTarget, DeploymentId};
use crate::ports::{CallError, CallErrorKind};
use crate::release::target::Group;
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus, TargetSeen};
use crate::rollout::shift::Shift;

const GET: &str = "codedeploy:GetDeployment";
const GET_MANY: &str = "codedeploy:BatchGetDeployments";

/// What CodeDeploy answers if the deployment has no target with this id.
const NO_SUCH_TARGET: [&str; 2] = [
    "DeploymentTargetDoesNotExistException",
    "InvalidDeploymentTargetIdException",
];

/// Groups whose target ids to remember: more groups than have releases at the
/// same time. A forgotten one costs a call.
const MAX_GROUPS: usize = 1000;

type Answer = Result<Option<DeploymentSeen>, CallError>;

/// Reads deployments and their targets from CodeDeploy.
#[derive(Debug)]
pub(super) struct Reader {
    client: PacedClient<Client>,
    /// Set once the batch call is denied: deployments are then read one by one.
    /// Ensures that the denial is logged once.
    one_by_one: AtomicBool,
    /// Whether the failure to read targets has been logged.
    target_failure_logged: AtomicBool,
    shifts: Shifts,
    /// The target ids of deployment groups.
    target_ids: Mutex<BTreeMap<DeployTarget, String>>,
}

impl Reader {
    pub(super) fn new(client: PacedClient<Client>) -> Self {
        Self {
            client,
            one_by_one: AtomicBool::default(),
            target_failure_logged: AtomicBool::default(),
            shifts: Shifts::default(),
            target_ids: Mutex::default(),
        }
    }

    /// Remembers the service that the group deploys.
    pub(super) fn remember(&self, group: &Group) {
        let [service] = group.services.as_slice() else {
            return;
        };
        let id = format!("{}:{}", service.cluster, service.service);
        let mut ids = self.target_ids.lock();
        if ids.len() >= MAX_GROUPS && !ids.contains_key(&group.target) {
            // Any entry will do.
            ids.pop_first();
        }
        ids.insert(group.target.clone(), id);
    }

    /// Whether the group's own deployment configuration shifts traffic in
    /// steps. Only looked up behind a Network Load Balancer, which cannot shift
    /// in steps, and only for a custom configuration; `None` otherwise, and
    /// where the configuration cannot be read.
    pub(super) async fn is_gradual(&self, group: &Group) -> Option<bool> {
        let config = group.deployment_config.as_ref()?;
        if config.starts_with("CodeDeployDefault.") || !group.has_network_load_balancer() {
            return None;
        }
        let shift = self.shifts.of(&self.client, config).await?;
        Some(shift != Shift::AllAtOnce)
    }

    /// Returns one answer for each of `ids`, in the same order. A deployment
    /// that is missing from the batch is read on its own before it counts as
    /// gone, so that one bad id does not fail the others.
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

    /// Reads `ids` with one call. Returns an empty map if there are fewer than
    /// two ids, if the batch call is denied, or if CodeDeploy refuses the
    /// batch; [`Self::survey`] then reads each deployment on its own.
    async fn batch(
        &self,
        ids: &[DeploymentId],
    ) -> Result<BTreeMap<DeploymentId, DeploymentSeen>, CallError> {
        if ids.len() < 2 || self.one_by_one.load(Ordering::Relaxed) {
            return Ok(BTreeMap::new());
        }
        let names: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let answer = self
            .client
            .call(|client| {
                client
                    .batch_get_deployments()
                    .set_deployment_ids(Some(names.clone()))
                    .send()
            })
            .await;
        match answer {
            Ok(answer) => Ok(answer
                .deployments_info()
                .iter()
                .filter_map(deployment)
                .map(|seen| (seen.id.clone(), seen))
                .collect()),
            Err(error) => {
                let error = call_error(GET_MANY, None, &error);
                if error.is_transient() {
                    return Err(error);
                }
                if error.kind == CallErrorKind::Denied
                    && !self.one_by_one.swap(true, Ordering::Relaxed)
                {
                    tracing::warn!(
                        %error,
                        "deployments are read one by one until this is allowed and the worker \
                         started again"
                    );
                }
                Ok(BTreeMap::new())
            }
        }
    }

    async fn get(&self, id: &DeploymentId) -> Answer {
        let answer = self
            .client
            .call(|client| client.get_deployment().deployment_id(id.as_str()).send())
            .await;
        let gone = ["DeploymentDoesNotExistException"];
        let Some(answer) = none_if(&gone, GET, id.as_str(), answer)? else {
            return Ok(None);
        };
        let seen = answer.deployment_info().and_then(deployment);
        Ok(Some(seen.ok_or_else(|| incomplete(GET, id.as_str()))?))
    }

    /// Adds the target and the shift to `seen`, unless the deployment has not
    /// started yet.
    pub(super) async fn with_target(
        &self,
        mut seen: DeploymentSeen,
    ) -> Result<DeploymentSeen, CallError> {
        let is_new = [DeploymentStatus::Created, DeploymentStatus::Queued].contains(&seen.status);
        seen.target = match is_new {
            true => None,
            false => self.target(&seen).await?,
        };
        if let Some(config) = &seen.deployment_config
            && seen.target.is_some()
        {
            seen.shift = self.shifts.of(&self.client, config).await;
        }
        Ok(seen)
    }

    /// Reads the deployment's only target. `None` before the deployment has
    /// started, and if the target cannot be read: the worker can go on with the
    /// deployment alone.
    async fn target(&self, seen: &DeploymentSeen) -> Result<Option<TargetSeen>, CallError> {
        match self.find_target(seen).await {
            Ok(target) => Ok(target),
            Err(error) if error.code == "DeploymentNotStartedException" => Ok(None),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                if !self.target_failure_logged.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        deployment.id = seen.id.as_str(),
                        call = error.call,
                        code = error.code,
                        "deployment targets cannot be read; progress will lack detail"
                    );
                }
                Ok(None)
            }
        }
    }

    /// Tries the target id that CodeDeploy returned before, or that follows from
    /// the deployment group, and lists the targets only if it is unknown or
    /// wrong.
    async fn find_target(&self, seen: &DeploymentSeen) -> Result<Option<TargetSeen>, CallError> {
        let given = seen.target.as_ref().map(|target| target.id.clone());
        let given = given.filter(|id| !id.is_empty());
        let expected = given.or_else(|| self.target_ids.lock().get(&seen.deploys_to).cloned());
        if let Some(expected) = expected {
            match self.read_target(&seen.id, &expected).await {
                Ok(Some(target)) => return Ok(Some(target)),
                Ok(None) => {}
                Err(error) if NO_SUCH_TARGET.contains(&&*error.code) => {}
                Err(error) => return Err(error),
            }
        }
        match self.target_id(&seen.id).await? {
            Some(listed) => self.read_target(&seen.id, &listed).await,
            None => Ok(None),
        }
    }

    async fn read_target(
        &self,
        id: &DeploymentId,
        target_id: &str,
    ) -> Result<Option<TargetSeen>, CallError> {
        let answer = self
            .client
            .call(|client| {
                client
                    .get_deployment_target()
                    .deployment_id(id.as_str())
                    .target_id(target_id)
                    .send()
            })
            .await
            .map_err(|error| {
                call_error("codedeploy:GetDeploymentTarget", Some(id.as_str()), &error)
            })?;
        let ecs = answer
            .deployment_target()
            .and_then(|target| target.ecs_target());
        Ok(ecs.map(target))
    }

    async fn target_id(&self, id: &DeploymentId) -> Result<Option<String>, CallError> {
        let call = "codedeploy:ListDeploymentTargets";
        let listed = self
            .client
            .call(|client| {
                client
                    .list_deployment_targets()
                    .deployment_id(id.as_str())
                    .send()
            })
            .await
            .map_err(|error| call_error(call, Some(id.as_str()), &error))?;
        Ok(listed.target_ids().first().cloned())
    }
}
