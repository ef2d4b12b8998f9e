//! The tasks of a service that have stopped, and why, in process.

use serde_json::{Value, json};

use super::line::{Call, Line};
use super::values::{list, moment, name_of, revision, text, word};
use crate::ports::Trouble;
use crate::release::surroundings::ServiceName;
use crate::rollout::evidence::{StopCode, StoppedContainer, StoppedTask};

/// The service's stopped tasks, the latest first. One page of them is read:
/// no scenery has more.
pub(super) async fn stopped_tasks(
    line: &Line,
    name: &ServiceName,
) -> Result<Vec<StoppedTask>, Trouble> {
    let resource = format!("{}/{}", name.cluster, name.service);
    let call = Call::new("ecs:ListTasks", resource.clone());
    let input = json!({
        "cluster": name.cluster,
        "serviceName": name.service,
        "desiredStatus": "STOPPED",
    });
    let listed = line.ask(&call, input).await?;
    if list(&listed["taskArns"]).is_empty() {
        return Ok(Vec::new());
    }
    let call = Call::new("ecs:DescribeTasks", resource);
    let input = json!({ "cluster": name.cluster, "tasks": listed["taskArns"] });
    let described = line.ask(&call, input).await?;
    let mut tasks: Vec<StoppedTask> = list(&described["tasks"]).iter().map(task).collect();
    tasks.sort_by_key(|task| std::cmp::Reverse(task.at));
    Ok(tasks)
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
