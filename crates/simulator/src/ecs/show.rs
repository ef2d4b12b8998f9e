//! Services, task sets and tasks as shown in responses.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ids;
use crate::json::epoch;

use super::behaviour::TaskFailure;
use super::deployments;
use super::names::image_digest;
use super::service::{Service, Stability, StopReason, Task, TaskSet, TaskSetStatus};

/// Exit codes after SIGTERM and SIGKILL.
const TERMINATED: i32 = 143;
const KILLED: i32 = 137;

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
    let mut load_balancer = service.settings["loadBalancers"][0].clone();
    if let (Value::Object(members), Some(arn)) = (&mut load_balancer, set.target_group()) {
        members.insert("targetGroupArn".into(), json!(arn));
    }
    let load_balancers = if load_balancer.is_null() {
        json!([])
    } else {
        json!([load_balancer])
    };
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
    let containers: Vec<&Value> = containers.collect();
    let image = containers.first().and_then(|first| first["image"].as_str());
    let set = service.task_set(&task.task_set);
    let target_group = set.and_then(TaskSet::target_group).unwrap_or_default();
    let stop = end.map(|end| {
        let image = image.unwrap_or_default();
        stop(&end.why, (&task.task_set, target_group), image)
    });
    let containers: Vec<Value> = containers
        .into_iter()
        .enumerate()
        .map(|(index, definition)| {
            let (exit_code, reason) = match &stop {
                None => (None, None),
                Some(stop) if index == 0 => (stop.exit_code, stop.container_reason.as_deref()),
                Some(stop) => (stop.exit_code.map(|_| TERMINATED), None),
            };
            container(task, &arn, definition, exit_code, reason)
        })
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
        "stopCode": stop.as_ref().map(|stop| stop.code),
        "stoppedReason": stop.as_ref().map(|stop| &stop.reason),
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

fn container(
    task: &Task,
    task_arn: &str,
    definition: &Value,
    exit_code: Option<i32>,
    reason: Option<&str>,
) -> Value {
    let name = definition["name"].as_str().unwrap_or_default();
    let image = definition["image"].as_str().unwrap_or_default();
    let id = ids::of_name(&format!("{}/{name}", task.id));
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

/// What responses show of a stopped task.
struct Stop {
    code: &'static str,
    reason: String,
    /// Of the first container, which is the one that failed; `None` if it never
    /// ran.
    exit_code: Option<i32>,
    container_reason: Option<String>,
}

/// `image` is that of the first container.
fn stop(why: &StopReason, (task_set, target_group): (&str, &str), image: &str) -> Stop {
    const NOT_STARTED: &str = "TaskFailedToStart";
    const ENDED: &str = "EssentialContainerExited";
    const SCHEDULER: &str = "ServiceSchedulerInitiated";
    let ended = "Essential container in task exited";
    let (code, reason, exit_code, container_reason) = match why {
        StopReason::Failure(TaskFailure::CannotPullImage) => (
            NOT_STARTED,
            "Task failed to start".into(),
            None,
            Some(format!(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): \
                 failed to resolve ref {image}: {image}: not found"
            )),
        ),
        StopReason::Failure(TaskFailure::SecretsMissing) => (
            NOT_STARTED,
            "ResourceInitializationError: unable to pull secrets or registry auth: execution \
             resource retrieval failed: unable to retrieve secret from asm: \
             ResourceNotFoundException: Secrets Manager can't find the specified secret."
                .into(),
            None,
            None,
        ),
        StopReason::Failure(TaskFailure::OutOfMemory) => (
            ENDED,
            ended.into(),
            Some(KILLED),
            Some("OutOfMemoryError: Container killed due to memory usage".into()),
        ),
        StopReason::Failure(TaskFailure::Exits { code }) => {
            (ENDED, ended.into(), Some(*code), None)
        }
        StopReason::Failure(TaskFailure::FailedElbHealthChecks) => (
            SCHEDULER,
            format!("Task failed ELB health checks in (target-group {target_group})"),
            Some(TERMINATED),
            None,
        ),
        StopReason::NotNeeded => (
            SCHEDULER,
            format!("Scaling activity initiated by (deployment {task_set})"),
            Some(TERMINATED),
            None,
        ),
        StopReason::SpotInterruption => (
            "SpotInterruption",
            "Your Spot Task was interrupted.".into(),
            Some(TERMINATED),
            None,
        ),
    };
    Stop {
        code,
        reason,
        exit_code,
        container_reason,
    }
}

/// Why a task of the set stopped, with the reason of its first container, whose
/// image is given.
pub(super) fn reason_of(why: &StopReason, set: &TaskSet, image: &str) -> String {
    let target_group = set.target_group().unwrap_or_default();
    let stop = stop(why, (&set.id, target_group), image);
    match (stop.container_reason, stop.exit_code) {
        (Some(reason), _) => format!("{}: {reason}", stop.reason),
        (None, Some(code)) => format!("{}: exit code {code}", stop.reason),
        (None, None) => stop.reason,
    }
}
