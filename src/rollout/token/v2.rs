//! Version 2: like version 1, but with the digest of what was judged instead of
//! `in_order`, and with one more stop reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::v1::{ReleaseV1, RollbackV1, StoppingV1, step};
use super::{TokenProblem, Unknown, all_known};
use crate::release::judgement_digest::JudgementDigest;
use crate::rollout::step::{Rollout, Step};

#[derive(Serialize, Deserialize)]
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
    stopping: Option<StoppingV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollback: Option<RollbackV1>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// What was judged, as long as it matters: until there is a deployment.
pub(super) fn judged(rollout: &Rollout) -> Option<&JudgementDigest> {
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
            stopping: deploying.and_then(|d| d.stopping).map(StoppingV1::from),
            rollback: rolling_back.map(RollbackV1::from),
            unknown: Unknown::new(),
        }
    }

    /// The rollout, if every part of the token is known.
    pub(super) fn read(self) -> Result<Rollout, TokenProblem> {
        all_known([&self.unknown])?;
        Ok(Rollout {
            since: self.since,
            percent: self.percent.min(100),
            failing_since: self.troubled,
            judged: self.judged.as_deref().and_then(JudgementDigest::parse),
            step: step(self.release, self.deployment, self.stopping, self.rollback)?,
        })
    }
}
