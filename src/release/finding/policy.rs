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
    /// A rule found something that the operator has excused for a while.
    Exempted {
        rule: Excerpt,
        message: Excerpt,
        /// The operator's.
        reason: Excerpt,
        /// The last day, or the moment, as the operator wrote it.
        until: Excerpt,
        ends_soon: bool,
    },
    /// What a rule found is about an image that a stand-in was taken for.
    NotJudged { rule: Excerpt },
    /// What a rule found was excused until lately.
    ExemptionEnded { rule: Excerpt, until: Excerpt },
    /// The policies gave no answer that can be relied on.
    NotEvaluated {
        /// Names the policy, where that is known.
        reason: Excerpt,
    },
}
