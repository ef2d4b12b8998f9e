//! The past deployments of a service, of which ECS keeps 90 days (docs/aws.md
//! §6.8).

use std::cmp::Reverse;

use aws_config::SdkConfig;
use aws_sdk_ecs::Client;
use jiff::Timestamp;

use super::history::Listing;
use super::service_clients;
use super::service_deployment_list::{Listed, created, list};
use super::service_deployment_reader::{BATCH, Reader};
use crate::job::{DeploymentId, ServiceName};
use crate::ports::CallError;
use crate::rollout::seen::DeploymentSeen;

/// Reads past deployments from ECS.
#[derive(Clone, Debug)]
pub struct ServiceHistory {
    client: Client,
    reader: Reader,
}

impl ServiceHistory {
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let client = service_clients::ecs(config);
        Self {
            reader: Reader::new(client.clone()),
            client,
        }
    }

    /// Returns the newest `at_most` of the service's deployments that were
    /// created since `since`, newest first.
    ///
    /// # Errors
    ///
    /// If ECS cannot list the deployments.
    pub async fn deployments(
        &self,
        name: &ServiceName,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Listing<DeploymentSeen>, CallError> {
        let mut listed = list(&self.client, name, Listed::Since(since)).await?;
        listed.sort_by_key(|one| Reverse(created(one)));
        let arns = listed.iter().filter_map(|one| one.service_deployment_arn());
        let ids: Vec<DeploymentId> = arns.take(at_most).map(DeploymentId::new).collect();
        Ok(Listing::of(&ids, BATCH, async |batch| self.reader.survey(batch).await).await)
    }
}
