//! Random walks: releases, faults, deaths, alarms, stops and time, in any
//! order; afterwards the ledger balances.
//!
//! `WALKS=5000 cargo test --test random_walk` walks further; a failing walk
//! names its seed, and `WALK_SEED=… cargo test --test random_walk` repeats it.

#[path = "support/judge.rs"]
mod judge;
#[path = "support/lines.rs"]
mod lines;
#[path = "support/play.rs"]
#[expect(dead_code, reason = "shared with tests that go one way")]
mod play;
#[expect(dead_code, reason = "shared with the scenarios, which use more of it")]
mod support;

use std::fmt::Write as _;
use std::time::Duration;

use bluegreen_worker::simulator::cloudwatch::AlarmState;
use bluegreen_worker::simulator::codedeploy::{self, HookBehaviour};
use bluegreen_worker::simulator::codepipeline::{self, ActionStatus};
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use bluegreen_worker::simulator::world::World;
use bluegreen_worker::worker::Pace;
use fastrand::Rng;
use lines::Lines;
use play::{Journal, Life, Scene, leisurely};
use serde_json::json;
use support::{Order, Stage};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Walks that CI takes: about half a minute.
const WALKS: u64 = 60;

/// Moves of one walk.
const MOVES: usize = 25;

/// Actions of one walk; more would only wait for their turn.
const MOST_ACTIONS: usize = 4;

/// How long everything may take to end once nothing more happens. A release
/// that is struck again and again waits for half an hour, and each holds the
/// group for a while.
const SETTLES: Duration = Duration::from_secs(6 * 3600);

const CALLS: [(&str, &str); 14] = [
    ("codepipeline", "PollForJobs"),
    ("codepipeline", "AcknowledgeJob"),
    ("codepipeline", "GetJobDetails"),
    ("codepipeline", "PutJobSuccessResult"),
    ("codepipeline", "PutJobFailureResult"),
    ("s3", "GetObject"),
    ("ecs", "DescribeServices"),
    ("ecs", "RegisterTaskDefinition"),
    ("ecs", "DescribeTaskDefinition"),
    ("codedeploy", "GetDeploymentGroup"),
    ("codedeploy", "CreateDeployment"),
    ("codedeploy", "GetDeployment"),
    ("codedeploy", "ListDeployments"),
    ("codedeploy", "GetDeploymentTarget"),
];

/// Whether workers keep journals.
#[derive(Clone, Copy)]
enum Journals {
    Kept,
    /// Then a killed worker loses what it had in hand, but nothing depends on
    /// how long a disk takes.
    None,
}

/// A worker's place: its journal, where it has one, outlives those who sit
/// there.
struct Seat {
    place: Option<TempDir>,
    worker: Option<(Life, CancellationToken)>,
}

impl Seat {
    fn new(journals: Journals) -> Self {
        let place = match journals {
            Journals::Kept => Some(TempDir::new().expect("a directory")),
            Journals::None => None,
        };
        Self {
            place,
            worker: None,
        }
    }

    async fn start(&mut self, stage: &Stage) {
        if self.worker.is_none() {
            let journal = match &self.place {
                Some(place) => Journal::Directory(place.path().to_owned()),
                None => Journal::None,
            };
            let death = CancellationToken::new();
            let ports = stage.ports_through(stage.exchange.http_client());
            let pace = Pace {
                poll_interval: Duration::from_secs(10),
                ..leisurely()
            };
            let life = stage.start(ports, pace, &journal, death.clone()).await;
            self.worker = Some((life, death));
        }
    }

    async fn kill(&mut self) {
        if let Some((life, death)) = self.worker.take() {
            death.cancel();
            life.ended().await;
        }
    }

    async fn stop(&mut self) {
        if let Some((life, _)) = self.worker.take() {
            life.stop().await;
        }
    }
}

struct Walk {
    stage: Stage,
    random: Rng,
    actions: Vec<String>,
    seats: [Seat; 2],
}

/// What is left of a walk when it is over.
struct Trace {
    /// Every call and what came of it, a line each.
    calls: String,
    /// Log lines of level ERROR.
    errors: String,
    complaints: Vec<String>,
}

