//! Simulated ECR: repositories with tagged images, their manifests and
//! configurations.

mod blob;
mod call;
mod image_reference;
mod images;
mod manifest;

pub use blob::Download;
pub use call::call;
pub(crate) use image_reference::ImageReference;
pub use images::Ecr;
pub use manifest::Platform;
