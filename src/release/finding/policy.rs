//! What can be said about the release by the team's policies.

use crate::job::Excerpt;

/// A finding of a policy, or about its evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyFinding {
    /// A rule found something.
    Found {
        /// Its package and name, or what it calls itself.
        rule: Excerpt,
        message: Excerpt,
        remedy: Option<Excerpt>,
    },
    /// The policies gave no answer that can be relied on.
    NotEvaluated {
        /// Names the policy, where that is known.
        reason: Excerpt,
    },
}
