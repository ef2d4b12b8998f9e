//! Fargate's requirements of a task definition (docs/aws.md §4.1).

use serde_json::Value;

use Memory::{OneOf, Steps};

use super::checks::{Checks, steps, within};
use super::compatibility::{is_fargate, network_mode};
use super::sizes::{cpu_units, mebibytes};
use crate::job::Excerpt;
use crate::release::finding::{EcsRule, FargateProblem, Wanted};
use crate::release::placeholder;

/// The memory that a number of CPU units allows, in MiB.
enum Memory {
    OneOf([u32; 3]),
    Steps { least: u32, most: u32, step: u32 },
}

/// CPU units, the memory that they allow, and its description.
const SIZES: [(u32, Memory, &str); 8] = [
    (256, OneOf([512, 1024, 2048]), "512, 1024 or 2048 MiB"),
    (512, gigabytes(1, 4, 1), "1 to 4 GB in steps of 1 GB"),
    (1024, gigabytes(2, 8, 1), "2 to 8 GB in steps of 1 GB"),
    (2048, gigabytes(4, 16, 1), "4 to 16 GB in steps of 1 GB"),
    (4096, gigabytes(8, 30, 1), "8 to 30 GB in steps of 1 GB"),
    (8192, gigabytes(16, 60, 4), "16 to 60 GB in steps of 4 GB"),
    (
        16_384,
        gigabytes(32, 120, 8),
        "32 to 120 GB in steps of 8 GB",
    ),
    // aws-cloudformation/cfn-lint 4668
    (
        32_768,
        OneOf([61_440, 122_880, 249_856]),
        "60, 120 or 244 GB",
    ),
];

const fn gigabytes(least: u32, most: u32, step: u32) -> Memory {
    Steps {
        least: least * 1024,
        most: most * 1024,
        step: step * 1024,
    }
}

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
    let storage = value.pointer("/ephemeralStorage/sizeInGiB");
    checks.range(storage, 21, 200, steps!["ephemeralStorage", "sizeInGiB"]);
    for container in task_definition.containers() {
        if container.get("privileged") == Some(&Value::Bool(true)) {
            let place = within(&container, steps!["privileged"]);
            checks.error(&place, FargateProblem::Privileged);
        }
        for member in TIMEOUTS {
            let place = within(&container, steps![member]);
            checks.range(container.get(member), 2, 120, &place);
        }
    }
}

impl Memory {
    fn contains(&self, memory: u32) -> bool {
        match self {
            OneOf(sizes) => sizes.contains(&memory),
            Steps { least, most, step } => {
                (*least..=*most).contains(&memory) && memory.is_multiple_of(*step)
            }
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
    let mut is_open = false;
    for (member, value) in [("cpu", cpu), ("memory", memory)] {
        if placeholder::is_token(value) {
            is_open = true;
            let (text, wanted) = (Excerpt::of(value), Wanted::Size);
            checks.error(steps![member], EcsRule::Token { text, wanted });
        }
    }
    if is_open {
        return;
    }
    let size = cpu_units(cpu).and_then(|units| SIZES.iter().find(|size| size.0 == units));
    let fits = match (size, mebibytes(memory)) {
        (Some((_, allowed, _)), Some(memory)) => allowed.contains(memory),
        (None, _) | (_, None) => false,
    };
    if !fits {
        let wrong = if size.is_some() { "memory" } else { "cpu" };
        let problem = FargateProblem::Size {
            cpu: Excerpt::of(cpu),
            memory: Excerpt::of(memory),
            allowed: size.map(|(_, _, description)| *description),
        };
        checks.error(steps![wrong], problem);
    }
}
