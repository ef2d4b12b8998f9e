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

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::config::Config;
use aws_sdk_ecs::types::{
    ServiceDeployment, ServiceDeploymentBrief, StopServiceDeploymentStopType,
};
use aws_smithy_types::retry::RetryConfig;
use clock::Clock;

use super::error::{call_error, incomplete, none_if, unclear};
use super::retry::at_most_once;
use super::service_clients;
use super::service_deployment_list::{Listed, created, last, list};
use super::service_deployment_reader::{DESCRIBE, Reader};
use super::service_deployment_seen::waits;
use crate::job::{DeployTarget, DeploymentId, ServiceName, TaskDefinitionArn};
use crate::ports::{CallError, Created, GroupAnswer, Services as _, StopAnswer};
use crate::release::target::Group;
use crate::rollout::seen::DeploymentSeen;

const UPDATE: &str = "ecs:UpdateService";
const CONTINUE: &str = "ecs:ContinueServiceDeployment";
const STOP: &str = "ecs:StopServiceDeployment";

/// How far back a release's own deployment can be: twice the lifetime of an
/// action (docs/aws.md §1.3).
const LOOK_BACK: Duration = Duration::from_secs(48 * 3600);

/// How far back an ended deployment matters to those that wait.
const JUST_ENDED: Duration = Duration::from_secs(3600);

/// How often a new deployment is searched for, and the delay in between, before
/// the result of the call counts as unclear. ECS may take a moment to show it.
const SEARCHES: u32 = 5;
const BETWEEN_SEARCHES: Duration = Duration::from_secs(1);

/// Starts, continues and stops ECS's own deployments.
#[derive(Debug)]
pub(super) struct EcsDeployments {
    client: Client,
    clock: Clock,
    pub(super) reader: Reader,
}

impl EcsDeployments {
    pub(super) fn new(config: &SdkConfig, clock: Clock) -> Self {
        let client = service_clients::ecs(config);
        Self {
            reader: Reader::new(client.clone()),
            client,
            clock,
        }
    }

    /// Starts the deployment if none is under way. Not repeated once ECS may
    /// have acted.
    pub(super) async fn start(
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
        let service = self.client.describe(name).await?;
        let primary = service.as_ref().and_then(|service| service.primary());
        let is_there = primary.and_then(|set| set.task_definition.as_ref()) == Some(revision);
        if is_there {
            // The response to an earlier update was lost, and ECS does not list
            // the deployment yet.
            return Ok(None);
        }
        // The task definition alone: ECS applies every other member that is there.
        self.client
            .update_service()
            .cluster(&name.cluster)
            .service(&name.service)
            .task_definition(revision.as_str())
            .customize()
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .send()
            .await
            .map_err(|error| call_error(UPDATE, Some(&name.to_string()), &error))?;
        Ok(None)
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
        let known = self.reader.revisions.of(arns).await?;
        let is_own = |one: &&ServiceDeploymentBrief| {
            let target = one.target_service_revision_arn();
            let found = target.and_then(|arn| known.get(arn));
            found.is_some_and(|found| found.task_definition == *revision)
        };
        let own = listed.iter().filter(is_own).max_by_key(|one| created(one));
        Ok(own.and_then(|own| Some(DeploymentId::new(own.service_deployment_arn()?))))
    }

    pub(super) async fn group(&self, name: &ServiceName) -> Result<GroupAnswer, CallError> {
        let Some(service) = self.client.describe(name).await? else {
            return Ok(GroupAnswer::NoTarget);
        };
        let mut group = Group::of(DeployTarget::Service(name.clone()));
        group.services = vec![name.clone()];
        group.alarms = service.deployment_configuration.alarms;
        // The other controllers' services have no such deployments.
        if service.deployment_controller == "ECS" {
            let mut listed = list(&self.client, name, Listed::Active).await?;
            if listed.is_empty() {
                let since = self.clock.now() - JUST_ENDED;
                listed = list(&self.client, name, Listed::Since(since)).await?;
            }
            let newest = listed.iter().max_by_key(|one| created(one));
            group.last_attempted = newest.and_then(last);
        }
        Ok(GroupAnswer::Found(Box::new(group)))
    }

    /// The newest deployment of the revision.
    pub(super) async fn find(
        &self,
        name: &ServiceName,
        revision: &TaskDefinitionArn,
    ) -> Result<Option<DeploymentSeen>, CallError> {
        match self.own(name, revision).await? {
            Some(own) => self.reader.describe_one(&own).await,
            None => Ok(None),
        }
    }

    /// Continues every hook that waits. One that waits no longer was continued
    /// by another caller, or by an earlier attempt whose response was lost.
    pub(super) async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError> {
        let read = self.reader.read(std::slice::from_ref(id)).await?;
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
            none_if(
                &["InvalidParameterException"],
                CONTINUE,
                id.as_str(),
                answer,
            )?;
        }
        Ok(())
    }

    /// ECS knows no stop that leaves things as they are: it always rolls back.
    /// Succeeds if the deployment can no longer be stopped.
    pub(super) async fn stop(&self, id: &DeploymentId) -> Result<StopAnswer, CallError> {
        let answer = self
            .client
            .stop_service_deployment()
            .service_deployment_arn(id.as_str())
            .stop_type(StopServiceDeploymentStopType::Rollback)
            .send()
            .await;
        let accepted = none_if(&["ConflictException"], STOP, id.as_str(), answer)?;
        Ok(accepted.map_or(StopAnswer::TooLate, |_| StopAnswer::Accepted))
    }
}
