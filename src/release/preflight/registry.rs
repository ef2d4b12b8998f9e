//! Checks images against the answers of their registries.

use serde_json::Value;

use super::compatibility::is_fargate;
use crate::job::Excerpt;
use crate::release::finding::{Absent, Findings, ImageFinding, Place};
use crate::release::image_reference::ImageReference;
use crate::release::images::manifest::Platform;
use crate::release::task_definition::TaskDefinition;

/// A registry's answer about an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryAnswer {
    Found {
        /// `sha256:` and 64 hexadecimal digits.
        digest: String,
        /// Empty if unknown.
        platforms: Vec<Platform>,
        /// Whether there is an image for each platform, rather than a single
        /// one.
        is_index: bool,
    },
    Missing(Absent),
    /// Not there yet: the registry fetches it from another one on the first
    /// pull.
    FetchedOnPull,
    /// The registry could not be queried, for the given `reason`.
    NotReadable {
        reason: String,
    },
}

/// An image to look up in its registry, and what is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageQuery {
    pub reference: ImageReference,
    /// Whether the release requires its digest.
    pub digest_wanted: bool,
    /// Whether the task depends on the platform.
    pub platform_wanted: bool,
}

/// Checks an image against its registry's answer, and against the platform of
/// the task that runs it.
///
/// Fargate pulls only an image of the task's platform. Elsewhere Docker pulls a
/// single image of the same operating system whatever it is made for, and only
/// warns.
pub(crate) fn check(
    reference: &ImageReference,
    answer: &RegistryAnswer,
    run_by: Option<&TaskDefinition>,
    place: &Place,
    findings: &mut Findings,
) {
    let image = Excerpt::of(&reference.to_string());
    match answer {
        RegistryAnswer::Missing(absent) => {
            let finding = ImageFinding::Missing {
                reference: reference.clone(),
                absent: *absent,
            };
            findings.error(place.clone(), finding);
        }
        RegistryAnswer::FetchedOnPull => {
            let finding = ImageFinding::FetchedOnPull { reference: image };
            findings.note(place.clone(), finding);
        }
        RegistryAnswer::NotReadable { reason } => {
            let finding = ImageFinding::NotChecked {
                reference: image,
                reason: Excerpt::of(reason),
            };
            findings.warning(place.clone(), finding);
        }
        RegistryAnswer::Found {
            platforms,
            is_index,
            ..
        } => {
            let Some((task_definition, wanted)) = run_by.and_then(|it| Some((it, platform(it)?)))
            else {
                return;
            };
            if platforms.is_empty() || platforms.contains(&wanted) {
                return;
            }
            let finding = ImageFinding::WrongPlatform {
                reference: image,
                wanted: shown(&wanted),
                offered: platforms.iter().map(shown).collect(),
            };
            let is_pulled = !is_index
                && !is_fargate(task_definition)
                && platforms.iter().all(|platform| platform.os == wanted.os);
            match is_pulled {
                true => findings.warning(place.clone(), finding),
                false => findings.error(place.clone(), finding),
            }
        }
    }
}

fn shown(platform: &Platform) -> Excerpt {
    Excerpt::of(&format!("{}/{}", platform.os, platform.architecture))
}

/// The platform of the task, if the task definition determines it: the default
/// on Fargate is Linux on x86; elsewhere it depends on the instances.
pub(crate) fn platform(task_definition: &TaskDefinition) -> Option<Platform> {
    let runtime = task_definition.value().get("runtimePlatform");
    let member = |name: &str| runtime.and_then(|r| r.get(name)).and_then(Value::as_str);
    let is_fargate = is_fargate(task_definition);
    let architecture = match member("cpuArchitecture") {
        Some("ARM64") => "arm64",
        Some("X86_64") => "amd64",
        None if is_fargate => "amd64",
        Some(_) | None => return None,
    };
    let os = match member("operatingSystemFamily") {
        Some("LINUX") => "linux",
        Some(family) if family.starts_with("WINDOWS") => "windows",
        None if is_fargate => "linux",
        Some(_) | None => return None,
    };
    Some(Platform {
        os: os.to_owned(),
        architecture: architecture.to_owned(),
    })
}
