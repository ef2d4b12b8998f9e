//! `DescribeTargetHealth`, derived from the ECS tasks (docs/aws.md §4.5).

use crate::world::World;

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

/// The running targets of a target group; empty if none are registered.
#[must_use]
pub fn describe_target_health(world: &World, target_group_arn: &str) -> Vec<TargetHealth> {
    world.ecs.targets(target_group_arn)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::codedeploy;
    use crate::codedeploy::Fixture;
    use crate::ecs::{Behaviour, TaskFailure};

    fn states(world: &World, colour: &str) -> Vec<TargetState> {
        let arn = crate::elb::group_arn(world, &format!("webapp-{colour}"));
        let targets = describe_target_health(world, &arn);
        targets.into_iter().map(|target| target.state).collect()
    }

    #[test]
    fn green_targets_show_that_they_fail_their_health_checks() {
        let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
        let fixture = Fixture::default();
        fixture.build(&mut world).unwrap();
        let unhealthy = Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks);
        world.ecs.set_next_behaviour("demo", "webapp", unhealthy);
        let request = json!({
            "applicationName": "webapp",
            "deploymentGroupName": "webapp",
            "revision": {
                "revisionType": "AppSpecContent",
                "appSpecContent": { "content": fixture.app_spec("webapp:1") },
            },
        });
        codedeploy::call(&mut world, "CreateDeployment", &request).unwrap();
        assert_eq!(states(&world, "blue"), [TargetState::Healthy; 2]);
        assert_eq!(states(&world, "green"), []);
        let now = world.now() + Duration::from_secs(30);
        world.advance_to(now);
        assert_eq!(states(&world, "green"), [TargetState::Unhealthy; 2]);
    }
}
