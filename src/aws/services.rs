//! ECS services and their stopped tasks (docs/aws.md §4.4, §4.5).

use std::cmp::Reverse;

use async_trait::async_trait;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{
    CapacityProviderStrategyItem, Container, Deployment, DesiredStatus, NetworkConfiguration,
    Service as EcsService, ServiceConnectConfiguration, Task, TaskSet as EcsTaskSet,
};
use serde_json::{Value, json};

use super::error::{call_error, incomplete, none_if, refused};
use super::pagination::Pages;
use super::service_configuration::{configuration, load_balancer};
use super::values::{count, filled, name_of, text, timestamp};
use crate::job::TaskDefinitionArn;
use crate::ports::{CallError, Services, StoppedPage};
use crate::release::target::{
    Networking, Service, ServiceEvent, ServiceName, TaskSet, target_group_name,
};
use crate::rollout::evidence::{StopCode, StoppedContainer, StoppedTask};

const DESCRIBE: &str = "ecs:DescribeServices";
const LIST_TASKS: &str = "ecs:ListTasks";
const DESCRIBE_TASKS: &str = "ecs:DescribeTasks";

/// The maximum number of pages of stopped tasks to read, at up to 100 each, the
/// limit of one `DescribeTasks` call. The order of the list is not documented.
const PAGES: usize = 3;

#[async_trait]
impl Services for Client {
    async fn describe(&self, name: &ServiceName) -> Result<Option<Service>, CallError> {
        let resource = name.to_string();
        let answer = self
            .describe_services()
            .set_cluster(filled(&name.cluster))
            .services(&name.service)
            .send()
            .await;
        let no_cluster = ["ClusterNotFoundException"];
        let Some(answer) = none_if(&no_cluster, DESCRIBE, &resource, answer)? else {
            return Ok(None);
        };
        if let Some(found) = answer.services().first() {
            return Ok(Some(service(found)));
        }
        let failure = answer.failures().first();
        match failure.and_then(|failure| failure.reason()) {
            None => Err(incomplete(DESCRIBE, &resource)),
            Some("MISSING") => Ok(None),
            Some(reason) => {
                let detail = failure.and_then(|failure| failure.detail());
                let detail = detail.unwrap_or_default();
                Err(refused(DESCRIBE, &resource, reason, detail))
            }
        }
    }

    /// `ListTasks` cannot filter by both `startedBy` and status, so the caller
    /// filters by task set.
    async fn stopped_tasks(&self, name: &ServiceName) -> Result<Vec<StoppedTask>, CallError> {
        let mut tasks = Vec::new();
        let mut pages = Pages::new(LIST_TASKS, &name.to_string(), PAGES);
        loop {
            let listed = self.list_stopped(name, pages.token()).await?;
            tasks.extend(Services::describe_tasks(self, name, &listed.ids).await?);
            if !pages.advance(listed.next.as_deref())? {
                break;
            }
        }
        tasks.sort_by_key(|task| Reverse(task.at));
        Ok(tasks)
    }

    async fn list_stopped(
        &self,
        name: &ServiceName,
        page: Option<String>,
    ) -> Result<StoppedPage, CallError> {
        let listed = self
            .list_tasks()
            .set_cluster(filled(&name.cluster))
            .service_name(&name.service)
            .desired_status(DesiredStatus::Stopped)
            .set_next_token(page)
            .send()
            .await
            .map_err(|error| call_error(LIST_TASKS, Some(&name.to_string()), &error))?;
        Ok(StoppedPage {
            ids: listed.task_arns().to_vec(),
            next: listed.next_token().map(str::to_owned),
        })
    }

    /// Makes no call if `ids` is empty.
    async fn describe_tasks(
        &self,
        name: &ServiceName,
        ids: &[String],
    ) -> Result<Vec<StoppedTask>, CallError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let described = self
            .describe_tasks()
            .set_cluster(filled(&name.cluster))
            .set_tasks(Some(ids.to_vec()))
            .send()
            .await
            .map_err(|error| call_error(DESCRIBE_TASKS, Some(&name.to_string()), &error))?;
        Ok(described.tasks().iter().map(stopped_task).collect())
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
        name: text(seen.service_name()),
        status: text(seen.status()),
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
            .any(ServiceConnectConfiguration::enabled),
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
        id: text(seen.id()),
        external_id: seen.external_id().and_then(filled),
        status: text(seen.status()),
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
        id: text(seen.id()),
        external_id: None,
        status: text(seen.status()),
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
    Some(Networking {
        subnets: seen.subnets().to_vec(),
        security_groups: seen.security_groups().to_vec(),
        // ECS omits the value when it is not enabled.
        assign_public_ip: seen
            .assign_public_ip()
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

fn stopped_task(task: &Task) -> StoppedTask {
    StoppedTask {
        id: name_of(task.task_arn().unwrap_or_default()).to_owned(),
        started_by: task.started_by().and_then(filled),
        task_definition: task.task_definition_arn().map(TaskDefinitionArn::new),
        stop_code: StopCode::from(task.stop_code().map_or("", |code| code.as_str())),
        reason: task.stopped_reason().and_then(filled),
        at: task.stopped_at().and_then(timestamp),
        containers: task.containers().iter().map(container).collect(),
    }
}

fn container(container: &Container) -> StoppedContainer {
    StoppedContainer {
        name: text(container.name()),
        exit_code: container.exit_code(),
        reason: container.reason().and_then(filled),
    }
}
