//! A simulated account with real workers in simulated time, used by the
//! scenario tests.

pub(crate) mod allowed;
pub(crate) mod judge;
pub(crate) mod lines;
pub(crate) mod meddler;
pub(crate) mod mortal;
pub(crate) mod play;
pub(crate) mod process;
pub(crate) mod schema;
pub(crate) mod slow;
pub(crate) mod truth;

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bluegreen_worker::aws::{self, EventBridgeBus, History};
use bluegreen_worker::config::Rate;
use bluegreen_worker::job::ActionVersion;
use bluegreen_worker::job::action_type::{PROVIDER, definitions};
use bluegreen_worker::ports::Ports;
use bluegreen_worker::worker::{self, Context, Tuning};
use clock::Clock;
use jiff::Timestamp;
use serde_json::json;
use simulator::codepipeline::{
    ActionDeclaration, ActionStatus, ActionTypeId, ActionView, InputArtifact, Source,
};
use simulator::ecr::Platform;
use simulator::ecs;
use simulator::s3::Content;
use simulator::wire::{Exchange, Options};
use simulator::world::{REGION, World};
use tokio_util::sync::CancellationToken;

pub(crate) const TASKDEF: &str = include_str!("../../examples/webapp/taskdef.json");
pub(crate) const APPSPEC: &str = include_str!("../../examples/webapp/appspec.yaml");
pub(crate) const IMAGE_DETAIL: &str = include_str!("../../examples/webapp/imageDetail.json");

/// Time limit of a scenario, in simulated time.
const LONGEST: Duration = Duration::from_secs(30 * 3600);

/// A simulated account in simulated time.
pub(crate) struct Harness {
    pub(crate) exchange: Exchange,
    pub(crate) clock: Clock,
    /// The action type's version that workers poll for.
    pub(crate) version: &'static str,
}

impl Harness {
    /// The simulator's prepared account. Must be called with tokio's clock
    /// paused.
    pub(crate) fn new() -> Self {
        Self::with(World::webapp(start(), &definitions(REGION)))
    }

    pub(crate) fn with(world: World) -> Self {
        Self::with_options(world, Options::default())
    }

    pub(crate) fn with_options(world: World, options: Options) -> Self {
        let has_service = !world.ecs.service_deployments("prod", "webapp").is_empty();
        let clock = Clock::simulated(start(), 1.0);
        let exchange = Exchange::new(world, clock.clone(), options);
        Self {
            exchange,
            clock,
            version: if has_service { "2" } else { "1" },
        }
    }

