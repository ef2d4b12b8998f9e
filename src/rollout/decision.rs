//! The decision of a step: what to do next.

use super::failure::Failure;
use super::progress::Progress;
use super::step::{Release, Step, StopMode, StopReason};
use crate::job::DeploymentId;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Decision {
    /// Change something in AWS; the outcome determines the next step.
    Act(Act),
    /// Continue with this step; nothing has to be changed.
    Move(Box<Step>),
    /// Not enough was observed to decide: observe this as well.
    Observe(Observe),
    /// Nothing to do now. Observe again later.
    Wait(Progress),
    /// The release has succeeded.
    Succeed(Success),
    /// The release has failed.
    Fail(Box<Failure>),
}

/// One change in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Register the planned task definition.
    Register,
    /// Create the deployment of the planned AppSpec.
    Deploy,
    /// Continue a deployment that is `Ready`.
    Continue(DeploymentId),
    /// Stop a deployment.
    Stop {
        deployment: DeploymentId,
        why: StopReason,
        mode: StopMode,
    },
}

/// What a step may need beyond its usual observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Observe {
    /// The release itself, read and planned again.
    Plan,
    /// The service that is deployed, with its task sets.
    Service,
    /// What explains a failed deployment.
    Evidence,
}

/// A release that has succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Success {
    pub release: Release,
    pub live: Live,
}

/// How it became live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Live {
    /// The deployment has succeeded.
    Deployed(DeploymentId),
    /// All traffic has moved; old tasks are still waiting to be stopped.
    Shifted(DeploymentId),
    /// It was running already: there was nothing to deploy.
    Already,
}

impl Live {
    /// The deployment that made it live.
    #[must_use]
    pub fn deployment(&self) -> Option<&DeploymentId> {
        match self {
            Self::Deployed(deployment) | Self::Shifted(deployment) => Some(deployment),
            Self::Already => None,
        }
    }
}

impl Decision {
    /// Ends the rollout with a failure.
    pub fn fail(failure: Failure) -> Self {
        Self::Fail(Box::new(failure))
    }

    /// Continues with another step.
    pub fn go_to(step: Step) -> Self {
        Self::Move(Box::new(step))
    }
}
