//! What Fargate wants of a task definition (aws-facts §4.1).

use serde_json::Value;

use super::limits::range;
use crate::job::Excerpt;
use crate::release::document::Path;
use crate::release::finding::{FargateProblem, Findings};
use crate::release::placeholder;
use crate::release::task_definition::{Container, TaskDefinition};

/// CPU units with the memory that goes with them in MiB: least, most, step;
/// and the same in words.
const PAIRS: [(u32, u32, u32, u32, &str); 7] = [
    (256, 512, 2048, 0, "512, 1024 or 2048 MiB"),
    (512, 1024, 4096, 1024, "1 to 4 GB in steps of 1 GB"),
    (1024, 2048, 8192, 1024, "2 to 8 GB in steps of 1 GB"),
    (2048, 4096, 16_384, 1024, "4 to 16 GB in steps of 1 GB"),
    (4096, 8192, 30_720, 1024, "8 to 30 GB in steps of 1 GB"),
    (8192, 16_384, 61_440, 4096, "16 to 60 GB in steps of 4 GB"),
    (
        16_384,
        32_768,
        122_880,
        8192,
        "32 to 120 GB in steps of 8 GB",
    ),
];

/// ECS's log drivers that Fargate does not have (aws-facts §4.1).
const NOT_HERE: [&str; 5] = ["json-file", "syslog", "journald", "gelf", "fluentd"];

/// Whether the task definition asks to run on Fargate.
pub(super) fn is_fargate(task_definition: &TaskDefinition) -> bool {
    task_definition
        .value()
        .get("requiresCompatibilities")
        .and_then(Value::as_array)
        .is_some_and(|list| list.iter().any(|word| word == "FARGATE"))
}

pub(super) fn check(task_definition: &TaskDefinition, findings: &mut Findings) {
    if !is_fargate(task_definition) {
        return;
    }
    size(task_definition, findings);
    let mode = task_definition.text("networkMode");
    if mode != Some("awsvpc") {
        let found = mode.map(Excerpt::of);
        let place = task_definition.place(&Path::ROOT.member("networkMode"));
        findings.error(place, FargateProblem::Network { found });
    }
    let storage = Path::ROOT.member("ephemeralStorage");
    let path = storage.member("sizeInGiB");
    let value = task_definition
        .value()
        .pointer("/ephemeralStorage/sizeInGiB");
    range(value, 21, 200, || task_definition.place(&path), findings);
    for each in task_definition.containers() {
        container(task_definition, &each, findings);
    }
    volumes(task_definition, findings);
    execution_role(task_definition, findings);
}

fn container(task_definition: &TaskDefinition, container: &Container<'_>, findings: &mut Findings) {
    let place =
        |member: &str| task_definition.at(container, member, |path| task_definition.place(path));
    if container.get("privileged") == Some(&Value::Bool(true)) {
        findings.error(place("privileged"), FargateProblem::Privileged);
    }
    let log = container.get("logConfiguration");
    let driver = log.and_then(|log| log.get("logDriver"));
    // Drivers that ECS does not have are told of by themselves.
    if let Some(driver) = driver
        .and_then(Value::as_str)
        .filter(|d| NOT_HERE.contains(d))
    {
        let place = task_definition.at(container, "logConfiguration", |path| {
            task_definition.place(&path.member("logDriver"))
        });
        let found = Excerpt::of(driver);
        findings.error(place, FargateProblem::LogDriver { found });
    }
    let timeout = container.get("stopTimeout");
    range(timeout, 0, 120, || place("stopTimeout"), findings);
}

/// Fargate has no instance whose folders or Docker volumes could be used.
fn volumes(task_definition: &TaskDefinition, findings: &mut Findings) {
    let list = task_definition.value().get("volumes");
    let list = list.and_then(Value::as_array).into_iter().flatten();
    for (index, volume) in list.enumerate() {
        let volumes = Path::ROOT.member("volumes");
        let element = volumes.index(index);
        let host = element.member("host");
        if volume.pointer("/host/sourcePath").is_some() {
            let place = task_definition.place(&host.member("sourcePath"));
            findings.error(place, FargateProblem::HostVolume);
        }
        if volume.get("dockerVolumeConfiguration").is_some() {
            let place = task_definition.place(&element.member("dockerVolumeConfiguration"));
            findings.error(place, FargateProblem::HostVolume);
        }
    }
}

