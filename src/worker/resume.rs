//! Taking up what a process that died had in hand.

use std::time::Duration;

use tracing::{info, warn};

use super::budget::Urgency;
use super::claim::{Origin, forget};
use super::crew::Crew;
use super::hands::Hands;
use super::journal::Entry;
use super::poll::back_off;
use super::slots::Slot;
use super::visit::{Begin, visit};
use crate::job::JobId;
use crate::job::offer::Job;
use crate::ports::Nature;

/// The least time between two looks of which the first has left something.
const BREATH: Duration = Duration::from_secs(5);

/// Starts a visit for every unfinished job of the journal, as far as slots are
/// free; answers whether jobs are left. Each is looked up by itself: one that
/// CodePipeline will not tell of keeps nobody waiting.
pub(super) async fn resume(hands: &Hands, crew: &Crew) -> bool {
    let Some(journal) = &hands.journal else {
        return false;
    };
    let mut slots = hands.slots.take(1).await;
    let in_hand = |job: &JobId| hands.in_flight.has(job);
    let taken = match journal
        .take_over(&in_hand, 1 + hands.slots.available())
        .await
    {
        Ok(taken) => taken,
        Err(problem) => {
            warn!(%problem, "the journal cannot be read; nothing is taken up");
            return true;
        }
    };
    for entry in taken.entries {
        if slots.is_empty() {
            slots = hands.slots.take(1).await;
        }
        let Some(slot) = slots.pop() else { continue };
        let hands = hands.renewed().under(taken.tenure.clone());
        let in_flight = hands.in_flight.begin(&entry.job, hands.clock.now());
        crew.start(async move {
            let _in_flight = in_flight;
            take_up(&hands, entry, slot).await;
        });
    }
    taken.more
}

/// Looks for unfinished jobs again and again: a worker may have died, or a job
/// of our own may have stayed without its result.
pub(super) async fn go_on_resuming(hands: &Hands, crew: &Crew, mut is_left: bool) {
    let Some(journal) = &hands.journal else {
        return std::future::pending().await;
    };
    loop {
        match is_left {
            true => hands.clock.sleep(BREATH).await,
            false => journal.until_next_look().await,
        }
        hands.until_taking_jobs().await;
        is_left = resume(hands, crew).await;
    }
}

async fn take_up(hands: &Hands, entry: Entry, slot: Slot) {
    let tenure = hands.tenure.clone();
    let work = async {
        if let Some(job) = look_up(hands, &entry).await {
            info!(job.id = %job.id, stage = ?entry.stage, "taking up an unfinished job");
            let begin = Begin {
                origin: Origin::Resumed(entry),
                permit: None,
                slot,
            };
            visit(hands, job, begin).await;
        }
    };
    tokio::select! {
        biased;
        () = tenure.lost() => warn!("the lease is gone; another worker has the job"),
        () = work => {}
    }
}

/// The job as CodePipeline has it now; asked for until there is an answer,
/// also after a denial: permissions are mended while we wait. A worker that
/// drains leaves the job to the next process.
async fn look_up(hands: &Hands, entry: &Entry) -> Option<Job> {
    let mut failures = 0;
    while !hands.drain.is_cancelled() {
        let ask = || hands.ports.jobs.details(&entry.job);
        match hands.budget.call(Urgency::Claim, None, ask).await {
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
