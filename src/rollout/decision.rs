//! The one answer that every step gives: what to do next.

use super::failure::Failure;
use super::progress::Progress;
use super::step::{Release, Step, StopReason};
use crate::job::DeploymentId;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Decision {
    /// Change the world in this one way; what comes of it is the next step.
    Act(Act),
    /// It is already there: go on from this step.
    Move(Box<Step>),
    /// Too little was seen to decide: look at this as well.
    Look(Observe),
    /// Nothing to do now. Look again later.
    Wait(Progress),
    /// The release is live.
    Succeed(Success),
    /// The release is not live.
    Fail(Box<Failure>),
}

/// One change to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Register the planned task definition.
    Register,
    /// Create the deployment of the planned AppSpec.
    Deploy,
    /// Continue a deployment that waits to be continued.
    Continue(DeploymentId),
    /// Stop a deployment.
    Stop {
        deployment: DeploymentId,
        why: StopReason,
        roll_back: bool,
    },
}

/// What a step may want to see beyond its usual view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Observe {
    /// The release itself, read and planned once more.
    Plan,
    /// The service that is deployed, with its task sets.
    Service,
    /// What explains a failed deployment.
    Evidence,
}

/// A release that is live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Success {
    pub release: Release,
    pub live: Live,
}

/// How it came to be live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Live {
    /// The deployment has ended.
    Deployed(DeploymentId),
    /// All traffic has moved; old tasks still wait for their end.
    Shifted(DeploymentId),
    /// It was running before: there was nothing to deploy.
    Already,
}

impl Live {
    /// The deployment that brought it live.
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

    /// Goes on from another step.
    pub fn go_to(step: Step) -> Self {
        Self::Move(Box::new(step))
    }
}
