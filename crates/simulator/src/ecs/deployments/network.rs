//! What keeps ECS from shifting traffic, with ECS's words for it
//! (docs/aws.md §6.7).

use serde::{Deserialize, Serialize};

/// A fault in the surroundings of a service, found when traffic shifts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkProblem {
    /// The target group is in neither rule.
    TargetGroupNotAssociated {
        arn: String,
    },
    /// The infrastructure role may not change the rules.
    MissingPermissions {
        role: String,
    },
    RuleNotFound,
}

impl NetworkProblem {
    /// The end of `statusReason`.
    pub(super) fn reason(&self) -> String {
        let problem = match self {
            Self::TargetGroupNotAssociated { arn } => format!(
                "Target group {arn} is not associated with either productionListenerRule or \
                 testListenerRule."
            ),
            Self::MissingPermissions { role } => format!(
                "ECS was unable to manage the ELB resources due to missing permissions on ECS \
                 Infrastructure Role '{role}'."
            ),
            Self::RuleNotFound => "One or more rules not found".into(),
        };
        format!("of invalid networking configuration: {problem}")
    }
}
