//! A rehearsal: a simulator that serves on loopback, and the real worker that
//! connects to it. The rehearsal itself reads and changes the simulated account
//! directly.

use std::collections::BTreeSet;
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::cloudwatch::AlarmState;
use simulator::codepipeline;
use simulator::ecs;
use simulator::traffic::{ALARMS, Account as SimulatedAccount, Router, Shown};
use simulator::wire::{Options, Simulator};
use simulator::world::{REGION, World};

use super::account::{self, Account, declaration, provide_named};
use super::arguments::Args;
use super::changes::changes;
use super::problem::Problem;
use super::scene::{Interference, Script};
use super::seen::{Deployment, Snapshot};
use super::traffic;
use super::workers::{JournalFolder, Workers};
use crate::cli::bundle::{LocalBundle, Rendered};
use crate::job::Engine;
use crate::job::action_type::definitions;
use crate::page::{Address, ChangesShown};
use crate::policy::Gate;

/// The interval between snapshots in simulated time: short compared with the
/// minutes in which traffic moves.
const FRAME: Duration = Duration::from_secs(10);
/// The longest interval in real time, so that the display looks alive.
const LONGEST_FRAME: Duration = Duration::from_millis(100);
/// The shortest: timers are no finer.
const SHORTEST_FRAME: Duration = Duration::from_millis(1);
/// How long a deployment waits before the scene continues it, so that it is
/// seen and the pipeline shows how to do it.
const BEFORE_CONTINUING: Duration = Duration::from_secs(60);
/// How long no worker runs after one was killed.
const VACANCY: Duration = Duration::from_secs(45);

/// How a rehearsal runs.
pub(super) struct RehearsalConfig<'a> {
    pub(super) args: &'a Args,
    pub(super) script: Script,
    /// How many times as fast as real time.
    pub(super) speed: f64,
}

impl<'a> RehearsalConfig<'a> {
    /// The scene of the arguments, at their speed or at its own.
    pub(super) fn of(args: &'a Args, engine: Engine) -> Self {
        let script = args.scene.script(engine);
        let usual = script.speed(args.serve.serve);
        Self {
            args,
            speed: args.speed.unwrap_or(usual),
            script,
        }
    }
}

/// A release that is being rehearsed.
pub(super) struct Rehearsal {
    simulator: Simulator,
    simulated: SimulatedAccount,
    clock: Clock,
    frame: Duration,
    action: String,
    account: Box<dyn Account>,
    workers: Workers,
    router: Option<Router>,
    /// The task definition that ran at the beginning.
    blue: String,
    interfered: bool,
    /// Whether failing requests trigger the alarm, if the scene has one.
    has_real_alarm: bool,
    /// When the next worker starts, after one was killed.
    vacant_until: Option<Timestamp>,
    /// What was done from outside, with its time.
    notes: Vec<(Timestamp, String)>,
}

impl Rehearsal {
    /// Sets up the scene, starts the traffic, queues the action and starts the
    /// worker.
    pub(super) async fn set(
        config: &RehearsalConfig<'_>,
        bundle: &LocalBundle,
        release: Option<&Rendered>,
        account: Box<dyn Account>,
        gate: Option<Gate>,
    ) -> Result<Self, Problem> {
        let RehearsalConfig {
            args,
            script,
            speed,
        } = config;
        let speed = *speed;
        let answered: BTreeSet<String> = args.serve.hooks().into_keys().collect();
        let hooks = account.hooks();
        if let Some(event) = answered.iter().find(|event| !hooks.contains_key(*event)) {
            return Err(Problem::NoSuchHook(event.clone()));
        }
        let now = Clock::system().now();
        let mut world = World::new(now);
        world.seed(&definitions(REGION));
        let built = account::build(account.as_ref(), &mut world, script, &answered);
        built.map_err(Problem::Fixture)?;
        if let Some(release) = release {
            provide_named(release, &mut world);
        }
        let (region, key) = (world.region.clone(), world.keys.account.clone());

        let clock = Clock::simulated(now, speed);
        let simulator = Simulator::start(world, clock.clone(), Options::default()).await;
        let simulator = simulator.map_err(Problem::Simulator)?;
        let simulated = SimulatedAccount::new(simulator.world(), clock.clone(), speed);
        let router = match args.serve.serve {
            true => {
                let plan = traffic::plan(&args.serve, script, account.service());
                let router = Router::open(simulated.clone(), plan).await;
                Some(router.map_err(Problem::Traffic)?)
            }
            false => None,
        };
        let blue = simulated.with(|world| account::running(world, account.service()));
        let action = simulated.with(|world| {
            world.queue_action(declaration(bundle, script, args.options.as_deref()))
        })?;
        let is_killed = script.interference == Some(Interference::KillWorker);
        let mut workers = Workers {
            url: simulator.url(),
            region,
            engine: bundle.action.engine,
            key,
            clock: clock.clone(),
            gate,
            journal: is_killed.then(JournalFolder::new),
            worker: None,
        };
        workers.start().await?;
        Ok(Self {
            simulator,
            simulated,
            clock,
            frame: FRAME.div_f64(speed).clamp(SHORTEST_FRAME, LONGEST_FRAME),
            action,
            account,
            workers,
            router,
            blue,
            interfered: false,
            has_real_alarm: args.serve.really_fails(),
            vacant_until: None,
            notes: Vec::new(),
        })
    }

