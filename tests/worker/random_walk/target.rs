//! What a walk deploys to: a deployment group of CodeDeploy, or a service that
//! ECS deploys itself; and what people and AWS do to it.

use std::time::Duration;

use bluegreen_worker::job::Engine;
use fastrand::Rng;
use serde_json::{Value, json};
use simulator::codedeploy::{self, HookBehaviour};
use simulator::ecs::{self, Behaviour, LambdaBehaviour};
use simulator::world::World;

use super::asked;
use crate::support::another_client_updates;
use crate::support::play::another_client_deploys;

const BOTH: [(&str, &str); 10] = [
    ("codepipeline", "PollForJobs"),
    ("codepipeline", "AcknowledgeJob"),
    ("codepipeline", "GetJobDetails"),
    ("codepipeline", "PutJobSuccessResult"),
    ("codepipeline", "PutJobFailureResult"),
    ("codepipeline", "ListActionExecutions"),
    ("s3", "GetObject"),
    ("ecs", "DescribeServices"),
    ("ecs", "RegisterTaskDefinition"),
    ("ecs", "DescribeTaskDefinition"),
];

const CODEDEPLOY: [(&str, &str); 8] = [
    ("codedeploy", "GetDeploymentGroup"),
    ("codedeploy", "CreateDeployment"),
    ("codedeploy", "BatchGetDeployments"),
    ("codedeploy", "GetDeployment"),
    ("codedeploy", "ListDeployments"),
    ("codedeploy", "GetDeploymentTarget"),
    ("codedeploy", "StopDeployment"),
    ("codedeploy", "ContinueDeployment"),
];

const ECS: [(&str, &str); 6] = [
    ("ecs", "ListServiceDeployments"),
    ("ecs", "DescribeServiceDeployments"),
    ("ecs", "DescribeServiceRevisions"),
    ("ecs", "UpdateService"),
    ("ecs", "StopServiceDeployment"),
    ("ecs", "ContinueServiceDeployment"),
];

pub(crate) enum Target {
    Group(codedeploy::Fixture),
    Service(ecs::Fixture),
}

impl Target {
    pub(crate) fn random(engine: Engine, random: &mut Rng) -> Self {
        match engine {
            Engine::CodeDeploy => Self::Group(asked::fixture(random)),
            Engine::Ecs => Self::Service(asked::service(random)),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Group(_) => Engine::CodeDeploy,
            Self::Service(_) => Engine::Ecs,
        }
    }

    pub(crate) fn build(&self, world: &mut World, random: &mut Rng) {
        match self {
            Self::Group(fixture) => {
                fixture.build(world).expect("a scene");
                let stops_within = Duration::from_secs([3, 200][random.usize(..2)]);
                world.codedeploy.let_a_stop_take(stops_within);
            }
            Self::Service(fixture) => {
                fixture.build(world).expect("a scene");
                world.ecs.set_settings(asked::settings(random));
            }
        }
    }

    /// A call that may go wrong.
    pub(crate) fn call(&self, random: &mut Rng) -> (&'static str, &'static str) {
        let own: &[_] = match self {
            Self::Group(_) => &CODEDEPLOY,
            Self::Service(_) => &ECS,
        };
        let at = random.usize(..BOTH.len() + own.len());
        own.get(at).copied().unwrap_or_else(|| BOTH[at - own.len()])
    }

