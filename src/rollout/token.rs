//! The rollout as a continuation token: JSON with a version, kept apart from
//! the types we work with because every token ever written must stay readable.
//!
//! **A version is frozen once it is released.** Its members are closed
//! (`deny_unknown_fields`) and so are its words: a worker that meets one that
//! it does not know would fail the release. So a new member, or a new word, is
//! a new version; a worker that does not know the version leaves the job,
//! unacknowledged, for one that does. The tests hold each version's members
//! and words against a list.
//!
//! **The lowest version that can say everything is written.** While workers of
//! two builds are at work, the older ones then leave only what they could not
//! have understood. Version 2 says what was judged while a release waits for
//! its turn; a release that is being deployed is version 1 still.
//!
//! **A token is not authenticated.** Whoever may report a job's result can
//! write one. What it names, a revision or a deployment, is compared with what
//! AWS shows before anything comes of it (`registered`, `description`).

mod v1;
mod v2;

use serde::{Deserialize, Serialize};

use self::v1::V1;
use self::v2::V2;
use super::step::{Release, Rollout, Step};
use crate::job::token::{MAX_TOKEN, Token};

/// The newest version that this build writes.
const VERSION: u32 = 2;

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

/// Drops the least needed thing that is left; `false` when nothing is.
fn shed(rollout: &mut Rollout) -> bool {
    let release: &mut Release = match &mut rollout.step {
        Step::Starting => return false,
        Step::Registered(release) => release,
        Step::Deploying(deploying) => &mut deploying.release,
        Step::RollingBack(rolling_back) => &mut rolling_back.deploying.release,
    };
    release.warnings.pop().is_some() || release.images.pop().is_some()
}
