//! Possible problems of an action's configuration, as data.

use crate::job::Excerpt;
use crate::job::options::OptionProblem;

/// A problem of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigurationProblem {
    /// A required property is absent or blank.
    Missing {
        property: &'static str,
    },
    /// Only one of two properties that belong together is set.
    HalfAPair {
        present: &'static str,
        absent: &'static str,
    },
    /// Not a valid name for a CodeDeploy application or deployment group.
    NotACodeDeployName {
        property: &'static str,
        value: Excerpt,
    },
    /// Not a valid name for an ECS cluster or service.
    NotAnEcsName {
        property: &'static str,
        value: Excerpt,
    },
    /// The job has no input artifact of this name.
    NoSuchArtifact {
        property: &'static str,
        name: Excerpt,
        nearest: Option<Excerpt>,
        inputs: Vec<Excerpt>,
    },
    /// Not a path inside an artifact.
    NotAPath {
        property: &'static str,
        path: Excerpt,
    },
    /// An item of `Images` without `NAME=Artifact`.
    MalformedImage {
        item: Excerpt,
    },
    /// Not a valid placeholder name.
    NotAnImageName {
        property: &'static str,
        name: Excerpt,
    },
    /// Two images have the same name.
    ImageTwice {
        name: Excerpt,
    },
    /// More images than supported.
    TooManyImages {
        count: usize,
        limit: usize,
    },
    /// A property is longer than the limit.
    TooLong {
        property: &'static str,
        bytes: usize,
        limit: usize,
    },
    Option(OptionProblem),
}
