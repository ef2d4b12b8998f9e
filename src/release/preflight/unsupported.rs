//! A table of members that tasks of one kind do not support.
//!
//! ECS checks a task definition against its `requiresCompatibilities`, and
//! responds with a `ClientException` if it does not fit (API reference,
//! RegisterTaskDefinition). Members that the documentation calls "not
//! supported" for Fargate or a network mode are therefore errors. For Windows,
//! the documentation lists members without effect as well as refused ones, so
//! most of them are warnings.
//!
//! `tmpfs` is not in the table: Fargate supports it since January 2026.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::compatibility::{is_fargate, is_set, is_windows, network_mode, requires_capacity};
use crate::job::Excerpt;
use crate::release::document::Step;
use crate::release::finding::{EcsRule, LogProblem, Setting, Severity};
use crate::release::task_definition::{Container, TaskDefinition};

/// A member, by its path in the task definition or in a container.
struct Row {
    setting: Setting,
    severity: Severity,
    path: &'static [&'static str],
    /// The member's name in messages, if it is not the end of the path.
    name: Option<&'static str>,
    /// Whether a value counts as a use of the member; usually any value does.
    counts: fn(&Value) -> bool,
}

const fn error(setting: Setting, path: &'static [&'static str]) -> Row {
    Row {
        setting,
        severity: Severity::Error,
        path,
        name: None,
        counts: is_set,
    }
}

const fn warning(setting: Setting, path: &'static [&'static str]) -> Row {
    Row {
        severity: Severity::Warning,
        ..error(setting, path)
    }
}

/// Members of the task definition itself.
const OF_THE_TASK: [Row; 12] = [
    // "Tasks using the Fargate launch type do not support ipcMode."
    error(Setting::Fargate, &["ipcMode"]),
    // API reference: on Fargate for Linux, the only valid value is task.
    Row {
        name: Some("pidMode host"),
        counts: |mode| mode == "host",
        ..error(Setting::FargateLinux, &["pidMode"])
    },
    // API reference: not supported for Windows containers on Fargate.
    error(Setting::FargateWindows, &["pidMode"]),
    // Developer guide, "Task definition differences for Fargate".
    error(Setting::Fargate, &["placementConstraints"]),
    // API reference: supported only for Managed Instances.
    error(Setting::Fargate, &["trustedExecutionConfiguration"]),
    warning(Setting::OwnInstances, &["trustedExecutionConfiguration"]),
    // Developer guide, "Amazon ECS clusters for external instances".
    Row {
        name: Some("network mode awsvpc"),
        counts: |mode| mode == "awsvpc",
        ..error(Setting::External, &["networkMode"])
    },
    // Developer guide, "Task networking for Amazon ECS Managed Instances".
    Row {
        name: Some("network mode bridge"),
        counts: |mode| mode == "bridge",
        ..error(Setting::ManagedInstances, &["networkMode"])
    },
    // "APPMESH proxy configuration is only supported in networkMode=awsvpc"
    // (aws/aws-cdk 4476)
    error(Setting::NotAwsvpc, &["proxyConfiguration"]),
    // Developer guide, "Task definition differences for Windows".
    warning(Setting::Windows, &["ipcMode"]),
    warning(Setting::Windows, &["pidMode"]),
    warning(Setting::Windows, &["proxyConfiguration"]),
];

