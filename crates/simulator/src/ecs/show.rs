//! Services, task sets and tasks as shown in responses.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ids;
use crate::json::epoch;

use super::behaviour::TaskFailure;
use super::deployments;
use super::names::image_digest;
use super::service::{Service, Stability, StopReason, Task, TaskSet, TaskSetStatus};

impl TaskSetStatus {
    /// The value in responses.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
        }
    }
}

pub(super) fn service(service: &Service, with_tags: bool, now: Timestamp) -> Value {
    let (pending, running) = service.counts();
    let settings = &service.settings;
    let under_code_deploy = service.is_deployed_by_code_deploy();
    let sets = service.task_sets.iter();
    let task_sets: Option<Vec<Value>> =
        under_code_deploy.then(|| sets.clone().map(|set| task_set(service, set)).collect());
    let deployments: Vec<Value> = if under_code_deploy {
        Vec::new()
    } else {
        sets.map(|set| deployment(service, set)).collect()
    };
    let events: Vec<Value> = service
        .events
        .iter()
        .map(|event| json!({ "id": event.id, "createdAt": epoch(event.at), "message": event.message }))
        .collect();
    let mut shown = json!({
        "serviceArn": service.arn(),
        "serviceName": service.name,
        "clusterArn": service.cluster_arn(),
        "loadBalancers": or_empty(&settings["loadBalancers"]),
        "serviceRegistries": or_empty(&settings["serviceRegistries"]),
        "status": service_status(service),
        "desiredCount": service.desired,
        "runningCount": running,
        "pendingCount": pending,
        "launchType": settings["launchType"],
        "capacityProviderStrategy": settings["capacityProviderStrategy"],
        "platformVersion": settings["platformVersion"],
        "taskDefinition": service.current_task_definition(),
        "deploymentConfiguration": service.shown_configuration(),
        "taskSets": task_sets,
        "deployments": deployments,
        "roleArn": settings["role"],
        "events": events,
        "createdAt": epoch(service.created_at),
        "placementConstraints": or_empty(&settings["placementConstraints"]),
        "placementStrategy": or_empty(&settings["placementStrategy"]),
        "networkConfiguration": settings["networkConfiguration"],
        "healthCheckGracePeriodSeconds": settings["healthCheckGracePeriodSeconds"],
        "schedulingStrategy": "REPLICA",
        "deploymentController": { "type": service.controller() },
        "tags": with_tags.then(|| or_empty(&settings["tags"])),
        "enableECSManagedTags": settings["enableECSManagedTags"],
        "propagateTags": settings["propagateTags"],
        "enableExecuteCommand": settings["enableExecuteCommand"],
        "availabilityZoneRebalancing": settings["availabilityZoneRebalancing"],
    });
    if service.is_deployed_by_ecs()
        && let (Value::Object(shown), Value::Object(more)) =
            (&mut shown, deployments::of_service(service, now))
    {
        shown.extend(more);
    }
    shown
}

fn service_status(service: &Service) -> &'static str {
    match (service.is_active(), service.task_sets.is_empty()) {
        (true, _) => "ACTIVE",
        (false, false) => "DRAINING",
        (false, true) => "INACTIVE",
    }
}

/// The list, or an empty one if it is null.
pub(super) fn or_empty(list: &Value) -> Value {
    if list.is_null() {
        json!([])
    } else {
        list.clone()
    }
}

/// A setting of the task set, or else of the service.
fn setting<'a>(service: &'a Service, set: &'a TaskSet, name: &str) -> &'a Value {
    let own = &set.overrides[name];
    if own.is_null() {
        &service.settings[name]
    } else {
        own
    }
}

