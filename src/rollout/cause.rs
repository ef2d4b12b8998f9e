//! Finds the most specific cause that the evidence of a failed deployment
//! supports.

mod ecs;
mod events;
mod reason;
mod stopped;
mod targets;

use super::evidence::{Evidence, StoppedTask};
use super::failure::DeploymentFailure;
use super::seen::{
    BREAKER_TRIGGERED, DeploymentError, DeploymentStatus, Diagnostics, LifecycleEvent, MANUAL_STOP,
};
use super::step::StopReason;
use crate::job::TaskDefinitionArn;

/// Why a deployment did not succeed. ECS's texts only select the words of the
/// message; nothing is decided by them. They are not fully documented and
/// change, so an unknown text gets a general message, never a wrong one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A hook's function returned `Failed` or could not be called.
    HookFailed {
        event: String,
        function: Option<String>,
    },
    /// A hook's function did not answer within its hour.
    HookNeverAnswered {
        event: String,
        function: Option<String>,
    },
    /// An alarm of the deployment group went off.
    Alarm,
    ImageNotPulled {
        /// `None` if it cannot be determined.
        container: Option<String>,
        why: Obstacle,
    },
    /// The image or a program in it is for another CPU architecture.
    WrongArchitecture {
        container: Option<String>,
    },
    /// The task could not authenticate with its image registry.
    RegistryClosed {
        why: Obstacle,
    },
    SecretsNotFetched {
        /// The secret's ARN or the parameter's name, if the text has it.
        which: Option<String>,
        why: Obstacle,
    },
    /// ECS's text does not tell which of the two it was.
    SecretsOrRegistry,
    EnvironmentFilesNotFetched {
        why: Obstacle,
    },
    /// The container's log driver could not be set up.
    NoLog {
        why: Obstacle,
    },
    /// ECS may not assume a role of the task definition, or the role is gone.
    RoleNotAssumed {
        role: Option<String>,
    },
    /// Usually an EFS file system.
    VolumeNotMounted {
        why: Obstacle,
    },
    /// The subnets have no free address.
    OutOfAddresses,
    /// The task's network interface was not created.
    NoNetworkInterface,
    PortInUse,
    DiskFull,
    /// The container's command cannot be started.
    NotStarted {
        container: Option<String>,
    },
    OutOfMemory {
        container: String,
    },
    /// An essential container exited by itself.
    Exited {
        container: String,
        code: i32,
    },
    /// New tasks run but fail their health checks.
    FailedHealthChecks {
        check: HealthCheck,
    },
    /// The tasks' host has failed.
    InfrastructureFailed,
    /// New tasks were interrupted and not replaced.
    CapacityLost,
    /// New tasks could not be placed.
    NotPlaced {
        lacks: Lack,
    },
    /// The new tasks did not become healthy, for an unknown reason.
    NeverHealthy,
    AppSpecInvalid,
    /// The deployment group's role lacks a permission or is gone.
    ServiceRole,
    /// The group, its service or its load balancer is not as CodeDeploy needs
    /// it.
    ReleaseTarget,
    /// CodeDeploy itself failed or was throttled.
    CodeDeploy,
    StoppedByHand,
    /// A newer deployment, of this revision, took its place.
    Superseded(TaskDefinitionArn),
    /// The worker stopped it because `Timeout` had passed.
    OutOfTime,
    /// The worker stopped it because the action was abandoned.
    Abandoned,
    /// The worker stopped it because too many of its tasks had failed.
    TasksFailed,
    /// It was not continued in time, or it was stopped: CodeDeploy gives no
    /// reason.
    NotContinued,
    Unknown,
}

/// Why something could not be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It does not exist.
    Missing,
    /// The role lacks the permission, or the other side denies it.
    Denied,
    /// There is no network route, or no answer in time.
    Unreachable,
    /// The other side limits the rate of requests.
    RateLimited,
    Unclear,
}

/// Which health check failed, and how, if known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCheck {
    /// The target group received these HTTP status codes.
    Codes(String),
    /// The target group received no answer in time.
    NoAnswer,
    /// The target group's check, without details.
    TargetGroup,
    /// The container's own check.
    Container,
}