/// Without the role nobody can pull from ECR, write logs or read secrets for
/// the task before it runs.
fn execution_role(task_definition: &TaskDefinition, findings: &mut Findings) {
    if task_definition.text("executionRoleArn").is_some() {
        return;
    }
    let needs_role = |container: Container<'_>| {
        let log_driver = container
            .get("logConfiguration")
            .and_then(|log| log.get("logDriver"));
        log_driver.is_some_and(|driver| driver == "awslogs")
            || container.list("secrets").next().is_some()
            || container
                .text("image")
                .is_some_and(|image| image.contains(".dkr.ecr."))
    };
    if task_definition.containers().any(needs_role) {
        let place = task_definition.place(&Path::ROOT.member("executionRoleArn"));
        findings.warning(place, FargateProblem::NoExecutionRole);
    }
}

fn size(task_definition: &TaskDefinition, findings: &mut Findings) {
    let mut member = |member: &'static str| {
        let value = task_definition.value().get(member);
        if value.is_none() {
            let place = task_definition.place(&Path::ROOT.member(member));
            findings.error(place, FargateProblem::Needs { member });
        }
        value.and_then(Value::as_str)
    };
    let (Some(cpu), Some(memory)) = (member("cpu"), member("memory")) else {
        return;
    };
    if placeholder::first(cpu)
        .or(placeholder::first(memory))
        .is_some()
    {
        return; // It has been told of.
    }
    let pair = cpu_units(cpu).and_then(|units| PAIRS.iter().find(|pair| pair.0 == units));
    let fits = match (pair, mebibytes(memory)) {
        (Some((_, least, most, step, _)), Some(memory)) => {
            (*least..=*most).contains(&memory)
                && match step {
                    0 => memory.is_power_of_two(),
                    step => memory.is_multiple_of(*step),
                }
        }
        (None, _) | (_, None) => false,
    };
    if !fits {
        let wrong = if pair.is_some() { "memory" } else { "cpu" };
        let place = task_definition.place(&Path::ROOT.member(wrong));
        let finding = FargateProblem::Size {
            cpu: Excerpt::of(cpu),
            memory: Excerpt::of(memory),
            allowed: pair.map(|pair| pair.4),
        };
        findings.error(place, finding);
    }
}

/// `1024`, `1 vCPU` or `.5 vcpu`, in units.
pub(super) fn cpu_units(text: &str) -> Option<u32> {
    quantity(text, &["vcpu"], 1024)
}

/// `2048`, `2GB` or `0.5 GB`, in MiB.
pub(super) fn mebibytes(text: &str) -> Option<u32> {
    quantity(text, &["gb"], 1024)
}

/// A whole number, or a decimal one of a larger unit. Exact: the smallest
/// part that is needed is a quarter, and three decimals are taken.
fn quantity(text: &str, units: &[&str], factor: u32) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let large = units.iter().find_map(|unit| text.strip_suffix(unit));
    let Some(number) = large.map(str::trim) else {
        return text.parse().ok();
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if part.len() > 3 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let is_digits = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let thousandths: u32 = format!("{whole}{part:0<3}").parse().ok()?;
    let total = thousandths.checked_mul(factor)?;
    total.is_multiple_of(1000).then_some(total / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_may_be_written_in_both_units() {
        for (text, expected) in [
            ("256", Some(256)),
            (".25 vCPU", Some(256)),
            ("0.5vcpu", Some(512)),
            ("1 vCPU", Some(1024)),
            ("16 VCPU", Some(16_384)),
            ("", None),
            (".", None),
            (". vCPU", None),
            ("vCPU", None),
            ("-1", None),
            ("0.33 vCPU", None),
            ("99999999 vCPU", None),
            ("1 CPU", None),
        ] {
            assert_eq!(cpu_units(text), expected, "{text}");
        }
        assert_eq!(mebibytes("0.5GB"), Some(512));
        assert_eq!(mebibytes("30 GB"), Some(30_720));
    }
}
