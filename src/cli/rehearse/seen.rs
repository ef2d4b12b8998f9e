//! Snapshots of a rehearsal. They are read from the simulated account itself
//! and not over HTTP, so that the call log has only the worker's calls.

use std::time::Duration;

use jiff::Timestamp;
use simulator::cloudwatch::AlarmState;
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::ecs::TaskSetGlance;
use simulator::ledger::Entry;
use simulator::routes::{Routes, routes};
use simulator::traffic::Shown;
use simulator::world::World;

use super::account::Account;
use super::schedule::Outlook;
use crate::job::Key;
use crate::messages::progress;
use crate::page::{HookShown, Version};

/// A snapshot of everything at one moment.
pub(super) struct Snapshot {
    pub(super) pipeline: ActionView,
    /// When a worker first acknowledged the job.
    pub(super) taken: Option<Timestamp>,
    /// When the task definition was registered.
    pub(super) registered: Option<Timestamp>,
    /// The deployments of the group or service, oldest first.
    pub(super) deployments: Vec<Deployment>,
    pub(super) task_sets: Vec<TaskSetGlance>,
    pub(super) routes: Routes,
    /// The alarms that are or were on, and since when they are in this state.
    pub(super) alarms: Vec<(String, bool, Timestamp)>,
    pub(super) now: Timestamp,
    /// What was done from outside, with its time.
    pub(super) notes: Vec<(Timestamp, String)>,
    /// The task definition that ran at the beginning.
    pub(super) blue: String,
    /// The first summary that says for what the release waits, and the first
    /// that names what keeps the new tasks from running.
    pub(super) reported: Vec<(Timestamp, String)>,
    pub(super) traffic: Option<Shown>,
    /// The API calls since an earlier snapshot, oldest first; empty unless
    /// requested.
    pub(super) calls: Vec<Entry>,
}

/// Who a deployment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The release's own.
    Release,
    /// A rollback of the release.
    Rollback,
    /// Another deployment of the group or service.
    Other,
}

/// A deployment of either engine.
pub(super) struct Deployment {
    pub(super) whose: Whose,
    /// As AWS's operations take it.
    pub(super) id: String,
    /// As AWS shows it.
    pub(super) status: String,
    /// The ARN of the task definition that it deploys, once it is known.
    pub(super) task_definition: Option<String>,
    pub(super) created: Timestamp,
    pub(super) completed: Option<Timestamp>,
    pub(super) error: Option<String>,
    /// The new tasks' share of the production traffic, in percent.
    pub(super) share: f64,
    /// Since when it waits to be continued.
    pub(super) waits_since: Option<Timestamp>,
    pub(super) outlook: Outlook,
    /// Its lifecycle events or stages, in order.
    pub(super) events: Vec<Event>,
    /// Its hooks so far, if AWS shows them.
    pub(super) hooks: Vec<HookShown>,
}

