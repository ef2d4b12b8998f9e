//! Version 1.

use std::ops::Not;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{TokenProblem, Unknown, all_known};
use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::rollout::step::{
    Deploying, Release, RollingBack, Rollout, Step, StopReason, Stopping, Warnings,
};

#[derive(Serialize, Deserialize)]
pub(super) struct V1 {
    v: u32,
    since: Timestamp,
    percent: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    troubled: Option<Timestamp>,
    /// Whether the release was found in order, but not what had been checked. It
    /// is ignored: the release is judged again.
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
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReleaseV1 {
    task_definition: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    images: Vec<(String, String)>,
    /// The lines of the checks; in older tokens those of the policies too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    policies: Vec<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoppingV1 {
    at: Timestamp,
    why: String,
    roll_back: bool,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RollbackV1 {
    pub(super) deployment: String,
    pub(super) since: Timestamp,
    #[serde(flatten)]
    unknown: Unknown,
}

impl V1 {
    /// The rollout in this version; `None` if the version cannot represent it.
    pub(super) fn of(rollout: &Rollout) -> Option<Self> {
        let (release, deploying, rolling_back) = rollout.step.parts();
        let stopping = deploying.and_then(|deploying| deploying.stopping);
        let is_newer = |stopping: Stopping| stopping.why == StopReason::TaskFailure;
        if super::v2::judged(rollout).is_some() || stopping.is_some_and(is_newer) {
            return None;
        }
        Some(Self {
            v: 1,
            since: rollout.since,
            percent: rollout.percent,
            troubled: rollout.failing_since,
            in_order: false,
            release: release.map(ReleaseV1::from),
            deployment: deploying.map(|d| d.deployment.as_str().to_owned()),
            stopping: stopping.map(StoppingV1::from),
            rollback: rolling_back.map(RollbackV1::from),
            unknown: Unknown::new(),
        })
    }

    /// The rollout, if every part of the token is known.
    pub(super) fn read(self) -> Result<Rollout, TokenProblem> {
        all_known([&self.unknown])?;
        Ok(Rollout {
            since: self.since,
            percent: self.percent.min(100),
            failing_since: self.troubled,
            judged: None,
            step: step(self.release, self.deployment, self.stopping, self.rollback)?,
        })
    }
}

/// The step that these members represent.
pub(super) fn step(
    release: Option<ReleaseV1>,
    deployment: Option<String>,
    stopping: Option<StoppingV1>,
    rollback: Option<RollbackV1>,
) -> Result<Step, TokenProblem> {
    all_known(release.iter().map(|release| &release.unknown))?;
    all_known(rollback.iter().map(|rollback| &rollback.unknown))?;
    let stopping = stopping.map(StoppingV1::read).transpose()?;
    let deploying = |release: ReleaseV1, deployment| Deploying {
        release: release.into(),
        deployment: DeploymentId::new(deployment),
        stopping,
    };
    Ok(match (release, deployment, rollback) {
        (None, _, _) => Step::Starting,
        (Some(release), None, _) => Step::Registered(release.into()),
        (Some(release), Some(id), None) => Step::Deploying(deploying(release, id)),
        (Some(release), Some(id), Some(rollback)) => Step::RollingBack(RollingBack {
            deploying: deploying(release, id),
            rollback: DeploymentId::new(rollback.deployment),
            since: rollback.since,
        }),
    })
}

impl From<&Release> for ReleaseV1 {
    fn from(release: &Release) -> Self {
        Self {
            task_definition: release.task_definition.to_string(),
            images: release.images.clone(),
            warnings: release.warnings.checks.clone(),
            policies: release.warnings.policies.clone(),
            unknown: Unknown::new(),
        }
    }
}

impl From<ReleaseV1> for Release {
    fn from(v1: ReleaseV1) -> Self {
        Self {
            task_definition: TaskDefinitionArn::new(v1.task_definition),
            images: v1.images,
            warnings: Warnings {
                checks: v1.warnings,
                policies: v1.policies,
            },
        }
    }
}

impl From<&RollingBack> for RollbackV1 {
    fn from(rolling_back: &RollingBack) -> Self {
        Self {
            deployment: rolling_back.rollback.as_str().to_owned(),
            since: rolling_back.since,
            unknown: Unknown::new(),
        }
    }
}

impl From<Stopping> for StoppingV1 {
    fn from(stopping: Stopping) -> Self {
        let why = match stopping.why {
            StopReason::TimedOut => "TimedOut",
            StopReason::Abandoned => "Abandoned",
            StopReason::TaskFailure => "TaskFailure",
        };
        Self {
            at: stopping.at,
            why: why.to_owned(),
            roll_back: stopping.roll_back,
            unknown: Unknown::new(),
        }
    }
}

impl StoppingV1 {
    fn read(self) -> Result<Stopping, TokenProblem> {
        all_known([&self.unknown])?;
        let why = match self.why.as_str() {
            "TimedOut" => StopReason::TimedOut,
            "Abandoned" => StopReason::Abandoned,
            "TaskFailure" => StopReason::TaskFailure,
            other => {
                return Err(TokenProblem::Newer {
                    unknown: format!("stop reason `{other}`"),
                });
            }
        };
        Ok(Stopping {
            at: self.at,
            why,
            roll_back: self.roll_back,
        })
    }
}
