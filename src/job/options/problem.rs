//! Possible problems of the `Options` property, as data.

use crate::job::Excerpt;

/// A problem of the `Options` property.
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
        known: Vec<&'static str>,
    },
    /// The key occurs more than once.
    Twice { key: &'static str },
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
    /// Empty, or longer than the limit.
    NotADeploymentConfig { value: Excerpt },
    /// Not the ARN of an IAM role.
    NotARole { value: Excerpt },
    /// The option has no meaning if ECS shifts the traffic itself.
    OnlyForCodeDeploy { key: &'static str },
}
