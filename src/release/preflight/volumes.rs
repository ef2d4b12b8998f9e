//! Volumes, and containers that use the volumes of others.

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::compatibility::{is_fargate, is_set};
use super::containers::MAX_CHECKED;
use crate::job::{Excerpt, nearest};
use crate::release::finding::{EcsRule, FargateProblem, PairFinding, VolumeProblem, Wanted};
use crate::release::placeholder;
use crate::release::task_definition::Container;

const EFS: &str = "efsVolumeConfiguration";
const S3_FILES: &str = "s3filesVolumeConfiguration";

pub(super) fn check(checks: &mut Checks<'_>) {
    let value = checks.task_definition.value();
    let volumes = value.get("volumes").and_then(Value::as_array);
    let volumes = volumes.into_iter().flatten();
    let mut known: Vec<&str> = Vec::new();
    for (index, volume) in volumes.clone().enumerate() {
        let name = volume.get("name").and_then(Value::as_str);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            if known.contains(&name) {
                let name = Excerpt::of(name);
                checks.warning(
                    steps!["volumes", index, "name"],
                    VolumeProblem::Twice { name },
                );
            }
            known.push(name);
        }
        if is_fargate(checks.task_definition) {
            of_an_instance(checks, index, volume);
        }
        efs(checks, index, volume);
        s3_files(checks, index, volume);
    }
    at_launch(checks, volumes);
    let containers: Vec<Container<'_>> = checks.task_definition.containers().collect();
    let names: Vec<&str> = containers.iter().map(Container::name).collect();
    for container in containers.iter().take(MAX_CHECKED) {
        for (index, from) in container.list("volumesFrom").take(MAX_CHECKED) {
            let source = from.get("sourceContainer").and_then(Value::as_str);
            // "Invalid 'volumesFrom' setting. Unknown container: '…'."
            // (eagletmt/hako 54)
            if let Some(name) = source.filter(|name| !names.contains(name)) {
                let place = within(container, steps!["volumesFrom", index, "sourceContainer"]);
                let problem = VolumeProblem::UnknownContainer {
                    name: Excerpt::of(name),
                    nearest: nearest(name, names.iter().copied()).map(Excerpt::of),
                };
                checks.error(&place, problem);
            }
        }
    }
}

/// Fargate has no container instance with folders or Docker volumes: "Fargate
/// compatible task definitions do not support sourcePath". An empty path counts
/// as absent.
fn of_an_instance(checks: &mut Checks<'_>, index: usize, volume: &Value) {
    if volume.pointer("/host/sourcePath").is_some_and(is_set) {
        let steps = steps!["volumes", index, "host", "sourcePath"];
        checks.error(steps, FargateProblem::HostVolume);
    }
    if volume.get("dockerVolumeConfiguration").is_some() {
        let steps = steps!["volumes", index, "dockerVolumeConfiguration"];
        checks.error(steps, FargateProblem::HostVolume);
    }
}

/// "When using an EFS access point, the root directory must either be set to
/// "/" or be omitted" (aws-cdk 10683); transit encryption must be on for an
/// access point and for IAM (API reference, EFSVolumeConfiguration).
fn efs(checks: &mut Checks<'_>, index: usize, volume: &Value) {
    let Some(efs) = volume.get(EFS) else {
        return;
    };
    let text = |path: &str| efs.pointer(path).and_then(Value::as_str);
    let point = text("/authorizationConfig/accessPointId").filter(|point| !point.is_empty());
    if point.is_some() && is_folder(text("/rootDirectory")) {
        let steps = steps!["volumes", index, EFS, "rootDirectory"];
        checks.error(steps, VolumeProblem::RootOfAccessPoint);
    }
    let needed_by = match (point, text("/authorizationConfig/iam")) {
        (Some(_), _) => Some("an access point"),
        (None, Some("ENABLED")) => Some("authorization by IAM"),
        (None, Some(_) | None) => None,
    };
    let encryption = text("/transitEncryption");
    let is_off = encryption.is_none_or(|word| matches!(word, "" | "DISABLED"));
    if let Some(needed_by) = needed_by.filter(|_| is_off) {
        let steps = steps!["volumes", index, EFS, "transitEncryption"];
        checks.error(steps, VolumeProblem::NoTransitEncryption { needed_by });
    }
    if let Some(text) = text("/fileSystemId").filter(|text| placeholder::is_token(text)) {
        let rule = EcsRule::Token {
            text: Excerpt::of(text),
            wanted: Wanted::FileSystem,
        };
        checks.warning(steps!["volumes", index, EFS, "fileSystemId"], rule);
    }
}

/// The same rule for access points (API reference, S3FilesVolumeConfiguration).
fn s3_files(checks: &mut Checks<'_>, index: usize, volume: &Value) {
    let Some(files) = volume.get(S3_FILES) else {
        return;
    };
    let text = |member: &str| files.get(member).and_then(Value::as_str);
    let has_point = text("accessPointArn").is_some_and(|point| !point.is_empty());
    if has_point && is_folder(text("rootDirectory")) {
        let steps = steps!["volumes", index, S3_FILES, "rootDirectory"];
        checks.error(steps, VolumeProblem::RootOfAccessPoint);
    }
}

fn is_folder(root: Option<&str>) -> bool {
    root.is_some_and(|root| !matches!(root, "" | "/"))
}

/// API reference, Volume: only one volume may be configured at launch.
fn at_launch<'a>(checks: &mut Checks<'_>, volumes: impl Iterator<Item = &'a Value>) {
    let count = volumes
        .filter(|volume| volume.get("configuredAtLaunch") == Some(&Value::Bool(true)))
        .count();
    if count > 1 {
        checks.error(steps!["volumes"], PairFinding::TooMany { count, limit: 1 });
    }
}
