//! The progress of a deployment, determined from what was observed of it.

use std::time::Duration;

use jiff::Timestamp;

use super::ending::{Ending, Production};
use super::new_tasks::HeldUp;
use super::seen::{
    AwaitedHook, DeploymentSeen, DeploymentStatus, EventStatus, Label, LifecycleEvent, TargetSeen,
    TargetStatus, TaskSetSeen,
};
use super::stage::Stage;
use super::step::StopReason;
use crate::job::options::ContinueWhenReady;
use crate::job::{DeploymentId, Engine};

/// The lowest percentage of a deployment whose production traffic is all on the
/// new tasks. A rollout that is stopped or rolled back has a higher percentage
/// without that.
pub const SHIFTED_PERCENT: u8 = 89;

/// The progress that the pipeline shows while the rollout continues.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Nothing has been done yet; the next job starts over.
    NotStarted,
    /// Calls to AWS are failing at the moment.
    WaitingForAws { call: &'static str, code: String },
    /// Another deployment uses the deployment group.
    WaitingForGroup { holder: DeploymentId },
    /// A deployment that may be the release's own is not shown yet.
    WaitingToSee { deployment: DeploymentId },
    /// The group is free, but an older pipeline execution goes first.
    WaitingForOlder { execution: String },
    /// The task definition is registered, but its deployment not yet created.
    Registered,
    /// The deployment has been created.
    Created { deployment: DeploymentId },
    /// The deployment is in progress.
    Underway(Box<Underway>),
    /// The worker has requested a stop, but the deployment has not stopped yet.
    Stopping {
        deployment: DeploymentId,
        why: StopReason,
    },
    /// The deployment has failed or was stopped. What happens to it next, or why it
    /// ended, is still to come.
    Ended(Ended),
}

/// A deployment that has ended without success.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub deployment: DeploymentId,
    /// How it ended.
    pub ending: Ending,
    /// What CodeDeploy or ECS says about its end.
    pub text: Option<String>,
    /// The deployment that rolls it back, once it has appeared, and since when.
    pub rollback: Option<(DeploymentId, Option<Timestamp>)>,
    /// Which version has the production traffic now.
    pub production: Production,
}

/// A deployment in progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Underway {
    pub deployment: DeploymentId,
    pub phase: Phase,
    /// Production traffic on the new task set, in per cent, if that is shown.
    pub traffic: Option<f64>,
    /// The time until the next traffic shift, if known.
    pub next_step: Option<Duration>,
    /// Running and desired tasks of the new task set, once it exists.
    pub tasks: Option<(u32, u32)>,
    /// Why fewer tasks run than are desired, if known.
    pub held_up: Option<HeldUp>,
    /// Whether it was ready and waiting, and a person continued it.
    pub continued_by_hand: bool,
}

/// What the deployment is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not started.
    Queued,
    /// A lifecycle event is running or is the next to run.
    Event { name: String },
    /// Waits to be continued, until CodeDeploy stops it or the hook's time is
    /// over.
    Ready {
        until: Option<Timestamp>,
        hook: Option<AwaitedHook>,
    },
    /// All traffic has moved; ECS runs old and new tasks for a while.
    Baking { until: Option<Timestamp> },
    /// All traffic has moved; the old tasks wait to be stopped.
    Terminating { until: Option<Timestamp> },
    /// All traffic has moved; the old tasks are being stopped or are gone.
    Removing,
    /// Everything is done, but the final status is missing.
    Finishing,
}

impl Progress {
    /// The progress in per cent, 0–100. The numbers are ours: they show how far
    /// the rollout is, not how long it takes.
    #[must_use]
    pub fn percent(&self) -> u8 {
        match self {
            Self::NotStarted
            | Self::WaitingForAws { .. }
            | Self::WaitingForGroup { .. }
            | Self::WaitingToSee { .. }
            | Self::WaitingForOlder { .. } => 0,
            Self::Registered => 5,
            Self::Created { .. } => 10,
            Self::Underway(underway) => underway.percent(),
            Self::Stopping { .. } | Self::Ended(_) => 95,
        }
    }

