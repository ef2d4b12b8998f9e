//! The images of a release: where their names come from, and what a name is.

mod detail;
pub mod manifest;
mod reference;

pub use detail::image_uri;
pub use reference::{EcrRegistry, ImageReference, MAX_REFERENCE};