/// Members of a container.
const OF_A_CONTAINER: [Row; 25] = [
    // Privileged containers are reported separately. Developer guide, "Task
    // definition differences for Fargate".
    error(Setting::Fargate, &["disableNetworking"]),
    error(Setting::Fargate, &["dnsSearchDomains"]),
    error(Setting::Fargate, &["dnsServers"]),
    error(Setting::Fargate, &["dockerSecurityOptions"]),
    // API reference, LinuxParameters.
    error(Setting::Fargate, &["linuxParameters", "devices"]),
    error(Setting::Fargate, &["linuxParameters", "sharedMemorySize"]),
    error(Setting::Fargate, &["linuxParameters", "maxSwap"]),
    error(Setting::Fargate, &["linuxParameters", "swappiness"]),
    // "hostname is not supported on container when networkMode=awsvpc."
    error(Setting::Awsvpc, &["hostname"]),
    // API reference, ContainerDefinition.
    error(Setting::Awsvpc, &["extraHosts"]),
    // Older guides say so for awsvpc, the newest for Fargate alone.
    warning(Setting::Awsvpc, &["dnsServers"]),
    warning(Setting::Awsvpc, &["dnsSearchDomains"]),
    // API reference, networkMode: you cannot specify port mappings.
    error(Setting::NoNetwork, &["portMappings"]),
    // FireLens is not supported by Windows containers on Fargate.
    error(Setting::FargateWindows, &["firelensConfiguration"]),
    Row {
        name: Some("log driver awsfirelens"),
        counts: |driver| driver == "awsfirelens",
        ..error(Setting::FargateWindows, &["logConfiguration", "logDriver"])
    },
    // API reference, ContainerDefinition: not supported for Windows.
    warning(Setting::Windows, &["disableNetworking"]),
    warning(Setting::Windows, &["dnsSearchDomains"]),
    warning(Setting::Windows, &["dnsServers"]),
    warning(Setting::Windows, &["extraHosts"]),
    warning(Setting::Windows, &["links"]),
    warning(Setting::Windows, &["linuxParameters"]),
    warning(Setting::Windows, &["privileged"]),
    warning(Setting::Windows, &["readonlyRootFilesystem"]),
    warning(Setting::Windows, &["ulimits"]),
    warning(Setting::Windows, &["user"]),
];

/// Members of a volume.
const OF_A_VOLUME: [Row; 3] = [
    // Developer guide, "Storage options for Amazon ECS tasks".
    error(
        Setting::FargateLinux,
        &["fsxWindowsFileServerVolumeConfiguration"],
    ),
    warning(
        Setting::FargateWindows,
        &["fsxWindowsFileServerVolumeConfiguration"],
    ),
    warning(Setting::FargateWindows, &["efsVolumeConfiguration"]),
];

/// The capabilities that Fargate can add. The guide writes `CAP_SYS_PTRACE`,
/// the API reference `SYS_PTRACE`.
const CAPABILITIES: [&str; 2] = ["SYS_PTRACE", "CAP_SYS_PTRACE"];

/// CPU units of the smallest and the largest Windows task on Fargate (API
/// reference, memory: the larger ones require a Linux platform).
const WINDOWS_CPU: RangeInclusive<u32> = 1024..=4096;

pub(super) fn check(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    let value = task_definition.value();
    rows(checks, &OF_THE_TASK, value, &[]);
    for container in task_definition.containers() {
        let steps = within(&container, &[]);
        rows(checks, &OF_A_CONTAINER, container.value(), &steps);
        devices(checks, &container);
        if is_fargate(task_definition) {
            capabilities(checks, &container);
            router_file(checks, &container);
        }
    }
    let volumes = value.get("volumes").and_then(Value::as_array);
    for (index, volume) in volumes.into_iter().flatten().enumerate() {
        rows(checks, &OF_A_VOLUME, volume, steps!["volumes", index]);
    }
    windows_size(checks);
}

fn rows(checks: &mut Checks<'_>, rows: &[Row], value: &Value, steps: &[Step<'_>]) {
    for row in rows {
        let found = row
            .path
            .iter()
            .try_fold(value, |value, name| value.get(name));
        if !found.is_some_and(row.counts) || !applies(row.setting, checks.task_definition) {
            continue;
        }
        // Fargate's error for the same member is enough.
        if row.severity == Severity::Warning && has_error(rows, row, checks.task_definition) {
            continue;
        }
        let mut steps = steps.to_vec();
        steps.extend(row.path.iter().map(|name| Step::from(*name)));
        let rule = EcsRule::Unsupported {
            member: row.name.or(row.path.last().copied()).unwrap_or_default(),
            setting: row.setting,
        };
        match row.severity {
            Severity::Error => checks.error(&steps, rule),
            Severity::Warning | Severity::Note => checks.warning(&steps, rule),
        }
    }
}

