//! An account for releases with faults, with workers that can have a journal
//! and can be killed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bluegreen_worker::aws::S3Objects;
use bluegreen_worker::config::Rate;
use bluegreen_worker::job::action_type::definitions;
use bluegreen_worker::ports::Ports;
use bluegreen_worker::worker::journal::{Directory, Fleet, Journal as KeptJournal};
use bluegreen_worker::worker::{self, Context, Health, Tuning};
use clock::Clock;
use jiff::Timestamp;
use serde_json::json;
use simulator::codedeploy::{self, Fixture, HookBehaviour};
use simulator::codepipeline::ActionStatus;
use simulator::ecs::{self, Behaviour, LambdaBehaviour, TaskFailure};
use simulator::world::{REGION, World};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{Harness, Order, service, start};

/// How a release proceeds without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    Good,
    /// A lifecycle hook fails and CodeDeploy rolls back.
    HookFails,
    /// ECS deploys the service itself.
    EcsGood,
    /// ECS deploys the service itself, a lifecycle hook fails, and ECS rolls
    /// back.
    EcsHookFails,
    /// New tasks fail, and the worker stops the deployment.
    Stopped,
    /// The same, for a service that ECS deploys itself.
    EcsStopped,
}

impl Scene {
    fn is_of_ecs(self) -> bool {
        match self {
            Self::Good | Self::HookFails | Self::Stopped => false,
            Self::EcsGood | Self::EcsHookFails | Self::EcsStopped => true,
        }
    }

    pub(crate) fn order(self) -> Order {
        let order = match self.is_of_ecs() {
            false => Order::default(),
            true => Order::ecs(),
        };
        match self {
            Self::Good | Self::HookFails | Self::EcsGood | Self::EcsHookFails => order,
            Self::Stopped | Self::EcsStopped => order.option("OnTaskFailure=Rollback"),
        }
    }

    /// How a release ends that is not lost.
    pub(crate) fn end(self) -> ActionStatus {
        match self {
            Self::Good | Self::EcsGood => ActionStatus::Succeeded,
            Self::HookFails | Self::EcsHookFails | Self::Stopped | Self::EcsStopped => {
                ActionStatus::Failed
            }
        }
    }

    /// Service and name of the call that starts the deployment.
    pub(crate) fn start(self) -> (&'static str, &'static str) {
        match self.is_of_ecs() {
            false => ("codedeploy", "CreateDeployment"),
            true => ("ecs", "UpdateService"),
        }
    }
}

/// Where each worker records its jobs.
#[derive(Clone, Debug)]
pub(crate) enum Journal {
    None,
    Directory(PathBuf),
    /// A shared journal in the account's journal bucket, accessed with this
    /// client.
    Bucket(SharedHttpClient),
}

/// The bucket of shared journals.
pub(crate) const BUCKET: &str = "journal";

/// What the keys of locks contain.
const LOCKS: &str = "/services/";

/// The lease of a worker with a shared journal. It is long compared with a
/// release, so that few calls are renewals.
pub(crate) const LEASE: Duration = Duration::from_secs(150);

/// A running worker.
pub(crate) struct Life {
    pub(crate) health: Arc<Health>,
    drain: CancellationToken,
    task: JoinHandle<()>,
}

/// An account with short waits, so that a release makes few calls.
pub(crate) fn world(scene: Scene) -> World {
    world_at(start(), scene)
}

/// Deploys without a pipeline. Returns whether the group was free.
pub(crate) fn another_client_deploys(world: &mut World, fixture: &Fixture) -> bool {
    let new = json!({
        "applicationName": "webapp",
        "deploymentGroupName": "webapp",
        "revision": {
            "revisionType": "AppSpecContent",
            "appSpecContent": { "content": fixture.app_spec("webapp:1") },
        },
    });
    codedeploy::call(world, "CreateDeployment", &new).is_ok()
}

