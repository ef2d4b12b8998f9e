//! What can happen to a release in rehearsal.

use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;

use super::seen::Seen;
use super::stage::Stage;
use crate::simulator::cloudwatch::AlarmState;
use crate::simulator::codedeploy::{self, HookBehaviour, Scenery};
use crate::simulator::ecs::{Behaviour, TaskFailure};
use crate::simulator::world::World;

/// The alarm of the rehearsed deployment group.
pub(super) const ALARM: &str = "webapp-errors";

/// The scenes that can be played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Scenario {
    /// Everything goes well
    #[default]
    Good,
    /// The new tasks start and stop again; none becomes healthy
    Unhealthy,
    /// The new image cannot be pulled
    ImageMissing,
    /// A lifecycle hook of the AppSpec fails
    HookFails,
    /// An alarm fires while traffic moves, and CodeDeploy rolls back
    Alarm,
    /// Somebody stops the deployment by hand, with a rollback
    Stopped,
    /// The group waits to be continued, and somebody does
    Ready,
}

impl Scenario {
    /// How fast it is played unless somebody says otherwise: CodeDeploy waits
    /// an hour for tasks that never become healthy.
    pub(super) fn speed(self) -> f64 {
        match self {
            Self::Unhealthy | Self::ImageMissing => 600.0,
            Self::Good | Self::HookFails | Self::Alarm | Self::Stopped | Self::Ready => 120.0,
        }
    }

    /// One sentence on what is going to happen.
    pub(super) fn outlook(self) -> &'static str {
        match self {
            Self::Good => "Everything goes well.",
            Self::Unhealthy => "The new tasks will not become healthy.",
            Self::ImageMissing => "The new image cannot be pulled.",
            Self::HookFails => "The AppSpec's hooks will fail.",
            Self::Alarm => "An alarm will fire while traffic moves.",
            Self::Stopped => "Somebody will stop the deployment while traffic moves.",
            Self::Ready => "The deployment will wait until somebody continues it.",
        }
    }

    /// Changes what the account is like.
    pub(super) fn scenery(self, scenery: Scenery) -> Scenery {
        match self {
            Self::Ready => Scenery {
                ready_wait_minutes: Some(30),
                ..scenery
            },
            Self::Good
            | Self::Unhealthy
            | Self::ImageMissing
            | Self::HookFails
            | Self::Alarm
            | Self::Stopped => scenery,
        }
    }

    /// Decides how what is about to be released will fare.
    pub(super) fn prepare(self, world: &mut World, scenery: &Scenery, hooks: &[String]) {
        let (cluster, service) = (&scenery.cluster, &scenery.service);
        let fails = |failure| Behaviour::TasksFail(failure);
        match self {
            Self::Unhealthy => {
                let behaviour = fails(TaskFailure::Exits { code: 1 });
                world.ecs.set_next_behaviour(cluster, service, behaviour);
            }
            Self::ImageMissing => {
                let behaviour = fails(TaskFailure::CannotPullImage);
                world.ecs.set_next_behaviour(cluster, service, behaviour);
            }
            Self::HookFails => {
                for hook in hooks {
                    let failure = HookBehaviour::Fails {
                        after: Duration::from_secs(4),
                        message: "The smoke test got 500 from /checkout".into(),
                        log_tail: "GET /health 200\nGET /checkout 500".into(),
                    };
                    world.codedeploy.set_hook(hook, failure);
                }
            }
            Self::Good | Self::Alarm | Self::Stopped | Self::Ready => {}
        }
    }

    /// Does what somebody does in the middle of the release.
    pub(super) fn interfere(self, stage: &mut Stage, seen: &Seen) {
        let Some(deployment) = seen.deployment() else {
            return;
        };
        let id = &deployment.info.deployment_id;
        let half_way = seen.traffic() >= 30.0;
        match self {
            Self::Alarm if half_way => {
                stage.once(|world| world.set_alarm(ALARM, AlarmState::Alarm));
            }
            Self::Stopped if half_way => stage.once(|world| {
                let input = json!({ "deploymentId": id, "autoRollbackEnabled": true });
                // One that has just ended needs no stop.
                let _ = codedeploy::call(world, "StopDeployment", &input);
            }),
            Self::Ready if seen.is_ready() => stage.once(|world| {
                let input = json!({ "deploymentId": id, "deploymentWaitType": "READY_WAIT" });
                let _ = codedeploy::call(world, "ContinueDeployment", &input);
            }),
            Self::Good
            | Self::Unhealthy
            | Self::ImageMissing
            | Self::HookFails
            | Self::Alarm
            | Self::Stopped
            | Self::Ready => {}
        }
    }
}
