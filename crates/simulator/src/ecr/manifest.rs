//! Manifests and configurations of images. The configuration names the
//! platform.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids;

/// Platform that an image was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    LinuxAmd64,
    LinuxArm64,
    WindowsAmd64,
}

impl Platform {
    /// Operating system and architecture.
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::LinuxAmd64 => ("linux", "amd64"),
            Self::LinuxArm64 => ("linux", "arm64"),
            Self::WindowsAmd64 => ("windows", "amd64"),
        }
    }
}

/// A manifest and the configurations it refers to, by digest.
pub(super) struct Built {
    pub(super) manifest: Value,
    pub(super) configurations: BTreeMap<String, String>,
}

/// Builds the image `name`. For one platform it is a manifest with its
/// configuration; for several it is an index of such manifests, each with an
/// attestation, as build tools add them.
pub(super) fn build(name: &str, platforms: &[Platform]) -> Built {
    match platforms {
        [] => single(name, Platform::LinuxAmd64),
        [platform] => single(name, *platform),
        several => Built {
            manifest: index(name, several),
            configurations: BTreeMap::new(),
        },
    }
}

pub(super) fn digest(text: &str) -> String {
    format!("sha256:{}", ids::sha256(text))
}

fn single(name: &str, platform: Platform) -> Built {
    let (os, architecture) = platform.parts();
    let configuration = json!({
        "architecture": architecture,
        "os": os,
        "config": { "Labels": { "org.opencontainers.image.title": name } },
        "rootfs": { "type": "layers", "diff_ids": [digest(&format!("layer of {name}"))] },
    })
    .to_string();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": configuration.len(),
            "digest": digest(&configuration),
        },
        "layers": [{
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "size": 7_652_120,
            "digest": digest(&format!("layer of {name}")),
        }],
    });
    Built {
        manifest,
        configurations: [(digest(&configuration), configuration)].into(),
    }
}

fn index(name: &str, platforms: &[Platform]) -> Value {
    let entry = |what: &str, architecture: &str, os: &str| {
        json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "size": 1_024,
            "digest": digest(&format!("{name} {what} {os} {architecture}")),
            "platform": { "os": os, "architecture": architecture },
        })
    };
    let parts = || platforms.iter().map(|platform| platform.parts());
    let images = parts().map(|(os, architecture)| entry("for", architecture, os));
    let attestations = parts().map(|(_, architecture)| entry(architecture, "unknown", "unknown"));
    let manifests: Vec<Value> = images.chain(attestations).collect();
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": manifests,
    })
}
