//! Findings about what a task definition names in the account.

use crate::job::Excerpt;

/// A role or log group that does not exist, or was not looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresenceProblem {
    NoRole {
        role: Excerpt,
    },
    /// The role with this name has another path.
    OtherRole {
        role: Excerpt,
        arn: Excerpt,
    },
    NoLogGroup {
        name: Excerpt,
        region: Excerpt,
    },
    NotChecked {
        reason: Excerpt,
    },
}