fn task_set(service: &Service, set: &TaskSet) -> Value {
    let (pending, running) = service.counts_of(&set.id);
    let capacity_providers = setting(service, set, "capacityProviderStrategy");
    let launch_type = capacity_providers
        .is_null()
        .then_some(&service.settings["launchType"]);
    let (stability, since) = match set.stability {
        Stability::Steady { since } => ("STEADY_STATE", since),
        Stability::Stabilizing { since } => ("STABILIZING", since),
    };
    let configured = service.settings["loadBalancers"].as_array();
    let mut load_balancers: Vec<Value> = configured.into_iter().flatten().cloned().collect();
    load_balancers.truncate(1);
    if let (Some(Value::Object(first)), Some(arn)) =
        (load_balancers.first_mut(), set.target_group())
    {
        first.insert("targetGroupArn".into(), json!(arn));
    }
    let id = &set.id;
    json!({
        "id": id,
        "taskSetArn": service.part_arn("task-set", id),
        "serviceArn": service.arn(),
        "clusterArn": service.cluster_arn(),
        "startedBy": set.external_id.as_ref().map(|_| "CODE_DEPLOY"),
        "externalId": set.external_id,
        "status": set.status.as_str(),
        "taskDefinition": set.task_definition,
        "computedDesiredCount": service.desired_count(set),
        "pendingCount": pending,
        "runningCount": running,
        "createdAt": epoch(set.created_at),
        "updatedAt": epoch(set.updated_at),
        "launchType": launch_type,
        "capacityProviderStrategy": capacity_providers,
        "platformVersion": setting(service, set, "platformVersion"),
        "networkConfiguration": setting(service, set, "networkConfiguration"),
        "loadBalancers": load_balancers,
        "serviceRegistries": [],
        "scale": { "value": 100.0, "unit": "PERCENT" },
        "stabilityStatus": stability,
        "stabilityStatusAt": epoch(since),
        "tags": [],
    })
}

/// The `deployments` entry that a service under ECS's own controller shows in
/// place of task sets.
fn deployment(service: &Service, set: &TaskSet) -> Value {
    let (pending, running) = service.counts_of(&set.id);
    let settings = &service.settings;
    let revision = set.revision.as_deref().unwrap_or_default();
    let (state, how) = deployments::rollout(service, revision);
    json!({
        "id": set.id,
        "status": match set.status {
            TaskSetStatus::Primary => "PRIMARY",
            TaskSetStatus::Active | TaskSetStatus::Draining => "ACTIVE",
        },
        "taskDefinition": set.task_definition,
        "desiredCount": service.desired_count(set),
        "pendingCount": pending,
        "runningCount": running,
        "failedTasks": set.failures.total,
        "createdAt": epoch(set.created_at),
        "updatedAt": epoch(set.updated_at),
        "launchType": settings["launchType"],
        "capacityProviderStrategy": settings["capacityProviderStrategy"],
        "platformVersion": settings["platformVersion"],
        "networkConfiguration": settings["networkConfiguration"],
        "serviceConnectConfiguration": settings["serviceConnectConfiguration"],
        "rolloutState": state,
        "rolloutStateReason": format!("ECS deployment {} {how}", set.id),
    })
}

/// A task whose task definition has these `containers`.
pub(super) fn task<'a>(
    service: &Service,
    task: &Task,
    containers: impl Iterator<Item = &'a Value>,
) -> Value {
    let last_status = task.last_status();
    let arn = task.arn(service);
    let end = task.stopped.as_ref();
    let set = service.task_set(&task.task_set);
    let target_group = set.and_then(TaskSet::target_group);
    let stop = end.map(|end| stop_code_and_reason(&end.why, target_group, &task.task_set));
    let (stop_code, stopped_reason) = stop.unzip();
    let containers: Vec<Value> = containers
        .enumerate()
        .map(|(index, definition)| container(task, &arn, definition, index == 0))
        .collect();
    json!({
        "taskArn": arn,
        "clusterArn": service.cluster_arn(),
        "taskDefinitionArn": task.task_definition,
        "containers": containers,
        "createdAt": epoch(task.created_at),
        "startedAt": task.started_at.map(epoch),
        "stoppingAt": end.map(|end| epoch(end.at)),
        "stoppedAt": end.map(|end| epoch(end.at)),
        "stopCode": stop_code,
        "stoppedReason": stopped_reason,
        "desiredStatus": task.desired_status(),
        "lastStatus": last_status,
        "healthStatus": health(task),
        "group": format!("service:{}", service.name),
        "startedBy": task.task_set,
        "launchType": service.settings["launchType"],
        "attachments": [],
        "overrides": { "containerOverrides": [], "inferenceAcceleratorOverrides": [] },
        "tags": [],
        "version": 1,
    })
}

impl Task {
    pub(super) fn arn(&self, service: &Service) -> String {
        format!(
            "{}:task/{}/{}",
            service.arn_prefix, service.cluster, self.id
        )
    }

    pub(super) fn desired_status(&self) -> &'static str {
        if self.stopped.is_some() {
            "STOPPED"
        } else {
            "RUNNING"
        }
    }

    fn last_status(&self) -> &'static str {
        match (&self.stopped, self.started_at) {
            (Some(_), _) => "STOPPED",
            (None, Some(_)) => "RUNNING",
            (None, None) => "PENDING",
        }
    }
}

