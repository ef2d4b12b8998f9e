//! GPUs and other devices, and sandboxes.

use serde_json::Value;

use super::{Checked, asks_for, list, refuse_if, text};
use crate::ecs::call::client;

pub(super) fn check(body: &Value) -> Checked {
    let (mut with_neuron, mut sharing) = (0, Vec::new());
    for container in list(body, "/containerDefinitions") {
        let mut has_neuron = false;
        for resource in list(container, "/resourceRequirements") {
            let kind = text(resource, "/type").unwrap_or_default();
            let value = text(resource, "/value");
            let is_shared = resource["sharingStrategy"].is_object();
            has_neuron |= kind == "NeuronDevice";
            if kind == "GPU" {
                sharing.push(is_shared);
            }
            let is_number = |value: &str| value.parse::<u32>().is_ok();
            let problem = if is_shared && kind != "GPU" {
                "a sharing strategy is for GPUs only"
            } else if is_shared == value.is_some() {
                "exactly one of value and sharingStrategy must be specified"
            } else if kind == "NeuronDevice" && value != Some("ALL") {
                "the value of NeuronDevice must be ALL"
            } else if kind == "GPU" && value.is_some_and(|v| v != "ALL" && !is_number(v)) {
                "the value of GPU must be a number or ALL"
            } else if kind == "GPU" && is_shared && asks_for(body, "EXTERNAL") {
                "GPU sharing is not supported with EXTERNAL compatibility"
            } else {
                continue;
            };
            return Err(client(format!("Invalid resource requirement: {problem}.")));
        }
        with_neuron += u32::from(has_neuron);
    }
    refuse_if(
        with_neuron > 1,
        "Only one container can specify NeuronDevice.",
    )?;
    refuse_if(
        sharing.contains(&true) && sharing.contains(&false),
        "All GPUs of a task must use the same option.",
    )?;
    let sandbox = &body["trustedExecutionConfiguration"];
    let policy = text(sandbox, "/attestationPolicy").unwrap_or_default();
    refuse_if(
        text(sandbox, "/isolationMode") == Some("CONFIDENTIAL_SANDBOX") && policy.is_empty(),
        "attestationPolicy is required when isolationMode is CONFIDENTIAL_SANDBOX.",
    )
}
