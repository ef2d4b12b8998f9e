//! CodeDeploy deployments (docs/aws.md §5).

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::config::Config;
use aws_sdk_codedeploy::types::{
    AppSpecContent, DeploymentWaitType, RevisionLocation, RevisionLocationType, TimeRange,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use clock::Clock;

use super::deployment_group::group;
use super::deployment_reader::Reader;
use super::error::{call_error, incomplete, none_if};
use super::paced_client::PacedClient;
use super::pagination::Pages;
use super::retry::at_most_once;
use super::service_clients;
use crate::job::{DeploymentId, GroupName, Key};
use crate::ports::{BATCH, CallError, CodeDeployParameters, Created, GroupAnswer, StopAnswer};
use crate::rollout::description;
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::step::StopMode;

pub(super) const CREATE: &str = "codedeploy:CreateDeployment";
const GROUP: &str = "codedeploy:GetDeploymentGroup";
const LIST: &str = "codedeploy:ListDeployments";
const CONTINUE: &str = "codedeploy:ContinueDeployment";
const STOP: &str = "codedeploy:StopDeployment";

/// How far back to search for a deployment by its key: twice the lifetime of
/// the action it belongs to (docs/aws.md §1.3).
const LOOK_BACK: Duration = Duration::from_secs(48 * 3600);

/// The maximum number of pages of a list, at up to 100 deployments each. A page
/// may be partly filled, and the order is not documented: a list is read to its
/// end, or a release could deploy twice. A group runs one deployment at a time,
/// so that even 100 pages of one are more than a group has in 48 hours.
const PAGES: usize = 100;

/// Creates, reads and stops CodeDeploy deployments.
#[derive(Debug)]
pub(super) struct CodeDeployDeployments {
    client: PacedClient<Client>,
    clock: Clock,
    pub(super) reader: Reader,
}

impl CodeDeployDeployments {
    pub(super) fn new(config: &SdkConfig, clock: Clock) -> Self {
        let client = service_clients::codedeploy(config);
        let client = PacedClient::new(client, clock.clone());
        Self {
            reader: Reader::new(client.clone()),
            client,
            clock,
        }
    }

    pub(super) async fn group(&self, name: &GroupName) -> Result<GroupAnswer, CallError> {
        let answer = self
            .client
            .call(|client| {
                client
                    .get_deployment_group()
                    .application_name(&name.application)
                    .deployment_group_name(&name.group)
                    .send()
            })
            .await;
        let resource = name.to_string();
        match answer {
            Ok(answer) => {
                let info = answer.deployment_group_info();
                let mut found = group(info.ok_or_else(|| incomplete(GROUP, &resource))?);
                self.reader.remember(&found);
                found.is_gradual = self.reader.is_gradual(&found).await;
                Ok(GroupAnswer::Found(Box::new(found)))
            }
            Err(error) => match error.code() {
                Some("ApplicationDoesNotExistException") => Ok(GroupAnswer::NoApplication),
                Some("DeploymentGroupDoesNotExistException") => Ok(GroupAnswer::NoTarget),
                Some(_) | None => Err(call_error(GROUP, Some(&resource), &error)),
            },
        }
    }

    /// Not repeated once CodeDeploy may have acted.
    pub(super) async fn create(
        &self,
        group: &GroupName,
        parameters: &CodeDeployParameters,
    ) -> Result<Created, CallError> {
        at_most_once(&self.clock, || self.create_once(group, parameters)).await
    }

    async fn create_once(
        &self,
        group: &GroupName,
        parameters: &CodeDeployParameters,
    ) -> Result<Created, CallError> {
        let app_spec = AppSpecContent::builder()
            .content(&parameters.app_spec)
            .sha256(&parameters.app_spec_sha256)
            .build();
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(app_spec)
            .build();
        let answer = self
            .client
            .call(|client| {
                client
                    .create_deployment()
                    .application_name(&group.application)
                    .deployment_group_name(&group.group)
                    .revision(revision.clone())
                    .description(&parameters.description)
                    .set_deployment_config_name(parameters.deployment_config.clone())
                    .customize()
                    .config_override(Config::builder().retry_config(RetryConfig::disabled()))
                    .send()
            })
            .await;
        let resource = group.to_string();
        let busy = ["DeploymentLimitExceededException"];
        let Some(answer) = none_if(&busy, CREATE, &resource, answer)? else {
            return Ok(Created::GroupIsBusy);
        };
        let id = answer.deployment_id().map(DeploymentId::new);
        let id = id.ok_or_else(|| incomplete(CREATE, &resource))?;
        Ok(Created::Started(id))
    }

    /// The newest deployment with this key.
    pub(super) async fn find(
        &self,
        group: &GroupName,
        key: &Key,
    ) -> Result<Option<DeploymentSeen>, CallError> {
        let since = DateTime::from_secs((self.clock.now() - LOOK_BACK).as_second());
        let resource = group.to_string();
        let mut pages = Pages::new(LIST, &resource, PAGES);
        loop {
            let listed = self
                .client
                .call(|client| {
                    client
                        .list_deployments()
                        .application_name(&group.application)
                        .deployment_group_name(&group.group)
                        .create_time_range(TimeRange::builder().start(since).build())
                        .set_next_token(pages.token())
                        .send()
                })
                .await
                .map_err(|error| call_error(LIST, Some(&resource), &error))?;
            for batch in listed.deployments().chunks(BATCH) {
                let ids: Vec<DeploymentId> = batch.iter().map(DeploymentId::new).collect();
                let answers = self.reader.survey(&ids).await.into_iter();
                let seen = answers.collect::<Result<_, _>>()?;
                if let Some(found) = description::newest_own(seen, key) {
                    return Ok(Some(found));
                }
            }
            if !pages.advance_to_end(listed.next_token())? {
                return Ok(None);
            }
        }
    }

    /// Succeeds if the deployment no longer waits: an earlier attempt whose
    /// response was lost may have continued it.
    pub(super) async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError> {
        let answer = self
            .client
            .call(|client| {
                client
                    .continue_deployment()
                    .deployment_id(id.as_str())
                    .deployment_wait_type(DeploymentWaitType::ReadyWait)
                    .send()
            })
            .await;
        let waits_no_longer = [
            "DeploymentIsNotInReadyStateException",
            "DeploymentAlreadyCompletedException",
        ];
        none_if(&waits_no_longer, CONTINUE, id.as_str(), answer).map(drop)
    }

    pub(super) async fn stop(
        &self,
        id: &DeploymentId,
        mode: StopMode,
    ) -> Result<StopAnswer, CallError> {
        let answer = self
            .client
            .call(|client| {
                client
                    .stop_deployment()
                    .deployment_id(id.as_str())
                    .auto_rollback_enabled(mode == StopMode::Rollback)
                    .send()
            })
            .await;
        let ended = ["DeploymentAlreadyCompletedException"];
        let accepted = none_if(&ended, STOP, id.as_str(), answer)?;
        Ok(accepted.map_or(StopAnswer::TooLate, |_| StopAnswer::Accepted))
    }
}
