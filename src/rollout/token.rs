//! The rollout as a continuation token: JSON with a version, kept apart from
//! the types we work with because every token ever written must stay readable.

use std::ops::Not;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::step::{Deploying, Release, RollingBack, Rollout, Step, StopReason, Stopping};
use crate::job::token::{MAX_TOKEN, Token};
use crate::job::{DeploymentId, TaskDefinitionArn};

/// The version that this build writes.
const VERSION: u32 = 1;

/// Why a token says nothing to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// A newer worker wrote it; one such should take the job.
    Newer { version: u32 },
    /// No worker of ours wrote it.
    Unreadable { detail: String },
}

/// Writes the token. What only decorates the end of a rollout, warnings and
/// then image URIs, is left out where it would not fit.
#[must_use]
pub fn encode(rollout: &Rollout) -> Token {
    let mut v1 = V1::from(rollout);
    loop {
        let text = serde_json::to_string(&v1).expect("plain strings and numbers serialise");
        if text.chars().count() <= MAX_TOKEN || !v1.shed() {
            return Token(text);
        }
    }
}

/// Reads a token of any version up to ours.
///
/// # Errors
///
/// When a newer worker wrote it, or nobody that we know.
pub fn decode(text: &str) -> Result<Rollout, TokenProblem> {
    let unreadable = |error: serde_json::Error| TokenProblem::Unreadable {
        detail: error.to_string(),
    };
    let Envelope { v } = serde_json::from_str(text).map_err(unreadable)?;
    match v {
        1 => Ok(serde_json::from_str::<V1>(text).map_err(unreadable)?.into()),
        version if version > VERSION => Err(TokenProblem::Newer { version }),
        version => Err(TokenProblem::Unreadable {
            detail: format!("version {version} never existed"),
        }),
    }
}

#[derive(Deserialize)]
struct Envelope {
    v: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct V1 {
    v: u32,
    since: Timestamp,
    percent: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    troubled: Option<Timestamp>,
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
struct ReleaseV1 {
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
struct RollbackV1 {
    deployment: String,
    since: Timestamp,
}

impl V1 {
    /// Drops the least needed thing that is left; `false` when nothing is.
    fn shed(&mut self) -> bool {
        let Some(release) = &mut self.release else {
            return false;
        };
        release.warnings.pop().is_some() || release.images.pop().is_some()
    }
}

impl From<&Rollout> for V1 {
    fn from(rollout: &Rollout) -> Self {
        let (release, deploying, rolling_back) = match &rollout.step {
            Step::Starting => (None, None, None),
            Step::Registered(release) => (Some(release), None, None),
            Step::Deploying(d) => (Some(&d.release), Some(d), None),
            Step::RollingBack(r) => (Some(&r.deploying.release), Some(&r.deploying), Some(r)),
        };
        Self {
            v: VERSION,
            since: rollout.since,
            percent: rollout.percent,
            troubled: rollout.troubled_since,
            in_order: rollout.in_order,
            release: release.map(|release| ReleaseV1 {
                task_definition: release.task_definition.to_string(),
                images: release.images.clone(),
                warnings: release.warnings.clone(),
            }),
            deployment: deploying.map(|d| d.deployment.to_string()),
            stopping: deploying.and_then(|d| d.stopping).map(StoppingV1::from),
            rollback: rolling_back.map(|r| RollbackV1 {
                deployment: r.rollback.to_string(),
                since: r.since,
            }),
        }
    }
}

impl From<V1> for Rollout {
    fn from(v1: V1) -> Self {
        let release = v1.release.map(|release| Release {
            task_definition: TaskDefinitionArn::new(release.task_definition),
            images: release.images,
            warnings: release.warnings,
        });
        let stopping = v1.stopping.map(Stopping::from);
        let deploying = |release, deployment: String| Deploying {
            release,
            deployment: DeploymentId::new(deployment),
            stopping,
        };
        let step = match (release, v1.deployment, v1.rollback) {
            (None, _, _) => Step::Starting,
            (Some(release), None, _) => Step::Registered(release),
            (Some(release), Some(id), None) => Step::Deploying(deploying(release, id)),
            (Some(release), Some(id), Some(rollback)) => Step::RollingBack(RollingBack {
                deploying: deploying(release, id),
                rollback: DeploymentId::new(rollback.deployment),
                since: rollback.since,
            }),
        };
        Self {
            since: v1.since,
            percent: v1.percent.min(100),
            troubled_since: v1.troubled,
            in_order: v1.in_order,
            step,
        }
    }
}

impl From<Stopping> for StoppingV1 {
    fn from(stopping: Stopping) -> Self {
        Self {
            at: stopping.at,
            why: match stopping.why {
                StopReason::TimedOut => StopReasonV1::TimedOut,
                StopReason::Abandoned => StopReasonV1::Abandoned,
            },
            roll_back: stopping.roll_back,
        }
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
