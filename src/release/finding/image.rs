//! What can be wrong with an image.

use super::{Position, ValueKind};
use crate::job::Excerpt;
use crate::release::images::ImageReference;
use crate::release::preflight::Absent;

/// A finding about an image file or an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageFinding {
    /// The file is the list that the ECS standard action reads.
    IsImageDefinitions,
    /// The artifact has that list instead of the file.
    OnlyImageDefinitions,
    /// The file is an image's URI and nothing around it.
    BareUri,
    /// The file holds something else than an object.
    NotAnObject { found: ValueKind },
    /// The object has no `ImageURI`; `instead` is a member that may be meant.
    NoImageUri { instead: Option<Excerpt> },
    /// `ImageURI` is not a string.
    UriNotText { found: ValueKind },
    /// Not an image reference.
    Malformed {
        reference: Excerpt,
        problem: ReferenceProblem,
    },
    /// Something that should have been replaced.
    Placeholder {
        text: Excerpt,
        /// The image names that were configured.
        configured: Vec<Excerpt>,
        nearest: Option<Excerpt>,
    },
    /// The same in the file that should name the image.
    NotFilledIn { text: Excerpt },
    /// A host of ECR without an account or a Region that AWS has.
    NotEcr { reference: Excerpt },
    /// A member stands in its image file more than once, and the last counts.
    MemberTwice {
        name: Excerpt,
        first: Option<Position>,
    },
    /// Neither a tag nor a digest: `latest` is meant.
    Untagged { reference: Excerpt },
    /// The task definition does not use this image.
    Unused { name: Excerpt },
    /// The registry has no such image.
    Missing {
        reference: ImageReference,
        absent: Absent,
    },
    /// The registry gets the image from another one when it is first pulled.
    FetchedOnPull { reference: Excerpt },
    /// The registry could not be asked.
    NotChecked { reference: Excerpt, reason: Excerpt },
    /// The digest is wanted and is not known.
    NotPinned { reference: Excerpt },
    /// The image does not run on the task's platform.
    WrongPlatform {
        reference: Excerpt,
        wanted: Excerpt,
        offered: Vec<Excerpt>,
    },
}

/// Why a text is not an image reference (aws-facts §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceProblem {
    Empty,
    /// More characters before the digest than ECS takes.
    TooLong {
        limit: usize,
    },
    /// A character that no reference has.
    Character {
        character: char,
    },
    /// `https://` or the like.
    Scheme,
    /// The host before the first `/` is empty, or one of its parts is.
    EmptyHostPart,
    /// Upper case where only lower case may be.
    UpperCase,
    /// The part between registry and tag is not a repository's name.
    Repository,
    /// The text after `:` is not a tag.
    Tag,
    /// The text after `@` is not `sha256:` and 64 hexadecimal digits.
    Digest,
}
