//! The loop: ask for as many jobs as can be acknowledged at once, start a visit
//! for each, back off where that fails, let go when told to.

use std::time::Duration;

use jiff::Timestamp;
use metrics::histogram;
use tracing::{debug, info, warn};

use super::budget::Permit;
use super::claim::Origin;
use super::crew::Crew;
use super::hands::Hands;
use super::journal::Tenure;
use super::resume::{go_on_resuming, resume};
use super::slots::Slot;
use super::visit::{Begin, visit};
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

/// How often a loop that waits for a slot says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Works until the process is told to stop, then hands everything back.
///
/// Dropped before, it leaves everything where it stands, as a process that is
/// killed would.
pub async fn run(hands: &Hands) {
    let crew = Crew::new(hands);
    let _end = crew.until_dropped();
    // Before the first poll there may be much to take up.
    hands.health.turned(hands.clock.now());
    let work = async {
        wait_until_taking_jobs(hands, &crew).await;
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
        () = hands.stop.cancelled() => {}
        () = hands.budget.run() => {}
        () = keep => {}
        () = work => {}
    }
    drain(hands, &crew).await;
    if let Some(journal) = &hands.journal {
        journal.close().await;
    }
}

/// What earlier polls came to.
#[derive(Default)]
struct Polls {
    /// The last so many failed.
    failures: u32,
    /// When one last got all it asked for.
    full: Option<Timestamp>,
}

async fn take_jobs(hands: &Hands, crew: &Crew) {
    let mut polls = Polls::default();
    loop {
        let wait = poll_once(hands, crew, &mut polls).await;
        hands.health.set_visits(crew.at_work());
        hands.renewed().pause(wait).await;
    }
}

/// Polls, and sets to work what comes; answers how long to wait for the next.
async fn poll_once(hands: &Hands, crew: &Crew, polls: &mut Polls) -> Duration {
    wait_until_taking_jobs(hands, crew).await;
    let slots = wait_for_slots(hands, crew, MAX_BATCH).await;
    // What is offered from now on is held by this; without, nothing is asked
    // for.
    let tenure = wait_for_tenure(hands).await;
    let hands = &hands.renewed().under(tenure);
    let mut permits = hands.budget.batch(1 + slots.len()).await.into_iter();
    let Some(permit) = permits.next() else {
        return Duration::ZERO;
    };
    let wanted = permits.len();
    if hands.drain.is_cancelled() {
        return Duration::ZERO;
    }
    let asked = hands.clock.now();
    match permit.send(hands.ports.jobs.poll(wanted)).await {
        Ok(jobs) => {
            let took = hands.clock.now().duration_since(asked);
            histogram!("bluegreen_poll_seconds").record(took.as_secs_f64());
            hands.health.answered(hands.clock.now());
            polls.failures = 0;
            let is_full = jobs.len() >= wanted;
            // Where all slots are taken, one full batch may be all there was;
            // two within a short time are not.
            let takes_all_slots = wanted == slots.len() && hands.slots.available() == 0;
            let soon = 2 * hands.pace.poll_interval;
            let again = polls.full.is_some_and(|full| asked < full + soon);
            hands
                .budget
                .set_backlog(is_full && (again || !takes_all_slots));
            polls.full = is_full.then_some(asked);
            if hands.drain.is_cancelled() {
                // Not acknowledged, they are offered again, to somebody else.
                return Duration::ZERO;
            }
            set_to_work(hands, crew, jobs, permits.zip(slots));
            // There may be more where a full batch came from.
            match is_full {
                true => Duration::ZERO,
                false => hands.pace.poll_interval,
            }
        }
        Err(trouble) => {
            hands.health.failed(&trouble);
            if trouble.nature == Nature::Throttled {
                debug!("polling was throttled; the pace is slower now");
                return Duration::ZERO;
            }
            polls.failures += 1;
            complain(&trouble, polls.failures);
            back_off(hands.pace.poll_interval, polls.failures)
        }
    }
}

/// Waits until the worker takes jobs, and keeps telling that the loop is alive
/// and how many visits are left.
async fn wait_until_taking_jobs(hands: &Hands, crew: &Crew) {
    loop {
        hands.health.turned(hands.clock.now());
        hands.health.set_visits(crew.at_work());
        let interval = hands.renewed().pace.poll_interval.min(SIGN_OF_LIFE);
        tokio::select! {
            biased;
            () = hands.until_taking_jobs() => return,
            () = hands.clock.sleep(interval) => {}
        }
    }
}

/// Waits until a slot is free, takes as many as there are, `at_most` so many,
/// and keeps telling that the loop is alive.
async fn wait_for_slots(hands: &Hands, crew: &Crew, at_most: usize) -> Vec<Slot> {
    loop {
        hands.health.turned(hands.clock.now());
        hands.health.set_visits(crew.at_work());
        tokio::select! {
            biased;
            slots = hands.slots.take(at_most) => return slots,
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

/// Starts a visit for each job; those first that are under way. What CodePipeline
/// gives beyond what was asked for is left to whoever asks next.
fn set_to_work(
    hands: &Hands,
    crew: &Crew,
    mut jobs: Vec<Job>,
    means: impl Iterator<Item = (Permit, Slot)>,
) {
    jobs.sort_by_key(|job| job.data.token.is_none());
    for (job, (permit, slot)) in jobs.into_iter().zip(means) {
        let hands = hands.clone();
        let begin = Begin {
            origin: Origin::Offered,
            permit: Some(permit),
            slot,
        };
        crew.start(async move { visit(&hands, job, begin).await });
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
