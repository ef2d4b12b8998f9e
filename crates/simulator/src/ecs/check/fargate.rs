//! Validation of task definitions that require Fargate.

use serde_json::Value;

use super::{Checked, is_set, is_windows, list, network_mode, number, refuse_if, text};
use crate::api::ApiError;
use crate::ecs::call::client;

/// Unsupported members of the task definition and of containers.
const OF_THE_TASK: [&str; 3] = [
    "ipcMode",
    "placementConstraints",
    "trustedExecutionConfiguration",
];
const OF_A_CONTAINER: [&str; 9] = [
    "privileged",
    "disableNetworking",
    "dnsSearchDomains",
    "dnsServers",
    "dockerSecurityOptions",
    "linuxParameters/devices",
    "linuxParameters/sharedMemorySize",
    "linuxParameters/maxSwap",
    "linuxParameters/swappiness",
];
const LOG_DRIVERS: [&str; 5] = ["json-file", "syslog", "journald", "gelf", "fluentd"];

pub(super) fn check(body: &Value) -> Checked {
    refuse_if(
        network_mode(body) != "awsvpc",
        "Fargate only supports network mode 'awsvpc'.",
    )?;
    let size = size(body)?;
    let is_windows = is_windows(body);
    for member in OF_THE_TASK {
        unsupported(is_set(body, &format!("/{member}")), member)?;
    }
    let pid_mode = text(body, "/pidMode").unwrap_or_default();
    unsupported(is_windows && !pid_mode.is_empty(), "pidMode")?;
    unsupported(pid_mode == "host", "pidMode host")?;
    refuse_if(
        is_windows && !(1024..=4096).contains(&size),
        "Fargate requires 1 to 4 vCPU for Windows containers.",
    )?;
    let storage = number(body, "/ephemeralStorage/sizeInGiB");
    refuse_if(
        storage.is_some_and(|size| !(21..=200).contains(&size)),
        "Ephemeral storage must be between 21 and 200 GiB.",
    )?;
    for volume in list(body, "/volumes") {
        refuse_if(
            is_set(volume, "/host/sourcePath"),
            "Fargate compatible task definitions do not support sourcePath",
        )?;
        let docker = "dockerVolumeConfiguration";
        unsupported(volume[docker].is_object(), docker)?;
        let fsx = "fsxWindowsFileServerVolumeConfiguration";
        unsupported(volume[fsx].is_object() && !is_windows, fsx)?;
    }
    let containers = list(body, "/containerDefinitions");
    let reserved: i64 = containers
        .iter()
        .filter_map(|container| number(container, "/cpu"))
        .filter(|cpu| *cpu > 0)
        .sum();
    refuse_if(
        reserved > i64::from(size),
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    )?;
    for container in containers {
        self::container(body, container, is_windows)?;
    }
    Ok(())
}

fn container(body: &Value, container: &Value, is_windows: bool) -> Checked {
    for member in OF_A_CONTAINER {
        unsupported(is_set(container, &format!("/{member}")), member)?;
    }
    for added in list(container, "/linuxParameters/capabilities/add") {
        let is_traced = added == "SYS_PTRACE" || added == "CAP_SYS_PTRACE";
        unsupported(!is_traced, &format!("the capability {added}"))?;
    }
    for resource in list(container, "/resourceRequirements") {
        let kind = text(resource, "/type").unwrap_or_default();
        unsupported(matches!(kind, "GPU" | "NeuronDevice"), kind)?;
    }
    for member in ["startTimeout", "stopTimeout"] {
        let seconds = number(container, &format!("/{member}"));
        refuse_if(
            seconds.is_some_and(|seconds| !(2..=120).contains(&seconds)),
            format!("Fargate requires {member} to be between 2 and 120 seconds."),
        )?;
    }
    let driver = text(container, "/logConfiguration/logDriver").unwrap_or_default();
    unsupported(
        LOG_DRIVERS.contains(&driver),
        &format!("log driver {driver}"),
    )?;
    refuse_if(
        text(container, "/firelensConfiguration/options/config-file-type") == Some("s3"),
        "Invalid arn syntax.",
    )?;
    let has_router = driver == "awsfirelens" || is_set(container, "/firelensConfiguration");
    unsupported(is_windows && has_router, "FireLens")?;
    let host = text(container, "/image").and_then(|image| image.split('/').next());
    let is_ecr = |host: &str| {
        [".dkr.ecr.", ".dkr.ecr-fips.", ".dkr-ecr.", ".dkr-ecr-fips."]
            .iter()
            .any(|part| host.contains(part))
    };
    refuse_if(
        host.is_some_and(is_ecr) && !is_set(body, "/executionRoleArn"),
        "Fargate requires task definition to have execution role ARN to support ECR images.",
    )
}

fn unsupported(is_there: bool, what: &str) -> Checked {
    refuse_if(
        is_there,
        format!("Tasks using the Fargate launch type do not support {what}."),
    )
}

/// The CPU units, if Fargate supports this size.
fn size(body: &Value) -> Result<u32, ApiError> {
    let size = |name: &str, unit: &str| {
        let text = text(body, &format!("/{name}")).ok_or_else(|| {
            client(format!(
                "Fargate requires that '{name}' be defined at the task level."
            ))
        })?;
        units(text, unit).ok_or_else(|| client(format!("Invalid '{name}' setting for task.")))
    };
    let (cpu, memory) = (size("cpu", "vcpu")?, size("memory", "gb")?);
    refuse_if(
        !fits(cpu, memory),
        format!(
            "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. \
             See the Amazon ECS documentation for the valid values."
        ),
    )?;
    Ok(cpu)
}

/// Whether the text has the form of a number, with or without the unit.
pub(super) fn is_size(text: &str, unit: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let number = text.strip_suffix(unit).unwrap_or(&text).trim();
    number.bytes().any(|b| b.is_ascii_digit())
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Parses a size such as `1024`, `.5 vCPU` or `2 GB`. Returns it in units of
/// 1/1,024 of `unit`.
pub(super) fn units(text: &str, unit: &str) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let Some(amount) = text.strip_suffix(unit) else {
        return text.parse().ok();
    };
    let amount: f64 = amount.trim().parse().ok()?;
    let whole = amount * 1024.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked"
    )]
    (0.0..=1024.0)
        .contains(&amount)
        .then_some(whole)
        .filter(|whole| whole.fract() == 0.0)
        .map(|whole| whole as u32)
}

/// Whether Fargate supports this pair of CPU units and MiB.
fn fits(cpu: u32, memory: u32) -> bool {
    let (least, most, step) = match cpu {
        256 => return [512, 1024, 2048].contains(&memory),
        512 => (1, 4, 1),
        1024 => (2, 8, 1),
        2048 => (4, 16, 1),
        4096 => (8, 30, 1),
        8192 => (16, 60, 4),
        16384 => (32, 120, 8),
        32768 => return [61_440, 122_880, 249_856].contains(&memory),
        _ => return false,
    };
    let gibibytes = memory / 1024;
    memory.is_multiple_of(1024)
        && (least..=most).contains(&gibibytes)
        && (gibibytes - least).is_multiple_of(step)
}
