//! CodeDeploy deployments (docs/aws.md §5).

use std::time::Duration;

use async_trait::async_trait;
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
use super::error::{call_error, incomplete, wrong_engine};
use super::paced_client::PacedClient;
use super::pagination::Pages;
use super::retry::at_most_once;
use super::service_clients;
use crate::job::{DeployTarget, DeploymentId, Key};
use crate::ports::{
    BATCH, CallError, Created, Deployments, GroupAnswer, NewDeployment, OwnDeployment,
};
use crate::rollout::description;
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::step::StopMode;

const CREATE: &str = "codedeploy:CreateDeployment";
const GROUP: &str = "codedeploy:GetDeploymentGroup";
const LIST: &str = "codedeploy:ListDeployments";

/// How far back to search for a deployment by its key: twice the lifetime of
/// the action it belongs to (docs/aws.md §1.3).
const LOOK_BACK: Duration = Duration::from_secs(48 * 3600);

/// The maximum number of pages of a list, at up to 100 deployments each. A page
/// may be partly filled, and the order is not documented: a list is read to its
/// end, or a release could deploy twice. A group runs one deployment at a time,
/// so that even 100 pages of one are more than a group has in 48 hours.
const PAGES: usize = 100;

/// Creates, reads and stops CodeDeploy deployments.
#[derive(Clone, Debug)]
pub struct CodeDeployDeployments {
    client: PacedClient<Client>,
    clock: Clock,
    reader: Reader,
}

impl CodeDeployDeployments {
    #[must_use]
    pub fn new(config: &SdkConfig, clock: Clock) -> Self {
        let client = service_clients::codedeploy(config);
        let client = PacedClient::new(client, clock.clone());
        Self {
            reader: Reader::new(client.clone()),
            client,
            clock,
        }
    }

    async fn create_once(&self, new: &NewDeployment) -> Result<Created, CallError> {
        let (DeployTarget::Group(name), Some(parameters)) = (&new.target, &new.codedeploy) else {
            return Err(wrong_engine(CREATE, &new.target));
        };
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
                    .application_name(&name.application)
                    .deployment_group_name(&name.group)
                    .revision(revision.clone())
                    .description(&parameters.description)
                    .set_deployment_config_name(parameters.deployment_config.clone())
                    .customize()
                    .config_override(Config::builder().retry_config(RetryConfig::disabled()))
                    .send()
            })
            .await;
        let resource = new.target.to_string();
        match answer {
            Ok(answer) => match answer.deployment_id() {
                Some(id) => Ok(Created::Started(DeploymentId::new(id))),
                None => Err(incomplete(CREATE, &resource)),
            },
            Err(error) if error.code() == Some("DeploymentLimitExceededException") => {
                Ok(Created::GroupIsBusy)
            }
            Err(error) => Err(call_error(CREATE, Some(&resource), &error)),
        }
    }

    /// Returns the newest of `ids` with this key. Skips deployments that are
    /// listed but no longer exist.
    async fn search(&self, ids: &[String], key: &Key) -> Result<Option<DeploymentSeen>, CallError> {
        let ids: Vec<DeploymentId> = ids.iter().map(DeploymentId::new).collect();
        let answers = self.reader.survey(&ids).await.into_iter();
        let seen = answers.collect::<Result<_, _>>()?;
        Ok(description::newest_own(seen, key))
    }
}

#[async_trait]
impl Deployments for CodeDeployDeployments {
    async fn group(&self, target: &DeployTarget) -> Result<GroupAnswer, CallError> {
        let DeployTarget::Group(name) = target else {
            return Err(wrong_engine(GROUP, target));
        };
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
        let resource = target.to_string();
        match answer {
            Ok(answer) => match answer.deployment_group_info() {
                Some(info) => {
                    let mut found = group(info);
                    self.reader.remember(&found);
                    found.is_gradual = self.reader.is_gradual(&found).await;
                    Ok(GroupAnswer::Found(Box::new(found)))
                }
                None => Err(incomplete(GROUP, &resource)),
            },
            Err(error) => match error.code() {
                Some("ApplicationDoesNotExistException") => Ok(GroupAnswer::NoApplication),
                Some("DeploymentGroupDoesNotExistException") => Ok(GroupAnswer::NoTarget),
                Some(_) | None => Err(call_error(GROUP, Some(&resource), &error)),
            },
        }
    }

    async fn create(&self, new: &NewDeployment) -> Result<Created, CallError> {
        at_most_once(&self.clock, || self.create_once(new)).await
    }

    async fn survey(&self, ids: &[DeploymentId]) -> Vec<Result<Option<DeploymentSeen>, CallError>> {
        self.reader.survey(ids).await
    }

    async fn with_target(&self, seen: DeploymentSeen) -> Result<DeploymentSeen, CallError> {
        self.reader.with_target(seen).await
    }

    async fn find(&self, wanted: &OwnDeployment) -> Result<Option<DeploymentSeen>, CallError> {
        let DeployTarget::Group(name) = &wanted.target else {
            return Err(wrong_engine(LIST, &wanted.target));
        };
        let since = DateTime::from_secs((self.clock.now() - LOOK_BACK).as_second());
        let resource = wanted.target.to_string();
        let mut pages = Pages::new(LIST, &resource, PAGES);
        loop {
            let listed = self
                .client
                .call(|client| {
                    client
                        .list_deployments()
                        .application_name(&name.application)
                        .deployment_group_name(&name.group)
                        .create_time_range(TimeRange::builder().start(since).build())
                        .set_next_token(pages.token())
                        .send()
                })
                .await
                .map_err(|error| call_error(LIST, Some(&resource), &error))?;
            for batch in listed.deployments().chunks(BATCH) {
                if let Some(found) = self.search(batch, &wanted.key).await? {
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
    async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError> {
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
        match answer {
            Ok(_) => Ok(()),
            Err(error) => match error.code() {
                Some(
                    "DeploymentIsNotInReadyStateException" | "DeploymentAlreadyCompletedException",
                ) => Ok(()),
                Some(_) | None => {
                    let call = "codedeploy:ContinueDeployment";
                    Err(call_error(call, Some(id.as_str()), &error))
                }
            },
        }
    }

    /// Succeeds if the deployment has already ended.
    async fn stop(&self, id: &DeploymentId, mode: StopMode) -> Result<(), CallError> {
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
        match answer {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("DeploymentAlreadyCompletedException") => Ok(()),
            Err(error) => {
                let call = "codedeploy:StopDeployment";
                Err(call_error(call, Some(id.as_str()), &error))
            }
        }
    }
}