    /// Whether all production traffic is on the new tasks of a deployment that
    /// goes well.
    #[must_use]
    pub fn traffic_has_shifted(&self) -> bool {
        match self {
            Self::Underway(underway) => underway.percent() >= SHIFTED_PERCENT,
            Self::NotStarted
            | Self::WaitingForAws { .. }
            | Self::WaitingForGroup { .. }
            | Self::WaitingToSee { .. }
            | Self::WaitingForOlder { .. }
            | Self::Registered
            | Self::Created { .. }
            | Self::Stopping { .. }
            | Self::Ended(_) => false,
        }
    }

    /// Whether the rollout waits for another release to end, which may take
    /// hours.
    #[must_use]
    pub fn is_for_others(&self) -> bool {
        match self {
            Self::WaitingForGroup { .. } | Self::WaitingForOlder { .. } => true,
            Self::NotStarted
            | Self::WaitingForAws { .. }
            | Self::WaitingToSee { .. }
            | Self::Registered
            | Self::Created { .. }
            | Self::Underway(_)
            | Self::Stopping { .. }
            | Self::Ended(_) => false,
        }
    }
}

impl Underway {
    /// Determines the progress from `seen`. If a deployment waits when it is
    /// ready, its traffic moves only after `ContinueDeployment`; if the worker
    /// does not call it, a person did.
    #[must_use]
    pub fn of(seen: &DeploymentSeen, option: ContinueWhenReady, now: Timestamp) -> Self {
        let green = seen.green();
        let target = seen.target.as_ref();
        Self {
            held_up: None,
            continued_by_hand: option == ContinueWhenReady::Never
                && seen.ready_wait.is_some()
                && target.is_some_and(TargetSeen::traffic_has_begun_to_move),
            deployment: seen.id.clone(),
            phase: phase(seen),
            traffic: traffic(seen),
            next_step: next_step(seen, now),
            tasks: green.map(|set| (set.running, set.desired)),
        }
    }

    fn percent(&self) -> u8 {
        match &self.phase {
            Phase::Queued => 10,
            Phase::Event { name } => match Stage::named(name) {
                Stage::BeforeNewTasks => 12,
                Stage::NewTasks => 15 + share(25.0, self.healthy()),
                Stage::AfterNewTasks => 40,
                Stage::TestTraffic => 43,
                Stage::AfterTestTraffic => 45,
                // ECS comes back to it before each step.
                Stage::BeforeShift => 48 + share(38.0, self.shifted()),
                Stage::Shift => 50 + share(38.0, self.shifted()),
                Stage::AfterShift => SHIFTED_PERCENT,
                Stage::Bake => 92,
                Stage::CleanUp => 96,
                Stage::Other => 10,
            },
            Phase::Ready { .. } => 48 + share(38.0, self.shifted()),
            Phase::Baking { .. } | Phase::Terminating { .. } => 92,
            Phase::Removing => 96,
            Phase::Finishing => 98,
        }
    }

    /// The fraction of production traffic on the new tasks.
    fn shifted(&self) -> f64 {
        self.traffic.unwrap_or(0.0) / 100.0
    }

    /// The fraction of new tasks that run.
    fn healthy(&self) -> f64 {
        match self.tasks {
            Some((running, desired)) if desired > 0 => f64::from(running) / f64::from(desired),
            Some(_) | None => 0.0,
        }
    }
}

/// Production traffic on the new task set, in per cent.
fn traffic(seen: &DeploymentSeen) -> Option<f64> {
    seen.green().and_then(|set| set.traffic_weight)
}

/// The new tasks are starting.
pub(super) struct Installing {
    pub(super) since: Option<Timestamp>,
}

/// Whether the deployment is starting its new tasks, and since when.
pub(super) fn installing(seen: &DeploymentSeen) -> Option<Installing> {
    let target = seen.target.as_ref()?;
    let event = current(&target.events).filter(|event| event.stage() == Stage::NewTasks)?;
    let Phase::Event { .. } = phase(seen) else {
        return None;
    };
    Some(Installing {
        since: event.started,
    })
}

