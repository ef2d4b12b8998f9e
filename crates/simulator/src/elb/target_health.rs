//! The targets of `DescribeTargetHealth`, which are ECS's tasks (docs/aws.md
//! §4.5).

/// One target of a target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetHealth {
    /// The task's private address.
    pub id: String,
    pub port: u16,
    pub state: TargetState,
}

/// The values of `TargetHealthStateEnum` that are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetState {
    Initial,
    Healthy,
    Unhealthy,
    Draining,
}

impl TargetState {
    /// The value in responses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Draining => "draining",
        }
    }

    /// Reason code and description; healthy targets have none.
    #[must_use]
    pub fn reason(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Healthy => None,
            Self::Initial => Some((
                "Elb.RegistrationInProgress",
                "Target registration is in progress",
            )),
            Self::Unhealthy => Some(("Target.FailedHealthChecks", "Health checks failed")),
            Self::Draining => Some((
                "Target.DeregistrationInProgress",
                "Target deregistration is in progress",
            )),
        }
    }
}
