//! The most specific cause that the evidence of a failed deployment supports.

mod events;
mod reason;
mod stopped;
mod targets;

use super::evidence::{Evidence, StoppedTask};
use super::failure::DeploymentFailure;
use super::seen::{DeploymentStatus, Diagnostics, LifecycleEvent};
use super::step::StopReason;

/// Why a deployment did not succeed. The texts that ECS gives only choose the
/// words; nothing is decided by them. They are not documented as a whole and
/// change, so a text that is new to us has a general word, never a wrong one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A hook's function answered `Failed`, or could not be called.
    HookFailed {
        event: String,
        function: Option<String>,
    },
    /// A hook's function gave no answer within the hour that it has.
    HookNeverAnswered {
        event: String,
        function: Option<String>,
    },
    /// An alarm of the deployment group went off.
    Alarm,
    ImageNotPulled {
        /// `None` where it cannot be said which.
        container: Option<String>,
        why: Obstacle,
    },
    /// The image or the program in it is for another processor.
    WrongArchitecture {
        container: Option<String>,
    },
    /// The task could not sign in to the registry of its images.
    RegistryClosed {
        why: Obstacle,
    },
    SecretsNotFetched {
        /// The ARN or the parameter's name, where the text has it.
        which: Option<String>,
        why: Obstacle,
    },
    /// ECS says no more than that it was one of the two.
    SecretsOrRegistry,
    EnvironmentFilesNotFetched {
        why: Obstacle,
    },
    /// The container's log could not be set up.
    NoLog {
        why: Obstacle,
    },
    /// ECS may not assume a role of the task definition, or it is gone.
    RoleNotAssumed {
        role: Option<String>,
    },
    /// An EFS file system, mostly.
    VolumeNotMounted {
        why: Obstacle,
    },
    /// The subnets have no address left.
    OutOfAddresses,
    /// The task's network interface was not made.
    NoNetworkInterface,
    PortInUse,
    DiskFull,
    /// The container's command cannot be started as it is.
    NotStarted {
        container: Option<String>,
    },
    OutOfMemory {
        container: String,
    },
    /// An essential container ended by itself.
    Exited {
        container: String,
        code: i32,
    },
    /// New tasks run, and somebody is not content with their health.
    FailedHealthChecks {
        check: HealthCheck,
    },
    /// What the tasks ran on has failed.
    InfrastructureFailed,
    /// New tasks were interrupted and not replaced.
    CapacityLost,
    /// New tasks found no place to run.
    NotPlaced {
        lacks: Lack,
    },
    /// The new tasks did not become healthy; nothing says why.
    NeverHealthy,
    AppSpecInvalid,
    /// The deployment group's role lacks a permission, or is gone.
    ServiceRole,
    /// The group, its service or its load balancer is not as CodeDeploy needs.
    ReleaseTarget,
    /// CodeDeploy itself was at fault, or too busy.
    CodeDeploy,
    StoppedByHand,
    /// We stopped it: `Timeout` had passed.
    OutOfTime,
    /// We stopped it: nobody waited for the action any more.
    Abandoned,
    /// We stopped it, for too many of its tasks had failed.
    TasksFailed,
    /// Nobody continued it in time, or somebody stopped it: CodeDeploy gives
    /// no reason.
    NotContinued,
    Unknown,
}

/// What stood in the way of fetching something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is not there.
    Missing,
    /// The role may not, or the other side does not let it.
    Denied,
    /// No way through the network, or no answer in time.
    Unreachable,
    /// The other side has had enough of requests.
    RateLimited,
    Unclear,
}

/// Which health check failed, and how, as far as it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCheck {
    /// The target group got these HTTP codes.
    Codes(String),
    /// The target group got no answer in time.
    NoAnswer,
    /// The target group's, no more is said.
    TargetGroup,
    /// The container's own.
    Container,
}

/// What is short where tasks find no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// AWS has no capacity of the kind at the moment.
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
    /// Reads the cause: what stopped the deployment itself goes before what
    /// befell its tasks, and that before CodeDeploy's general word.
    #[must_use]
    pub fn of(failure: &DeploymentFailure) -> Self {
        let code = failure.error.as_ref().map(|error| error.code.as_str());
        hook(&failure.events)
            .or_else(|| (code == Some("ALARM_ACTIVE")).then_some(Self::Alarm))
            .or_else(|| Self::of_tasks(&failure.evidence))
            .unwrap_or_else(|| match failure.stopped {
                Some(StopReason::TimedOut) => Self::OutOfTime,
                Some(StopReason::Abandoned) => Self::Abandoned,
                Some(StopReason::TaskFailure) => Self::TasksFailed,
                None => general(code, &failure.status),
            })
    }
}

impl Cause {
    /// What ails the new tasks, as far as the evidence says it.
    #[must_use]
    pub fn of_tasks(evidence: &Evidence) -> Option<Self> {
        let by_tasks = evidence.tasks.iter().find_map(Self::of_task);
        by_tasks
            .or_else(|| targets::cause(&evidence.targets))
            .or_else(|| events::cause(&evidence.events))
    }

    /// Why one task stopped; `None` for one that ended in good order.
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
    let never = diagnostics.error_code.as_deref() == Some("ScriptTimedOut");
    Some(if never {
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

/// By CodeDeploy's own code (aws-facts §5.6).
fn general(code: Option<&str>, status: &DeploymentStatus) -> Cause {
    match code {
        Some("HEALTH_CONSTRAINTS" | "TIMEOUT" | "CUSTOMER_APPLICATION_UNHEALTHY") => {
            Cause::NeverHealthy
        }
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
        Some("MANUAL_STOP") => Cause::StoppedByHand,
        None if *status == DeploymentStatus::Stopped => Cause::NotContinued,
        Some(_) | None => Cause::Unknown,
    }
}
