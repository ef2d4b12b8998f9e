//! The images against what their registry said of them.

use serde_json::Value;

use super::setting::is_fargate;
use crate::job::Excerpt;
use crate::release::finding::{Findings, ImageFinding, Place};
use crate::release::images::ImageReference;
use crate::release::task_definition::TaskDefinition;

/// What a registry said of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryAnswer {
    Found {
        /// `sha256:` and 64 hexadecimal digits.
        digest: String,
        /// Empty where that is not known.
        platforms: Vec<Platform>,
    },
    Missing(Absent),
    /// It is not there yet: the registry gets it from another one when it is
    /// first pulled.
    FetchedOnPull,
    /// It could not be asked; `reason` says why.
    NotReadable {
        reason: String,
    },
}

/// What a registry does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    Repository,
    Image,
    /// The image is there and cannot be pulled, as when it is archived.
    Archived,
}

/// An image whose registry is to be asked, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedImage {
    pub reference: ImageReference,
    /// Whether the release cannot go on without its digest.
    pub digest_wanted: bool,
    /// Whether the platform matters to the task.
    pub platform_wanted: bool,
}

/// A platform as image manifests name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `linux` or `windows`.
    pub os: String,
    /// `amd64` or `arm64`.
    pub architecture: String,
}

/// One image with what its registry said of it, on the platform it is to run
/// on, where that is known.
pub(crate) fn check(
    reference: &ImageReference,
    answer: &RegistryAnswer,
    wanted: Option<&Platform>,
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
        RegistryAnswer::Found { platforms, .. } => {
            let Some(wanted) = wanted else {
                return;
            };
            if !platforms.is_empty() && !platforms.contains(wanted) {
                let finding = ImageFinding::WrongPlatform {
                    reference: image,
                    wanted: shown(wanted),
                    offered: platforms.iter().map(shown).collect(),
                };
                findings.error(place.clone(), finding);
            }
        }
    }
}

fn shown(platform: &Platform) -> Excerpt {
    Excerpt::of(&format!("{}/{}", platform.os, platform.architecture))
}

/// Where the task will run, if the task definition tells: Fargate takes
/// Linux on x86 unless it is told otherwise, EC2 whatever the instances are.
pub(crate) fn platform(task_definition: &TaskDefinition) -> Option<Platform> {
    let runtime = task_definition.value().get("runtimePlatform");
    let member = |name: &str| runtime.and_then(|r| r.get(name)).and_then(Value::as_str);
    if runtime.is_none() && !is_fargate(task_definition) {
        return None;
    }
    let architecture = match member("cpuArchitecture") {
        Some("ARM64") => "arm64",
        Some("X86_64") | None => "amd64",
        Some(_) => return None,
    };
    let os = match member("operatingSystemFamily") {
        Some("LINUX") | None => "linux",
        Some(family) if family.starts_with("WINDOWS") => "windows",
        Some(_) => return None,
    };
    Some(Platform {
        os: os.to_owned(),
        architecture: architecture.to_owned(),
    })
}
