//! Converts a deployment and its target from CodeDeploy's JSON to the worker's
//! types.

use serde_json::Value;

use super::deployment_group::{ready, termination_wait};
use super::values::{count, list, moment, text, word};
use crate::job::DeploymentId;
use crate::release::target::ReadyOption;
use crate::rollout::seen::{
    DeploymentError, DeploymentSeen, DeploymentStatus, Diagnostics, EventStatus, Label,
    LifecycleEvent, RollbackSeen, TargetSeen, TargetStatus, TaskSetSeen,
};

/// The members of the overview that can count the deployment's one target.
const PLACES: [&str; 6] = [
    "Pending",
    "InProgress",
    "Succeeded",
    "Failed",
    "Skipped",
    "Ready",
];

/// The deployment, without its target and shift. `None` if it has no id.
pub(super) fn deployment(info: &Value) -> Option<DeploymentSeen> {
    let blue_green = &info["blueGreenDeploymentConfiguration"];
    let (error, rollback) = (&info["errorInformation"], &info["rollbackInfo"]);
    let overview = &info["deploymentOverview"];
    let mut places = PLACES.iter();
    let reached = places.find(|place| count(&overview[**place]) > 0);
    Some(DeploymentSeen {
        id: DeploymentId::new(text(&info["deploymentId"])?),
        status: named::<DeploymentStatus>(&info["status"]),
        application: word(&info["applicationName"]),
        group: word(&info["deploymentGroupName"]),
        description: text(&info["description"]),
        deployment_config: text(&info["deploymentConfigName"]),
        shift: None,
        ready_wait: match ready(blue_green) {
            ReadyOption::WaitFor(wait) => Some(wait),
            ReadyOption::Continue => None,
        },
        termination_wait: blue_green.is_object().then(|| termination_wait(blue_green)),
        creator: text(&info["creator"]),
        created: moment(&info["createTime"]),
        completed: moment(&info["completeTime"]),
        error: error.is_object().then(|| DeploymentError {
            code: word(&error["code"]),
            message: word(&error["message"]),
        }),
        rolls_back: info["autoRollbackConfiguration"]["enabled"] == true,
        rollback: rollback.is_object().then(|| RollbackSeen {
            deployment: text(&rollback["rollbackDeploymentId"]).map(DeploymentId::new),
            triggered_by: text(&rollback["rollbackTriggeringDeploymentId"]).map(DeploymentId::new),
            message: text(&rollback["rollbackMessage"]),
        }),
        reached: reached.map(|place| TargetStatus::from(*place)),
        target: None,
    })
}

/// The ECS target of a deployment.
pub(super) fn target(target: &Value) -> TargetSeen {
    TargetSeen {
        id: word(&target["targetId"]),
        status: named::<TargetStatus>(&target["status"]),
        events: list(&target["lifecycleEvents"]).iter().map(event).collect(),
        task_sets: list(&target["taskSetsInfo"]).iter().map(task_set).collect(),
    }
}

fn named<T: for<'a> From<&'a str>>(value: &Value) -> T {
    T::from(value.as_str().unwrap_or_default())
}

fn event(event: &Value) -> LifecycleEvent {
    let diagnostics = &event["diagnostics"];
    LifecycleEvent {
        name: word(&event["lifecycleEventName"]),
        status: named::<EventStatus>(&event["status"]),
        started: moment(&event["startTime"]),
        ended: moment(&event["endTime"]),
        diagnostics: diagnostics.is_object().then(|| {
            Box::new(Diagnostics {
                error_code: text(&diagnostics["errorCode"]),
                script_name: text(&diagnostics["scriptName"]),
                message: text(&diagnostics["message"]),
                log_tail: text(&diagnostics["logTail"]),
            })
        }),
    }
}

fn task_set(set: &Value) -> TaskSetSeen {
    TaskSetSeen {
        id: word(&set["identifer"]),
        label: named::<Label>(&set["taskSetLabel"]),
        status: word(&set["status"]),
        desired: count(&set["desiredCount"]),
        pending: count(&set["pendingCount"]),
        running: count(&set["runningCount"]),
        traffic_weight: set["trafficWeight"].as_f64().unwrap_or_default(),
        target_group: text(&set["targetGroup"]["name"]),
        // CodeDeploy does not return it.
        task_definition: None,
    }
}
