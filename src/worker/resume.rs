//! Taking up what a process that died had in hand.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::hands::Hands;
use super::journal::Entry;
use super::poll::start;
use super::visit::Origin;
use crate::job::offer::Job;

/// Starts a visit for every unfinished job of the journal.
pub(super) async fn resume(hands: &Hands, free: &Arc<Semaphore>, visits: &TaskTracker) {
    let Some(journal) = &hands.journal else {
        return;
    };
    let unfinished = match journal.unfinished().await {
        Ok(unfinished) => unfinished,
        Err(problem) => {
            warn!(%problem, "the journal cannot be read; nothing is taken up");
            return;
        }
    };
    for entry in unfinished {
        if let Some(job) = look_up(hands, &entry).await {
            info!(job.id = %job.id, stage = ?entry.stage, "taking up an unfinished job");
            start(hands, free, visits, job, Origin::Resumed(entry.stage)).await;
        }
    }
}

/// The job as CodePipeline has it now; asked for until there is an answer.
async fn look_up(hands: &Hands, entry: &Entry) -> Option<Job> {
    loop {
        match hands.ports.jobs.details(&entry.job).await {
            Ok(Some(data)) => {
                return Some(Job {
                    id: entry.job.clone(),
                    nonce: entry.nonce.clone(),
                    account: entry.account.clone(),
                    data,
                });
            }
            Ok(None) => {
                info!(job.id = %entry.job, "an unfinished job is gone; forgetting it");
                if let Err(problem) = hands.clear(&entry.job).await {
                    warn!(%problem, "the journal's entry could not be removed");
                }
                return None;
            }
            Err(trouble) if trouble.is_transient() && !hands.drain.is_cancelled() => {
                warn!(%trouble, "an unfinished job cannot be looked up; trying again");
                hands.pause(hands.pace.poll_interval).await;
            }
            Err(trouble) => {
                warn!(job.id = %entry.job, %trouble, "an unfinished job cannot be looked up");
                return None;
            }
        }
    }
}
