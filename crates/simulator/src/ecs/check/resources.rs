//! GPUs and other devices, and sandboxes.

use serde_json::Value;

use super::{Checked, list, text};
use crate::ecs::call::client;

pub(super) fn check(body: &Value) -> Checked {
    for container in list(body, "/containerDefinitions") {
        for resource in list(container, "/resourceRequirements") {
            let kind = text(resource, "/type").unwrap_or_default();
            let value = text(resource, "/value");
            let is_shared = resource["sharingStrategy"].is_object();
            let problem = if is_shared && kind != "GPU" {
                "a sharing strategy is for GPUs only"
            } else if is_shared == value.is_some() {
                "exactly one of value and sharingStrategy must be specified"
            } else if kind == "NeuronDevice" && value != Some("ALL") {
                "the value of NeuronDevice must be ALL"
            } else {
                continue;
            };
            return Err(client(format!("Invalid resource requirement: {problem}.")));
        }
    }
    let sandbox = &body["trustedExecutionConfiguration"];
    let policy = text(sandbox, "/attestationPolicy").unwrap_or_default();
    if text(sandbox, "/isolationMode") == Some("CONFIDENTIAL_SANDBOX") && policy.is_empty() {
        return Err(client(
            "attestationPolicy is required when isolationMode is CONFIDENTIAL_SANDBOX.",
        ));
    }
    Ok(())
}
