//! Why one task stopped: reasons in its texts go before exit codes, and those
//! before the stop code, which says least.

use super::{Cause, reason};
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
    task.containers
        .iter()
        .find_map(|container| reason::of(container.reason.as_deref()?, Some(&container.name)))
}

/// The task's own reason seldom names the container; if there is only one, it
/// must be that one.
fn by_task(task: &StoppedTask) -> Option<Cause> {
    let only = match task.containers.as_slice() {
        [only] => Some(only.name.as_str()),
        [] | [_, ..] => None,
    };
    reason::of(task.reason.as_deref()?, only)
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
