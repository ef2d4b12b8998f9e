//! The images of a release: image files, references and manifests.

mod detail;
pub mod manifest;
mod image_reference;

pub use detail::image_uri;
pub use image_reference::{EcrRegistry, ImageReference, MAX_REFERENCE};
