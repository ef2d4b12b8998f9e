//! Volumes.

use serde_json::Value;

use super::{Checked, list, text};
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
            if let Some(name) = volume.filter(|name| !names.contains(name)) {
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
    volumes.iter().try_for_each(access_point)
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