/// What is lacking when tasks cannot be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// AWS currently has no capacity of this kind.
    Capacity,
    /// The account's quota is used up.
    Quota,
    Instances,
    Memory,
    Cpu,
    Ports,
    Unclear,
}

impl Cause {
    /// Determines the cause: first what stopped the deployment itself, then
    /// what happened to its tasks, last the general error code.
    #[must_use]
    pub fn of(failure: &DeploymentFailure) -> Self {
        let code = failure.error.as_ref().map(|error| error.code.as_str());
        let is_alarm = failure
            .error
            .as_ref()
            .is_some_and(DeploymentError::is_alarm);
        hook(&failure.events)
            .or_else(|| is_alarm.then_some(Self::Alarm))
            .or_else(|| failure.superseded_by.clone().map(Self::Superseded))
            .or_else(|| Self::of_tasks(&failure.evidence))
            .or_else(|| ecs::cause(&failure.error.as_ref()?.message))
            .unwrap_or_else(|| match failure.stopped {
                Some(StopReason::TimedOut) => Self::OutOfTime,
                Some(StopReason::Abandoned) => Self::Abandoned,
                Some(StopReason::TaskFailure) => Self::TasksFailed,
                None => general(code, &failure.status),
            })
    }

    /// What is wrong with the new tasks, if the evidence says so.
    #[must_use]
    pub fn of_tasks(evidence: &Evidence) -> Option<Self> {
        let by_tasks = evidence.tasks.iter().find_map(Self::of_task);
        by_tasks
            .or_else(|| targets::cause(&evidence.targets))
            .or_else(|| events::cause(&evidence.events))
    }

    /// Why one task stopped; `None` if it ended normally.
    #[must_use]
    pub fn of_task(task: &StoppedTask) -> Option<Self> {
        stopped::cause(task)
    }
}

fn hook(events: &[LifecycleEvent]) -> Option<Cause> {
    let with_function = |event: &&LifecycleEvent| event.diagnostics.as_deref().is_some_and(is_hook);
    let event = events.iter().find(with_function)?;
    let diagnostics = event.diagnostics.as_ref()?;
    let (name, function) = (event.name.clone(), diagnostics.script_name.clone());
    let timed_out = diagnostics.error_code.as_deref() == Some("ScriptTimedOut");
    Some(if timed_out {
        Cause::HookNeverAnswered {
            event: name,
            function,
        }
    } else {
        Cause::HookFailed {
            event: name,
            function,
        }
    })
}

fn is_hook(diagnostics: &Diagnostics) -> bool {
    let code = diagnostics.error_code.as_deref();
    diagnostics.script_name.is_some() || code.is_some_and(|code| code.starts_with("Script"))
}

/// By CodeDeploy's error code (docs/aws.md §5.6).
fn general(code: Option<&str>, status: &DeploymentStatus) -> Cause {
    match code {
        Some(
            "HEALTH_CONSTRAINTS" | "TIMEOUT" | "CUSTOMER_APPLICATION_UNHEALTHY" | BREAKER_TRIGGERED,
        ) => Cause::NeverHealthy,
        Some("INVALID_REVISION" | "REVISION_MISSING") => Cause::AppSpecInvalid,
        Some("IAM_ROLE_MISSING" | "IAM_ROLE_PERMISSIONS") => Cause::ServiceRole,
        Some(
            "ECS_UPDATE_ERROR"
            | "INVALID_ECS_SERVICE"
            | "ELASTIC_LOAD_BALANCING_INVALID"
            | "MISSING_ELB_INFORMATION"
            | "MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION"
            | "DEPLOYMENT_GROUP_MISSING"
            | "APPLICATION_MISSING"
            | "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND"
            | "INVALID_LAMBDA_FUNCTION"
            | "INVALID_LAMBDA_CONFIGURATION",
        ) => Cause::ReleaseTarget,
        Some("INTERNAL_ERROR" | "THROTTLED" | "RESOURCE_LIMIT_EXCEEDED") => Cause::CodeDeploy,
        Some(MANUAL_STOP) => Cause::StoppedByHand,
        None if *status == DeploymentStatus::Stopped => Cause::NotContinued,
        Some(_) | None => Cause::Unknown,
    }
}
