//! Version 1. Frozen: no member may be added, renamed or removed.

use std::ops::Not;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::rollout::step::{Deploying, Release, RollingBack, Rollout, Step, StopReason, Stopping};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct V1 {
    v: u32,
    since: Timestamp,
    percent: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    troubled: Option<Timestamp>,
    /// Whether the release was found in order, without what it was. It is
    /// ignored: the release is judged again.
    #[serde(default, skip_serializing_if = "Not::not")]
    in_order: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release: Option<ReleaseV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deployment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopping: Option<StoppingV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollback: Option<RollbackV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseV1 {
    task_definition: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    images: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoppingV1 {
    at: Timestamp,
    why: StopReasonV1,
    roll_back: bool,
}

#[derive(Serialize, Deserialize)]
enum StopReasonV1 {
    TimedOut,
    Abandoned,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RollbackV1 {
    pub(super) deployment: String,
    pub(super) since: Timestamp,
}

impl V1 {
    /// The rollout in this version; `None` if the version cannot represent it.
    pub(super) fn of(rollout: &Rollout) -> Option<Self> {
        if super::v2::judged(rollout).is_some() {
            return None;
        }
        let (release, deploying, rolling_back) = rollout.step.parts();
        let stopping = match deploying.and_then(|deploying| deploying.stopping) {
            Some(stopping) => Some(StoppingV1::of(stopping)?),
            None => None,
        };
        Some(Self {
            v: 1,
            since: rollout.since,
            percent: rollout.percent,
            troubled: rollout.failing_since,
            in_order: false,
            release: release.map(ReleaseV1::from),
            deployment: deploying.map(|d| d.deployment.as_str().to_owned()),
            stopping,
            rollback: rolling_back.map(RollbackV1::from),
        })
    }
}

impl From<V1> for Rollout {
    fn from(v1: V1) -> Self {
        let stopping = v1.stopping.map(Stopping::from);
        Self {
            since: v1.since,
            percent: v1.percent.min(100),
            failing_since: v1.troubled,
            judged: None,
            step: step(v1.release, v1.deployment, stopping, v1.rollback),
        }
    }
}

/// The step that these members represent.
pub(super) fn step(
    release: Option<ReleaseV1>,
    deployment: Option<String>,
    stopping: Option<Stopping>,
    rollback: Option<RollbackV1>,
) -> Step {
    let deploying = |release: ReleaseV1, deployment| Deploying {
        release: release.into(),
        deployment: DeploymentId::new(deployment),
        stopping,
    };
    match (release, deployment, rollback) {
        (None, _, _) => Step::Starting,
        (Some(release), None, _) => Step::Registered(release.into()),
        (Some(release), Some(id), None) => Step::Deploying(deploying(release, id)),
        (Some(release), Some(id), Some(rollback)) => Step::RollingBack(RollingBack {
            deploying: deploying(release, id),
            rollback: DeploymentId::new(rollback.deployment),
            since: rollback.since,
        }),
    }
}

impl From<&Release> for ReleaseV1 {
    fn from(release: &Release) -> Self {
        Self {
            task_definition: release.task_definition.to_string(),
            images: release.images.clone(),
            warnings: release.warnings.clone(),
        }
    }
}

impl From<ReleaseV1> for Release {
    fn from(v1: ReleaseV1) -> Self {
        Self {
            task_definition: TaskDefinitionArn::new(v1.task_definition),
            images: v1.images,
            warnings: v1.warnings,
        }
    }
}

impl From<&RollingBack> for RollbackV1 {
    fn from(rolling_back: &RollingBack) -> Self {
        Self {
            deployment: rolling_back.rollback.as_str().to_owned(),
            since: rolling_back.since,
        }
    }
}

impl StoppingV1 {
    /// `None` for a reason that this version does not have.
    fn of(stopping: Stopping) -> Option<Self> {
        let why = match stopping.why {
            StopReason::TimedOut => Some(StopReasonV1::TimedOut),
            StopReason::Abandoned => Some(StopReasonV1::Abandoned),
            StopReason::TaskFailure => None,
        };
        Some(Self {
            at: stopping.at,
            why: why?,
            roll_back: stopping.roll_back,
        })
    }
}

impl From<StoppingV1> for Stopping {
    fn from(v1: StoppingV1) -> Self {
        Self {
            at: v1.at,
            why: match v1.why {
                StopReasonV1::TimedOut => StopReason::TimedOut,
                StopReasonV1::Abandoned => StopReason::Abandoned,
            },
            roll_back: v1.roll_back,
        }
    }
}