/// A lifecycle event or stage.
pub(super) struct Event {
    pub(super) name: String,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed` or `Skipped`.
    pub(super) status: String,
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    /// The message of a failed hook.
    pub(super) words: Option<String>,
    /// What has happened in it, oldest first.
    pub(super) notes: Vec<(Timestamp, String)>,
}

impl Event {
    /// An event that has not begun.
    pub(super) fn pending(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            status: "Pending".into(),
            started: None,
            ended: None,
            words: None,
            notes: Vec::new(),
        }
    }

    /// When it ended, unless it goes on again.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.started?;
        self.ended.filter(|_| self.status != "InProgress")
    }

    /// The note that the new tasks start.
    pub(super) fn starts_tasks(at: Timestamp) -> (Timestamp, String) {
        (at, "starts the new tasks".into())
    }

    /// The note that the new tasks have this percentage of the traffic.
    pub(super) fn shifts(percent: f64, at: Timestamp) -> (Timestamp, String) {
        (
            at,
            format!("{percent:>3} % of the traffic on the new tasks"),
        )
    }
}

impl Snapshot {
    /// Reads an action and the deployments of its target.
    pub(super) fn look(world: &mut World, action: &str, account: &dyn Account) -> Self {
        let (cluster, service) = account.service();
        let pipeline = world.codepipeline.view(action).expect("it was queued");
        let deployments = account.deployments(world, &Key::new(action));
        let alarms = world.cloudwatch.alarms();
        Self {
            pipeline,
            reported: [progress::says_what_goes_first, progress::says_what_delays]
                .into_iter()
                .filter_map(|says| reported(world, action, says))
                .collect(),
            taken: first(world, "codepipeline", "AcknowledgeJob"),
            registered: first(world, "ecs", "RegisterTaskDefinition"),
            deployments,
            task_sets: world.ecs.glance(cluster, service),
            routes: routes(world, cluster, service),
            alarms: alarms
                .map(|(name, state, since)| (name.to_owned(), state == AlarmState::Alarm, since))
                .collect(),
            now: world.now(),
            notes: Vec::new(),
            blue: String::new(),
            traffic: None,
            calls: Vec::new(),
        }
    }

    /// Adds the API calls after the number `already`.
    pub(super) fn look_at_calls(&mut self, world: &World, already: u64) {
        let latest = world.ledger.entries().rev();
        let new = latest.take_while(|entry| entry.sequence > already);
        self.calls = new.cloned().collect();
        self.calls.reverse();
    }

    /// The action's state in the pipeline, once the action and everything that
    /// it started have ended.
    pub(super) fn ended(&self) -> Option<&ActionView> {
        let is_over = |one: &Deployment| one.completed.is_some();
        let all_over = self.deployments.iter().all(is_over);
        let ended = self.pipeline.status != ActionStatus::InProgress;
        // An action may succeed while the old tasks still wait for termination.
        let waits = self.pipeline.status == ActionStatus::Abandoned && !all_over;
        (ended && !waits).then_some(&self.pipeline)
    }

    /// The release's own deployment.
    pub(super) fn deployment(&self) -> Option<&Deployment> {
        let mut deployments = self.deployments.iter();
        deployments.find(|one| one.whose == Whose::Release)
    }

    /// The share of production traffic on the new tasks, in percent.
    pub(super) fn traffic_share(&self) -> f64 {
        self.deployment().map_or(0.0, |one| one.share)
    }

    /// Green's weight at the production listener, in percent.
    pub(super) fn green_weight(&self) -> u32 {
        let sets = self.task_sets.iter();
        let green = sets.filter(|set| self.version_of(set) == Version::Green);
        green.map(|set| self.weight_of(set)).sum()
    }

    /// Blue for the version that ran at the beginning, green for any later one.
    pub(super) fn version_of(&self, set: &TaskSetGlance) -> Version {
        match set.task_definition == self.blue {
            true => Version::Blue,
            false => Version::Green,
        }
    }

    /// The weight of a task set at the production listener, in percent.
    pub(super) fn weight_of(&self, set: &TaskSetGlance) -> u32 {
        let mut routes = self.routes.production.iter();
        let own = routes.find(|(group, _)| *group == set.target_group && set.status != "DRAINING");
        own.map_or(0, |(_, share)| share.whole_percent())
    }

    /// How long the deployment has waited to be continued, if it waits.
    pub(super) fn waits_for(&self) -> Option<Duration> {
        let since = self.deployment()?.waits_since?;
        Some(Duration::try_from(self.now - since).unwrap_or_default())
    }

    /// The time since the action's start.
    pub(super) fn since_start(&self, at: Timestamp) -> Duration {
        Duration::try_from(at - self.pipeline.started).unwrap_or_default()
    }
}

/// When an operation first took effect.
fn first(world: &World, service: &str, operation: &str) -> Option<Timestamp> {
    let mut calls = world.ledger.calls(service, operation);
    calls.find(|call| call.took_effect).map(|call| call.at)
}

/// The first report whose summary says this.
fn reported(world: &World, action: &str, says: fn(&str) -> bool) -> Option<(Timestamp, String)> {
    let reports = &world.codepipeline.action(action)?.reports;
    let mut summaries = reports.iter().filter(|report| report.succeeded);
    summaries.find_map(|report| {
        let text = report.text.as_ref().filter(|text| says(text))?;
        Some((report.at, text.clone()))
    })
}