/// Whether the deployment is starting its new tasks.
#[must_use]
pub fn installs(seen: &DeploymentSeen) -> bool {
    installing(seen).is_some()
}

/// Whether there are old tasks that are not being stopped yet.
fn old_tasks_remain(target: &TargetSeen) -> bool {
    let old = |set: &TaskSetSeen| set.label == Label::Blue && set.status != "DRAINING";
    target.task_sets.is_empty() || target.task_sets.iter().any(old)
}

fn phase(seen: &DeploymentSeen) -> Phase {
    match seen.status {
        DeploymentStatus::Created | DeploymentStatus::Queued => return Phase::Queued,
        DeploymentStatus::Ready => {
            let until = seen.awaited.as_ref().and_then(|hook| hook.until);
            return Phase::Ready {
                until: until.or_else(|| after_last_event(seen, seen.ready_wait)),
                hook: seen.awaited.clone(),
            };
        }
        DeploymentStatus::Succeeded
        | DeploymentStatus::Failed
        | DeploymentStatus::Stopped
        | DeploymentStatus::RollingBack
        | DeploymentStatus::RolledBack
        | DeploymentStatus::RollbackFailed => {
            return Phase::Finishing;
        }
        DeploymentStatus::InProgress
        | DeploymentStatus::Baking
        | DeploymentStatus::Unrecognised(_) => {}
    }
    let Some(target) = &seen.target else {
        return Phase::Queued;
    };
    if seen.deploys_to.engine() == Engine::Ecs {
        return lifecycle_stage(seen, target);
    }
    if target.status == TargetStatus::Succeeded && !old_tasks_remain(target) {
        return Phase::Removing;
    }
    if target.status == TargetStatus::Succeeded {
        return Phase::Terminating {
            until: after_last_event(seen, seen.termination_wait),
        };
    }
    match current(&target.events) {
        Some(event) => Phase::Event {
            name: event.name.clone(),
        },
        None => Phase::Finishing,
    }
}

/// ECS names the stage itself, also after the traffic has moved.
fn lifecycle_stage(seen: &DeploymentSeen, target: &TargetSeen) -> Phase {
    match current(&target.events) {
        Some(event) if event.stage() == Stage::Bake => {
            let ends = |started: Timestamp| started.checked_add(seen.termination_wait?).ok();
            Phase::Baking {
                until: event.started.and_then(ends),
            }
        }
        Some(event) => Phase::Event {
            name: event.name.clone(),
        },
        None => Phase::Event {
            name: seen.status.word().to_owned(),
        },
    }
}

/// The event that is running, or the next one between two events.
fn current(events: &[LifecycleEvent]) -> Option<&LifecycleEvent> {
    let with = |wanted: EventStatus| events.iter().find(move |event| event.status == wanted);
    with(EventStatus::InProgress).or_else(|| with(EventStatus::Pending))
}

/// A wait begins when the last event has ended.
fn after_last_event(seen: &DeploymentSeen, wait: Option<Duration>) -> Option<Timestamp> {
    let events = &seen.target.as_ref()?.events;
    let ended = events.iter().filter_map(|event| event.ended).max()?;
    ended.checked_add(wait?).ok()
}

/// The time until the next traffic shift. The first happens when the event
/// begins.
fn next_step(seen: &DeploymentSeen, now: Timestamp) -> Option<Duration> {
    if traffic(seen).is_some_and(|share| share >= 100.0) {
        return None;
    }
    let events = &seen.target.as_ref()?.events;
    let shifting = current(events).filter(|event| event.stage() == Stage::Shift)?;
    let elapsed = Duration::try_from(now - shifting.started?).ok()?;
    seen.shift?.next_step(elapsed)
}

/// `part` of `whole` per cent, for a part between 0 and 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=100 first"
)]
fn share(whole: f64, part: f64) -> u8 {
    (whole * part.clamp(0.0, 1.0)).clamp(0.0, 100.0) as u8
}
