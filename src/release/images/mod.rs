//! The images of a release: image files, references and manifests.

mod detail;
pub mod manifest;
mod reference;

pub use detail::image_uri;
pub use reference::{EcrRegistry, ImageReference, MAX_REFERENCE};