    /// A call that reads deployments, with the error for one that is not there.
    pub(crate) fn read(&self, random: &mut Rng) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Group(_) => {
                let operation = ["BatchGetDeployments", "GetDeployment"][random.usize(..2)];
                ("codedeploy", operation, "DeploymentDoesNotExistException")
            }
            Self::Service(_) => (
                "ecs",
                "DescribeServiceDeployments",
                "InvalidParameterException",
            ),
        }
    }

    /// Somebody stops the last deployment, if it has not ended.
    pub(crate) fn stop(&self, world: &mut World, roll_back: bool) {
        match self {
            Self::Group(_) => {
                let last = last_of_group(world);
                let input = json!({ "deploymentId": last, "autoRollbackEnabled": roll_back });
                let _ = codedeploy::call(world, "StopDeployment", &input);
            }
            Self::Service(_) => {
                let arn = last_of_service(world).0;
                let input = json!({ "serviceDeploymentArn": arn, "stopType": "ROLLBACK" });
                let _ = ecs::call(world, "StopServiceDeployment", &input);
            }
        }
    }

    /// Somebody continues the last deployment, if it waits.
    pub(crate) fn proceed(&self, world: &mut World) {
        match self {
            Self::Group(_) => {
                let input = json!({ "deploymentId": last_of_group(world) });
                let _ = codedeploy::call(world, "ContinueDeployment", &input);
            }
            Self::Service(_) => {
                let (arn, waiting) = last_of_service(world);
                for hook in waiting {
                    let input = json!({ "serviceDeploymentArn": arn, "hookId": hook });
                    let _ = ecs::call(world, "ContinueServiceDeployment", &input);
                }
            }
        }
    }

    /// Somebody deploys without a pipeline. CodeDeploy may refuse that.
    pub(crate) fn deploy_elsewhere(&self, world: &mut World) {
        match self {
            Self::Group(fixture) => {
                let _ = another_client_deploys(world, fixture);
            }
            Self::Service(fixture) => another_client_updates(world, fixture),
        }
    }

    pub(crate) fn set_hook(&self, world: &mut World, succeeds: bool, after: Duration) {
        match self {
            Self::Group(_) => {
                let behaviour = match succeeds {
                    true => HookBehaviour::Succeeds { after },
                    false => HookBehaviour::Fails {
                        after,
                        message: "no".into(),
                        log_tail: String::new(),
                    },
                };
                world.codedeploy.set_hook("webapp-smoke-test", behaviour);
            }
            Self::Service(_) => {
                let behaviour = match succeeds {
                    true => LambdaBehaviour::Succeeds { after },
                    false => LambdaBehaviour::Fails { after },
                };
                world.ecs.set_lambda(asked::HOOK, behaviour);
            }
        }
    }

    pub(crate) fn set_tasks(&self, world: &mut World, fate: Behaviour) {
        let (cluster, service) = match self {
            Self::Group(fixture) => (&fixture.cluster, &fixture.service),
            Self::Service(fixture) => (&fixture.cluster, &fixture.service),
        };
        world.ecs.set_next_behaviour(cluster, service, fate);
    }

    /// Whether the deployment that the pipeline links to has succeeded.
    pub(crate) fn has_succeeded(&self, world: &mut World, deployment: &str) -> bool {
        match self {
            Self::Group(_) => {
                let input = json!({ "deploymentId": deployment });
                let answer = codedeploy::call(world, "GetDeployment", &input);
                answer.is_ok_and(|answer| answer["deploymentInfo"]["status"] == "Succeeded")
            }
            Self::Service(fixture) => {
                let all = world
                    .ecs
                    .service_deployments(&fixture.cluster, &fixture.service);
                let own = all.iter().find(|one| one.arn.ends_with(deployment));
                let last = own.and_then(|own| own.moments.last());
                last.is_some_and(|last| last.status == "SUCCESSFUL")
            }
        }
    }
}

fn last_of_group(world: &mut World) -> Value {
    let group = json!({ "applicationName": "webapp", "deploymentGroupName": "webapp" });
    let group = codedeploy::call(world, "GetDeploymentGroup", &group).expect("a group");
    group["deploymentGroupInfo"]["lastAttemptedDeployment"]["deploymentId"].clone()
}

/// The last deployment and its hooks that wait.
fn last_of_service(world: &World) -> (String, Vec<String>) {
    let all = world.ecs.service_deployments("prod", "webapp");
    let last = all.last().expect("the first is always there");
    let now = last.moments.last().expect("never empty");
    (last.arn.clone(), now.waiting.clone())
}
