//! How a deployment ended without success, and which version has the production
//! traffic then.

use super::seen::{
    DeploymentError, DeploymentSeen, DeploymentStatus, LifecycleEvent, MANUAL_STOP, TargetSeen,
    TargetStatus,
};
use super::shift::Shift;
use super::stage::Stage;
use super::step::{StopReason, Stopping};
use crate::job::Engine;

/// How it ended: by itself, or because it was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It could not be completed.
    Failed,
    /// An alarm stopped it.
    ByAlarm,
    /// A person or another program stopped it.
    ByHand,
    /// The worker stopped it.
    ByUs(StopReason),
    /// The worker requested a stop, but it continues.
    NotStopped(StopReason),
    /// A newer deployment took its place.
    Superseded,
    /// It was stopped, by whom is unknown.
    Stopped,
}

impl Ending {
    /// Determines the ending. A deployment that was to be stopped may have
    /// failed before.
    #[must_use]
    pub fn of(seen: &DeploymentSeen, stopping: Option<Stopping>) -> Self {
        let code = seen.error.as_ref().map(|error| error.code.as_str());
        let asked = stopping.map(|stopping| stopping.why);
        let ended = seen.status.is_final() || seen.status == DeploymentStatus::RollingBack;
        let is_alarm = seen.error.as_ref().is_some_and(DeploymentError::is_alarm);
        if ended && is_alarm {
            return Self::ByAlarm;
        }
        if ended && seen.superseded_by.is_some() {
            return Self::Superseded;
        }
        match (&seen.status, code, asked) {
            (
                DeploymentStatus::RollingBack
                | DeploymentStatus::RolledBack
                | DeploymentStatus::RollbackFailed
                | DeploymentStatus::Stopped,
                _,
                Some(why),
            ) => Self::ByUs(why),
            (
                DeploymentStatus::RollingBack
                | DeploymentStatus::RolledBack
                | DeploymentStatus::RollbackFailed
                | DeploymentStatus::Stopped,
                Some(MANUAL_STOP),
                None,
            ) => Self::ByHand,
            (DeploymentStatus::Stopped, _, None) => Self::Stopped,
            (
                DeploymentStatus::Created
                | DeploymentStatus::Queued
                | DeploymentStatus::InProgress
                | DeploymentStatus::Baking
                | DeploymentStatus::Ready
                | DeploymentStatus::Unrecognised(_),
                _,
                Some(why),
            ) => Self::NotStopped(why),
            (
                DeploymentStatus::Failed
                | DeploymentStatus::Created
                | DeploymentStatus::Queued
                | DeploymentStatus::InProgress
                | DeploymentStatus::Baking
                | DeploymentStatus::Ready
                | DeploymentStatus::Succeeded
                | DeploymentStatus::RollingBack
                | DeploymentStatus::RolledBack
                | DeploymentStatus::RollbackFailed
                | DeploymentStatus::Unrecognised(_),
                _,
                _,
            ) => Self::Failed,
        }
    }
}

/// Which version has the production traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Production {
    /// The old version has all of it: `AllowTraffic` did not begin.
    NeverMoved,
    /// The new version has this share, above 0 and up to 100 per cent.
    Moved(f64),
    /// `AllowTraffic` began, and the old version has all of it again.
    OnOld,
    /// The old version has all of it. Whether any had moved cannot be seen.
    Old,
    /// It was not observed.
    Unknown,
}

impl Production {
    /// ECS shows only the stage that a deployment has reached. With several
    /// steps, it comes back to earlier stages; and what it shows before a step
    /// is not documented.
    fn of_service(ended: &DeploymentSeen, target: &TargetSeen) -> Self {
        let shows_shares = ended.green().is_none_or(|new| new.traffic_weight.is_some());
        let stage = target.events.first().map(LifecycleEvent::stage);
        match (stage, ended.shift) {
            (_, None) | (None | Some(Stage::Other), _) => Self::Unknown,
            // Without shares nothing tells that any traffic came or went.
            (Some(stage), _) if stage >= Stage::Shift && !shows_shares => Self::Unknown,
            (Some(stage), _) if stage > Stage::Shift => Self::OnOld,
            // It may be shown before the shift, too.
            (Some(Stage::Shift), _) => Self::Old,
            (Some(stage), Some(Shift::Linear { .. } | Shift::Canary { .. }))
                if stage > Stage::TestTraffic =>
            {
                Self::Unknown
            }
            (Some(_), Some(_)) => Self::NeverMoved,
        }
    }

    /// From the ended deployment, or from its rollback, which is more recent,
    /// if that shows the same task set.
    #[must_use]
    pub fn of(ended: &DeploymentSeen, rollback: Option<&DeploymentSeen>) -> Self {
        let Some(target) = &ended.target else {
            return Self::Unknown;
        };
        let new = ended.green();
        let undone = rollback.and_then(|rollback| rollback.target.as_ref());
        let in_rollback = undone.and_then(|target| {
            let same = |id: &str| new.is_some_and(|new| new.id == id);
            target.task_sets.iter().find(|set| same(&set.id))
        });
        let is_back = undone.is_some_and(|target| target.status == TargetStatus::Succeeded);
        let share = match in_rollback {
            Some(set) => set.traffic_weight,
            None if is_back => None,
            None => new.and_then(|set| set.traffic_weight),
        };
        if let Some(share) = share.filter(|share| *share > 0.0) {
            Self::Moved(share)
        } else if ended.deploys_to.engine() == Engine::Ecs {
            Self::of_service(ended, target)
        } else if target.traffic_has_begun_to_move() {
            Self::OnOld
        } else {
            Self::NeverMoved
        }
    }
}
