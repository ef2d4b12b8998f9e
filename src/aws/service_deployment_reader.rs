//! Reads ECS's own deployments, with what explains their end (docs/aws.md §6.4,
//! §6.7).

use std::collections::BTreeMap;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::operation::describe_service_deployments::DescribeServiceDeploymentsOutput;
use jiff::Timestamp;

use super::error::{call_error, unclear};
use super::service_deployment_list::{Listed, created, list};
use super::service_deployment_seen::{deployment, failed_at, has_failed, revisions, service_of};
use super::service_revisions::Revisions;
use crate::job::{DeployTarget, DeploymentId, TaskDefinitionArn};
use crate::ports::CallError;
use crate::rollout::seen::DeploymentSeen;

pub(super) const DESCRIBE: &str = "ecs:DescribeServiceDeployments";

/// Deployments that one call describes (docs/aws.md §6.4).
pub(super) const BATCH: usize = 20;

/// Reads deployments and their revisions from ECS.
#[derive(Debug)]
pub(super) struct Reader {
    client: Client,
    pub(super) revisions: Revisions,
}

impl Reader {
    pub(super) fn new(client: Client) -> Self {
        Self {
            revisions: Revisions::new(client.clone()),
            client,
        }
    }

    /// Returns one answer for each of `ids`, in the same order; `None` if there is
    /// no such deployment.
    pub(super) async fn survey(
        &self,
        ids: &[DeploymentId],
    ) -> Vec<Result<Option<DeploymentSeen>, CallError>> {
        let mut answers = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            match self.describe(batch).await {
                Ok(mut found) => {
                    answers.extend(batch.iter().map(|id| found.remove(id).transpose()));
                }
                // One that may not be read fails the call for all.
                Err(error) if batch.len() > 1 && !error.is_transient() => {
                    for id in batch {
                        answers.push(self.describe_one(id).await);
                    }
                }
                Err(error) => answers.extend(batch.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    /// Reads at most [`BATCH`] deployments. One that ECS cannot describe does not
    /// hide the others.
    async fn describe(
        &self,
        ids: &[DeploymentId],
    ) -> Result<BTreeMap<DeploymentId, Result<DeploymentSeen, CallError>>, CallError> {
        let answer = self.read(ids).await?;
        let read = answer.service_deployments();
        let known = self.revisions.of(read.iter().flat_map(revisions)).await?;
        let mut found = BTreeMap::new();
        for failure in answer.failures() {
            let (arn, reason) = (failure.arn().unwrap_or_default(), failure.reason());
            if reason != Some("MISSING") {
                let reason = reason.unwrap_or("no reason");
                let error = unclear(DESCRIBE, arn, reason, "ECS could not describe it");
                found.insert(DeploymentId::new(arn), Err(error));
            }
        }
        for shown in read {
            let Some(mut seen) = deployment(shown, &known) else {
                continue;
            };
            let id = seen.id.clone();
            let seen = match self.successor(&seen, failed_at(shown)).await {
                Ok(successor) => {
                    seen.superseded_by = successor;
                    Ok(seen)
                }
                Err(error) if error.is_transient() => Err(error),
                // It only explains an end.
                Err(_) => Ok(seen),
            };
            found.insert(id, seen);
        }
        Ok(found)
    }

    pub(super) async fn read(
        &self,
        ids: &[DeploymentId],
    ) -> Result<DescribeServiceDeploymentsOutput, CallError> {
        let arns = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let first = ids.first().map(DeploymentId::as_str);
        self.client
            .describe_service_deployments()
            .set_service_deployment_arns(Some(arns))
            .send()
            .await
            .map_err(|error| call_error(DESCRIBE, first, &error))
    }

    pub(super) async fn describe_one(
        &self,
        id: &DeploymentId,
    ) -> Result<Option<DeploymentSeen>, CallError> {
        let mut found = self.describe(std::slice::from_ref(id)).await?;
        found.remove(id).transpose()
    }

    /// The revision of the deployment that took the place of `seen`: the first
    /// that was created before `seen` failed. How a superseded deployment ends
    /// is not documented, so every end without success is looked at.
    async fn successor(
        &self,
        seen: &DeploymentSeen,
        failed_at: Option<Timestamp>,
    ) -> Result<Option<TaskDefinitionArn>, CallError> {
        let (Some(DeployTarget::Service(name)), Some(start)) =
            (service_of(seen.id.as_str()), seen.created)
        else {
            return Ok(None);
        };
        if !has_failed(&seen.status) {
            return Ok(None);
        }
        let end = failed_at.unwrap_or(Timestamp::MAX);
        let mut later = list(&self.client, &name, Listed::Since(start)).await?;
        later.retain(|one| {
            let at = created(one);
            one.service_deployment_arn() != Some(seen.id.as_str())
                && at.is_some_and(|at| start <= at && at <= end)
        });
        let first = later.iter().min_by_key(|one| created(one));
        let Some(arn) = first.and_then(|one| one.target_service_revision_arn()) else {
            return Ok(None);
        };
        let known = self.revisions.of([arn]).await?;
        Ok(known.get(arn).map(|found| found.task_definition.clone()))
    }
}
