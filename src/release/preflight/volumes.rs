//! Volumes, and containers that use the volumes of others.

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::compatibility::{is_fargate, is_set};
use super::containers::{MAX_CHECKED, unknown_container};
use super::limits::is_name;
use crate::job::Excerpt;
use crate::release::finding::{
    EcsRule, FargateProblem, TaskDefinitionFinding, VolumeProblem, Wanted,
};
use crate::release::placeholder;
use crate::release::task_definition::Container;

const EFS: &str = "efsVolumeConfiguration";
const S3_FILES: &str = "s3filesVolumeConfiguration";
const DOCKER: &str = "dockerVolumeConfiguration";

/// What makes a volume one of a kind. An empty `host` is not counted.
const KINDS: [&str; 6] = [
    "/host/sourcePath",
    "/dockerVolumeConfiguration",
    "/efsVolumeConfiguration",
    "/s3filesVolumeConfiguration",
    "/fsxWindowsFileServerVolumeConfiguration",
    "/configuredAtLaunch",
];

/// The kinds that need a name (API reference, Volume).
const NAMED_KINDS: [&str; 3] = [EFS, S3_FILES, "configuredAtLaunch"];

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
        volume_name(checks, index, volume);
        kind(checks, index, volume);
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
            let unknown = source.and_then(|name| unknown_container("volumesFrom", name, &names));
            if let Some(finding) = unknown {
                let place = within(container, steps!["volumesFrom", index, "sourceContainer"]);
                checks.error(&place, finding);
            }
        }
        mount_points(checks, container);
    }
}

/// ECS's answer to a missing `sourceVolume` is "Unknown volume 'null'."
/// (blinkist/terraform-aws-airship-ecs-service 46). Its answer to a missing
/// `containerPath` has not been observed.
fn mount_points(checks: &mut Checks<'_>, container: &Container<'_>) {
    for (index, mount) in container.list("mountPoints").take(MAX_CHECKED) {
        let missing = |member| mount.is_object() && mount.get(member).is_none();
        let place = |member| within(container, steps!["mountPoints", index, member]);
        let member = "sourceVolume";
        if missing(member) {
            checks.error(&place(member), TaskDefinitionFinding::Missing { member });
        }
        let member = "containerPath";
        if missing(member) {
            checks.warning(&place(member), TaskDefinitionFinding::Missing { member });
        }
    }
}

/// "volume.name contains invalid characters." (openfresh/ecs-formation 22)
fn volume_name(checks: &mut Checks<'_>, index: usize, volume: &Value) {
    let member = "name";
    let name = volume.get(member).and_then(Value::as_str);
    let name = name.unwrap_or_default();
    if !is_name(name) && placeholder::first(name).is_none() {
        let name = Excerpt::of(name);
        checks.error(steps!["volumes", index, member], EcsRule::NotAName { name });
    }
    let is_named = |kind: &&str| volume.get(*kind).is_some_and(is_set);
    if name.is_empty() && NAMED_KINDS.iter().any(is_named) {
        let finding = TaskDefinitionFinding::Missing { member };
        checks.error(steps!["volumes", index, member], finding);
    }
}

/// "When the volume parameter is specified, only one volume configuration type
/// should be used." (cloudposse/terraform-aws-ecs-alb-service-task 146) "When
/// 'scope' parameter is 'task', 'autoprovision' must either not be specified or
/// set to 'True'." (aws/aws-cdk 26697) With `true`, the task does not start
/// (rexray/rexray 1317).
fn kind(checks: &mut Checks<'_>, index: usize, volume: &Value) {
    let is_given = |path: &&&str| volume.pointer(path).is_some_and(is_set);
    if KINDS.iter().filter(is_given).count() > 1 {
        checks.error(steps!["volumes", index], VolumeProblem::SeveralKinds);
    }
    let docker = |member: &str| volume.get(DOCKER)?.get(member);
    if docker("scope").is_none_or(|scope| scope != "task") {
        return;
    }
    let place = steps!["volumes", index, DOCKER, "autoprovision"];
    match docker("autoprovision") {
        Some(Value::Bool(false)) => checks.error(place, VolumeProblem::Autoprovision),
        Some(Value::Bool(true)) => checks.warning(place, VolumeProblem::Autoprovision),
        Some(_) | None => {} // Already reported.
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
    if volume.get(DOCKER).is_some() {
        let steps = steps!["volumes", index, DOCKER];
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
        checks.error(steps!["volumes"], EcsRule::TooMany { count, limit: 1 });
    }
}
