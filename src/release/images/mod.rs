//! The images of a release: image files and manifests.

mod detail;
pub mod manifest;

pub use detail::image_uri;
