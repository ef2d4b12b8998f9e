//! Claims a job: journal the intent, acknowledge, journal the claim.
//!
//! CodePipeline never offers an acknowledged job again. If a worker
//! acknowledged a job and died before it had written that down, the job would
//! never get a result. So the intent is journaled first, and a job that cannot
//! be journaled is not acknowledged: CodePipeline offers it to another worker.
//!
//! The response to an acknowledgement may be lost. The next attempt then finds
//! the nonce used, either by the lost attempt or by another worker, and nothing
//! tells which. Dropping the job could lose it, so it is processed with
//! [`Ownership::Uncertain`]: before each act the job looks for what another
//! worker may already have done, and before it deploys it hands in a token, which
//! CodePipeline refuses if another worker has reported the job or the release has
//! ended. The same goes for a job that is resumed from the journal, because the
//! process that died had usually acknowledged it and its progress is unknown.

use std::time::Duration;

use jiff::Timestamp;
use tracing::{debug, error, warn};

use super::budget::{Permit, Urgency};
use super::context::Context;
use super::journal::{ClaimStage, Entry, JournalError};
use crate::job::JobId;
use crate::job::offer::Job;
use crate::ports::{CallErrorKind, Claim};

/// How often an acknowledgement without a clear answer is attempted.
const ATTEMPTS: u32 = 4;

/// Wait before the second attempt, doubled before each further one. It is short
/// because CodePipeline soon offers an unacknowledged job to another worker.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);

/// Where a job comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A poll has just offered it.
    Offered,
    /// It was in the journal of a process that died.
    Resumed(Entry),
}

impl Origin {
    /// When this worker, or the one it was resumed from, first got the job.
    pub(super) fn since(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Offered => now,
            Self::Resumed(entry) => entry.since,
        }
    }
}

/// Whether another worker may be processing the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    Certain,
    /// Another worker may have the job, or an earlier run may have worked on it
    /// without a trace in the token: look for its results before each act.
    Uncertain,
}

/// Claims the job. Returns `None` if the job is left alone: it cannot be
/// journaled, another worker has it, or it is over.
pub(super) async fn claim(
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
        && let Err(problem) = context.record(entry.clone()).await
    {
        match problem {
            JournalError::Elsewhere => debug!("another worker has recorded the job"),
            problem @ (JournalError::Disk(_)
            | JournalError::Bucket(_)
            | JournalError::NotText(_)
            | JournalError::NoId(_)
            | JournalError::NotOurs(_)) => {
                error!(%problem, "cannot write the journal; not taking the job");
                if is_lasting(&problem) {
                    let why = format!("cannot write the journal: {problem}");
                    context.shared.health.cannot_take(why);
                }
            }
        }
        return None;
    }
    let mut ownership = match (acknowledge(context, job, permit).await, origin) {
        (Answer::Ours, Origin::Offered) => Ownership::Certain,
        // The progress of the earlier run is unknown. A missing answer proves
        // nothing: the job must not be left unfinished.
        (Answer::Ours | Answer::Taken | Answer::Unknown, Origin::Resumed(_))
        | (Answer::Unclear, _) => Ownership::Uncertain,
        (Answer::Over, _) | (Answer::Taken | Answer::Unknown, Origin::Offered) => {
            forget(context, &job.id).await;
            return None;
        }
    };
    if entry.stage == ClaimStage::Intended
        && let Err(problem) = record_claim(context, entry.claimed()).await
    {
        warn!(%problem, "cannot write the journal; continuing the job");
        if let JournalError::Elsewhere = problem {
            ownership = Ownership::Uncertain;
        }
    }
    Some(ownership)
}

/// Whether the next job cannot be recorded either. An outage of the bucket is
/// not meant: without a lease the worker does not poll.
fn is_lasting(problem: &JournalError) -> bool {
    match problem {
        JournalError::Disk(_) => true,
        JournalError::Bucket(error) => !error.is_transient(),
        JournalError::Elsewhere
        | JournalError::NotText(_)
        | JournalError::NoId(_)
        | JournalError::NotOurs(_) => false,
    }
}

/// Records that the job is this worker's. If the entry is another worker's
/// although this one's lease is held, the other one was offered the job too
/// and wrote its entry after a late removal of this one. Its acknowledgement is
/// refused, and then it removes its entry.
async fn record_claim(context: &Context, entry: Entry) -> Result<(), JournalError> {
    for _ in 1..ATTEMPTS {
        match context.record(entry.clone()).await {
            Err(JournalError::Elsewhere) => context.pause(INITIAL_BACKOFF).await,
            recorded => return recorded,
        }
    }
    context.record(entry).await
}

/// Leaves a resumed job to a worker of a newer build, which wrote its token.
pub(super) async fn leave(context: &Context, entry: Entry) {
    let Some(journal) = &context.shared.journal else {
        return;
    };
    let left = context.lease_guard.while_held(journal.leave(entry)).await;
    if let Err(problem) = left.unwrap_or_else(|lost| Err(lost.into())) {
        warn!(%problem, "the journal's entry could not be left to another worker");
    }
}

/// Removes a job that has been reported from the journal.
pub(super) async fn forget(context: &Context, job: &JobId) {
    if let Err(problem) = context.clear(job).await {
        warn!(job.id = %job, %problem, "the journal's entry could not be removed");
    }
}

/// The result of all attempts to acknowledge a job.
enum Answer {
    Ours,
    /// The nonce had been used, and not by one of these attempts.
    Taken,
    /// One of these attempts may have succeeded.
    Unclear,
    /// The job is over or otherwise not available.
    Over,
    /// No attempt can have taken effect.
    Unknown,
}

/// Acknowledges the job, retrying transient errors. If the nonce is found used
/// after an attempt whose answer was lost, the result is [`Answer::Unclear`].
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
            answer = context.shared.limits.budget.call(Urgency::Claim, permit.take(), ask) => answer,
            // Handing back a job that is not ours does no harm; dropping one
            // that is ours would lose it.
            () = context.lifecycle.cancel.cancelled() => return Answer::Unclear,
        };
        if answer.is_ok() {
            context.shared.health.can_take();
        }
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
                debug!(reason, "the job is no longer available");
                return Answer::Over;
            }
            Err(error) if error.is_transient() => {
                warn!(%error, "the acknowledgement's result is unclear; retrying");
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
                if error.kind == CallErrorKind::Denied {
                    context.shared.health.cannot_take(error.to_string());
                }
                return otherwise;
            }
        }
    }
    otherwise
}
