//! How a deployment ended other than well, and which version has the
//! production traffic then.

use super::seen::{DeploymentSeen, DeploymentStatus, TargetStatus};
use super::step::{StopReason, Stopping};
use crate::rollout::new_tasks::green;

/// How it ended: by itself, or because somebody wanted it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// CodeDeploy could not carry it out.
    Failed,
    /// An alarm of the deployment group stopped it.
    ByAlarm,
    /// Somebody else stopped it.
    ByHand,
    /// We stopped it.
    ByUs(StopReason),
    /// We asked for a stop, and it goes on.
    NotStopped(StopReason),
    /// It was stopped; nothing says by whom.
    Stopped,
}

impl Ending {
    /// Reads it. A deployment that was to be stopped may have failed before.
    #[must_use]
    pub fn of(seen: &DeploymentSeen, stopping: Option<Stopping>) -> Self {
        let code = seen.error.as_ref().map(|error| error.code.as_str());
        let asked = stopping.map(|stopping| stopping.why);
        match (&seen.status, code, asked) {
            (DeploymentStatus::Failed | DeploymentStatus::Stopped, Some("ALARM_ACTIVE"), _) => {
                Self::ByAlarm
            }
            (DeploymentStatus::Stopped, _, Some(why)) => Self::ByUs(why),
            (DeploymentStatus::Stopped, Some("MANUAL_STOP"), None) => Self::ByHand,
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
    /// It never left the old version: `AllowTraffic` did not begin.
    NeverMoved,
    /// The new version has this share, 0–100 and more than 0.
    Moved(f64),
    /// `AllowTraffic` began, and the old version has all of it.
    OnOld,
    /// It was not seen.
    Unknown,
}

impl Production {
    /// What the deployment that ended shows, and the rollback where there is
    /// one: that knows better, if it names the same task set.
    #[must_use]
    pub fn of(ended: &DeploymentSeen, rollback: Option<&DeploymentSeen>) -> Self {
        let Some(target) = &ended.target else {
            return Self::Unknown;
        };
        let new = green(ended);
        let undone = rollback.and_then(|rollback| rollback.target.as_ref());
        let in_rollback = undone.and_then(|target| {
            let same = |id: &str| new.is_some_and(|new| new.id == id);
            target.task_sets.iter().find(|set| same(&set.id))
        });
        let is_back = undone.is_some_and(|target| target.status == TargetStatus::Succeeded);
        let share = match in_rollback {
            Some(set) => set.traffic_weight,
            None if is_back => 0.0,
            None => new.map_or(0.0, |set| set.traffic_weight),
        };
        if share > 0.0 {
            Self::Moved(share)
        } else if target.traffic_has_begun_to_move() {
            Self::OnOld
        } else {
            Self::NeverMoved
        }
    }
}
