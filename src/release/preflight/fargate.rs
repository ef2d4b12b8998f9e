//! Fargate's requirements of a task definition (docs/aws.md §4.1).

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::compatibility::{is_fargate, network_mode};
use super::limits::range;
use super::sizes::{cpu_units, mebibytes};
use crate::job::Excerpt;
use crate::release::finding::FargateProblem;
use crate::release::placeholder;

/// CPU units and the memory they allow in MiB: minimum, maximum, step; and a
/// description.
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

/// Timeouts of a container in seconds (API reference).
const TIMEOUTS: [&str; 2] = ["startTimeout", "stopTimeout"];

pub(super) fn check(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    if !is_fargate(task_definition) {
        return;
    }
    size(checks);
    if network_mode(task_definition) != "awsvpc" {
        let found = task_definition.text("networkMode").map(Excerpt::of);
        checks.error(steps!["networkMode"], FargateProblem::Network { found });
    }
    let value = task_definition.value();
    let place = checks.place(steps!["ephemeralStorage", "sizeInGiB"]);
    let storage = value.pointer("/ephemeralStorage/sizeInGiB");
    range(storage, 21, 200, || place, checks.findings);
    for container in task_definition.containers() {
        if container.get("privileged") == Some(&Value::Bool(true)) {
            let place = within(&container, steps!["privileged"]);
            checks.error(&place, FargateProblem::Privileged);
        }
        for member in TIMEOUTS {
            let place = checks.place(&within(&container, steps![member]));
            range(container.get(member), 2, 120, || place, checks.findings);
        }
    }
}

fn size(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    let mut member = |member: &'static str| {
        let value = task_definition.value().get(member);
        if value.is_none() {
            checks.error(steps![member], FargateProblem::Needs { member });
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
        return; // Already reported.
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
        let problem = FargateProblem::Size {
            cpu: Excerpt::of(cpu),
            memory: Excerpt::of(memory),
            allowed: pair.map(|pair| pair.4),
        };
        checks.error(steps![wrong], problem);
    }
}
