//! Memory and CPU of the containers against each other and the task's.

use serde_json::Value;

use super::fargate::{cpu_units, is_fargate, mebibytes};
use crate::release::document::Path;
use crate::release::finding::{ContainerProblem, Findings, Reserved};
use crate::release::task_definition::{Container, TaskDefinition};

pub(super) fn check(task_definition: &TaskDefinition, findings: &mut Findings) {
    for container in task_definition.containers() {
        reservation(task_definition, &container, findings);
    }
    let memory = task_definition.text("memory").and_then(mebibytes);
    total(task_definition, Reserved::Memory, memory, findings);
    // What is documented of CPU is documented of Fargate.
    if is_fargate(task_definition) {
        let cpu = task_definition.text("cpu").and_then(cpu_units);
        total(task_definition, Reserved::Cpu, cpu, findings);
    }
}

fn reservation(
    task_definition: &TaskDefinition,
    container: &Container<'_>,
    findings: &mut Findings,
) {
    const MEMBER: &str = "memoryReservation";
    let (Some(limit), Some(reserved)) = (number(container, "memory"), number(container, MEMBER))
    else {
        return;
    };
    if reserved > limit {
        let place = task_definition.at(container, MEMBER, |path| task_definition.place(path));
        findings.error(place, ContainerProblem::ReservationAboveLimit { limit });
    }
}

/// What the containers reserve together against what the `task` has. The
/// documentation forbids more, but releases with more are known to run.
fn total(
    task_definition: &TaskDefinition,
    what: Reserved,
    task: Option<u32>,
    findings: &mut Findings,
) {
    let each = task_definition
        .containers()
        .filter_map(|container| match what {
            Reserved::Memory => {
                number(&container, "memoryReservation").or_else(|| number(&container, "memory"))
            }
            Reserved::Cpu => number(&container, "cpu"),
        });
    let reserved = each.fold(0, u64::saturating_add);
    // Consoles write 0 for none.
    let exceeded = |task: &u64| *task > 0 && reserved > *task;
    let Some(task) = task.map(u64::from).filter(exceeded) else {
        return;
    };
    let member = match what {
        Reserved::Memory => "memory",
        Reserved::Cpu => "cpu",
    };
    let finding = ContainerProblem::MoreThanTheTask {
        what,
        reserved,
        task,
    };
    findings.warning(task_definition.place(&Path::ROOT.member(member)), finding);
}

fn number(container: &Container<'_>, member: &str) -> Option<u64> {
    container.get(member).and_then(Value::as_u64)
}
