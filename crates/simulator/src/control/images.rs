//! Orders to push images, sent to the control endpoint.

use serde::Deserialize;

use crate::ecr::Platform;
use crate::world::World;

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
        world
            .push_image(&self.image, &self.platforms)
            .ok_or_else(|| "image: not a reference to an image in ECR".to_owned())
    }
}
