//! Orders to push images, sent to the control endpoint.

use serde::Deserialize;

use crate::release::images::ImageReference;
use crate::simulator::ecr::Platform;
use crate::simulator::world::World;

/// An image to push, by tag or digest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageOrder {
    image: String,
    /// With several platforms the image is an index.
    platforms: Vec<Platform>,
}

/// A prefix of repositories that work as a pull-through cache.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CacheOrder {
    pub(super) prefix: String,
}

impl ImageOrder {
    /// Pushes the image and returns its digest, or a message that says what is
    /// wrong with the order.
    pub(super) fn apply(self, world: &mut World) -> Result<String, String> {
        let reference =
            ImageReference::parse(&self.image).map_err(|problem| format!("image: {problem:?}"))?;
        world
            .push_image(&reference, &self.platforms)
            .ok_or_else(|| "image: it lies in no registry of ECR".to_owned())
    }
}
