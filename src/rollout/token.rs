//! The rollout as a continuation token: versioned JSON, kept apart from the
//! types in use, because every token ever written must stay readable.
//!
//! **A worker continues only from a token that it understands completely.** If
//! the version, a member or a stop reason is unknown, a newer build wrote the
//! token: to ignore that part would lose it, and to fail the release would be
//! wrong, because a newer worker can go on. So the worker leaves the job,
//! unacknowledged, and CodePipeline offers it again. Anything else that cannot
//! be read is damaged or forged, and fails the release.
//!
//! **A version only grows.** Members are never renamed or removed, and keep
//! their meaning; a change of meaning takes a new version. A new member or stop
//! reason is left out while it says nothing, and the lowest version that can
//! represent the rollout is written. So while workers of two builds are running,
//! the older ones leave only the jobs that they could not have understood.
//! Version 2 adds what was judged while a release waits for its turn, and a stop
//! because of failed tasks; other rollouts are still written as version 1.
//!
//! **A token is not authenticated.** Anyone who may report a job's result can
//! write one. The revision or deployment that it names is compared with what
//! AWS shows before it is used (`registered`, `description`).

mod stored;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use self::stored::Stored;
use super::step::{Release, Rollout, Step};
use crate::job::continuation_token::{MAX_TOKEN, Token};
use crate::job::duration::leaves_room;

/// The newest version that this build writes.
const VERSION: u32 = 2;

/// Why a token cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// A newer worker wrote it; a newer worker should take the job. `unknown`
    /// is what this build does not know, for the log.
    Newer { unknown: String },
    /// No version of this worker wrote it.
    Unreadable { detail: String },
}

/// Writes the token. If it would be too long, the warnings and then the image
/// URIs, which are only shown at the end, are left out.
#[must_use]
pub fn encode(rollout: &Rollout) -> Token {
    let mut rest = rollout.clone();
    loop {
        let text = write(&rest);
        if text.chars().count() <= MAX_TOKEN || !drop_least_needed(&mut rest) {
            return Token(text);
        }
    }
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
    let rollout = match v {
        1 | 2 => serde_json::from_str::<Stored>(text)
            .map_err(unreadable)?
            .read()?,
        version if version > VERSION => {
            return Err(TokenProblem::Newer {
                unknown: format!("version {version}"),
            });
        }
        version => {
            return Err(TokenProblem::Unreadable {
                detail: format!("version {version} never existed"),
            });
        }
    };
    if times(&rollout).all(leaves_room) {
        return Ok(rollout);
    }
    Err(TokenProblem::Unreadable {
        detail: "a time is out of range".into(),
    })
}

/// The times to which the steps add their timeouts.
fn times(rollout: &Rollout) -> impl Iterator<Item = Timestamp> {
    let (_, deploying, rolling_back) = rollout.step.parts();
    let stopping = deploying.and_then(|deploying| deploying.stopping);
    [
        Some(rollout.since),
        rollout.failing_since,
        stopping.map(|stopping| stopping.at),
        rolling_back.map(|rolling_back| rolling_back.since),
    ]
    .into_iter()
    .flatten()
}

#[derive(Deserialize)]
struct Envelope {
    v: u32,
}

/// The members of an object that this build does not know.
type Unknown = BTreeMap<String, Value>;

/// Refuses a token in which one of these has a member.
fn all_known<'a>(objects: impl IntoIterator<Item = &'a Unknown>) -> Result<(), TokenProblem> {
    match objects.into_iter().flat_map(Unknown::keys).next() {
        Some(member) => Err(newer_member(member)),
        None => Ok(()),
    }
}

fn newer_member(name: &str) -> TokenProblem {
    TokenProblem::Newer {
        unknown: format!("member `{name}`"),
    }
}

fn write(rollout: &Rollout) -> String {
    serde_json::to_string(&Stored::of(rollout)).expect("plain strings and numbers serialise")
}

/// Drops the least needed warning or image; `false` if none is left.
fn drop_least_needed(rollout: &mut Rollout) -> bool {
    let release: &mut Release = match &mut rollout.step {
        Step::Starting => return false,
        Step::Registered(release) => release,
        Step::Deploying(deploying) => &mut deploying.release,
        Step::RollingBack(rolling_back) => &mut rolling_back.deploying.release,
    };
    let warnings = &mut release.warnings;
    warnings.checks.pop().is_some()
        || warnings.policies.pop().is_some()
        || release.images.pop().is_some()
}
