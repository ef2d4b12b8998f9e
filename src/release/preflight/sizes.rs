//! Memory and CPU of the containers against each other and the task's.

use serde_json::Value;

use super::fargate::{cpu_units, mebibytes};
use crate::release::document::Path;
use crate::release::finding::{Findings, PairFinding, Reserved};
use crate::release::task_definition::{Container, TaskDefinition};

pub(super) fn check(task_definition: &TaskDefinition, findings: &mut Findings) {
    for container in task_definition.containers() {
        let (limit, reserved) = (
            number(&container, "memory"),
            number(&container, "memoryReservation"),
        );
        if let (Some(limit), Some(reserved)) = (limit, reserved)
            && reserved > limit
        {
            let place = task_definition.at(&container, "memoryReservation", |path| {
                task_definition.place(path)
            });
            findings.error(place, PairFinding::ReservationAboveLimit { limit });
        }
    }
    let memory = |container: Container<'_>| {
        number(&container, "memoryReservation").or_else(|| number(&container, "memory"))
    };
    let cpu = |container: Container<'_>| number(&container, "cpu");
    for (what, member, task, reserved) in [
        (
            Reserved::Memory,
            "memory",
            task_definition.text("memory").and_then(mebibytes),
            sum(task_definition, memory),
        ),
        (
            Reserved::Cpu,
            "cpu",
            task_definition.text("cpu").and_then(cpu_units),
            sum(task_definition, cpu),
        ),
    ] {
        let task = task.map(u64::from);
        if let Some(task) = task.filter(|task| reserved > *task && *task > 0) {
            let place = task_definition.place(&Path::ROOT.member(member));
            let finding = PairFinding::MoreThanTheTask {
                what,
                reserved,
                task,
            };
            findings.error(place, finding);
        }
    }
}

fn sum(task_definition: &TaskDefinition, reserved: impl Fn(Container<'_>) -> Option<u64>) -> u64 {
    let each = task_definition.containers().filter_map(reserved);
    each.fold(0, u64::saturating_add)
}

fn number(container: &Container<'_>, member: &str) -> Option<u64> {
    container.get(member).and_then(Value::as_u64)
}
