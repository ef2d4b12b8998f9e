//! One walk: random events for an account and its workers.

use std::num::NonZeroU32;
use std::time::Duration;

use bluegreen_worker::job::Engine;
use bluegreen_worker::job::action_type::definitions;
use fastrand::Rng;
use serde_json::json;
use simulator::cloudwatch::AlarmState;
use simulator::codepipeline::{self, ActionStatus};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::{REGION, World};

use super::account::{Account, Journals};
use super::target::Target;
use super::{asked, closely};
use crate::support::play::{BUCKET, LEASE};
use crate::support::{Harness, start};
use crate::support::{judge, truth};

/// Moves of a walk.
const MOVES: usize = 25;

/// Actions of a walk; more would only wait for their turn.
const MOST_ACTIONS: usize = 4;

/// Seconds for which a deployment may not be found: some of the times, longer
/// than the worker waits for one to appear.
const LONGEST_MISSING: u64 = 300;

/// Time for everything to end after the last fault. A release with repeated
/// faults waits for half an hour, its tasks or its hook may take an hour to
/// fail, and each blocks the group for as long.
const SETTLES: Duration = Duration::from_secs(12 * 3600);

/// ECS gives up on tasks that never start only after a day. Somebody stops what
/// hangs after this time.
const HELP: Duration = Duration::from_secs(2 * 3600);

/// Time within which jobs are removed from the journals, also if a worker must
/// first take over jobs of a dead one.
const AFTERWARDS: Duration = LEASE.saturating_mul(2);

pub(crate) struct Walk {
    harness: Harness,
    target: Target,
    journals: Journals,
    random: Rng,
    actions: Vec<String>,
    seats: [Account; 2],
}

/// Longest delay of a report if workers wait for one another and CodePipeline
/// is unavailable for the whole walk.
const LATE: Duration = Duration::from_secs(2 * 3600);

impl Walk {
    pub(crate) fn new(seed: u64, engine: Engine, journals: Journals) -> Self {
        let mut random = Rng::with_seed(seed);
        let target = Target::random(engine, &mut random);
        let mut world = World::new(start());
        world.seed(&definitions(REGION));
        target.build(&mut world, &mut random);
        world.s3.create_bucket(BUCKET);
        let settings = &mut world.codepipeline.settings;
        settings.redelivery_seconds = [5, 60][random.usize(..2)];
        settings.calls_per_second = [NonZeroU32::new(2), None, None][random.usize(..3)];
        let harness = Harness::with(world);
        Self {
            seats: [
                Account::new(journals, &harness),
                Account::new(journals, &harness),
            ],
            harness,
            target,
            journals,
            random,
            actions: Vec::new(),
        }
    }

    /// Runs the walk. Returns every call with its outcome, and the violations.
    pub(crate) async fn go(mut self) -> (String, Vec<String>) {
        self.queue();
        for _ in 0..MOVES {
            self.go_on().await;
        }
        self.settle().await
    }

    async fn go_on(&mut self) {
        let account = self.random.usize(..self.seats.len());
        match self.random.u32(..32) {
            0..=3 => self.queue(),
            4..=6 => self.upset(),
            7..=12 => self.seats[account].start(&self.harness),
            13 => self.seats[account].kill().await,
            14 => self.seats[account].stop().await,
            15 => self.alarm(AlarmState::Alarm),
            16 => self.alarm(AlarmState::Ok),
            17 => {
                let roll_back = self.random.bool();
                self.harness
                    .world(|world| self.target.stop(world, roll_back));
            }
            18 => self.harness.world(|world| self.target.proceed(world)),
            19 => self.abandon(),
            20 => self.change_the_hook(),
            21 => self.change_the_tasks(),
            22 => self
                .harness
                .world(|world| self.target.deploy_elsewhere(world)),
            23 => self.outage().await,
            24 => self.refuse().await,
            _ => {
                let seconds = self.random.u64(1..150);
                self.harness.wait(Duration::from_secs(seconds)).await;
            }
        }
    }

    fn queue(&mut self) {
        if self.actions.len() < MOST_ACTIONS {
            let engine = self.target.engine();
            let order = match self.random.bool() {
                true => asked::order(engine, &mut self.random),
                false => asked::plain(engine),
            };
            self.actions.push(self.harness.queue(&order));
        }
    }

    fn upset(&mut self) {
        let (service, operation) = self.target.call(&mut self.random);
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
        let occurrence = Occurrence::Next(self.random.u64(1..6));
        self.arm(service, operation, occurrence, kind);
    }

    fn arm(&self, service: &str, operation: &str, occurrence: Occurrence, kind: Kind) {
        let fault = Fault {
            service: service.into(),
            operation: operation.into(),
            occurrence,
            kind,
        };
        self.harness
            .world(|world| world.faults.add(fault))
            .expect("a fault");
    }

    /// A service is unavailable for up to an hour, so the worker's time limit
    /// expires.
    async fn outage(&mut self) {
        let service = ["ecs", "codedeploy", "s3"][self.random.usize(..3)];
        self.arm(service, "*", Occurrence::Every, Kind::Unavailable);
        let minutes = self.random.u64(1..60);
        self.harness.wait(Duration::from_secs(minutes * 60)).await;
        self.harness.world(|world| world.faults.clear());
    }

