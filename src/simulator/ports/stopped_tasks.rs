//! The stopped tasks of a service, with reasons, in process.

use serde_json::{Value, json};

use super::line::{Call, Line};
use super::values::{list, moment, name_of, revision, text, texts, word};
use crate::ports::{CallError, StoppedPage};
use crate::release::target::ServiceName;
use crate::rollout::evidence::{StopCode, StoppedContainer, StoppedTask};

/// The service's stopped tasks, newest first. Reads one page of them: no
/// simulated account has more.
pub(super) async fn stopped_tasks(
    line: &Line,
    name: &ServiceName,
) -> Result<Vec<StoppedTask>, CallError> {
    let listed = list_stopped(line, name, None).await?;
    let mut tasks = describe_tasks(line, name, &listed.ids).await?;
    tasks.sort_by_key(|task| std::cmp::Reverse(task.at));
    Ok(tasks)
}

/// One page of the service's stopped tasks.
pub(super) async fn list_stopped(
    line: &Line,
    name: &ServiceName,
    page: Option<String>,
) -> Result<StoppedPage, CallError> {
    let call = Call::new("ecs:ListTasks", resource(name));
    let input = json!({
        "cluster": name.cluster,
        "serviceName": name.service,
        "desiredStatus": "STOPPED",
        "nextToken": page,
    });
    let listed = line.ask(&call, input).await?;
    Ok(StoppedPage {
        ids: texts(&listed["taskArns"]),
        next: text(&listed["nextToken"]),
    })
}

/// The tasks of one page. An empty page makes no call.
pub(super) async fn describe_tasks(
    line: &Line,
    name: &ServiceName,
    ids: &[String],
) -> Result<Vec<StoppedTask>, CallError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let call = Call::new("ecs:DescribeTasks", resource(name));
    let input = json!({ "cluster": name.cluster, "tasks": ids });
    let described = line.ask(&call, input).await?;
    Ok(list(&described["tasks"]).iter().map(task).collect())
}

fn resource(name: &ServiceName) -> String {
    format!("{}/{}", name.cluster, name.service)
}

fn task(task: &Value) -> StoppedTask {
    StoppedTask {
        id: name_of(&task["taskArn"]),
        started_by: text(&task["startedBy"]),
        task_definition: revision(&task["taskDefinitionArn"]),
        stop_code: StopCode::from(word(&task["stopCode"]).as_str()),
        reason: text(&task["stoppedReason"]),
        at: moment(&task["stoppedAt"]),
        containers: list(&task["containers"]).iter().map(container).collect(),
    }
}

fn container(container: &Value) -> StoppedContainer {
    let exit_code = container["exitCode"].as_i64();
    StoppedContainer {
        name: word(&container["name"]),
        exit_code: exit_code.and_then(|code| code.try_into().ok()),
        reason: text(&container["reason"]),
    }
}