    pub(crate) fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let world = self.exchange.world();
        let mut world = world.lock();
        world.follow(self.clock.now());
        look(&mut world)
    }

    /// Pushes an image to ECR for these platforms and returns its digest.
    pub(crate) fn push(&self, image: &str, platforms: &[Platform]) -> String {
        let digest = self.world(|world| world.push_image(image, platforms));
        digest.expect("a reference to an image in ECR")
    }

    /// Starts a worker, which runs until its token is cancelled.
    pub(crate) fn worker(&self) -> Worker {
        let drain = CancellationToken::new();
        let context = self.context(drain.clone());
        let task = tokio::spawn(async move { worker::run(&context).await });
        Worker { drain, task }
    }

    pub(crate) fn context(&self, drain: CancellationToken) -> Context {
        self.slots_at(drain, tuning())
    }

    /// Starts a worker with these ports.
    pub(crate) fn worker_through(&self, ports: Ports) -> Worker {
        let drain = CancellationToken::new();
        let context = Context::new(ports, self.clock.clone(), tuning(), None, drain.clone());
        let task = tokio::spawn(async move { worker::run(&context).await });
        Worker { drain, task }
    }

    /// Starts a worker with this tuning.
    pub(crate) fn worker_at(&self, tuning: Tuning) -> Worker {
        let drain = CancellationToken::new();
        let context = self.slots_at(drain.clone(), tuning);
        let task = tokio::spawn(async move { worker::run(&context).await });
        Worker { drain, task }
    }

    fn slots_at(&self, drain: CancellationToken, tuning: Tuning) -> Context {
        let ports = self.ports_through(self.exchange.http_client());
        Context::new(ports, self.clock.clone(), tuning, None, drain)
    }

    /// The ports of a worker that reaches the account through `http`.
    pub(crate) fn ports_through(&self, http: SharedHttpClient) -> Ports {
        let version = ActionVersion::parse(self.version).expect("a version");
        self.ports_of(http, &[version])
    }

    /// The ports of a worker that takes the jobs of these versions.
    pub(crate) fn ports_of(&self, http: SharedHttpClient, versions: &[ActionVersion]) -> Ports {
        aws::ports(&self.config(http), versions, None, true, &self.clock)
    }

    /// The account, reached through `http`.
    pub(crate) fn config(&self, http: SharedHttpClient) -> SdkConfig {
        let (region, key) = self.world(|world| (world.region.clone(), world.keys.account.clone()));
        let key = (key.access_key_id.as_str(), key.secret_access_key.as_str());
        aws::connect_to("http://simulator.test", &region, key, http)
    }

    /// Adds an event bus, reached through `http`, to the context.
    pub(crate) fn telling(&self, context: Context, http: SharedHttpClient, bus: &str) -> Context {
        let config = self.config(http);
        let region = self.world(|world| world.region.clone());
        let bus = Arc::new(EventBridgeBus::new(&config, bus));
        context.with_events(bus, Arc::new(History::paced(&config, &self.clock)), &region)
    }

    /// Starts a worker that sends events to this bus.
    pub(crate) fn worker_telling(&self, bus: &str) -> Worker {
        let drain = CancellationToken::new();
        let context = self.context(drain.clone());
        let context = self.telling(context, self.exchange.http_client(), bus);
        let task = tokio::spawn(async move { worker::run(&context).await });
        Worker { drain, task }
    }

    /// An account with a service that ECS deploys itself.
    pub(crate) fn ecs(fixture: &ecs::Fixture) -> Self {
        let mut world = World::new(start());
        world.seed(&definitions(REGION));
        fixture.build(&mut world).expect("a scene");
        Self::with(world)
    }

    /// Queues an action and returns its `actionExecutionId`.
    pub(crate) fn queue(&self, order: &Order) -> String {
        let declaration = order.declaration();
        self.world(|world| world.queue_action(declaration))
            .expect("a pipeline accepts the action")
    }

    /// Waits until the action has ended.
    pub(crate) async fn end_of(&self, action: &str) -> ActionView {
        let limit = self.clock.now() + LONGEST;
        loop {
            let view = self
                .world(|world| world.codepipeline.view(action))
                .expect("the action was queued");
            if view.status != ActionStatus::InProgress {
                return view;
            }
            assert!(self.clock.now() < limit, "the action never ends: {view:#?}");
            self.clock.sleep(Duration::from_secs(1)).await;
        }
    }

    pub(crate) fn status(&self, action: &str) -> ActionStatus {
        let view = self.world(|world| world.codepipeline.view(action));
        view.expect("the action was queued").status
    }

    /// Waits until the condition holds.
    pub(crate) async fn until(&self, is_so: impl Fn(&World) -> bool) {
        let limit = self.clock.now() + LONGEST;
        while !self.world(|world| is_so(world)) {
            assert!(self.clock.now() < limit, "it never comes to that");
            self.clock.sleep(Duration::from_secs(1)).await;
        }
    }

    /// Lets simulated time pass.
    pub(crate) async fn wait(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    /// Number of calls of an operation that took effect.
    pub(crate) fn effects(&self, service: &str, operation: &str) -> usize {
        self.world(|world| world.ledger.effects(service, operation))
    }
}

impl Drop for Harness {
    /// Checks in every test that the printed IAM policy allows all calls.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let forbidden = allowed::forbidden(&self.exchange.world().lock());
            assert!(forbidden.is_empty(), "not in the IAM policy: {forbidden:?}");
        }
    }
}