    /// A permission is removed, or a deployment is not found.
    async fn refuse(&mut self) {
        let (service, operation, missing) = self.target.read(&mut self.random);
        if self.random.bool() {
            self.arm(service, operation, Occurrence::Next(2), Kind::Denied);
            return;
        }
        let kind = Kind::Error {
            status: 400,
            code: missing.into(),
            message: "No Deployment found".into(),
        };
        self.arm(service, operation, Occurrence::Every, kind);
        let seconds = self.random.u64(1..LONGEST_MISSING);
        self.harness.wait(Duration::from_secs(seconds)).await;
        self.harness.world(|world| world.faults.clear());
    }

    fn alarm(&self, state: AlarmState) {
        self.harness
            .world(|world| world.set_alarm("webapp-errors", state));
    }

    /// Someone abandons a pipeline execution that is in progress.
    fn abandon(&mut self) {
        let is_in_progress =
            |action: &&String| self.harness.status(action) == ActionStatus::InProgress;
        let open: Vec<&String> = self.actions.iter().filter(is_in_progress).collect();
        let Some(action) = self.random.choice(open) else {
            return;
        };
        self.harness.world(|world| {
            let view = world.codepipeline.view(action).expect("it was queued");
            let input = json!({
                "pipelineName": view.pipeline,
                "pipelineExecutionId": view.pipeline_execution_id,
                "abandon": true,
            });
            // Its execution may be stopping already.
            let _ = codepipeline::call(world, "StopPipelineExecution", &input);
        });
    }

    fn change_the_hook(&mut self) {
        let after = Duration::from_secs(self.random.u64(1..60));
        let succeeds = self.random.bool();
        self.harness
            .world(|world| self.target.set_hook(world, succeeds, after));
    }

    fn change_the_tasks(&mut self) {
        let fate = asked::fate(&mut self.random);
        self.harness
            .world(|world| self.target.set_tasks(world, fate));
    }

    /// Ends all disturbances and waits for everything to end.
    async fn settle(mut self) -> (String, Vec<String>) {
        self.alarm(AlarmState::Ok);
        self.harness.world(|world| world.faults.clear());
        for account in &mut self.seats {
            account.start(&self.harness);
        }
        let limit = self.harness.clock.now() + SETTLES;
        let all_over = |harness: &Harness| {
            let over = |action: &String| harness.status(action) != ActionStatus::InProgress;
            self.actions.iter().all(over)
        };
        let mut helped = self.harness.clock.now();
        while !all_over(&self.harness) && self.harness.clock.now() < limit {
            self.harness.wait(Duration::from_secs(30)).await;
            if self.target.engine() == Engine::Ecs && self.harness.clock.now() > helped + HELP {
                helped = self.harness.clock.now();
                self.harness.world(|world| self.target.stop(world, true));
            }
        }
        self.harness.wait(AFTERWARDS).await;
        for account in &mut self.seats {
            account.stop().await;
        }
        let mut complaints = self.harness.world(|world| judge::complaints(world));
        complaints.extend(self.harness.world(|world| closely::complaints(world)));
        complaints.extend(self.harness.world(|world| truth::untruths(world, LATE)));
        if self.journals == Journals::Fleet {
            complaints.extend(self.harness.world(|world| closely::collisions(world)));
        }
        complaints.extend(
            self.actions
                .iter()
                .filter_map(|action| self.unfounded(action)),
        );
        let unfinished = |account: &Account| account.unfinished(&self.harness) > 0;
        if self.seats.iter().any(unfinished) {
            complaints.push("a job is left in a journal".into());
        }
        (self.harness.world(|world| calls(world)), complaints)
    }
}

impl Walk {
    /// Checks a reported success against the deployment. A success reported
    /// before its end may have another result by now.
    fn unfounded(&self, action: &str) -> Option<String> {
        let view = self
            .harness
            .world(|world| world.codepipeline.view(action))?;
        let deployment = view.external_execution_id?;
        let is_early = view
            .configuration
            .get("Options")
            .is_some_and(|o| o.contains("TrafficShifted"));
        if view.status != ActionStatus::Succeeded || is_early {
            return None;
        }
        let founded = |world: &mut World| self.target.has_succeeded(world, &deployment);
        (!self.harness.world(founded)).then(|| format!("{action}: succeeded, but not {deployment}"))
    }
}

fn calls(world: &World) -> String {
    use std::fmt::Write as _;
    let mut calls = String::new();
    for entry in world.ledger.entries() {
        let (at, operation, outcome) = (entry.at, &entry.operation, &entry.outcome);
        // The SDK writes maps in random order, so only some members are shown.
        let said = [
            "jobId",
            "nonce",
            "continuationToken",
            "description",
            "taskDefinition",
        ]
        .map(|member| entry.input[member].as_str().unwrap_or_default());
        let why = &entry.input["failureDetails"]["message"];
        let why = why.as_str().unwrap_or_default();
        writeln!(calls, "{at} {operation} {said:?} {outcome:?} {why}").expect("text");
    }
    calls
}
