//! Findings about images.

use super::ValueKind;
use crate::job::Excerpt;
use crate::release::image_reference::{ImageReference, ReferenceProblem};

/// A finding about an image file or an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageFinding {
    /// The file is the list for the standard ECS action.
    IsImageDefinitions,
    /// The artifact has that list instead of the file.
    OnlyImageDefinitions,
    /// The file is just an image URI.
    BareUri,
    /// The file is not an object.
    NotAnObject { found: ValueKind },
    /// The object has no `ImageURI`. `instead` is a member that may be meant.
    NoImageUri { instead: Option<Excerpt> },
    /// `ImageURI` is not a string.
    UriNotText { found: ValueKind },
    /// Not an image reference.
    Malformed {
        reference: Excerpt,
        problem: ReferenceProblem,
    },
    /// A placeholder that was not replaced.
    Placeholder {
        text: Excerpt,
        /// The configured image names.
        configured: Vec<Excerpt>,
        nearest: Option<Excerpt>,
    },
    /// A placeholder in the image file.
    NotFilledIn { text: Excerpt },
    /// An ECR host without an account id or a valid Region.
    NotEcr { reference: Excerpt },
    /// Neither a tag nor a digest, which means `latest`.
    Untagged { reference: Excerpt },
    /// The task definition does not use this image.
    Unused { name: Excerpt },
    /// The registry has no such image.
    Missing {
        reference: ImageReference,
        absent: Absent,
    },
    /// The registry fetches the image from another one on the first pull.
    FetchedOnPull { reference: Excerpt },
    /// The registry could not be queried.
    NotChecked { reference: Excerpt, reason: Excerpt },
    /// The digest is required but unknown.
    NotPinned { reference: Excerpt },
    /// The image does not run on the task's platform.
    WrongPlatform {
        reference: Excerpt,
        wanted: Excerpt,
        offered: Vec<Excerpt>,
    },
}

/// What is missing in a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    Repository,
    Image,
    /// The image exists but cannot be pulled, for example because it is
    /// archived.
    Archived,
}
