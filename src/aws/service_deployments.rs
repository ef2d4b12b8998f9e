//! ECS's own deployments (docs/aws.md §6).
//!
//! `UpdateService` takes no token and no description, and it does not refuse a
//! busy service: it supersedes the deployment under way. So a deployment is
//! started only if none is under way, which is read before each attempt,
//! and it counts as started only once ECS shows that it deploys the revision.
//! Between that and the call another program can start one, unless the caller
//! has locked the service (`worker/start_lock.rs`): the second deployment
//! supersedes the first, whose release then says so.
//!
//! A deployment is known by its revision, which is registered for one release.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::config::Config;
use aws_sdk_ecs::operation::describe_service_deployments::DescribeServiceDeploymentsOutput;
use aws_sdk_ecs::types::{
    ServiceDeployment, ServiceDeploymentBrief, StopServiceDeploymentStopType,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use clock::Clock;
use jiff::Timestamp;

use super::error::{call_error, incomplete, unclear, wrong_engine};
use super::retry::at_most_once;
use super::service_clients;
use super::service_deployment_list::{LIST, Listed, created, last, list};
use super::service_deployment_seen::{deployment, failed_at, revisions, service_of, waits};
use super::service_revisions::Revisions;
use super::services::EcsServices;
use crate::job::{DeployTarget, DeploymentId, ServiceName, TaskDefinitionArn};
use crate::ports::{
    CallError, Created, Deployments, GroupAnswer, NewDeployment, OwnDeployment, Services as _,
};
use crate::release::target::Group;
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus};

const UPDATE: &str = "ecs:UpdateService";
const DESCRIBE: &str = "ecs:DescribeServiceDeployments";
const CONTINUE: &str = "ecs:ContinueServiceDeployment";
const STOP: &str = "ecs:StopServiceDeployment";

/// Deployments that one call describes (docs/aws.md §6.4).
pub(super) const BATCH: usize = 20;

/// How far back a release's own deployment can be: twice the lifetime of an
/// action (docs/aws.md §1.3).
const LOOK_BACK: Duration = Duration::from_secs(48 * 3600);

/// How far back an ended deployment matters to those that wait.
const JUST_ENDED: Duration = Duration::from_secs(3600);

/// How often a new deployment is searched for, and the delay in between, before
/// the result of the call counts as unclear. ECS may take a moment to show it.
const SEARCHES: u32 = 5;
const BETWEEN_SEARCHES: Duration = Duration::from_secs(1);

/// Starts, reads, continues and stops ECS's own deployments.
#[derive(Clone, Debug)]
pub struct EcsDeployments {
    client: Client,
    clock: Clock,
    services: EcsServices,
    revisions: Revisions,
}

impl EcsDeployments {
    #[must_use]
    pub fn new(config: &SdkConfig, clock: Clock) -> Self {
        let client = service_clients::ecs(config);
        Self {
            services: EcsServices::new(config),
            revisions: Revisions::new(client.clone()),
            client,
            clock,
        }
    }

    /// Starts the deployment if none is under way. Not repeated once ECS may
    /// have acted.
    async fn start(
        &self,
        name: &ServiceName,
        revision: &TaskDefinitionArn,
    ) -> Result<Created, CallError> {
        let found = at_most_once(&self.clock, || self.update_if_free(name, revision)).await?;
        if let Some(created) = found {
            return Ok(created);
        }
        for search in 0..SEARCHES {
            if search > 0 {
                self.clock.sleep(BETWEEN_SEARCHES).await;
            }
            if let Some(own) = self.own(name, revision).await? {
                return Ok(Created::Started(own));
            }
        }
        let what = "ECS took the update but shows no deployment of the revision yet";
        let resource = name.to_string();
        Err(unclear(UPDATE, &resource, "NotShownYet", what))
    }

    /// Updates the service unless a deployment is under way, which is returned.
    async fn update_if_free(
        &self,
        name: &ServiceName,
        revision: &TaskDefinitionArn,
    ) -> Result<Option<Created>, CallError> {
        let active = list(&self.client, name, Listed::Active).await?;
        if !active.is_empty() {
            return Ok(Some(match self.newest_of(&active, revision).await? {
                Some(own) => Created::Started(own),
                None => Created::GroupIsBusy,
            }));
        }
        let service = self.services.describe(name).await?;
        let primary = service.as_ref().and_then(|service| service.primary());
        let is_there = primary.and_then(|set| set.task_definition.as_ref()) == Some(revision);
        // The response to an earlier update was lost, and ECS does not list the
        // deployment yet.
        if !is_there {
            self.update(name, revision).await?;
        }
        Ok(None)
    }

    /// Sends the task definition alone: ECS applies every other member that is
    /// there.
    async fn update(
        &self,
        name: &ServiceName,
        revision: &TaskDefinitionArn,
    ) -> Result<(), CallError> {
        let answer = self
            .client
            .update_service()
            .cluster(&name.cluster)
            .service(&name.service)
            .task_definition(revision.as_str())
            .customize()
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .send()
            .await;
        let resource = name.to_string();
        match answer {
            Ok(_) => Ok(()),
            Err(error) => Err(call_error(UPDATE, Some(&resource), &error)),
        }
    }