/// Like [`world`], at another time.
pub(crate) fn world_at(now: Timestamp, scene: Scene) -> World {
    let mut world = World::new(now);
    world.seed(&definitions(REGION));
    if scene.is_of_ecs() {
        let hook = "arn:aws:lambda:eu-west-1:111122223333:function:webapp-smoke-test";
        let fixture = ecs::Fixture {
            deployment_configuration: json!({
                "strategy": "BLUE_GREEN",
                "bakeTimeInMinutes": 1,
                "lifecycleHooks": [{
                    "hookTargetArn": hook,
                    "roleArn": "arn:aws:iam::111122223333:role/hooks",
                    "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
                }],
            }),
            ..service()
        };
        fixture.build(&mut world).expect("a scene");
        world.s3.create_bucket(BUCKET);
        if scene == Scene::EcsHookFails {
            let after = Duration::from_secs(4);
            world.ecs.set_lambda(hook, LambdaBehaviour::Fails { after });
        }
        if scene == Scene::EcsStopped {
            world.ecs.set_next_behaviour("prod", "webapp", tasks_fail());
        }
        return world;
    }
    let fixture = Fixture {
        deployment_config: "CodeDeployDefault.ECSAllAtOnce".into(),
        termination_wait_minutes: 0,
        ..Fixture::default()
    };
    fixture.build(&mut world).expect("a scene");
    world.s3.create_bucket(BUCKET);
    if scene == Scene::HookFails {
        let fails = HookBehaviour::Fails {
            after: Duration::from_secs(4),
            message: "The smoke test got 500".into(),
            log_tail: String::new(),
        };
        world.codedeploy.set_hook("webapp-smoke-test", fails);
    }
    if scene == Scene::Stopped {
        world.ecs.set_next_behaviour("demo", "webapp", tasks_fail());
    }
    world
}

fn tasks_fail() -> Behaviour {
    Behaviour::TasksFail(TaskFailure::Exits { code: 3 })
}

/// Tuning with few calls for each release.
pub(crate) fn slow_tuning() -> Tuning {
    Tuning {
        poll_interval: Duration::from_secs(20),
        observe_interval: Duration::from_secs(25),
        watch: Duration::from_secs(60),
        max_call_rate: Rate(40.0),
        max_jobs: 1000,
    }
}

impl Harness {
    pub(crate) fn open(&self, journal: &Journal, clock: &Clock) -> Option<Arc<dyn KeptJournal>> {
        match journal {
            Journal::None => None,
            Journal::Directory(path) => Some(Arc::new(
                Directory::open(path, clock).expect("its last owner is dead"),
            )),
            Journal::Bucket(http) => {
                let config = self.config(http.clone());
                let objects = S3Objects::new(&config, true, BUCKET, "fleet");
                Some(Arc::new(Fleet::new(Arc::new(objects), clock, LEASE)))
            }
        }
    }

    /// The jobs and leases left in the shared journal.
    pub(crate) fn left_in_bucket(&self) -> Vec<String> {
        self.in_bucket(|key| !key.contains(LOCKS))
    }

    /// The locks of services left in the shared journal. One that a dead worker
    /// left stays until the next release of its service.
    pub(crate) fn locks_in_bucket(&self) -> Vec<String> {
        self.in_bucket(|key| key.contains(LOCKS))
    }

    fn in_bucket(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.world(|world| {
            let bucket = world.s3.bucket(BUCKET).expect("it was made");
            let keys = bucket.objects.keys();
            keys.filter(|key| is_wanted(key)).cloned().collect()
        })
    }

    /// Starts a worker with these ports. It is dropped when `death` is
    /// cancelled.
    pub(crate) fn start(
        &self,
        ports: Ports,
        tuning: Tuning,
        journal: &Journal,
        death: CancellationToken,
    ) -> Life {
        let clock = self.clock.clone();
        self.start_by(clock, ports, tuning, journal, death)
    }

    /// Like [`Self::start`], for a worker with its own clock, which may be
    /// wrong.
    pub(crate) fn start_by(
        &self,
        clock: Clock,
        ports: Ports,
        tuning: Tuning,
        journal: &Journal,
        death: CancellationToken,
    ) -> Life {
        let journal = self.open(journal, &clock);
        Self::begin(clock, ports, tuning, journal, death)
    }

    /// Like [`Self::start_by`], with an open journal.
    pub(crate) fn begin(
        clock: Clock,
        ports: Ports,
        tuning: Tuning,
        journal: Option<Arc<dyn KeptJournal>>,
        death: CancellationToken,
    ) -> Life {
        let drain = CancellationToken::new();
        let context = Context::new(ports, clock, tuning, journal, drain.clone());
        let health = context.health();
        let task = tokio::spawn(async move {
            death.run_until_cancelled(worker::run(&context)).await;
        });
        Life {
            health,
            drain,
            task,
        }
    }

    /// Starts a worker with [`slow_tuning`] and without faults.
    pub(crate) fn start_slow(&self, journal: &Journal) -> Life {
        let ports = self.ports_through(self.exchange.http_client());
        let death = CancellationToken::new();
        self.start(ports, slow_tuning(), journal, death)
    }
}

impl Life {
    /// Tells the worker to drain and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.drain.cancel();
        self.task.await.expect("a worker does not panic");
    }

    /// Waits until the worker has ended.
    pub(crate) async fn ended(self) {
        self.task.await.expect("a worker does not panic");
    }
}
