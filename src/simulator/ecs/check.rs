//! What ECS refuses in `RegisterTaskDefinition` (aws-facts §4.1, §4.3).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::simulator::api::ApiError;
use crate::simulator::json::Members;

use super::call::{client, invalid};

/// The size of a task definition in bytes.
const MAX_BYTES: usize = 64 * 1024;
const MAX_CONTAINERS: usize = 10;
const MAX_TAGS: usize = 50;
/// Of a family, of a container's name, and of an image without its digest.
const MAX_NAME: usize = 255;

/// Refuses a request for the first reason there is, as ECS does.
pub(super) fn request(body: &Value, input: Members<'_>) -> Result<(), ApiError> {
    let family = input.text("family")?.unwrap_or_default();
    if family.is_empty() {
        return Err(client("Family should not be null or empty."));
    }
    if !is_name(family) {
        return Err(client(format!("Invalid family name '{family}'.")));
    }
    let tags = input.list("tags")?.len();
    if tags > MAX_TAGS {
        return Err(invalid(format!(
            "The request has {tags} tags, and the limit is {MAX_TAGS}."
        )));
    }
    let bytes = body.to_string().len();
    if bytes > MAX_BYTES {
        return Err(client(format!(
            "Actual length: '{bytes}'. Max allowed length is '{MAX_BYTES}' bytes."
        )));
    }
    containers(input)?;
    let mode = input.text("networkMode")?;
    if mode.is_some_and(|mode| !["bridge", "host", "awsvpc", "none"].contains(&mode)) {
        return Err(client("Invalid networkMode."));
    }
    if input.texts("requiresCompatibilities")?.contains(&"FARGATE") {
        fargate(input)?;
    }
    Ok(())
}

fn containers(input: Members<'_>) -> Result<(), ApiError> {
    let containers = input.objects("containerDefinitions")?;
    if containers.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    if containers.len() > MAX_CONTAINERS {
        return Err(client(format!(
            "Task definition should have at most {MAX_CONTAINERS} containers."
        )));
    }
    let task_memory = input.text("memory")?.is_some();
    let mut names = BTreeSet::new();
    let mut essential = false;
    for container in containers {
        let name = self::container(container, task_memory)?;
        if !names.insert(name) {
            return Err(client(format!(
                "Container name '{name}' is used more than once."
            )));
        }
        essential |= container.flag("essential")?.unwrap_or(true);
    }
    if essential {
        Ok(())
    } else {
        Err(client(
            "Task definition should have at least one essential container.",
        ))
    }
}

fn container<'a>(container: Members<'a>, task_memory: bool) -> Result<&'a str, ApiError> {
    let name = container.text("name")?.unwrap_or_default();
    if name.is_empty() {
        return Err(client("Container.name should not be null or empty."));
    }
    if !is_name(name) {
        return Err(client(format!("Invalid container name '{name}'.")));
    }
    let image = container.text("image")?.unwrap_or_default();
    if image.is_empty() {
        return Err(client("Container.image should not be null or empty."));
    }
    if !is_image(image) {
        return Err(client(format!("Invalid image '{image}'.")));
    }
    let memory = container.number("memory")?;
    let has_memory = memory.or(container.number("memoryReservation")?).is_some();
    if !has_memory && !task_memory {
        return Err(client(format!(
            "Invalid setting for container '{name}'. \
             At least one of 'memory' or 'memoryReservation' must be specified."
        )));
    }
    Ok(name)
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn is_image(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let digest_fits = digest.is_none_or(|digest| {
        digest
            .strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit()))
    });
    digest_fits
        && !name.is_empty()
        && name.len() <= MAX_NAME
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_:./#".contains(c))
}

fn fargate(input: Members<'_>) -> Result<(), ApiError> {
    if input.text("networkMode")? != Some("awsvpc") {
        return Err(client("Fargate only supports network mode 'awsvpc'."));
    }
    let size = |name: &str, unit: &str| {
        let text = input.text(name)?.ok_or_else(|| {
            client(format!(
                "Fargate requires that '{name}' be defined at the task level."
            ))
        })?;
        units(text, unit).ok_or_else(|| client(format!("Invalid '{name}' setting for task.")))
    };
    let (cpu, memory) = (size("cpu", "vcpu")?, size("memory", "gb")?);
    if !fits_fargate(cpu, memory) {
        return Err(client(format!(
            "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. \
             See the Amazon ECS documentation for the valid values."
        )));
    }
    for container in input.objects("containerDefinitions")? {
        if container.flag("privileged")? == Some(true) {
            return Err(client("Fargate does not support privileged containers."));
        }
    }
    Ok(())
}

/// A size such as `1024`, `.5 vCPU` or `2 GB`, in units of which 1,024 make one
/// of `unit`.
fn units(text: &str, unit: &str) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let Some(amount) = text.strip_suffix(unit) else {
        return text.parse().ok();
    };
    let amount: f64 = amount.trim().parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked"
    )]
    (0.0..=1024.0)
        .contains(&amount)
        .then_some((amount * 1024.0) as u32)
}

/// The fixed pairs of CPU units and MiB that Fargate runs.
fn fits_fargate(cpu: u32, memory: u32) -> bool {
    let (least, most, step) = match cpu {
        256 => return [512, 1024, 2048].contains(&memory),
        512 => (1, 4, 1),
        1024 => (2, 8, 1),
        2048 => (4, 16, 1),
        4096 => (8, 30, 1),
        8192 => (16, 60, 4),
        16384 => (32, 120, 8),
        _ => return false,
    };
    let gibibytes = memory / 1024;
    memory.is_multiple_of(1024)
        && (least..=most).contains(&gibibytes)
        && (gibibytes - least).is_multiple_of(step)
}
