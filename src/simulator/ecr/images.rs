//! Images by digest, which is the real SHA-256 of their manifest.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::simulator::ids;

/// ECR's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ecr {
    pub(super) repositories: BTreeMap<String, Repository>,
}

/// What an image was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Platform {
    LinuxAmd64,
    LinuxArm64,
}

/// Images by digest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Repository {
    pub(super) images: BTreeMap<String, Image>,
}

/// One image, or an index of one image per platform.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Image {
    pub(super) tags: BTreeSet<String>,
    pub(super) manifest: String,
    pub(super) media_type: String,
    pub(super) pushed_at: Timestamp,
}

impl Ecr {
    /// Pushes an image under a tag, which it takes from any other image, and
    /// gives its digest. With several platforms it is an index.
    pub fn push(
        &mut self,
        repository: &str,
        tag: &str,
        platforms: &[Platform],
        at: Timestamp,
    ) -> String {
        let name = format!("{repository}:{tag}");
        let manifest = match platforms {
            [] | [_] => single(&name),
            several => index(&name, several),
        };
        let media_type = manifest["mediaType"].as_str().unwrap_or_default();
        let media_type = media_type.to_owned();
        let manifest = manifest.to_string();
        let digest = digest(&manifest);
        let repository = self.repositories.entry(repository.to_owned()).or_default();
        for other in repository.images.values_mut() {
            other.tags.remove(tag);
        }
        let image = repository.images.entry(digest.clone()).or_insert(Image {
            tags: BTreeSet::new(),
            manifest,
            media_type,
            pushed_at: at,
        });
        image.tags.insert(tag.to_owned());
        digest
    }
}

impl Repository {
    /// The image that a digest, a tag, or both together name.
    pub(super) fn find(
        &self,
        digest: Option<&str>,
        tag: Option<&str>,
    ) -> Option<(&String, &Image)> {
        let mut images = self.images.iter();
        images.find(|(known, image)| {
            digest.is_none_or(|digest| digest == *known)
                && tag.is_none_or(|tag| image.tags.contains(tag))
        })
    }
}

fn single(name: &str) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 1_469,
            "digest": digest(&format!("config of {name}")),
        },
        "layers": [{
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "size": 7_652_120,
            "digest": digest(&format!("layer of {name}")),
        }],
    })
}

fn index(name: &str, platforms: &[Platform]) -> Value {
    let manifests: Vec<Value> = platforms
        .iter()
        .map(|platform| {
            let architecture = match platform {
                Platform::LinuxAmd64 => "amd64",
                Platform::LinuxArm64 => "arm64",
            };
            json!({
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "size": 1_024,
                "digest": digest(&format!("{name} for {architecture}")),
                "platform": { "os": "linux", "architecture": architecture },
            })
        })
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": manifests,
    })
}

fn digest(text: &str) -> String {
    format!("sha256:{}", ids::sha256(text))
}