fn health(task: &Task) -> &'static str {
    match &task.stopped {
        None if task.healthy => "HEALTHY",
        Some(end) if end.why == StopReason::Failure(TaskFailure::FailedElbHealthChecks) => {
            "UNHEALTHY"
        }
        None | Some(_) => "UNKNOWN",
    }
}

fn container(task: &Task, task_arn: &str, definition: &Value, is_first: bool) -> Value {
    let name = definition["name"].as_str().unwrap_or_default();
    let image = definition["image"].as_str().unwrap_or_default();
    let id = ids::of_name(&format!("{}/{name}", task.id));
    let (exit_code, reason) = match &task.stopped {
        None => (None, None),
        Some(end) => exit_code_and_reason(&end.why, image, is_first),
    };
    let pulled = task.started_at.is_some();
    json!({
        "containerArn": format!("{}/{id}", task_arn.replacen(":task/", ":container/", 1)),
        "taskArn": task_arn,
        "name": name,
        "image": image,
        "imageDigest": pulled.then(|| image_digest(image)),
        "runtimeId": pulled.then(|| format!("{}-{id}", task.id)),
        "lastStatus": task.last_status(),
        "exitCode": exit_code,
        "reason": reason,
        "networkBindings": [],
        "networkInterfaces": [],
        "healthStatus": health(task),
    })
}

fn stop_code_and_reason(
    why: &StopReason,
    target_group: Option<&str>,
    task_set: &str,
) -> (&'static str, String) {
    match why {
        StopReason::Failure(TaskFailure::CannotPullImage) => {
            ("TaskFailedToStart", "Task failed to start".into())
        }
        StopReason::Failure(TaskFailure::SecretsMissing) => (
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: execution \
             resource retrieval failed: unable to retrieve secret from asm: \
             ResourceNotFoundException: Secrets Manager can't find the specified secret."
                .into(),
        ),
        StopReason::Failure(TaskFailure::OutOfMemory | TaskFailure::Exits { .. }) => (
            "EssentialContainerExited",
            "Essential container in task exited".into(),
        ),
        StopReason::Failure(TaskFailure::FailedElbHealthChecks) => (
            "ServiceSchedulerInitiated",
            format!(
                "Task failed ELB health checks in (target-group {})",
                target_group.unwrap_or_default()
            ),
        ),
        StopReason::NotNeeded => (
            "ServiceSchedulerInitiated",
            format!("Scaling activity initiated by (deployment {task_set})"),
        ),
        StopReason::SpotInterruption => {
            ("SpotInterruption", "Your Spot Task was interrupted.".into())
        }
    }
}

/// Why a task of the set stopped, with the reason of its first container, whose
/// image is given.
pub(super) fn reason_of(why: &StopReason, set: &TaskSet, image: &str) -> String {
    let (_, task) = stop_code_and_reason(why, set.target_group(), &set.id);
    match exit_code_and_reason(why, image, true) {
        (_, Some(reason)) => format!("{task}: {reason}"),
        (Some(code), None) => format!("{task}: exit code {code}"),
        (None, None) => task,
    }
}

/// Exit code and reason of a stopped container. The first container is the one
/// that failed.
fn exit_code_and_reason(
    why: &StopReason,
    image: &str,
    is_first: bool,
) -> (Option<i32>, Option<String>) {
    /// Exit codes after SIGTERM and SIGKILL.
    const TERMINATED: i32 = 143;
    const KILLED: i32 = 137;
    match why {
        StopReason::Failure(TaskFailure::CannotPullImage) if is_first => (
            None,
            Some(format!(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): \
                 failed to resolve ref {image}: {image}: not found"
            )),
        ),
        StopReason::Failure(TaskFailure::CannotPullImage | TaskFailure::SecretsMissing) => {
            (None, None)
        }
        StopReason::Failure(TaskFailure::OutOfMemory) if is_first => (
            Some(KILLED),
            Some("OutOfMemoryError: Container killed due to memory usage".into()),
        ),
        StopReason::Failure(TaskFailure::Exits { code }) if is_first => (Some(*code), None),
        StopReason::Failure(
            TaskFailure::OutOfMemory
            | TaskFailure::Exits { .. }
            | TaskFailure::FailedElbHealthChecks,
        )
        | StopReason::NotNeeded
        | StopReason::SpotInterruption => (Some(TERMINATED), None),
    }
}
