//! The loop: ask for as many jobs as there are free hands, start a visit for
//! each, back off when throttled, let go when told to.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::budget::Urgency;
use super::hands::Hands;
use super::resume::resume;
use super::visit::{Origin, visit};
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

/// Works until the hands are told to drain, then hands everything back.
pub async fn run(hands: &Hands) {
    let visits = TaskTracker::new();
    let free = Arc::new(Semaphore::new(hands.pace.max_jobs));
    let work = async {
        resume(hands, &free, &visits).await;
        take_jobs(hands, &free, &visits).await;
    };
    tokio::select! {
        () = hands.drain.cancelled() => {}
        () = hands.budget.pace(&hands.clock) => {}
        () = work => {}
    }
    drain(hands, &visits).await;
}

async fn take_jobs(hands: &Hands, free: &Arc<Semaphore>, visits: &TaskTracker) {
    let mut failures = 0;
    loop {
        hands.health.turned(hands.clock.now());
        let wanted = wait_for_free_hands(free).await;
        hands.budget.turn(Urgency::Claim).await;
        let wait = match hands.ports.jobs.poll(wanted).await {
            Ok(jobs) => {
                failures = 0;
                hands.health.answered(hands.clock.now());
                let full = jobs.len() >= wanted;
                for job in jobs {
                    start(hands, free, visits, job, Origin::Offered).await;
                }
                hands.health.set_visits(visits.len());
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
        hands.health.set_visits(visits.len());
        hands.pause(wait).await;
    }
}

/// Starts a visit as soon as a hand is free.
pub(super) async fn start(
    hands: &Hands,
    free: &Arc<Semaphore>,
    visits: &TaskTracker,
    job: Job,
    origin: Origin,
) {
    let permit = free.clone().acquire_owned().await;
    let hands = hands.clone();
    visits.spawn(async move {
        visit(&hands, job, origin).await;
        drop(permit);
    });
}

/// Waits until at least one hand is free; answers how many are, up to a batch.
async fn wait_for_free_hands(free: &Semaphore) -> usize {
    let one = free.acquire().await;
    drop(one);
    free.available_permits().clamp(1, MAX_BATCH)
}

fn back_off(interval: Duration, failures: u32) -> Duration {
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

async fn drain(hands: &Hands, visits: &TaskTracker) {
    visits.close();
    info!(
        visits = visits.len(),
        "draining: handing back what is in hand"
    );
    hands.budget.open();
    let polite = tokio::time::timeout(POLITE, visits.wait()).await;
    if polite.is_err() {
        hands.hurry.cancel();
        if tokio::time::timeout(IMPOLITE, visits.wait()).await.is_err() {
            warn!(
                visits = visits.len(),
                "leaving before everything was handed back"
            );
        }
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
