//! The most specific cause that the evidence of a failed deployment supports.

use super::evidence::{Evidence, StopCode, StoppedContainer, StoppedTask, TargetHealth};
use super::failure::DeploymentFailure;
use super::seen::{DeploymentStatus, Diagnostics, LifecycleEvent};
use super::step::StopReason;

/// What a process ends with when it was killed, as the kernel does to one
/// that takes more memory than it may.
const KILLED: i32 = 137;

/// What a process ends with when it was told to end and did.
const TERMINATED: i32 = 143;

/// Why a deployment did not succeed. The texts that ECS gives only choose the
/// words; nothing is decided by them.
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
        container: String,
    },
    SecretsNotFetched,
    OutOfMemory {
        container: String,
    },
    /// An essential container ended by itself.
    Exited {
        container: String,
        code: i32,
    },
    /// Neither the load balancer nor the container's own check was content.
    FailedHealthChecks,
    /// New tasks were interrupted and not replaced.
    CapacityLost,
    /// New tasks found no place to run.
    NotPlaced,
    /// The new tasks did not become healthy; nothing says why.
    NeverHealthy,
    AppSpecInvalid,
    /// The deployment group's role lacks a permission, or is gone.
    ServiceRole,
    /// The group, its service or its load balancer is not as CodeDeploy needs.
    Surroundings,
    /// CodeDeploy itself was at fault, or too busy.
    CodeDeploy,
    StoppedByHand,
    /// We stopped it: `Timeout` had passed.
    OutOfTime,
    /// We stopped it: nobody waited for the action any more.
    Abandoned,
    /// Nobody continued it in time, or somebody stopped it: CodeDeploy gives
    /// no reason.
    NotContinued,
    Unknown,
}

impl Cause {
    /// Reads the cause: what stopped the deployment itself goes before what
    /// befell its tasks, and that before CodeDeploy's general word.
    #[must_use]
    pub fn of(failure: &DeploymentFailure) -> Self {
        let code = failure.error.as_ref().map(|error| error.code.as_str());
        hook(&failure.events)
            .or_else(|| (code == Some("ALARM_ACTIVE")).then_some(Self::Alarm))
            .or_else(|| tasks(&failure.evidence))
            .or_else(|| targets(&failure.evidence))
            .or_else(|| events(&failure.evidence))
            .unwrap_or_else(|| match failure.stopped {
                Some(StopReason::TimedOut) => Self::OutOfTime,
                Some(StopReason::Abandoned) => Self::Abandoned,
                None => general(code, &failure.status),
            })
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

/// The latest task that says something; those ended in good order say nothing.
fn tasks(evidence: &Evidence) -> Option<Cause> {
    evidence.tasks.iter().find_map(task)
}

fn task(task: &StoppedTask) -> Option<Cause> {
    let reason = task.reason.as_deref().unwrap_or_default();
    let in_container = |wanted: fn(&StoppedContainer) -> bool| {
        let found = task.containers.iter().find(|container| wanted(container));
        found.map(|container| container.name.clone())
    };
    if let Some(container) = in_container(cannot_be_pulled) {
        return Some(Cause::ImageNotPulled { container });
    }
    if reason.contains("CannotPull") {
        let container = task.containers.first().map(|first| first.name.clone());
        return Some(Cause::ImageNotPulled {
            container: container.unwrap_or_default(),
        });
    }
    if reason.contains("secret") || in_container(lacks_secrets).is_some() {
        return Some(Cause::SecretsNotFetched);
    }
    if let Some(container) = in_container(is_out_of_memory) {
        return Some(Cause::OutOfMemory { container });
    }
    match &task.stop_code {
        StopCode::EssentialContainerExited => exited(&task.containers),
        StopCode::SpotInterruption | StopCode::TerminationNotice => Some(Cause::CapacityLost),
        StopCode::ServiceSchedulerInitiated
        | StopCode::TaskFailedToStart
        | StopCode::UserInitiated
        | StopCode::Unrecognised(_) => reason
            .contains("health checks")
            .then_some(Cause::FailedHealthChecks),
    }
}

/// The container that ended first is not named; those that were told to end
/// after it did so by a signal.
fn exited(containers: &[StoppedContainer]) -> Option<Cause> {
    let with_code = || {
        containers
            .iter()
            .filter_map(|container| Some((&container.name, container.exit_code?)))
    };
    let by_itself = with_code().find(|(_, code)| ![TERMINATED, KILLED].contains(code));
    let (container, code) = by_itself.or_else(|| with_code().next())?;
    Some(Cause::Exited {
        container: container.clone(),
        code,
    })
}

fn cannot_be_pulled(container: &StoppedContainer) -> bool {
    reason(container).contains("CannotPull")
}

fn lacks_secrets(container: &StoppedContainer) -> bool {
    reason(container).contains("ResourceInitializationError")
        && reason(container).contains("secret")
}

fn is_out_of_memory(container: &StoppedContainer) -> bool {
    let killed = container.exit_code == Some(KILLED) && container.reason.is_some();
    reason(container).contains("OutOfMemory") || killed
}

fn reason(container: &StoppedContainer) -> &str {
    container.reason.as_deref().unwrap_or_default()
}

fn events(evidence: &Evidence) -> Option<Cause> {
    evidence.events.iter().find_map(|event| {
        let text = event.message.as_str();
        if text.contains("unable to place a task") {
            Some(Cause::NotPlaced)
        } else if text.contains("is unhealthy in") {
            Some(Cause::FailedHealthChecks)
        } else {
            None
        }
    })
}

/// New tasks that run without the load balancer's content.
fn targets(evidence: &Evidence) -> Option<Cause> {
    let unhealthy = evidence.targets.iter().any(TargetHealth::is_unhealthy);
    unhealthy.then_some(Cause::FailedHealthChecks)
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
        ) => Cause::Surroundings,
        Some("INTERNAL_ERROR" | "THROTTLED" | "RESOURCE_LIMIT_EXCEEDED") => Cause::CodeDeploy,
        Some("MANUAL_STOP") => Cause::StoppedByHand,
        None if *status == DeploymentStatus::Stopped => Cause::NotContinued,
        Some(_) | None => Cause::Unknown,
    }
}
