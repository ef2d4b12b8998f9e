//! What can be wrong with an action's configuration, as facts.

use crate::job::Excerpt;

/// One problem of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigurationProblem {
    /// A required property is absent or blank.
    Missing {
        property: &'static str,
    },
    /// Of two properties that belong together only one is set.
    HalfAPair {
        present: &'static str,
        absent: &'static str,
    },
    /// Not a name that CodeDeploy gives to applications and groups.
    NotACodeDeployName {
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
    /// Not a name that a placeholder can have.
    NotAnImageName {
        property: &'static str,
        name: Excerpt,
    },
    /// Two images have the same name.
    ImageTwice {
        name: Excerpt,
    },
    /// More images than are handled.
    TooManyImages {
        count: usize,
        limit: usize,
    },
    /// A property is longer than is read.
    TooLong {
        property: &'static str,
        bytes: usize,
        limit: usize,
    },
    Option(OptionProblem),
}

/// One problem of the `Options` property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionProblem {
    /// A key without `=`.
    NoValue {
        pair: Excerpt,
        nearest: Option<&'static str>,
    },
    UnknownKey {
        key: Excerpt,
        nearest: Option<&'static str>,
        known: &'static [&'static str],
    },
    /// The key stands there more than once.
    Twice { key: Excerpt },
    UnknownValue {
        key: &'static str,
        value: Excerpt,
        nearest: Option<&'static str>,
        accepted: Vec<&'static str>,
    },
    /// Not a whole number followed by `s`, `m` or `h`.
    NotADuration { key: &'static str, value: Excerpt },
    /// Outside `MIN_TIMEOUT` to `MAX_TIMEOUT`.
    DurationOutOfRange { key: &'static str, value: Excerpt },
    /// Empty, or longer than a name may be.
    NotADeploymentConfig { value: Excerpt },
    /// Not an IAM role's ARN.
    NotARole { value: Excerpt },
}