/// The service that [`Order::ecs`] deploys.
pub(crate) fn service() -> ecs::Fixture {
    ecs::Fixture {
        cluster: "prod".into(),
        service: "webapp".into(),
        ..ecs::Fixture::default()
    }
}

/// Another client deploys the first revision again, without checking for a
/// running deployment.
pub(crate) fn another_client_updates(world: &mut World, of: &ecs::Fixture) {
    let update = json!({
        "cluster": of.cluster,
        "service": of.service,
        "taskDefinition": format!("{}:1", of.service),
        "forceNewDeployment": true,
    });
    ecs::call(world, "UpdateService", &update).expect("ECS never refuses");
}

/// The default tuning.
pub(crate) fn tuning() -> Tuning {
    Tuning {
        poll_interval: Duration::from_secs(5),
        observe_interval: Duration::from_secs(10),
        watch: Duration::from_secs(20),
        max_call_rate: Rate(40.0),
        max_jobs: 1000,
    }
}

pub(crate) fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a date")
}

pub(crate) struct Worker {
    pub(crate) drain: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Worker {
    /// Aborts the worker, as in a crash: it does not return its jobs.
    pub(crate) async fn kill(self) {
        self.task.abort();
        // The task was aborted, which is an error but no panic.
        let _ = self.task.await;
    }

    /// Tells the worker to drain and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.drain.cancel();
        self.task.await.expect("a worker does not panic");
    }
}

/// A release for a pipeline to start.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) configuration: BTreeMap<String, String>,
    /// The files of the only input artifact, `Bundle`.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Default for Order {
    fn default() -> Self {
        let configuration = [
            ("ApplicationName", "webapp"),
            ("DeploymentGroupName", "webapp"),
            ("TaskDefinitionTemplateArtifact", "Bundle"),
            ("AppSpecTemplateArtifact", "Bundle"),
            ("Image1ArtifactName", "Bundle"),
            ("Image1ContainerName", "IMAGE1_NAME"),
        ];
        let files = [
            ("taskdef.json", TASKDEF),
            ("appspec.yaml", APPSPEC),
            ("imageDetail.json", IMAGE_DETAIL),
        ];
        Self {
            configuration: configuration.map(|(k, v)| (k.into(), v.into())).into(),
            files: files.map(|(k, v)| (k.into(), v.as_bytes().to_vec())).into(),
        }
    }
}

impl Order {
    /// A release of the service of [`service`].
    pub(crate) fn ecs() -> Self {
        let mut order = Self::default();
        let configuration = &mut order.configuration;
        configuration.retain(|name, _| !name.starts_with("App") && !name.starts_with("Dep"));
        for (name, value) in [("ClusterName", "prod"), ("ServiceName", "webapp")] {
            configuration.insert(name.into(), value.into());
        }
        order.files.remove("appspec.yaml");
        order
    }

    pub(crate) fn option(mut self, options: &str) -> Self {
        self.configuration.insert("Options".into(), options.into());
        self
    }

    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        self.files.insert(name.into(), text.as_bytes().to_vec());
        self
    }

    /// The one input artifact.
    pub(crate) fn archive(&self) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &self.files {
            writer
                .start_file(name, zip::write::SimpleFileOptions::default())
                .expect("a name");
            writer.write_all(bytes).expect("memory");
        }
        writer.finish().expect("an archive").into_inner()
    }

    pub(crate) fn declaration(&self) -> ActionDeclaration {
        ActionDeclaration {
            action_type: match self.configuration.contains_key("ClusterName") {
                true => ActionTypeId::custom("Deploy", PROVIDER, "2"),
                false => ActionTypeId::custom("Deploy", PROVIDER, "1"),
            },
            pipeline: "shop".into(),
            stage: "Deploy".into(),
            action: "Release".into(),
            execution: None,
            configuration: self.configuration.clone(),
            inputs: vec![InputArtifact {
                name: "Bundle".into(),
                source: Source::Content(Content::from(self.archive())),
            }],
            encryption_key: None,
        }
    }
}
