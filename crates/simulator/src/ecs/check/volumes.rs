//! Volumes.

use serde_json::Value;

use super::{Checked, is_name, is_set, list, refuse_if, text};

pub(super) fn check(body: &Value) -> Checked {
    let volumes = list(body, "/volumes");
    let names: Vec<&str> = volumes
        .iter()
        .filter_map(|volume| text(volume, "/name"))
        .collect();
    for container in list(body, "/containerDefinitions") {
        for mount in list(container, "/mountPoints") {
            let volume = text(mount, "/sourceVolume");
            refuse_if(
                !volume.is_some_and(|name| names.contains(&name)),
                format!("Unknown volume '{}'.", volume.unwrap_or("null")),
            )?;
        }
    }
    let at_launch = volumes
        .iter()
        .filter(|volume| volume["configuredAtLaunch"] == true);
    refuse_if(
        at_launch.count() > 1,
        "Only one volume can be configured at launch.",
    )?;
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
    refuse_if(
        name.is_empty() && needs_name.iter().any(|kind| is_set(volume, kind)),
        "volume.name should not be null or empty.",
    )?;
    refuse_if(!is_name(name), "volume.name contains invalid characters.")
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
    refuse_if(
        kinds.iter().filter(|kind| is_set(volume, kind)).count() > 1,
        "When the volume parameter is specified, only one volume configuration type should be used.",
    )?;
    let docker = &volume["dockerVolumeConfiguration"];
    refuse_if(
        docker["scope"] == "task" && docker["autoprovision"] == false,
        "When 'scope' parameter is 'task', 'autoprovision' must either not be specified or set to 'True'.",
    )
}

fn access_point(volume: &Value) -> Checked {
    let is_folder = |path| text(volume, path).is_some_and(|root| !matches!(root, "" | "/"));
    let has = |path| text(volume, path).is_some_and(|point| !point.is_empty());
    let has_point = has("/efsVolumeConfiguration/authorizationConfig/accessPointId");
    let has_files_point = has("/s3filesVolumeConfiguration/accessPointArn");
    refuse_if(
        (has_point && is_folder("/efsVolumeConfiguration/rootDirectory"))
            || (has_files_point && is_folder("/s3filesVolumeConfiguration/rootDirectory")),
        "When using an EFS access point, the root directory must either be set to \"/\" or be omitted.",
    )?;
    let iam = text(volume, "/efsVolumeConfiguration/authorizationConfig/iam") == Some("ENABLED");
    let encryption = text(volume, "/efsVolumeConfiguration/transitEncryption");
    let is_off = matches!(encryption, None | Some("" | "DISABLED"));
    refuse_if(
        (has_point || iam) && is_off,
        "Transit encryption must be enabled to use an EFS access point or IAM authorization.",
    )
}
