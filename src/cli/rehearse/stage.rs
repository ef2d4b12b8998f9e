//! The stage of a rehearsal: a simulator that serves on loopback, the real
//! worker against it, and a seat from which the account can be watched.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::scenario::{ALARM, Scenario};
use super::seen::Seen;
use crate::aws;
use crate::cli::bundle::LocalBundle;
use crate::clock::Clock;
use crate::config::Rate;
use crate::job::request::Request;
use crate::release::appspec::AppSpec;
use crate::release::plan;
use crate::simulator::api::ApiError;
use crate::simulator::codedeploy::Scenery;
use crate::simulator::codepipeline::{
    ActionDeclaration, ActionTypeId, InputArtifact, QueueError, Source,
};
use crate::simulator::ecr::Platform;
use crate::simulator::s3::Content;
use crate::simulator::wire::{Options, Simulator};
use crate::simulator::world::World;
use crate::worker::{self, Hands, Pace};

/// Between two looks from the seat, in simulated time: short beside the
/// minutes in which traffic moves.
const FRAME: Duration = Duration::from_secs(10);
/// The longest wait between two looks in real time, so that it looks alive.
const LONGEST_FRAME: Duration = Duration::from_millis(100);
/// The shortest: timers are not finer.
const SHORTEST_FRAME: Duration = Duration::from_millis(1);

/// Why the stage cannot be set.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageProblem {
    #[error("the simulator cannot serve: {0}")]
    Simulator(#[from] io::Error),
    #[error("no pipeline would accept the action: {0}")]
    Action(#[from] QueueError),
    #[error("the scene cannot be set: {}: {}", .0.code, .0.message)]
    Scenery(ApiError),
}

pub(super) struct Stage {
    simulator: Simulator,
    clock: Clock,
    frame: Duration,
    action: String,
    scenery: Scenery,
    drain: CancellationToken,
    worker: JoinHandle<()>,
    interfered: bool,
}

impl Stage {
    /// Sets the scene, queues the action and starts the worker.
    pub(super) async fn set(
        bundle: &LocalBundle,
        scenario: Scenario,
        speed: f64,
    ) -> Result<Self, StageProblem> {
        let now = Clock::system().now();
        let mut world = World::new(now);
        world.furnish();
        let (scenery, hooks) = scenery(bundle).await;
        let scenery = scenario.scenery(scenery);
        scenery.build(&mut world).map_err(StageProblem::Scenery)?;
        scenario.prepare(&mut world, &scenery, &hooks);
        push_images(bundle, &mut world).await;
        let action = world.queue_action(declaration(bundle))?;

        let (region, key) = (world.region.clone(), world.keys.account.clone());
        let clock = Clock::simulated(now, speed);
        let simulator = Simulator::start(world, clock.clone(), Options::default()).await?;
        let config = aws::connect_to(
            &simulator.url(),
            &region,
            (&key.access_key_id, &key.secret_access_key),
            aws::http_client(None),
        );
        let ports = aws::ports(&config, "1", true, &clock);
        let drain = CancellationToken::new();
        let hands = Hands::new(ports, clock.clone(), pace(), None, drain.clone());
        let worker = tokio::spawn(async move { worker::run(&hands).await });
        Ok(Self {
            simulator,
            clock,
            frame: FRAME.div_f64(speed).clamp(SHORTEST_FRAME, LONGEST_FRAME),
            action,
            scenery,
            drain,
            worker,
            interfered: false,
        })
    }

    /// Looks at the pipeline and at its deployments.
    pub(super) fn look(&self) -> Seen {
        let Scenery {
            application,
            group,
            cluster,
            service,
            ..
        } = &self.scenery;
        let target = format!("{cluster}:{service}");
        self.world(|world| Seen::look(world, &self.action, (application, group), &target))
    }

    /// Changes the world in the middle of the release, the first time only.
    pub(super) fn once(&mut self, change: impl FnOnce(&mut World)) {
        if !self.interfered {
            self.interfered = true;
            self.world(change);
        }
    }

    fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let world: Arc<Mutex<World>> = self.simulator.world();
        let mut world: MutexGuard<'_, World> = world.lock().unwrap_or_else(PoisonError::into_inner);
        world.follow(self.clock.now());
        look(&mut world)
    }

    /// Lets a little real time pass.
    #[expect(
        clippy::disallowed_methods,
        reason = "frames are for people, whose time is real"
    )]
    pub(super) async fn pause(&self) {
        tokio::time::sleep(self.frame).await;
    }

    /// Sends everybody home.
    pub(super) async fn strike(self) {
        self.drain.cancel();
        // A worker that panicked has nothing left to say.
        let _ = self.worker.await;
        self.simulator.shutdown().await;
    }
}

/// The account that the bundle would be released into: its application, its
/// group, and a service with the container and the port that it names.
async fn scenery(bundle: &LocalBundle) -> (Scenery, Vec<String>) {
    let mut scenery = Scenery {
        alarms: vec![ALARM.into()],
        ..Scenery::default()
    };
    let property = |name: &str| bundle.action.configuration.get(name).cloned();
    if let Some(application) = property("ApplicationName") {
        scenery.application = application;
    }
    if let Some(group) = property("DeploymentGroupName") {
        scenery.group = group;
    }
    let mut hooks = Vec::new();
    if let Some(app_spec) = app_spec(bundle).await {
        app_spec.container().clone_into(&mut scenery.container);
        scenery.port = app_spec.port();
        hooks.extend(app_spec.functions().map(str::to_owned));
    }
    (scenery, hooks)
}

/// The bundle's AppSpec, where it is in order; where it is not, the worker
/// will say so.
async fn app_spec(bundle: &LocalBundle) -> Option<AppSpec> {
    let inputs: Vec<&str> = bundle.action.inputs.iter().map(String::as_str).collect();
    let request = Request::parse(&bundle.action.configuration, &inputs).ok()?;
    plan::check(&request, &bundle.files(&request).await).app_spec
}

/// Whatever image the bundle names is there: what the build pushes is not
/// what is rehearsed.
async fn push_images(bundle: &LocalBundle, world: &mut World) {
    let inputs: Vec<&str> = bundle.action.inputs.iter().map(String::as_str).collect();
    let Ok(request) = Request::parse(&bundle.action.configuration, &inputs) else {
        return;
    };
    let files = bundle.files(&request).await;
    for image in plan::images_to_ask(&request, &files, None) {
        let platforms = [
            Platform::LinuxAmd64,
            Platform::LinuxArm64,
            Platform::WindowsAmd64,
        ];
        world.push_image(&image.reference, &platforms);
    }
}

fn declaration(bundle: &LocalBundle) -> ActionDeclaration {
    let inputs: BTreeSet<&String> = bundle.action.inputs.iter().collect();
    let artifact = |name: &String| InputArtifact {
        name: name.clone(),
        source: Source::Content(Content::from(
            bundle.artifacts.get(name).cloned().unwrap_or_default(),
        )),
    };
    ActionDeclaration {
        action_type: ActionTypeId::blue_green(),
        pipeline: "rehearsal".into(),
        stage: "Deploy".into(),
        action: bundle.action.name.clone(),
        execution: None,
        configuration: bundle.action.configuration.clone(),
        inputs: inputs.into_iter().map(artifact).collect(),
        encryption_key: None,
    }
}

/// The worker's defaults.
fn pace() -> Pace {
    Pace {
        poll_interval: Duration::from_secs(5),
        observe_interval: Duration::from_secs(10),
        watch: Duration::from_secs(20),
        report_rate: Rate(5.0),
        max_jobs: 1,
    }
}
