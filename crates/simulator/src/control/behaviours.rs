//! Orders that set the behaviour of tasks, hooks and alarms, and push images,
//! sent to the control endpoint.

use std::time::Duration;

use serde::Deserialize;

use crate::cloudwatch::AlarmState;
use crate::codedeploy::HookBehaviour;
use crate::ecr::Platform;
use crate::ecs::{Behaviour, LambdaBehaviour, NetworkProblem, TaskFailure};
use crate::world::{World, seconds};

/// Behaviour of the tasks in the next task set of a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TasksOrder {
    cluster: String,
    service: String,
    tasks: Tasks,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Tasks {
    Healthy {
        #[serde(deserialize_with = "seconds")]
        after_seconds: u64,
    },
    CannotPullImage,
    OutOfMemory,
    Exit {
        code: i32,
    },
    SecretsMissing,
    FailHealthChecks,
    NotPlaced,
    LoseCapacity {
        #[serde(deserialize_with = "seconds")]
        after_seconds: u64,
    },
}

/// Behaviour of the Lambda function behind a hook from now on, for both
/// engines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HookOrder {
    function: String,
    hook: Hook,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Hook {
    Succeeds {
        #[serde(deserialize_with = "seconds")]
        after_seconds: u64,
    },
    Fails {
        #[serde(deserialize_with = "seconds")]
        after_seconds: u64,
        message: String,
        #[serde(default)]
        log_tail: String,
    },
    NeverAnswers,
    /// For hooks of ECS, as are the following ones.
    InProgress {
        times: u32,
        #[serde(deserialize_with = "seconds")]
        delay_seconds: u64,
    },
    NoStatus,
    NotInvocable,
}

/// What keeps ECS from shifting a service's traffic from now on; null if
/// nothing does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkOrder {
    pub(super) cluster: String,
    pub(super) service: String,
    pub(super) problem: Option<NetworkProblem>,
}

/// New state of an alarm.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlarmOrder {
    pub(super) name: String,
    pub(super) state: AlarmState,
}

impl TasksOrder {
    pub(super) fn apply(self, world: &mut World) {
        /// Time until tasks are healthy, if they lose their capacity later.
        const HEALTHY_AFTER: Duration = Duration::from_secs(40);
        let behaviour = match self.tasks {
            Tasks::Healthy { after_seconds } => Behaviour::Healthy {
                after: Duration::from_secs(after_seconds),
            },
            Tasks::CannotPullImage => Behaviour::TasksFail(TaskFailure::CannotPullImage),
            Tasks::OutOfMemory => Behaviour::TasksFail(TaskFailure::OutOfMemory),
            Tasks::Exit { code } => Behaviour::TasksFail(TaskFailure::Exits { code }),
            Tasks::SecretsMissing => Behaviour::TasksFail(TaskFailure::SecretsMissing),
            Tasks::FailHealthChecks => Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks),
            Tasks::NotPlaced => Behaviour::NotPlaced,
            Tasks::LoseCapacity { after_seconds } => Behaviour::CapacityLost {
                healthy_after: HEALTHY_AFTER,
                lost_after: Duration::from_secs(after_seconds),
            },
        };
        let (cluster, service) = (&self.cluster, &self.service);
        world.ecs.set_next_behaviour(cluster, service, behaviour);
    }
}

impl HookOrder {
    pub(super) fn apply(self, world: &mut World) {
        let (code_deploy, ecs) = match self.hook {
            Hook::Succeeds { after_seconds } => {
                let after = Duration::from_secs(after_seconds);
                (
                    Some(HookBehaviour::Succeeds { after }),
                    LambdaBehaviour::Succeeds { after },
                )
            }
            Hook::Fails {
                after_seconds,
                message,
                log_tail,
            } => {
                let after = Duration::from_secs(after_seconds);
                let fails = HookBehaviour::Fails {
                    after,
                    message,
                    log_tail,
                };
                (Some(fails), LambdaBehaviour::Fails { after })
            }
            Hook::NeverAnswers => (
                Some(HookBehaviour::NeverAnswers),
                LambdaBehaviour::NeverEnds,
            ),
            Hook::InProgress {
                times,
                delay_seconds,
            } => {
                let delay = Duration::from_secs(delay_seconds);
                (None, LambdaBehaviour::InProgress { times, delay })
            }
            Hook::NoStatus => (None, LambdaBehaviour::NoStatus),
            Hook::NotInvocable => (None, LambdaBehaviour::NotInvocable),
        };
        if let Some(behaviour) = code_deploy {
            world.codedeploy.set_hook(&self.function, behaviour);
        }
        world.ecs.set_lambda(&self.function, ecs);
    }
}

/// An image to push, by tag or digest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageOrder {
    pub(super) image: String,
    /// With several platforms the image is an index.
    pub(super) platforms: Vec<Platform>,
}

/// A prefix of repositories that work as a pull-through cache.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CacheOrder {
    pub(super) prefix: String,
}
