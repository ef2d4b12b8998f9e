//! One unfinished job as the journal stores it. It never contains credentials
//! or the content of an artifact.
//!
//! **Unknown members are ignored**, unlike a token's: CodePipeline never offers
//! an acknowledged job again, so an entry that no worker reads is a release that
//! nothing ends. A build may therefore add a member that older ones can do
//! without; they drop it when they write the entry. Every other change takes a
//! new version, which older workers leave to newer ones.

use jiff::Timestamp;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::job::duration::leaves_room;
use crate::job::offer::Job;
use crate::job::{DeploymentId, JobId, Nonce};
use crate::rollout::step::Stopping;

/// The version of entries and leases that this build writes.
pub(super) const VERSION: u32 = 1;

/// A job that was about to be claimed, or is claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(deserialize_with = "known_version")]
    v: u32,
    pub job: JobId,
    pub nonce: Nonce,
    pub account: String,
    /// For people who read the journal.
    pub pipeline: String,
    #[serde(deserialize_with = "plausible")]
    pub since: Timestamp,
    pub stage: ClaimStage,
    #[serde(
        default,
        deserialize_with = "if_known",
        skip_serializing_if = "Option::is_none"
    )]
    pub stop: Option<IntendedStop>,
}

/// A stop that was about to be requested. If the worker dies before it reports
/// the stop, the next one knows by this that the deployment was not stopped by
/// hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntendedStop {
    pub deployment: DeploymentId,
    #[serde(flatten)]
    pub stopping: Stopping,
}

/// How far the job's acknowledgement has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimStage {
    /// About to be acknowledged.
    Intended,
    /// Acknowledged: it will not be offered to another worker.
    Claimed,
}

impl Entry {
    /// The entry to write before the job is acknowledged.
    #[must_use]
    pub fn intended(job: &Job, now: Timestamp) -> Self {
        Self {
            v: VERSION,
            job: job.id.clone(),
            nonce: job.nonce.clone(),
            account: job.account.clone(),
            pipeline: job.data.pipeline.pipeline.clone(),
            since: now,
            stage: ClaimStage::Intended,
            stop: None,
        }
    }

    /// The same job after its acknowledgement.
    #[must_use]
    pub fn claimed(self) -> Self {
        Self {
            stage: ClaimStage::Claimed,
            ..self
        }
    }

    /// The same job before the worker requests a stop.
    #[must_use]
    pub fn stopping(self, stop: IntendedStop) -> Self {
        Self {
            stop: Some(stop),
            ..self
        }
    }
}

/// Reads the version. It is written first, so that a member behind it, which a
/// newer version may have changed, is not reported as broken.
pub(super) fn known_version<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        VERSION => Ok(VERSION),
        newer if newer > VERSION => Err(D::Error::custom(format_args!(
            "a newer worker wrote it, in version {newer}"
        ))),
        never => Err(D::Error::custom(format_args!(
            "version {never} never existed"
        ))),
    }
}

/// Reads what this build can do without.
fn if_known<'de, D: Deserializer<'de>>(from: D) -> Result<Option<IntendedStop>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

fn plausible<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let moment = Timestamp::deserialize(from)?;
    match leaves_room(moment) {
        true => Ok(moment),
        false => Err(D::Error::custom(format_args!("no worker ran at {moment}"))),
    }
}