    /// Takes a snapshot of the pipeline, its deployments and the traffic. With
    /// `calls`, it includes the API calls after that number.
    pub(super) fn look(&self, calls: Option<u64>) -> Snapshot {
        let mut seen = self.simulated.with(|world| {
            let mut seen = Snapshot::look(world, &self.action, self.account.as_ref());
            if let Some(already) = calls {
                seen.look_at_calls(world, already);
            }
            seen
        });
        seen.notes.clone_from(&self.notes);
        seen.blue.clone_from(&self.blue);
        seen.traffic = self.router.as_ref().map(Router::shown);
        let remarks = seen.traffic.iter();
        seen.notes
            .extend(remarks.flat_map(|shown| shown.remarks.clone()));
        seen
    }

    /// What the release changes in comparison with the revision that runs.
    pub(super) fn changes(&self, body: &Value) -> ChangesShown {
        let input = json!({ "taskDefinition": self.blue, "include": ["TAGS"] });
        let described = self
            .simulated
            .with(|world| ecs::call(world, "DescribeTaskDefinition", &input));
        changes(&described.unwrap_or_default(), body)
    }

    /// The listeners' addresses, if there is traffic.
    pub(super) fn addresses(&self) -> Vec<Address> {
        let Some(router) = &self.router else {
            return Vec::new();
        };
        vec![
            Address {
                name: "Production listener",
                url: router.production_url(),
            },
            Address {
                name: "Test listener",
                url: router.test_url(),
            },
        ]
    }

    /// Performs the interference of the scene when it is due, and starts the
    /// next worker after one was killed.
    pub(super) async fn interfere(
        &mut self,
        script: &Script,
        by_hand: bool,
        seen: &Snapshot,
    ) -> Result<(), Problem> {
        if self
            .vacant_until
            .is_some_and(|until| self.clock.now() >= until)
        {
            self.vacant_until = None;
            self.workers.start().await?;
            self.note("Another worker starts, and finds the job in the journal");
        }
        let (Some(interference), Some(deployment)) = (script.interference, seen.deployment())
        else {
            return Ok(());
        };
        if self.interfered || !self.is_due(interference, by_hand, seen) {
            return Ok(());
        }
        // A deployment may wait at each step.
        self.interfered = interference != Interference::Continue;
        match interference {
            Interference::Alarm { .. } => {
                let name = ALARMS[0].name;
                self.simulated
                    .with(|world| world.set_alarm(name, AlarmState::Alarm));
            }
            Interference::Stop => self
                .simulated
                .with(|world| self.account.stop(world, deployment)),
            Interference::Continue => self.proceed(deployment),
            Interference::Supersede => {
                self.note("Another client deploys the old revision again");
                let answer = self
                    .simulated
                    .with(|world| self.account.deploy_another(world));
                answer.map_err(Problem::Fixture)?;
            }
            Interference::Abandon => {
                self.abandon(seen);
                self.note("A person abandons the pipeline's execution");
            }
            Interference::KillWorker => {
                self.workers.kill().await;
                self.vacant_until = Some(self.clock.now() + VACANCY);
                self.note("The worker is killed");
            }
        }
        Ok(())
    }

    fn is_due(&self, interference: Interference, by_hand: bool, seen: &Snapshot) -> bool {
        match interference {
            // With real traffic, failing requests trigger the alarm.
            Interference::Alarm { at } => {
                !self.has_real_alarm && seen.traffic_share() >= f64::from(at)
            }
            Interference::Stop
            | Interference::Supersede
            | Interference::Abandon
            | Interference::KillWorker => seen.traffic_share() >= 30.0,
            Interference::Continue => {
                let waits_for = seen.waits_for();
                !by_hand && waits_for.is_some_and(|time| time >= BEFORE_CONTINUING)
            }
        }
    }

    /// Continues the release's deployment, if it still waits.
    pub(super) fn proceed(&self, deployment: &Deployment) {
        self.simulated
            .with(|world| self.account.proceed(world, deployment));
    }

    fn abandon(&self, seen: &Snapshot) {
        let input = json!({
            "pipelineName": seen.pipeline.pipeline,
            "pipelineExecutionId": seen.pipeline.pipeline_execution_id,
            "abandon": true,
        });
        // Fails if it has just ended.
        let _ = self
            .simulated
            .with(|world| codepipeline::call(world, "StopPipelineExecution", &input));
    }

    fn note(&mut self, what: &str) {
        self.notes.push((self.clock.now(), what.to_owned()));
    }

    /// Waits for the next snapshot, in real time.
    pub(super) async fn pause(&self) {
        Clock::system().sleep(self.frame).await;
    }

    /// Stops the traffic after the clients have their last responses.
    pub(super) async fn close_router(&mut self) -> Option<Shown> {
        let router = self.router.take()?;
        let mut shown = router.shown();
        shown.load = router.close().await;
        Some(shown)
    }

    /// Stops the worker and the simulator. Returns the states in the release's
    /// events, in order.
    pub(super) async fn tear_down(self) -> Vec<String> {
        self.workers.dismiss().await;
        let states = self.simulated.with(|world| {
            let events = world.eventbridge.events();
            let ours = events.filter(|event| event.detail["actionExecution"] == self.action);
            let states = ours.filter_map(|event| event.detail["state"].as_str());
            states.map(str::to_owned).collect()
        });
        self.simulator.shutdown().await;
        states
    }
}
