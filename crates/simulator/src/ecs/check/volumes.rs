//! Volumes.

use serde_json::Value;

use super::{Checked, is_name, is_set, list, text};
use crate::ecs::call::client;

pub(super) fn check(body: &Value) -> Checked {
    let volumes = list(body, "/volumes");
    let names: Vec<&str> = volumes
        .iter()
        .filter_map(|volume| text(volume, "/name"))
        .collect();
    for container in list(body, "/containerDefinitions") {
        for mount in list(container, "/mountPoints") {
            let volume = text(mount, "/sourceVolume");
            if !volume.is_some_and(|name| names.contains(&name)) {
                let name = volume.unwrap_or("null");
                return Err(client(format!("Unknown volume '{name}'.")));
            }
        }
    }
    let at_launch = volumes
        .iter()
        .filter(|volume| volume["configuredAtLaunch"] == true);
    if at_launch.count() > 1 {
        return Err(client("Only one volume can be configured at launch."));
    }
    for volume in volumes {
        name(volume)?;
        kind(volume)?;
        access_point(volume)?;
    }
    Ok(())
}

fn name(volume: &Value) -> Checked {
    let name = text(volume, "/name").unwrap_or_default();
    let needs_name = [
        "/efsVolumeConfiguration",
        "/s3filesVolumeConfiguration",
        "/configuredAtLaunch",
    ];
    if name.is_empty() && needs_name.iter().any(|kind| is_set(volume, kind)) {
        return Err(client("volume.name should not be null or empty."));
    }
    if !is_name(name) {
        return Err(client("volume.name contains invalid characters."));
    }
    Ok(())
}

fn kind(volume: &Value) -> Checked {
    let kinds = [
        "/host/sourcePath",
        "/dockerVolumeConfiguration",
        "/efsVolumeConfiguration",
        "/s3filesVolumeConfiguration",
        "/fsxWindowsFileServerVolumeConfiguration",
        "/configuredAtLaunch",
    ];
    if kinds.iter().filter(|kind| is_set(volume, kind)).count() > 1 {
        return Err(client(
            "When the volume parameter is specified, only one volume configuration type should be used.",
        ));
    }
    let docker = &volume["dockerVolumeConfiguration"];
    if docker["scope"] == "task" && docker["autoprovision"] == false {
        return Err(client(
            "When 'scope' parameter is 'task', 'autoprovision' must either not be specified or set to 'True'.",
        ));
    }
    Ok(())
}

fn access_point(volume: &Value) -> Checked {
    let is_folder = |path| text(volume, path).is_some_and(|root| !matches!(root, "" | "/"));
    let point = text(
        volume,
        "/efsVolumeConfiguration/authorizationConfig/accessPointId",
    );
    let has_point = point.is_some_and(|point| !point.is_empty());
    let files_point = text(volume, "/s3filesVolumeConfiguration/accessPointArn");
    let has_files_point = files_point.is_some_and(|point| !point.is_empty());
    if (has_point && is_folder("/efsVolumeConfiguration/rootDirectory"))
        || (has_files_point && is_folder("/s3filesVolumeConfiguration/rootDirectory"))
    {
        return Err(client(
            "When using an EFS access point, the root directory must either be set to \"/\" or be omitted.",
        ));
    }
    let iam = text(volume, "/efsVolumeConfiguration/authorizationConfig/iam") == Some("ENABLED");
    let encryption = text(volume, "/efsVolumeConfiguration/transitEncryption");
    let is_off = matches!(encryption, None | Some("" | "DISABLED"));
    if (has_point || iam) && is_off {
        return Err(client(
            "Transit encryption must be enabled to use an EFS access point or IAM authorization.",
        ));
    }
    Ok(())
}
