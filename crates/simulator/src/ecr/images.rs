//! Images by digest. The digest is the real SHA-256 of the manifest, unless the
//! image was pushed under another one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::image_reference::ImageReference;
use super::manifest::{Built, Platform, build, digest};
use crate::world::World;

/// ECR's state: the registries of all accounts, in any Region.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ecr {
    registries: BTreeMap<String, Registry>,
}

/// The registry of one account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Registry {
    pub(super) repositories: BTreeMap<String, Repository>,
    /// Prefixes of the repositories that work as a pull-through cache.
    pub(super) caches: BTreeSet<String>,
}

/// A repository.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Repository {
    pub(super) images: BTreeMap<String, Image>,
    /// Configurations of the images, by digest.
    pub(super) configurations: BTreeMap<String, String>,
}

/// One image, or an index of one image per platform.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Image {
    pub(super) tags: BTreeSet<String>,
    pub(super) manifest: String,
    pub(super) media_type: String,
    pub(super) pushed_at: Timestamp,
}

impl World {
    /// Pushes an image under the tag or digest of its reference and returns the
    /// digest. A tag moves from the image that had it. With several platforms
    /// the image is an index. Returns `None` if the text is no reference to an
    /// image in ECR, such as
    /// `111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp:1`.
    pub fn push_image(&mut self, image: &str, platforms: &[Platform]) -> Option<String> {
        let reference = ImageReference::parse(image)?;
        let now = self.now();
        let account = reference.account()?.to_owned();
        let registry = self.ecr.registries.entry(account).or_default();
        let name = reference.repository.to_owned();
        let repository = registry.repositories.entry(name).or_default();
        Some(repository.push(&reference, build(image, platforms), now))
    }

    /// Makes repositories whose names begin with `prefix` and a slash a
    /// pull-through cache.
    pub fn cache_images(&mut self, prefix: &str) {
        let registry = self.ecr.registries.entry(self.account.clone());
        registry.or_default().caches.insert(prefix.to_owned());
    }
}

impl Ecr {
    pub(super) fn registry(&self, account: &str) -> Option<&Registry> {
        self.registries.get(account)
    }

    pub(super) fn repository(&self, account: &str, name: &str) -> Option<&Repository> {
        self.registry(account)?.repositories.get(name)
    }
}

impl Repository {
    fn push(&mut self, reference: &ImageReference<'_>, built: Built, at: Timestamp) -> String {
        let media_type = built.manifest["mediaType"].as_str().unwrap_or_default();
        let media_type = media_type.to_owned();
        let manifest = built.manifest.to_string();
        let digest = match reference.digest {
            Some(digest) => digest.to_owned(),
            None => digest(&manifest),
        };
        self.configurations.extend(built.configurations);
        let latest = reference.digest.is_none().then_some("latest");
        let tag = reference.tag.or(latest);
        if let Some(tag) = tag {
            for other in self.images.values_mut() {
                other.tags.remove(tag);
            }
        }
        let image = self.images.entry(digest.clone()).or_insert(Image {
            tags: BTreeSet::new(),
            manifest,
            media_type,
            pushed_at: at,
        });
        image.tags.extend(tag.map(str::to_owned));
        digest
    }

    /// The image with this digest, this tag, or both.
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
