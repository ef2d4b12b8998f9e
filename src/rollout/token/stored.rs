//! The stored form of a rollout, in versions 1 and 2. Version 2 has the digest of
//! what was judged instead of `in_order`, and one more stop reason.

use std::ops::Not;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{TokenProblem, Unknown, all_known, newer_member};
use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::release::judgement_digest::JudgementDigest;
use crate::rollout::step::{
    Deploying, Release, RollingBack, Rollout, Step, StopMode, StopReason, Stopping, Warnings,
};

#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    v: u32,
    since: Timestamp,
    percent: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    troubled: Option<Timestamp>,
    /// Only in version 1: whether the release was found in order, but not what
    /// had been checked. It is ignored: the release is judged again.
    #[serde(default, skip_serializing_if = "Not::not")]
    in_order: bool,
    /// Only in version 2: the digest of what was judged first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    judged: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release: Option<StoredRelease>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deployment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopping: Option<StoredStopping>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollback: Option<StoredRollback>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Serialize, Deserialize)]
struct StoredRelease {
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
struct StoredStopping {
    at: Timestamp,
    why: String,
    roll_back: bool,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Serialize, Deserialize)]
struct StoredRollback {
    deployment: String,
    since: Timestamp,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Stored {
    /// The rollout in the lowest version that can represent it.
    pub(super) fn of(rollout: &Rollout) -> Self {
        let (release, deploying, rolling_back) = rollout.step.parts();
        let stopping = deploying.and_then(|deploying| deploying.stopping);
        let is_newer = |stopping: Stopping| stopping.why == StopReason::TaskFailure;
        // What was judged matters until there is a deployment.
        let judged = rollout.judged.as_ref().filter(|_| deploying.is_none());
        Self {
            v: match judged.is_some() || stopping.is_some_and(is_newer) {
                true => 2,
                false => 1,
            },
            since: rollout.since,
            percent: rollout.percent,
            troubled: rollout.failing_since,
            in_order: false,
            judged: judged.map(|judged| judged.as_str().to_owned()),
            release: release.map(StoredRelease::from),
            deployment: deploying.map(|d| d.deployment.as_str().to_owned()),
            stopping: stopping.map(StoredStopping::from),
            rollback: rolling_back.map(StoredRollback::from),
            unknown: Unknown::new(),
        }
    }

    /// The rollout, if every part of the token is known.
    pub(super) fn read(self) -> Result<Rollout, TokenProblem> {
        all_known([&self.unknown])?;
        if self.v == 1 && self.judged.is_some() {
            return Err(newer_member("judged"));
        }
        if self.v == 2 && self.in_order {
            return Err(newer_member("in_order"));
        }
        Ok(Rollout {
            since: self.since,
            percent: self.percent.min(100),
            failing_since: self.troubled,
            judged: self.judged.as_deref().and_then(JudgementDigest::parse),
            step: step(self.release, self.deployment, self.stopping, self.rollback)?,
        })
    }
}

/// The step that these members represent.
fn step(
    release: Option<StoredRelease>,
    deployment: Option<String>,
    stopping: Option<StoredStopping>,
    rollback: Option<StoredRollback>,
) -> Result<Step, TokenProblem> {
    all_known(release.iter().map(|release| &release.unknown))?;
    all_known(rollback.iter().map(|rollback| &rollback.unknown))?;
    let stopping = stopping.map(StoredStopping::read).transpose()?;
    let deploying = |release: StoredRelease, deployment| Deploying {
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

impl From<&Release> for StoredRelease {
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

impl From<StoredRelease> for Release {
    fn from(v1: StoredRelease) -> Self {
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

impl From<&RollingBack> for StoredRollback {
    fn from(rolling_back: &RollingBack) -> Self {
        Self {
            deployment: rolling_back.rollback.as_str().to_owned(),
            since: rolling_back.since,
            unknown: Unknown::new(),
        }
    }
}

impl From<Stopping> for StoredStopping {
    fn from(stopping: Stopping) -> Self {
        let why = match stopping.why {
            StopReason::TimedOut => "TimedOut",
            StopReason::Abandoned => "Abandoned",
            StopReason::TaskFailure => "TaskFailure",
        };
        Self {
            at: stopping.at,
            why: why.to_owned(),
            roll_back: stopping.mode == StopMode::Rollback,
            unknown: Unknown::new(),
        }
    }
}

impl StoredStopping {
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
            mode: match self.roll_back {
                true => StopMode::Rollback,
                false => StopMode::Stop,
            },
        })
    }
}
