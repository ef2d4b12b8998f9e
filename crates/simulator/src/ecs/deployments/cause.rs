//! Why a deployment did not go on, and ECS's words for it (docs/aws.md §6.7).

use serde::{Deserialize, Serialize};

use super::hook::HookTarget;
use super::lambda::Outcome;
use super::settings::Settings;
use super::stage::Stage;

/// ECS's message if there is no revision to go back to.
pub(super) const NO_CANDIDATE: &str = "No rollback candidate was found to run the rollback.";

/// Why a deployment did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Hook {
        stage: Stage,
        target: HookTarget,
        outcome: Outcome,
    },
    Alarms,
    Breaker,
    StageTooLong(Stage),
    TooLong,
    Network(NetworkProblem),
    /// `StopServiceDeployment`.
    Stop,
    /// `ContinueServiceDeployment` with the action `ROLLBACK`.
    RollbackOfPause(Stage),
    Superseded,
}

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

impl Cause {
    /// The `statusReason` of a deployment that rolls back.
    pub(super) fn of_rollback(&self, settings: &Settings) -> String {
        let text = self.text(settings);
        format!("Service deployment rolled back because {text}")
    }

    /// The `statusReason` of a deployment that only stops. AWS's words for it
    /// are not known.
    pub(super) fn of_stop(&self, settings: &Settings) -> String {
        format!("Service deployment stopped because {}", self.text(settings))
    }

    /// AWS's words are known for hooks, the circuit breaker and networking.
    fn text(&self, settings: &Settings) -> String {
        match self {
            Self::Hook {
                stage,
                target,
                outcome,
            } => hook(*stage, target, *outcome),
            Self::Alarms => settings.alarm_reason.clone(),
            Self::Breaker => "the circuit breaker threshold was exceeded.".into(),
            Self::StageTooLong(stage) => {
                format!("the lifecycle stage {} timed out.", stage.as_str())
            }
            Self::TooLong => "the service deployment timed out.".into(),
            Self::Network(problem) => network(problem),
            Self::Stop => "it was stopped by a user.".into(),
            Self::RollbackOfPause(stage) => {
                format!("a user rolled back the {} pause hook.", stage.as_str())
            }
            Self::Superseded => "a new service deployment was started.".into(),
        }
    }
}

fn hook(stage: Stage, target: &HookTarget, outcome: Outcome) -> String {
    let stage = stage.as_str();
    let arn = match target {
        HookTarget::Pause => return format!("{stage} pause hook timed out."),
        HookTarget::Lambda(arn) => arn,
    };
    let problem = match outcome {
        Outcome::Succeeded | Outcome::Failed => {
            format!("Lifecycle hook target {arn} returned FAILED status.")
        }
        Outcome::NoStatus => format!(
            "ECS was unable to parse the response from {arn} due to HookStatus must not be null"
        ),
        Outcome::NotInvocable => format!(
            "ECS was unable to invoke hook target {arn} due to User is not authorized to \
             perform: lambda:InvokeFunction on resource: {arn}"
        ),
        // AWS's words for a function's timeout are not known.
        Outcome::TimedOut => format!("Lifecycle hook target {arn} timed out."),
    };
    format!("{stage} lifecycle hook(s) failed. {problem}")
}

fn network(problem: &NetworkProblem) -> String {
    let problem = match problem {
        NetworkProblem::TargetGroupNotAssociated { arn } => format!(
            "Target group {arn} is not associated with either productionListenerRule or \
             testListenerRule."
        ),
        NetworkProblem::MissingPermissions { role } => format!(
            "ECS was unable to manage the ELB resources due to missing permissions on ECS \
             Infrastructure Role '{role}'."
        ),
        NetworkProblem::RuleNotFound => "One or more rules not found".into(),
    };
    format!("of invalid networking configuration: {problem}")
}
