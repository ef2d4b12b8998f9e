//! Parses AWS's names for states of deployments, tasks and targets (docs/aws.md
//! §4.5, §5.3).

use super::evidence::{StopCode, TargetState};
use super::seen::{DeploymentStatus, EventStatus, Label, TargetStatus};

/// Parses names that are those of the variants.
macro_rules! named {
    ($type:ident: $($variant:ident),* $(,)?) => {
        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                match name {
                    $(stringify!($variant) => Self::$variant,)*
                    other => Self::Unrecognised(other.to_owned()),
                }
            }
        }
    };
}

named!(DeploymentStatus: Created, Queued, InProgress, Baking, Ready, Succeeded, Failed, Stopped);
named!(TargetStatus: Pending, InProgress, Succeeded, Failed, Skipped, Unknown, Ready);
named!(EventStatus: Pending, InProgress, Succeeded, Failed, Skipped, Unknown);
named!(Label: Blue, Green);
named!(
    StopCode: TaskFailedToStart,
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
    SpotInterruption,
    TerminationNotice,
    InfrastructureHealth,
);

impl From<&str> for TargetState {
    fn from(name: &str) -> Self {
        match name {
            "initial" => Self::Initial,
            "healthy" => Self::Healthy,
            "unhealthy" | "unhealthy.draining" => Self::Unhealthy,
            "draining" => Self::Draining,
            other => Self::Unrecognised(other.to_owned()),
        }
    }
}
