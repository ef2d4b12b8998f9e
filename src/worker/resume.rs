//! Taking up what a process that died had in hand.

use tracing::{info, warn};

use super::budget::Urgency;
use super::claim::{Origin, forget};
use super::crew::Crew;
use super::hands::Hands;
use super::journal::Entry;
use super::poll::{back_off, wait_for_a_free_hand};
use super::visit::visit;
use crate::job::offer::Job;
use crate::ports::Nature;

/// Starts a visit for every unfinished job of the journal. Each is looked up
/// by itself: one that CodePipeline will not tell of keeps nobody waiting.
pub(super) async fn resume(hands: &Hands, crew: &Crew) {
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
        let hand = wait_for_a_free_hand(hands, crew).await;
        let hands = hands.clone();
        crew.start(hand, async move { take_up(&hands, entry).await });
    }
}

async fn take_up(hands: &Hands, entry: Entry) {
    if let Some(job) = look_up(hands, &entry).await {
        info!(job.id = %job.id, stage = ?entry.stage, "taking up an unfinished job");
        visit(hands, job, Origin::Resumed(entry)).await;
    }
}

/// The job as CodePipeline has it now; asked for until there is an answer,
/// also after a denial: permissions are mended while we wait. A worker that
/// drains leaves the job to the next process.
async fn look_up(hands: &Hands, entry: &Entry) -> Option<Job> {
    let mut failures = 0;
    while !hands.drain.is_cancelled() {
        hands.budget.turn(Urgency::Claim).await;
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
                forget(hands, &entry.job).await;
                return None;
            }
            Err(trouble) if trouble.nature == Nature::Refused => {
                warn!(job.id = %entry.job, %trouble, "an unfinished job cannot be looked up");
                return None;
            }
            Err(trouble) => {
                failures += 1;
                warn!(
                    job.id = %entry.job, %trouble, failures,
                    "an unfinished job cannot be looked up; trying again later"
                );
                let wait = back_off(hands.pace.poll_interval, failures);
                hands.pause(wait).await;
            }
        }
    }
    None
}
