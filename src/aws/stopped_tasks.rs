//! The stopped tasks of a service, and why they stopped (docs/aws.md §4.5).

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{Container, DesiredStatus, Task};

use super::error::call_error;
use super::pagination::Pages;
use super::values::{filled, name_of, timestamp};
use crate::job::TaskDefinitionArn;
use crate::ports::{CallError, StoppedPage};
use crate::release::target::ServiceName;
use crate::rollout::evidence::{StopCode, StoppedContainer, StoppedTask};

/// The maximum number of pages of stopped tasks to read, at up to 100 each, the
/// limit of one `DescribeTasks` call. The order of the list is not documented.
const PAGES: usize = 3;

/// Returns the service's stopped tasks, most recent first. `ListTasks` cannot
/// filter by both `startedBy` and status, so the caller filters by task set.
pub(super) async fn stopped_tasks(
    client: &Client,
    name: &ServiceName,
) -> Result<Vec<StoppedTask>, CallError> {
    let mut tasks = Vec::new();
    let mut pages = Pages::new("ecs:ListTasks", &resource(name), PAGES);
    loop {
        let listed = list_stopped(client, name, pages.token()).await?;
        tasks.extend(describe_tasks(client, name, &listed.ids).await?);
        if !pages.advance(listed.next.as_deref())? {
            break;
        }
    }
    tasks.sort_by_key(|task| std::cmp::Reverse(task.at));
    Ok(tasks)
}

/// Lists one page of the service's stopped tasks.
pub(super) async fn list_stopped(
    client: &Client,
    name: &ServiceName,
    page: Option<String>,
) -> Result<StoppedPage, CallError> {
    let listed = client
        .list_tasks()
        .set_cluster(filled(&name.cluster))
        .service_name(&name.service)
        .desired_status(DesiredStatus::Stopped)
        .set_next_token(page)
        .send()
        .await
        .map_err(|error| call_error("ecs:ListTasks", Some(&resource(name)), &error))?;
    Ok(StoppedPage {
        ids: listed.task_arns().to_vec(),
        next: listed.next_token().map(str::to_owned),
    })
}

/// Describes the tasks of one page. Makes no call if `ids` is empty.
pub(super) async fn describe_tasks(
    client: &Client,
    name: &ServiceName,
    ids: &[String],
) -> Result<Vec<StoppedTask>, CallError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let described = client
        .describe_tasks()
        .set_cluster(filled(&name.cluster))
        .set_tasks(Some(ids.to_vec()))
        .send()
        .await
        .map_err(|error| call_error("ecs:DescribeTasks", Some(&resource(name)), &error))?;
    Ok(described.tasks().iter().map(task).collect())
}

fn resource(name: &ServiceName) -> String {
    name.to_string()
}

fn task(task: &Task) -> StoppedTask {
    let code = task
        .stop_code()
        .map(aws_sdk_ecs::types::TaskStopCode::as_str);
    StoppedTask {
        id: name_of(task.task_arn().unwrap_or_default()).to_owned(),
        started_by: task.started_by().and_then(filled),
        task_definition: task.task_definition_arn().map(TaskDefinitionArn::new),
        stop_code: StopCode::from(code.unwrap_or_default()),
        reason: task.stopped_reason().and_then(filled),
        at: task.stopped_at().and_then(timestamp),
        containers: task.containers().iter().map(container).collect(),
    }
}

fn container(container: &Container) -> StoppedContainer {
    StoppedContainer {
        name: container.name().unwrap_or_default().to_owned(),
        exit_code: container.exit_code(),
        reason: container.reason().and_then(filled),
    }
}
