//! Findings of the team's policies.

use crate::job::Excerpt;

/// A finding of a policy, or about its evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyFinding {
    /// A rule found something.
    Found {
        /// The rule's package and name, or the name that it sets itself.
        rule: Excerpt,
        message: Excerpt,
        remedy: Option<Excerpt>,
    },
    /// A rule found something that the operator has exempted until a certain
    /// time.
    Exempted {
        rule: Excerpt,
        message: Excerpt,
        /// The operator's reason.
        reason: Excerpt,
        /// The last day, or the time, as the operator wrote it.
        until: Excerpt,
        ends_soon: bool,
    },
    /// A rule's finding is about an image for which a stand-in was used.
    NotJudged { rule: Excerpt },
    /// The exemption of a rule's finding has recently ended.
    ExemptionEnded { rule: Excerpt, until: Excerpt },
    /// The policies gave no reliable result.
    NotEvaluated {
        /// Names the policy, if it is known.
        reason: Excerpt,
    },
}
