//! Images that are pushed, as the control endpoint is told.

use serde::Deserialize;

use crate::release::images::ImageReference;
use crate::simulator::ecr::Platform;
use crate::simulator::world::World;

/// An image to be pushed, by its tag or its digest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageOrder {
    image: String,
    /// Several make it an index.
    platforms: Vec<Platform>,
}

/// Repositories that are filled from another registry when somebody pulls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CacheOrder {
    pub(super) prefix: String,
}

impl ImageOrder {
    /// The digest of the image, or what is wrong with the order.
    pub(super) fn apply(self, world: &mut World) -> Result<String, String> {
        let reference =
            ImageReference::parse(&self.image).map_err(|problem| format!("image: {problem:?}"))?;
        world
            .push_image(&reference, &self.platforms)
            .ok_or_else(|| "image: it lies in no registry of ECR".to_owned())
    }
}