/// Whether another row reports an error for the same member.
fn has_error(rows: &[Row], of: &Row, task_definition: &TaskDefinition) -> bool {
    rows.iter().any(|row| {
        row.severity == Severity::Error
            && row.path == of.path
            && applies(row.setting, task_definition)
    })
}

fn applies(setting: Setting, task_definition: &TaskDefinition) -> bool {
    let windows = is_windows(task_definition);
    let requires = |capacity| requires_capacity(task_definition, capacity);
    match setting {
        Setting::Fargate => is_fargate(task_definition),
        Setting::FargateLinux => is_fargate(task_definition) && !windows,
        Setting::FargateWindows => is_fargate(task_definition) && windows,
        Setting::Windows => windows,
        Setting::External => requires("EXTERNAL"),
        Setting::ManagedInstances => requires("MANAGED_INSTANCES"),
        Setting::OwnInstances => requires("EC2") || requires("EXTERNAL"),
        Setting::Awsvpc => network_mode(task_definition) == "awsvpc",
        Setting::NotAwsvpc => network_mode(task_definition) != "awsvpc",
        Setting::Host => network_mode(task_definition) == "host",
        Setting::NoNetwork => network_mode(task_definition) == "none",
    }
}

fn capabilities(checks: &mut Checks<'_>, container: &Container<'_>) {
    let added = container
        .value()
        .pointer("/linuxParameters/capabilities/add");
    let added = added.and_then(Value::as_array).into_iter().flatten();
    for (index, name) in added.enumerate() {
        if let Some(name) = name.as_str().filter(|name| !CAPABILITIES.contains(name)) {
            let steps = steps!["linuxParameters", "capabilities", "add", index];
            let name = Excerpt::of(name);
            checks.error(&within(container, steps), EcsRule::Capability { name });
        }
    }
}

/// GPUs are not valid on Fargate (developer guide), Neuron devices only on
/// Managed Instances, and GPUs are not shared on external instances (API
/// reference, ResourceRequirement).
fn devices(checks: &mut Checks<'_>, container: &Container<'_>) {
    let task_definition = checks.task_definition;
    for (index, resource) in container.list("resourceRequirements") {
        let (member, settings): (_, &[_]) = match resource.get("type").and_then(Value::as_str) {
            Some("GPU") if resource.get("sharingStrategy").is_some_and(is_set) => {
                ("shared GPU", &[Setting::Fargate, Setting::External])
            }
            Some("GPU") => ("GPU", &[Setting::Fargate]),
            Some("NeuronDevice") => ("Neuron device", &[Setting::Fargate, Setting::OwnInstances]),
            Some(_) | None => continue,
        };
        let steps = steps!["resourceRequirements", index, "type"];
        let mut settings = settings.iter().copied();
        let Some(setting) = settings.find(|setting| applies(*setting, task_definition)) else {
            continue;
        };
        let rule = EcsRule::Unsupported { member, setting };
        // ECS's answer has been documented for the others only.
        match setting == Setting::OwnInstances {
            true => checks.warning(&within(container, steps), rule),
            false => checks.error(&within(container, steps), rule),
        }
    }
}

/// API reference, FirelensConfiguration: tasks on Fargate only support the file
/// type `file`. ECS responds with "Invalid arn syntax." to any other.
fn router_file(checks: &mut Checks<'_>, container: &Container<'_>) {
    let kind = container
        .value()
        .pointer("/firelensConfiguration/options/config-file-type");
    if kind.is_some_and(|kind| kind == "s3") {
        let steps = steps!["firelensConfiguration", "options", "config-file-type"];
        checks.error(&within(container, steps), LogProblem::RouterFileInS3);
    }
}

fn windows_size(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    if !is_fargate(task_definition) || !is_windows(task_definition) {
        return;
    }
    let cpu = task_definition
        .text("cpu")
        .and_then(super::sizes::cpu_units);
    if cpu.is_some_and(|cpu| !WINDOWS_CPU.contains(&cpu)) {
        checks.error(steps!["cpu"], EcsRule::WindowsCpu);
    }
}
