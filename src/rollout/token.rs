//! The rollout as a continuation token: versioned JSON, kept apart from the
//! types in use, because every token ever written must stay readable.
//!
//! **A version is frozen once it is released.** Its members are closed
//! (`deny_unknown_fields`), and so are its enum values: a worker that reads one
//! that it does not know would fail the release. So a new member or value takes
//! a new version. A worker that does not know the version leaves the job,
//! unacknowledged, to one that does. The tests compare each version's members
//! and values with a list.
//!
//! **The lowest version that can represent the rollout is written.** While
//! workers of two builds are running, the older ones leave only the jobs that
//! they could not have understood. Version 2 adds what was judged while a
//! release waits for its turn, and a stop because of failed tasks; other
//! rollouts are still written as version 1.
//!
//! **A token is not authenticated.** Anyone who may report a job's result can
//! write one. The revision or deployment that it names is compared with what
//! AWS shows before it is used (`registered`, `description`).

mod v1;
mod v2;

use serde::{Deserialize, Serialize};

use self::v1::V1;
use self::v2::V2;
use super::step::{Release, Rollout, Step};
use crate::job::token::{MAX_TOKEN, Token};

/// The newest version that this build writes.
const VERSION: u32 = 2;

/// Why a token cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// A newer worker wrote it; a newer worker should take the job.
    Newer { version: u32 },
    /// No version of this worker wrote it.
    Unreadable { detail: String },
}

/// Writes the token. If it would be too long, the warnings and then the image
/// URIs, which are only shown at the end, are left out.
#[must_use]
pub fn encode(rollout: &Rollout) -> Token {
    let text = write(rollout);
    if text.chars().count() <= MAX_TOKEN {
        return Token(text);
    }
    let mut rest = rollout.clone();
    while shed(&mut rest) {
        let text = write(&rest);
        if text.chars().count() <= MAX_TOKEN {
            return Token(text);
        }
    }
    Token(write(&rest))
}

/// Reads a token of any version up to the newest of this build.
///
/// # Errors
///
/// [`TokenProblem::Newer`] if a newer worker wrote it,
/// [`TokenProblem::Unreadable`] if no version of this worker did.
pub fn decode(text: &str) -> Result<Rollout, TokenProblem> {
    let unreadable = |error: serde_json::Error| TokenProblem::Unreadable {
        detail: error.to_string(),
    };
    let Envelope { v } = serde_json::from_str(text).map_err(unreadable)?;
    match v {
        1 => Ok(serde_json::from_str::<V1>(text).map_err(unreadable)?.into()),
        2 => Ok(serde_json::from_str::<V2>(text).map_err(unreadable)?.into()),
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

fn write(rollout: &Rollout) -> String {
    match V1::of(rollout) {
        Some(v1) => json(&v1),
        None => json(&V2::of(rollout)),
    }
}

fn json(token: &impl Serialize) -> String {
    serde_json::to_string(token).expect("plain strings and numbers serialise")
}

/// Drops the least needed warning or image; `false` if none is left.
fn shed(rollout: &mut Rollout) -> bool {
    let release: &mut Release = match &mut rollout.step {
        Step::Starting => return false,
        Step::Registered(release) => release,
        Step::Deploying(deploying) => &mut deploying.release,
        Step::RollingBack(rolling_back) => &mut rolling_back.deploying.release,
    };
    release.warnings.pop().is_some() || release.images.pop().is_some()
}
