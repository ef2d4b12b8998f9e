//! ECS services (docs/aws.md §4.4, §4.5).

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{
    CapacityProviderStrategyItem, Deployment, NetworkConfiguration, Service as EcsService,
    TaskSet as EcsTaskSet,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Value, json};

use super::error::{call_error, incomplete, refused};
use super::service_clients;
use super::service_configuration::{configuration, load_balancer};
use super::stopped_tasks::{describe_tasks, list_stopped, stopped_tasks};
use super::values::{count, filled, name_of, timestamp};
use crate::job::TaskDefinitionArn;
use crate::ports::{CallError, Services, StoppedPage};
use crate::release::target::{
    Networking, Service, ServiceEvent, ServiceName, TaskSet, target_group_name,
};
use crate::rollout::evidence::StoppedTask;

const CALL: &str = "ecs:DescribeServices";

/// Reads ECS services.
#[derive(Clone, Debug)]
pub struct EcsServices {
    client: Client,
}

impl EcsServices {
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: service_clients::ecs(config),
        }
    }
}

#[async_trait]
impl Services for EcsServices {
    async fn describe(&self, name: &ServiceName) -> Result<Option<Service>, CallError> {
        let resource = name.to_string();
        let answer = self
            .client
            .describe_services()
            .set_cluster(filled(&name.cluster))
            .services(&name.service)
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("ClusterNotFoundException") => return Ok(None),
            Err(error) => return Err(call_error(CALL, Some(&resource), &error)),
        };
        if let Some(found) = answer.services().first() {
            return Ok(Some(service(found)));
        }
        let failure = answer.failures().first();
        match failure.and_then(|failure| failure.reason()) {
            None => Err(incomplete(CALL, &resource)),
            Some("MISSING") => Ok(None),
            Some(reason) => {
                let detail = failure.and_then(|failure| failure.detail());
                Err(refused(CALL, &resource, reason, detail.unwrap_or_default()))
            }
        }
    }

    async fn stopped_tasks(&self, name: &ServiceName) -> Result<Vec<StoppedTask>, CallError> {
        stopped_tasks(&self.client, name).await
    }

    async fn list_stopped(
        &self,
        name: &ServiceName,
        page: Option<String>,
    ) -> Result<StoppedPage, CallError> {
        list_stopped(&self.client, name, page).await
    }

    async fn describe_tasks(
        &self,
        name: &ServiceName,
        ids: &[String],
    ) -> Result<Vec<StoppedTask>, CallError> {
        describe_tasks(&self.client, name, ids).await
    }
}

fn service(seen: &EcsService) -> Service {
    let controller = seen
        .deployment_controller()
        .map_or("ECS", |controller| controller.r#type().as_str());
    // A task set's own settings may differ from the service's.
    let mut sets = seen.task_sets().iter();
    let primary = sets.find(|set| set.status() == Some("PRIMARY"));
    Service {
        cluster: name_of(seen.cluster_arn().unwrap_or_default()).to_owned(),
        name: seen.service_name().unwrap_or_default().to_owned(),
        status: seen.status().unwrap_or_default().to_owned(),
        deployment_controller: controller.to_owned(),
        deployment_configuration: seen
            .deployment_configuration()
            .map(configuration)
            .unwrap_or_default(),
        load_balancers: seen
            .load_balancers()
            .iter()
            .filter_map(load_balancer)
            .collect(),
        service_connect: seen
            .deployments()
            .iter()
            .filter_map(|deployment| deployment.service_connect_configuration())
            .any(aws_sdk_ecs::types::ServiceConnectConfiguration::enabled),
        launch_type: seen.launch_type().map(|kind| kind.as_str().to_owned()),
        desired_count: count(seen.desired_count()),
        platform_version: primary
            .and_then(EcsTaskSet::platform_version)
            .or(seen.platform_version())
            .map(str::to_owned),
        networking: primary
            .and_then(EcsTaskSet::network_configuration)
            .or(seen.network_configuration())
            .and_then(networking),
        task_sets: match controller {
            "ECS" => seen.deployments().iter().map(own_tasks).collect(),
            _ => seen.task_sets().iter().map(task_set).collect(),
        },
        events: seen
            .events()
            .iter()
            .filter_map(|event| {
                Some(ServiceEvent {
                    at: timestamp(event.created_at()?)?,
                    message: event.message()?.to_owned(),
                })
            })
            .collect(),
    }
}

fn task_set(seen: &EcsTaskSet) -> TaskSet {
    TaskSet {
        id: seen.id().unwrap_or_default().to_owned(),
        external_id: seen.external_id().and_then(filled),
        status: seen.status().unwrap_or_default().to_owned(),
        stability: seen
            .stability_status()
            .map(|status| status.as_str().to_owned()),
        task_definition: seen.task_definition().map(TaskDefinitionArn::new),
        launch_type: seen.launch_type().map(|kind| kind.as_str().to_owned()),
        target_groups: seen
            .load_balancers()
            .iter()
            .filter_map(|balancer| target_group_name(balancer.target_group_arn()?))
            .map(str::to_owned)
            .collect(),
        capacity_providers: seen
            .capacity_provider_strategy()
            .iter()
            .map(capacity_provider)
            .collect(),
        desired: count(seen.computed_desired_count()),
        pending: count(seen.pending_count()),
        running: count(seen.running_count()),
    }
}

/// ECS's own deployments have no task sets. The primary one is what the
/// service shall run.
fn own_tasks(seen: &Deployment) -> TaskSet {
    TaskSet {
        id: seen.id().unwrap_or_default().to_owned(),
        external_id: None,
        status: seen.status().unwrap_or_default().to_owned(),
        stability: None,
        task_definition: seen.task_definition().map(TaskDefinitionArn::new),
        launch_type: seen.launch_type().map(|kind| kind.as_str().to_owned()),
        target_groups: Vec::new(),
        capacity_providers: seen
            .capacity_provider_strategy()
            .iter()
            .map(capacity_provider)
            .collect(),
        desired: count(seen.desired_count()),
        pending: count(seen.pending_count()),
        running: count(seen.running_count()),
    }
}

fn networking(seen: &NetworkConfiguration) -> Option<Networking> {
    let seen = seen.awsvpc_configuration()?;
    let public = seen.assign_public_ip();
    Some(Networking {
        subnets: seen.subnets().to_vec(),
        security_groups: seen.security_groups().to_vec(),
        // ECS omits the value when it is not enabled.
        assign_public_ip: public
            .map_or("DISABLED", |public| public.as_str())
            .to_owned(),
    })
}

fn capacity_provider(item: &CapacityProviderStrategyItem) -> Value {
    json!({
        "capacityProvider": item.capacity_provider(),
        "weight": item.weight(),
        "base": item.base(),
    })
}
