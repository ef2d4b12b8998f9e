//! Why one task stopped: reasons in its texts go before exit codes, and those
//! before the stop code, which says least.

use super::reason::{self, Reason};
use super::{Cause, HealthCheck};
use crate::rollout::evidence::{StopCode, StoppedContainer, StoppedTask};

/// The exit code of a process that was killed, such as one that exceeds its
/// memory limit.
const KILLED: i32 = 137;

/// The exit code of a process that ended on SIGTERM.
const TERMINATED: i32 = 143;

/// The cause; `None` if the task ended normally or gives no reason.
pub(super) fn cause(task: &StoppedTask) -> Option<Cause> {
    by_containers(task)
        .or_else(|| by_task(task))
        .or_else(|| out_of_memory(&task.containers))
        .or_else(|| match &task.stop_code {
            StopCode::EssentialContainerExited => exited(&task.containers),
            StopCode::SpotInterruption | StopCode::TerminationNotice => Some(Cause::CapacityLost),
            StopCode::InfrastructureHealth => Some(Cause::InfrastructureFailed),
            StopCode::ServiceSchedulerInitiated
            | StopCode::TaskFailedToStart
            | StopCode::UserInitiated
            | StopCode::Unrecognised(_) => None,
        })
}

fn by_containers(task: &StoppedTask) -> Option<Cause> {
    task.containers.iter().find_map(|container| {
        let reason = reason::of(container.reason.as_deref()?)?;
        Some(about(reason, Some(container.name.clone())))
    })
}

/// The task's own reason seldom names the container; if there is only one, it
/// must be that one.
fn by_task(task: &StoppedTask) -> Option<Cause> {
    let reason = reason::of(task.reason.as_deref()?)?;
    let only = match task.containers.as_slice() {
        [only] => Some(only.name.clone()),
        [] | [_, ..] => None,
    };
    Some(about(reason, only))
}

fn about(reason: Reason, container: Option<String>) -> Cause {
    match reason {
        Reason::Image(why) => Cause::ImageNotPulled { container, why },
        Reason::Architecture => Cause::WrongArchitecture { container },
        Reason::Registry(why) => Cause::RegistryClosed { why },
        Reason::Secrets { which, why } => Cause::SecretsNotFetched { which, why },
        Reason::SecretsOrRegistry => Cause::SecretsOrRegistry,
        Reason::EnvironmentFiles(why) => Cause::EnvironmentFilesNotFetched { why },
        Reason::Log(why) => Cause::NoLog { why },
        Reason::Role(role) => Cause::RoleNotAssumed { role },
        Reason::Volume(why) => Cause::VolumeNotMounted { why },
        Reason::Addresses => Cause::OutOfAddresses,
        Reason::NetworkInterface => Cause::NoNetworkInterface,
        Reason::Port => Cause::PortInUse,
        Reason::Disk => Cause::DiskFull,
        Reason::Start => Cause::NotStarted { container },
        Reason::Memory => match container {
            Some(container) => Cause::OutOfMemory { container },
            None => Cause::NotStarted { container: None },
        },
        Reason::TargetGroup => Cause::FailedHealthChecks {
            check: HealthCheck::TargetGroup,
        },
        Reason::ContainerHealth => Cause::FailedHealthChecks {
            check: HealthCheck::Container,
        },
        Reason::NoPlace(lacks) => Cause::NotPlaced { lacks },
        Reason::Infrastructure => Cause::InfrastructureFailed,
    }
}

/// A killed container with a reason: usually out of memory.
fn out_of_memory(containers: &[StoppedContainer]) -> Option<Cause> {
    let killed = |container: &&StoppedContainer| {
        container.exit_code == Some(KILLED) && container.reason.is_some()
    };
    let container = containers.iter().find(killed)?.name.clone();
    Some(Cause::OutOfMemory { container })
}

/// ECS does not name the container that exited first. Those that were stopped
/// afterwards have the exit code of a signal.
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