fn walk(seed: u64, journals: Journals) -> Trace {
    let errors = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("bluegreen_worker=error")
        .with_ansi(false)
        .with_writer(errors.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let (calls, complaints) = runtime.block_on(async {
        // The jitter of the worker and of the SDK comes from here as well.
        fastrand::seed(seed);
        let mut walk = Walk {
            stage: Stage::with(play::world(Scene::Good)),
            random: Rng::with_seed(seed),
            actions: Vec::new(),
            seats: [Seat::new(journals), Seat::new(journals)],
        };
        walk.queue();
        for _ in 0..MOVES {
            walk.go_on().await;
        }
        walk.settle().await
    });
    Trace {
        calls,
        errors: errors.text(),
        complaints,
    }
}

impl Walk {
    async fn go_on(&mut self) {
        let seat = self.random.usize(..self.seats.len());
        match self.random.u32(..20) {
            0..=1 => self.queue(),
            2..=4 => self.upset(),
            5..=8 => self.seats[seat].start(&self.stage).await,
            9 => self.seats[seat].kill().await,
            10 => self.seats[seat].stop().await,
            11 => self.alarm(AlarmState::Alarm),
            12 => self.alarm(AlarmState::Ok),
            13 => self.stop_a_deployment(),
            14 => self.abandon(),
            15 => self.change_the_hook(),
            _ => {
                let seconds = self.random.u64(1..150);
                self.stage.wait(Duration::from_secs(seconds)).await;
            }
        }
    }

    fn queue(&mut self) {
        if self.actions.len() < MOST_ACTIONS {
            self.actions.push(self.stage.queue(&Order::default()));
        }
    }

    fn upset(&mut self) {
        let (service, operation) = CALLS[self.random.usize(..CALLS.len())];
        let kind = match self.random.u32(..7) {
            0 => Kind::Throttle,
            1 => Kind::InternalError,
            2 => Kind::Unavailable,
            3 => Kind::CutBefore,
            4 => Kind::CutAfter,
            5 => Kind::Garbage,
            _ => Kind::Slow {
                seconds: f64::from(self.random.u32(1..120)),
            },
        };
        let fault = Fault {
            service: service.into(),
            operation: operation.into(),
            occurrence: Occurrence::Next(self.random.u64(1..6)),
            kind,
        };
        self.stage
            .world(|world| world.faults.add(fault))
            .expect("a fault");
    }

    fn alarm(&self, state: AlarmState) {
        self.stage
            .world(|world| world.set_alarm("webapp-errors", state));
    }

    /// Somebody stops what runs, in the console.
    fn stop_a_deployment(&mut self) {
        let roll_back = self.random.bool();
        self.stage.world(|world| {
            let group = json!({ "applicationName": "webapp", "deploymentGroupName": "webapp" });
            let group = codedeploy::call(world, "GetDeploymentGroup", &group).expect("a group");
            let last = &group["deploymentGroupInfo"]["lastAttemptedDeployment"]["deploymentId"];
            let input = json!({ "deploymentId": last, "autoRollbackEnabled": roll_back });
            // There may be none, or it may be over.
            let _ = codedeploy::call(world, "StopDeployment", &input);
        });
    }

    /// Somebody stops a pipeline execution without waiting for its action.
    fn abandon(&mut self) {
        let action = &self.actions[self.random.usize(..self.actions.len())];
        self.stage.world(|world| {
            let view = world.codepipeline.view(action).expect("it was queued");
            let input = json!({
                "pipelineName": view.pipeline,
                "pipelineExecutionId": view.pipeline_execution_id,
                "abandon": true,
            });
            // It may be over.
            let _ = codepipeline::call(world, "StopPipelineExecution", &input);
        });
    }

    fn change_the_hook(&mut self) {
        let after = Duration::from_secs(self.random.u64(1..60));
        let behaviour = match self.random.bool() {
            true => HookBehaviour::Succeeds { after },
            false => HookBehaviour::Fails {
                after,
                message: "no".into(),
                log_tail: String::new(),
            },
        };
        self.stage.world(|world| {
            world.codedeploy.set_hook("webapp-smoke-test", behaviour);
        });
    }

    /// Nothing more befalls anybody: everything comes to its end.
    async fn settle(mut self) -> (String, Vec<String>) {
        self.alarm(AlarmState::Ok);
        self.stage.world(|world| world.faults.clear());
        for seat in &mut self.seats {
            seat.start(&self.stage).await;
        }
        let limit = self.stage.clock.now() + SETTLES;
        let all_over = |stage: &Stage| {
            let over = |action: &String| stage.status(action) != ActionStatus::InProgress;
            self.actions.iter().all(over)
        };
        while !all_over(&self.stage) && self.stage.clock.now() < limit {
            self.stage.wait(Duration::from_secs(10)).await;
        }
        // By then the jobs are off the journals.
        self.stage.wait(Duration::from_secs(60)).await;
        for seat in &mut self.seats {
            seat.stop().await;
        }
        let mut complaints = self.stage.world(|world| judge::complaints(world));
        for place in self.seats.iter().filter_map(|seat| seat.place.as_ref()) {
            let entries = std::fs::read_dir(place.path()).expect("a directory");
            if entries.count() > 1 {
                complaints.push("a journal has more than its lock".into());
            }
        }
        let registered = self.stage.effects("ecs", "RegisterTaskDefinition");
        if registered > self.actions.len() {
            complaints.push(format!("{registered} revisions"));
        }
        (self.stage.world(|world| calls(world)), complaints)
    }
}

fn calls(world: &World) -> String {
    let mut calls = String::new();
    for entry in world.ledger.entries() {
        let (at, operation, outcome) = (entry.at, &entry.operation, &entry.outcome);
        // The SDK writes maps in no particular order, so not all is shown.
        let said = ["jobId", "nonce", "continuationToken", "description"]
            .map(|member| entry.input[member].as_str().unwrap_or_default());
        writeln!(calls, "{at} {operation} {said:?} {outcome:?}").expect("text");
    }
    calls
}

fn check(seed: u64) {
    let trace = walk(seed, Journals::Kept);
    assert_eq!(
        trace.complaints, [""; 0],
        "WALK_SEED={seed}\n{}",
        trace.calls
    );
    assert_eq!(trace.errors, "", "WALK_SEED={seed}");
}

/// A number from the environment; tests have no settings but these two.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no `config` to read it from"
)]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// Two tests share the seeds, so that two cores walk.
fn walks(of_two: u64) {
    if let Some(seed) = number("WALK_SEED") {
        return check(seed);
    }
    let count = number("WALKS").unwrap_or(WALKS);
    (0..count).filter(|seed| seed % 2 == of_two).for_each(check);
}

#[test]
fn even_walks_balance() {
    walks(0);
}

#[test]
fn odd_walks_balance() {
    walks(1);
}

#[test]
fn the_same_seed_gives_the_same_walk() {
    for seed in 0..3 {
        let (one, other) = (walk(seed, Journals::None), walk(seed, Journals::None));
        // What is asked side by side comes in any order, at the same moment.
        let sorted = |trace: &Trace| {
            let mut lines: Vec<String> = trace.calls.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let mut lines = sorted(&one).into_iter().zip(sorted(&other));
        assert_eq!(lines.find(|(a, b)| a != b), None, "{seed}");
        assert_eq!(one.calls.len(), other.calls.len(), "{seed}");
    }
}
