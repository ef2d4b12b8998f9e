//! Version 2: like version 1, but with the digest of what was judged instead of
//! `in_order`, and with its own list of stop reasons.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::v1::{ReleaseV1, RollbackV1, step};
use crate::release::judged::Judged;
use crate::rollout::step::{Rollout, Step, StopReason, Stopping};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct V2 {
    v: u32,
    since: Timestamp,
    percent: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    troubled: Option<Timestamp>,
    /// The digest of what was judged first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    judged: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release: Option<ReleaseV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deployment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopping: Option<StoppingV2>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollback: Option<RollbackV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoppingV2 {
    at: Timestamp,
    why: StopReasonV2,
    roll_back: bool,
}

#[derive(Serialize, Deserialize)]
enum StopReasonV2 {
    TimedOut,
    Abandoned,
    TaskFailure,
}

/// What was judged, as long as it matters: until there is a deployment.
pub(super) fn judged(rollout: &Rollout) -> Option<&Judged> {
    match &rollout.step {
        Step::Starting | Step::Registered(_) => rollout.judged.as_ref(),
        Step::Deploying(_) | Step::RollingBack(_) => None,
    }
}

impl V2 {
    pub(super) fn of(rollout: &Rollout) -> Self {
        let (release, deploying, rolling_back) = rollout.step.parts();
        Self {
            v: 2,
            since: rollout.since,
            percent: rollout.percent,
            troubled: rollout.failing_since,
            judged: judged(rollout).map(|judged| judged.as_str().to_owned()),
            release: release.map(ReleaseV1::from),
            deployment: deploying.map(|d| d.deployment.as_str().to_owned()),
            stopping: deploying.and_then(|d| d.stopping).map(StoppingV2::from),
            rollback: rolling_back.map(RollbackV1::from),
        }
    }
}

impl From<V2> for Rollout {
    fn from(v2: V2) -> Self {
        let stopping = v2.stopping.map(Stopping::from);
        Self {
            since: v2.since,
            percent: v2.percent.min(100),
            failing_since: v2.troubled,
            judged: v2.judged.as_deref().and_then(Judged::parse),
            step: step(v2.release, v2.deployment, stopping, v2.rollback),
        }
    }
}

impl From<Stopping> for StoppingV2 {
    fn from(stopping: Stopping) -> Self {
        Self {
            at: stopping.at,
            why: match stopping.why {
                StopReason::TimedOut => StopReasonV2::TimedOut,
                StopReason::Abandoned => StopReasonV2::Abandoned,
                StopReason::TaskFailure => StopReasonV2::TaskFailure,
            },
            roll_back: stopping.roll_back,
        }
    }
}

impl From<StoppingV2> for Stopping {
    fn from(v2: StoppingV2) -> Self {
        Self {
            at: v2.at,
            why: match v2.why {
                StopReasonV2::TimedOut => StopReason::TimedOut,
                StopReasonV2::Abandoned => StopReason::Abandoned,
                StopReasonV2::TaskFailure => StopReason::TaskFailure,
            },
            roll_back: v2.roll_back,
        }
    }
}
