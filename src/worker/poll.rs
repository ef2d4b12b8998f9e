//! The loop: ask for as many jobs as there are free hands, start a visit for
//! each, back off when throttled, let go when told to.

use std::time::Duration;

use metrics::{gauge, histogram};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{info, warn};

use super::budget::Urgency;
use super::claim::Origin;
use super::crew::Crew;
use super::hands::Hands;
use super::journal::Tenure;
use super::resume::{go_on_resuming, resume};
use super::visit::visit;
use crate::job::offer::Job;
use crate::ports::{Nature, Trouble};

/// The most jobs to ask for at once; the model names no upper bound
/// (aws-facts §1.3).
const MAX_BATCH: usize = 50;

/// The longest wait between polls that fail.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// After this long, visits that have not handed back by themselves are ended
/// and handed back for them.
const POLITE: Duration = Duration::from_secs(5);

/// After this long the worker goes, whatever is still on its way; with
/// `POLITE` it stays within the ten seconds that a service manager gives.
const IMPOLITE: Duration = Duration::from_secs(3);

/// How often a loop that waits for a free hand says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Works until the hands are told to drain, then hands everything back.
///
/// Dropped before, it leaves everything where it stands, as a process that is
/// killed would.
pub async fn run(hands: &Hands) {
    let crew = Crew::new(hands);
    let _end = crew.until_dropped();
    // Before the first poll there may be much to take up.
    hands.health.turned(hands.clock.now());
    let work = async {
        let is_left = resume(hands, &crew).await;
        tokio::join!(
            go_on_resuming(hands, &crew, is_left),
            take_jobs(hands, &crew)
        );
    };
    let keep = async {
        match &hands.journal {
            Some(journal) => journal.keep().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = hands.drain.cancelled() => {}
        () = hands.budget.pace(&hands.clock) => {}
        () = keep => {}
        () = work => {}
    }
    drain(hands, &crew).await;
    if let Some(journal) = &hands.journal {
        journal.close().await;
    }
}

async fn take_jobs(hands: &Hands, crew: &Crew) {
    let mut failures = 0;
    loop {
        let first = wait_for_a_free_hand(hands, crew).await;
        // What is offered from now on is held by this; without, nothing is
        // asked for.
        let tenure = wait_for_tenure(hands).await;
        let hands = &hands.renewed().under(tenure);
        let wanted = (1 + crew.others_free()).min(MAX_BATCH);
        hands.budget.turn(Urgency::Claim).await;
        let asked = hands.clock.now();
        let wait = match hands.ports.jobs.poll(wanted).await {
            Ok(jobs) => {
                let took = hands.clock.now().duration_since(asked);
                histogram!("bluegreen_poll_seconds").record(took.as_secs_f64());
                failures = 0;
                hands.health.answered(hands.clock.now());
                let full = jobs.len() >= wanted;
                set_to_work(hands, crew, first, jobs).await;
                hands.health.set_visits(crew.at_work());
                // There may be more where a full batch came from.
                if full {
                    continue;
                }
                hands.pace.poll_interval
            }
            Err(trouble) => {
                failures += 1;
                complain(&trouble, failures);
                back_off(hands.pace.poll_interval, failures)
            }
        };
        hands.health.set_visits(crew.at_work());
        #[expect(clippy::cast_precision_loss, reason = "there are at most ten thousand")]
        gauge!("bluegreen_hands_free").set(crew.others_free() as f64);
        hands.pause(wait).await;
    }
}

/// Waits until a hand is free, and keeps telling that the loop is alive.
async fn wait_for_a_free_hand(hands: &Hands, crew: &Crew) -> OwnedSemaphorePermit {
    loop {
        hands.health.turned(hands.clock.now());
        hands.health.set_visits(crew.at_work());
        tokio::select! {
            biased;
            hand = crew.free_hand() => return hand,
            () = hands.clock.sleep(SIGN_OF_LIFE) => {}
        }
    }
}

/// Waits until jobs can be held, and keeps telling that the loop is alive.
async fn wait_for_tenure(hands: &Hands) -> Tenure {
    let Some(journal) = &hands.journal else {
        return Tenure::unlimited();
    };
    let mut tenure = journal.tenure();
    loop {
        hands.health.turned(hands.clock.now());
        tokio::select! {
            biased;
            tenure = &mut tenure => return tenure,
            () = hands.clock.sleep(SIGN_OF_LIFE) => {}
        }
    }
}

async fn set_to_work(hands: &Hands, crew: &Crew, first: OwnedSemaphorePermit, jobs: Vec<Job>) {
    let mut first = Some(first);
    for job in jobs {
        let hand = match first.take() {
            Some(hand) => hand,
            None => crew.free_hand().await,
        };
        let hands = hands.clone();
        crew.start(hand, async move {
            visit(&hands, job, Origin::Offered).await;
        });
    }
}

/// Twice as long after each failure.
pub(super) fn back_off(interval: Duration, failures: u32) -> Duration {
    interval
        .saturating_mul(1 << failures.min(16))
        .min(LONGEST_BACK_OFF.max(interval))
}

/// A missing permission or action type needs somebody; the rest passes.
fn complain(trouble: &Trouble, failures: u32) {
    match trouble.nature {
        Nature::Throttled | Nature::Unclear | Nature::Unreachable => {
            warn!(%trouble, failures, "polling for jobs failed; trying again later");
        }
        Nature::Denied | Nature::Refused => {
            tracing::error!(%trouble, failures, "polling for jobs was refused; trying again later");
        }
    }
}

async fn drain(hands: &Hands, crew: &Crew) {
    info!(
        visits = crew.at_work(),
        "draining: handing back what is in hand"
    );
    hands.budget.open();
    if crew.ended(POLITE).await {
        return;
    }
    hands.hurry.cancel();
    if !crew.ended(IMPOLITE).await {
        warn!(
            visits = crew.at_work(),
            "leaving before everything was handed back"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_polls_back_off_to_a_minute() {
        let interval = Duration::from_secs(5);
        let waits: Vec<u64> = (1..=6).map(|n| back_off(interval, n).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60, 60]);
        let rare = Duration::from_secs(300);
        assert_eq!(back_off(rare, 3), rare, "never shorter than asked for");
    }
}
