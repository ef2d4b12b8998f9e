//! Makes a job ours: its intent into the journal, then the acknowledgement,
//! and what can be known when answers are lost.

pub(super) mod fair_share;
pub(super) mod in_flight;
pub(super) mod intake;
pub(super) mod resume;
pub(super) mod slots;

use std::time::Duration;

use jiff::Timestamp;
use tracing::{debug, error, warn};

use super::budget::{Permit, Urgency};
use super::context::Context;
use super::journal::{Entry, JournalError, Stage};
use crate::job::JobId;
use crate::job::offer::Job;
use crate::ports::{CallErrorKind, Claim};

/// How often an acknowledgement without a clear answer is tried.
const ATTEMPTS: u32 = 4;

/// Before the second try, doubled before each further one: before long the job
/// would be offered to somebody else.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);

/// Where a job's job comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A poll has just offered it.
    Offered,
    /// The journal has it from a process that died.
    Resumed(Entry),
}

impl Origin {
    /// When the job came to us.
    pub(super) fn since(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Offered => now,
            Self::Resumed(entry) => entry.since,
        }
    }
}

/// How surely nobody but this job is at work on the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    Certain,
    /// Another worker may have the job, or somebody has worked on it and left
    /// no trace in its token: look for that before each act.
    Uncertain,
}

/// Makes the job ours; `None` where it is not to be had. The intent is in the
/// journal before CodePipeline hears of it, and a job that cannot be noted is
/// left for somebody who can.
pub(super) async fn take(
    context: &Context,
    job: &Job,
    origin: &Origin,
    permit: Option<Permit>,
) -> Option<Ownership> {
    let entry = match origin {
        Origin::Resumed(entry) => entry.clone(),
        Origin::Offered => Entry::intended(job, context.clock.now()),
    };
    if *origin == Origin::Offered
        && let Err(problem) = context.note(entry.clone()).await
    {
        match problem {
            JournalError::Elsewhere => debug!("another worker has noted the job"),
            problem @ (JournalError::Disk(_)
            | JournalError::Bucket(_)
            | JournalError::NotText(_)
            | JournalError::NoId(_)
            | JournalError::NotOurs(_)) => {
                error!(%problem, "the journal cannot be written; the job is left alone");
            }
        }
        return None;
    }
    let ownership = match (acknowledge(context, job, permit).await, origin) {
        (Answer::Ours, Origin::Offered) => Ownership::Certain,
        // Whoever had it has not told how far it came. That an answer is
        // missing proves nothing either: somebody must finish the job.
        (Answer::Ours | Answer::Taken | Answer::Unknown, Origin::Resumed(_))
        | (Answer::Unclear, _) => Ownership::Uncertain,
        (Answer::Over, _) | (Answer::Taken | Answer::Unknown, Origin::Offered) => {
            forget(context, &job.id).await;
            return None;
        }
    };
    if entry.stage == Stage::Intended
        && let Err(problem) = context.note(entry.claimed()).await
    {
        if let JournalError::Elsewhere = problem {
            warn!("another worker has taken the job over");
            return None;
        }
        warn!(%problem, "the journal cannot be written; the job goes on all the same");
    }
    Some(ownership)
}

/// Removes a job that has its result from the journal.
pub(super) async fn forget(context: &Context, job: &JobId) {
    if let Err(problem) = context.clear(job).await {
        warn!(job.id = %job, %problem, "the journal's entry could not be removed");
    }
}

/// What all tries to acknowledge a job came to.
enum Answer {
    Ours,
    /// Somebody used the nonce, and it was none of these tries.
    Taken,
    /// It may have been one of these tries.
    Unclear,
    /// The job needs nobody any more.
    Over,
    /// No try can have reached CodePipeline.
    Unknown,
}

/// Acknowledges the job. An answer that was lost is asked for again; should
/// the second one then say that the job is taken, it is probably ours.
async fn acknowledge(context: &Context, job: &Job, mut permit: Option<Permit>) -> Answer {
    let mut otherwise = Answer::Unknown;
    let mut wait = INITIAL_BACKOFF;
    for attempt in 1..=ATTEMPTS {
        let ask = || {
            let acknowledge = context.ports.jobs.acknowledge(&job.id, &job.nonce);
            context.while_lease_held("codepipeline:AcknowledgeJob", acknowledge)
        };
        let answer = tokio::select! {
            biased;
            answer = context.budget.call(Urgency::Claim, permit.take(), ask) => answer,
            // To hand back a job that is not ours does no harm; to keep one
            // that is would lose it.
            () = context.cancel.cancelled() => return Answer::Unclear,
        };
        match answer {
            Ok(Claim::Ours) => return Answer::Ours,
            Ok(Claim::Taken) => {
                debug!("the job's nonce has been used");
                return match otherwise {
                    Answer::Unclear => Answer::Unclear,
                    Answer::Ours | Answer::Taken | Answer::Over | Answer::Unknown => Answer::Taken,
                };
            }
            Ok(Claim::NotOurs { reason }) => {
                debug!(reason, "the job is not to be had");
                return Answer::Over;
            }
            Err(error) if error.is_transient() => {
                warn!(%error, "the acknowledgement has no clear answer; asking again");
                if error.kind == CallErrorKind::Unclear {
                    otherwise = Answer::Unclear;
                }
                if attempt < ATTEMPTS {
                    context.pause(wait).await;
                    wait *= 2;
                }
            }
            Err(error) => {
                warn!(%error, "the job could not be acknowledged");
                return otherwise;
            }
        }
    }
    otherwise
}
