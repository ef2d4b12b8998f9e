//! GPUs and other devices (API reference, ResourceRequirement), and sandboxes.

use serde_json::Value;

use super::checks::{Checks, steps, within};
use crate::job::Excerpt;
use crate::release::finding::ResourceProblem;
use crate::release::placeholder;
use crate::release::task_definition::Container;

pub(super) fn check(checks: &mut Checks<'_>) {
    let value = checks.task_definition.value();
    let accelerators = value.get("inferenceAccelerators").and_then(Value::as_array);
    let accelerators = accelerators.into_iter().flatten();
    let names: Vec<&str> = accelerators
        .filter_map(|device| device.get("deviceName")?.as_str())
        .collect();
    for container in checks.task_definition.containers() {
        for (index, resource) in container.list("resourceRequirements") {
            requirement(checks, &container, (index, resource), &names);
        }
    }
    together(checks);
    let text = |path: &str| value.pointer(path).and_then(Value::as_str);
    let mode = text("/trustedExecutionConfiguration/isolationMode");
    let policy = text("/trustedExecutionConfiguration/attestationPolicy");
    if mode == Some("CONFIDENTIAL_SANDBOX") && policy.is_none_or(str::is_empty) {
        let steps = steps!["trustedExecutionConfiguration", "attestationPolicy"];
        checks.error(steps, ResourceProblem::NoAttestationPolicy);
    }
}

/// API reference, ResourceRequirement: only one container has Neuron devices,
/// and all that have GPUs share them, or none does.
fn together(checks: &mut Checks<'_>) {
    let mut neuron = None;
    let mut first_shares = None;
    for container in checks.task_definition.containers() {
        for (index, resource) in container.list("resourceRequirements") {
            let at = |member| within(&container, steps!["resourceRequirements", index, member]);
            match resource.get("type").and_then(Value::as_str) {
                Some("NeuronDevice") => {
                    if *neuron.get_or_insert(container.index) != container.index {
                        checks.error(&at("type"), ResourceProblem::NeuronTwice);
                    }
                }
                Some("GPU") => {
                    let shares = is_shared(resource);
                    if *first_shares.get_or_insert(shares) != shares {
                        checks.error(&at("type"), ResourceProblem::SomeShared);
                    }
                }
                Some(_) | None => {}
            }
        }
    }
}

fn is_shared(resource: &Value) -> bool {
    let strategy = resource.get("sharingStrategy");
    strategy.is_some_and(Value::is_object)
}

fn requirement(
    checks: &mut Checks<'_>,
    container: &Container<'_>,
    (index, resource): (usize, &Value),
    accelerators: &[&str],
) {
    let at = |member| within(container, steps!["resourceRequirements", index, member]);
    let text = |member: &str| resource.get(member).and_then(Value::as_str);
    let (kind, value) = (text("type"), text("value"));
    let is_shared = is_shared(resource);
    match (resource.get("value").is_some(), is_shared) {
        (false, false) => checks.error(&at("value"), ResourceProblem::NoValue),
        (true, true) => checks.error(&at("value"), ResourceProblem::ValueAndSharing),
        (true, false) | (false, true) => {}
    }
    if is_shared && kind.is_some_and(|kind| kind != "GPU") {
        checks.error(&at("sharingStrategy"), ResourceProblem::SharingWithoutGpu);
    }
    let value = value.filter(|value| placeholder::first(value).is_none());
    match (kind, value) {
        (Some("GPU"), Some(value)) if value != "ALL" && value.parse::<u32>().is_err() => {
            let found = Excerpt::of(value);
            checks.error(&at("value"), ResourceProblem::NotANumberOfGpus { found });
        }
        (Some("NeuronDevice"), Some(value)) if value != "ALL" => {
            checks.error(&at("value"), ResourceProblem::NeuronNotAll);
        }
        (Some("InferenceAccelerator"), Some(name)) if !accelerators.contains(&name) => {
            let name = Excerpt::of(name);
            checks.warning(&at("value"), ResourceProblem::UnknownAccelerator { name });
        }
        (Some(_) | None, _) => {}
    }
    // The limits in the API model.
    for (member, from, to) in [
        ("memory", 1, i32::MAX as u64),
        ("maxComputePercent", 1, 100),
    ] {
        let path = format!("/sharingStrategy/nvidiaMps/{member}");
        let steps = steps![
            "resourceRequirements",
            index,
            "sharingStrategy",
            "nvidiaMps",
            member
        ];
        checks.range(resource.pointer(&path), from, to, &within(container, steps));
    }
}
