//! Kernel parameters of containers (API reference, SystemControl).

use serde_json::Value;

use super::checks::{Checks, steps, within};
use crate::job::Excerpt;
use crate::release::finding::SystemControlProblem;
use crate::release::placeholder;

const OF_IPC: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// API reference, ipcMode: with the host's, parameters of the IPC namespace are
/// not supported. Docker sets no others than these, and none of the host's
/// network, so that the container does not start; ECS's answer to those has not
/// been observed.
pub(super) fn check(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    let is_host = |member| task_definition.text(member) == Some("host");
    for container in task_definition.containers() {
        for (index, control) in container.list("systemControls") {
            let name = control.get("namespace").and_then(Value::as_str);
            let Some(name) = name.filter(|name| placeholder::first(name).is_none()) else {
                continue; // Already reported.
            };
            let place = within(&container, steps!["systemControls", index, "namespace"]);
            if OF_IPC.contains(&name) || name.starts_with("fs.mqueue.") {
                if is_host("ipcMode") {
                    let member = "ipcMode";
                    checks.error(&place, SystemControlProblem::OfTheHost { member });
                }
            } else if !name.starts_with("net.") {
                let name = Excerpt::of(name);
                checks.warning(&place, SystemControlProblem::NotNamespaced { name });
            } else if is_host("networkMode") {
                let member = "networkMode";
                checks.warning(&place, SystemControlProblem::OfTheHost { member });
            }
        }
    }
}
