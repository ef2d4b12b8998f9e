//! The pretend ECR: repositories with tagged images and their manifests.

mod call;
mod images;

pub use call::call;
pub use images::{Ecr, Platform};