    /// The newest deployment of the revision.
    async fn own(
        &self,
        name: &ServiceName,
        revision: &TaskDefinitionArn,
    ) -> Result<Option<DeploymentId>, CallError> {
        let since = self.clock.now() - LOOK_BACK;
        let listed = list(&self.client, name, Listed::Since(since)).await?;
        self.newest_of(&listed, revision).await
    }

    async fn newest_of(
        &self,
        listed: &[ServiceDeploymentBrief],
        revision: &TaskDefinitionArn,
    ) -> Result<Option<DeploymentId>, CallError> {
        let arns = listed
            .iter()
            .filter_map(|one| one.target_service_revision_arn());
        let known = self.revisions.of(arns).await?;
        let is_own = |one: &&ServiceDeploymentBrief| {
            let target = one.target_service_revision_arn();
            let found = target.and_then(|arn| known.get(arn));
            found.is_some_and(|found| found.task_definition == *revision)
        };
        let own = listed.iter().filter(is_own).max_by_key(|one| created(one));
        Ok(own.and_then(|own| Some(DeploymentId::new(own.service_deployment_arn()?))))
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

    async fn read(
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

    async fn describe_one(&self, id: &DeploymentId) -> Result<Option<DeploymentSeen>, CallError> {
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
        let has_failed = seen.status.is_final() && seen.status != DeploymentStatus::Succeeded;
        let is_rolling_back = seen.status == DeploymentStatus::RollingBack;
        let (Some(DeployTarget::Service(name)), Some(start)) =
            (service_of(seen.id.as_str()), seen.created)
        else {
            return Ok(None);
        };
        if !has_failed && !is_rolling_back {
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

#[async_trait]
impl Deployments for EcsDeployments {
    async fn group(&self, target: &DeployTarget) -> Result<GroupAnswer, CallError> {
        let DeployTarget::Service(name) = target else {
            return Err(wrong_engine(LIST, target));
        };
        let Some(service) = self.services.describe(name).await? else {
            return Ok(GroupAnswer::NoTarget);
        };
        let mut group = Group::of(target.clone());
        group.services = vec![name.clone()];
        group
            .alarms
            .clone_from(&service.deployment_configuration.alarms);
        // The other controllers' services have no such deployments.
        if service.deployment_controller != "ECS" {
            return Ok(GroupAnswer::Found(Box::new(group)));
        }
        let mut listed = list(&self.client, name, Listed::Active).await?;
        if listed.is_empty() {
            let since = self.clock.now() - JUST_ENDED;
            listed = list(&self.client, name, Listed::Since(since)).await?;
        }
        let newest = listed.iter().max_by_key(|one| created(one));
        group.last_attempted = newest.and_then(last);
        Ok(GroupAnswer::Found(Box::new(group)))
    }

    async fn create(&self, new: &NewDeployment) -> Result<Created, CallError> {
        match &new.target {
            DeployTarget::Service(name) => self.start(name, &new.task_definition).await,
            DeployTarget::Group(_) => Err(wrong_engine(UPDATE, &new.target)),
        }
    }

    async fn survey(&self, ids: &[DeploymentId]) -> Vec<Result<Option<DeploymentSeen>, CallError>> {
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

    /// The survey reads all that there is.
    async fn with_target(&self, seen: DeploymentSeen) -> Result<DeploymentSeen, CallError> {
        Ok(seen)
    }

    async fn find(&self, wanted: &OwnDeployment) -> Result<Option<DeploymentSeen>, CallError> {
        let DeployTarget::Service(name) = &wanted.target else {
            return Err(wrong_engine(LIST, &wanted.target));
        };
        let Some(revision) = &wanted.revision else {
            return Ok(None);
        };
        match self.own(name, revision).await? {
            Some(own) => self.describe_one(&own).await,
            None => Ok(None),
        }
    }

    /// Continues every hook that waits. One that waits no longer was continued
    /// by another caller, or by an earlier attempt whose response was lost.
    async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError> {
        let read = self.read(std::slice::from_ref(id)).await?;
        let hooks = read
            .service_deployments()
            .iter()
            .flat_map(ServiceDeployment::lifecycle_hook_details);
        for hook in hooks.filter(|hook| waits(hook)) {
            let hook = hook
                .hook_id()
                .ok_or_else(|| incomplete(DESCRIBE, id.as_str()))?;
            let answer = self
                .client
                .continue_service_deployment()
                .service_deployment_arn(id.as_str())
                .hook_id(hook)
                .send()
                .await;
            match answer {
                Ok(_) => {}
                Err(error) if error.code() == Some("InvalidParameterException") => {}
                Err(error) => return Err(call_error(CONTINUE, Some(id.as_str()), &error)),
            }
        }
        Ok(())
    }

    /// ECS knows no stop that leaves things as they are: it always rolls back.
    /// Succeeds if the deployment can no longer be stopped.
    async fn stop(&self, id: &DeploymentId, _roll_back: bool) -> Result<(), CallError> {
        let answer = self
            .client
            .stop_service_deployment()
            .service_deployment_arn(id.as_str())
            .stop_type(StopServiceDeploymentStopType::Rollback)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ConflictException") => Ok(()),
            Err(error) => Err(call_error(STOP, Some(id.as_str()), &error)),
        }
    }
}
