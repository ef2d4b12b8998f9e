//! The budget of calls to CodePipeline: permits, their rate, and their order.
//!
//! AWS publishes neither how many calls CodePipeline accepts nor how soon it
//! offers an unacknowledged job again (docs/aws.md §1.3). A job that is offered
//! again has a new nonce, and the old one is worthless. So a worker that asks
//! for more jobs than it can acknowledge at once may never get a single one:
//! each acknowledgement comes too late. The following rules keep a backlog
//! moving whatever the limits are.
//!
//! *A permit is one request.* Every attempt of every call to CodePipeline needs
//! one; the SDK does not retry throttled requests by itself. [`Budget::run`]
//! issues permits one after another, at the rate that [`CallRate`] finds.
//!
//! *A poll has the permits for its acknowledgements.* It gets as many permits
//! at once as one second allows and asks for one job fewer than that. Each
//! job's acknowledgement is sent with its permit, before anything else is done
//! for the job. Unused permits are returned.
//!
//! *The order is decided when a permit is due:* first the ends of rollouts,
//! then claims and other calls for jobs that are ours or offered to us, then
//! polls, then news of rollouts in progress, and last mere progress. One permit
//! in [`FAIR_TURN_EVERY`] goes to the request that has waited longest of those
//! that are less urgent than the first, so that neither frequent polls nor the
//! ends of many rollouts starve the others.
//!
//! *Jobs in progress go before new jobs.* A job that is handed back comes to
//! the end of CodePipeline's queue. While other jobs wait in that queue, so that
//! a poll gets as many as it asks for, jobs with a deployment in progress are
//! not handed back (see `hand_back`). A job that is to be handed back gets its
//! permit first and observes its deployment until then. That permit also costs
//! the calls of the job's return, so that no more jobs are handed back than can
//! soon be claimed again.

mod permit;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clock::{Clock, Mark};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, oneshot};

pub(super) use self::permit::{Permit, Ticket};
use crate::call_rate::CallRate;
use crate::config::Rate;
use crate::ports::{CallError, CallErrorKind};

/// The priority of a request, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// The end of a rollout.
    Final,
    /// A call for a job that was offered or is already ours.
    Claim,
    /// A poll for jobs.
    Poll,
    /// A rollout has news.
    Change,
    /// A rollout has only made progress.
    Progress,
}

/// One permit in this many goes to a less urgent request: reports get through
/// even if polls could use every permit, and jobs that have been handed back are
/// claimed again even if a hundred rollouts end at once.
const FAIR_TURN_EVERY: u64 = 4;

/// The time that a poll's permits cover. An offered job is acknowledged within
/// it, which is short compared with any redelivery; a longer time would save
/// few polls, and a shorter one would have CodePipeline throttle every
/// acknowledgement if it accepts one call per second.
const BATCH_TIME: Duration = Duration::from_secs(1);

/// A poll and one acknowledgement, however low the rate is.
const MIN_BATCH: usize = 2;

/// Calls that handing back a job costs: the report, and for the job's return a
/// share of a poll and an acknowledgement.
const CALLS_TO_HAND_BACK: u32 = 3;

/// Attempts of a throttled call, each with a permit at a lower rate. After that
/// the caller decides.
const ATTEMPTS: u32 = 5;

/// The wait between them once permits are free, half as long to half as long
/// again: the seconds in which a worker hands its jobs back are those that
/// CodePipeline's limit counts.
const WAIT_AT_END: Duration = Duration::from_secs(1);

/// Attempts once permits are free. They take longer than the worker has.
const ATTEMPTS_AT_END: u32 = 20;

/// Issues permits.
#[derive(Debug)]
pub(super) struct Budget {
    clock: Clock,
    /// The origin of all times below.
    begun: Mark,
    requests: Mutex<Requests>,
    changed: Notify,
    backlog: AtomicBool,
}

#[derive(Debug)]
struct Requests {
    rate: CallRate,
    waiting: BTreeMap<(Urgency, u64), Request>,
    tickets: u64,
    /// How many requests were granted.
    granted: u64,
    /// When the next permit is due.
    next: Duration,
    /// Set when the process ends: permits are free from then on.
    is_unlimited: bool,
}

#[derive(Debug)]
struct Request {
    at_most: usize,
    /// What each permit costs, in calls.
    calls: u32,
    requested_at: Duration,
    reply: oneshot::Sender<Vec<Permit>>,
}

impl Budget {
    pub(super) fn new(ceiling: Rate, clock: &Clock) -> Self {
        let requests = Requests {
            rate: CallRate::new(ceiling.0),
            waiting: BTreeMap::new(),
            tickets: 0,
            granted: 0,
            next: Duration::ZERO,
            is_unlimited: false,
        };
        Self {
            clock: clock.clone(),
            begun: clock.mark(),
            requests: Mutex::new(requests),
            changed: Notify::new(),
            backlog: AtomicBool::new(false),
        }
    }

    /// Changes the highest rate.
    pub(super) fn set_ceiling(&self, ceiling: Rate) {
        self.requests().rate.set_ceiling(ceiling.0);
    }

    /// The current rate, in calls per second.
    pub(super) fn rate(&self) -> Rate {
        Rate(self.requests().rate.get())
    }

    /// Sets whether jobs may be waiting at CodePipeline, as polls show it.
    pub(super) fn set_backlog(&self, backlog: bool) {
        self.backlog.store(backlog, Ordering::Relaxed);
    }

    /// Whether jobs may be waiting at CodePipeline.
    pub(super) fn has_backlog(&self) -> bool {
        self.backlog.load(Ordering::Relaxed)
    }

    /// Queues for one permit.
    pub(super) fn queue(self: &Arc<Self>, urgency: Urgency) -> Ticket {
        self.queue_for(urgency, 1, 1)
    }

    /// Queues for the permit to hand a job back.
    pub(super) fn queue_to_hand_back(self: &Arc<Self>, urgency: Urgency) -> Ticket {
        self.queue_for(urgency, 1, CALLS_TO_HAND_BACK)
    }

    /// Waits for the permits of a poll and of its acknowledgements: at most
    /// `at_most`, and no more than one second allows, or two if that is fewer.
    pub(super) async fn batch(self: &Arc<Self>, at_most: usize) -> Vec<Permit> {
        self.queue_for(Urgency::Poll, at_most, 1).granted().await
    }

    /// Makes a call with `permit`, or with the next permit of this urgency.
    /// Retries if the call is throttled, because then it has had no effect.
    pub(super) async fn call<T, F>(
        self: &Arc<Self>,
        urgency: Urgency,
        mut permit: Option<Permit>,
        call: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let mut attempts = 1;
        loop {
            let permit = match permit.take() {
                Some(permit) => permit,
                None => self.queue(urgency).permit().await,
            };
            let answer = permit.send(call()).await;
            let is_unlimited = self.requests().is_unlimited;
            let most = if is_unlimited {
                ATTEMPTS_AT_END
            } else {
                ATTEMPTS
            };
            match &answer {
                Err(error) if error.kind == CallErrorKind::Throttled && attempts < most => {}
                Ok(_) | Err(_) => return answer,
            }
            if is_unlimited {
                let wait = WAIT_AT_END.mul_f64(0.5 + fastrand::f64());
                self.clock.sleep(wait).await;
            }
            attempts += 1;
        }
    }

    /// Issues permits until it is dropped.
    pub(super) async fn run(self: &Arc<Self>) {
        loop {
            match self.grant() {
                Some(wait) => tokio::select! {
                    biased;
                    () = self.clock.sleep(wait) => {}
                    () = self.changed.notified() => {}
                },
                None => self.changed.notified().await,
            }
        }
    }

    /// Grants all requests, from now on without waiting.
    pub(super) fn lift_limit(&self) {
        let mut requests = self.requests();
        requests.is_unlimited = true;
        requests.waiting.clear();
    }

    fn queue_for(self: &Arc<Self>, urgency: Urgency, at_most: usize, calls: u32) -> Ticket {
        let (reply, granted) = oneshot::channel();
        let mut requests = self.requests();
        // If there is no limit any more, `reply` is dropped here, which the
        // ticket takes as a permit.
        if !requests.is_unlimited {
            requests.tickets += 1;
            let place = (urgency, requests.tickets);
            let request = Request {
                at_most,
                calls,
                requested_at: self.now(),
                reply,
            };
            requests.waiting.insert(place, request);
            self.changed.notify_one();
        }
        Ticket {
            granted,
            budget: self.clone(),
        }
    }

    /// Grants what is due. Returns the time until the next permit, if a request
    /// waits.
    fn grant(self: &Arc<Self>) -> Option<Duration> {
        loop {
            let (request, permits) = {
                let mut requests = self.requests();
                let wait = requests.next.saturating_sub(self.now());
                if !wait.is_zero() {
                    return (!requests.waiting.is_empty()).then_some(wait);
                }
                let request = requests.take_next()?;
                // A request whose ticket was dropped costs nothing.
                if request.reply.is_closed() {
                    continue;
                }
                let permits = requests.issue(&request, self);
                (request, permits)
            };
            // If the ticket is dropped at this moment, the permits are
            // returned, which takes the lock; so the lock must not be held
            // here.
            let _ = request.reply.send(permits);
        }
    }

    fn adapt_rate(&self, error: Option<&CallError>, permit: &Permit) {
        let rate = &mut self.requests().rate;
        match error.map(|error| error.kind) {
            None | Some(CallErrorKind::Denied | CallErrorKind::Refused) if permit.waited => {
                rate.raise();
            }
            Some(CallErrorKind::Throttled) => rate.lower(permit.decreases),
            None | Some(CallErrorKind::Denied | CallErrorKind::Refused) => {}
            // Unknown whether CodePipeline received it.
            Some(CallErrorKind::Unclear | CallErrorKind::Unreachable) => {}
        }
    }

    /// A permit that costs nothing.
    fn unlimited_permit(self: &Arc<Self>) -> Permit {
        Permit {
            budget: self.clone(),
            at: Duration::ZERO,
            cost: Duration::ZERO,
            waited: false,
            decreases: self.requests().rate.decreases(),
        }
    }

    /// By the monotonic clock.
    fn now(&self) -> Duration {
        self.clock.since(&self.begun)
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock()
    }
}

impl Requests {
    /// Removes the request that is next.
    fn take_next(&mut self) -> Option<Request> {
        let places = self.waiting.keys();
        let most_urgent = *places.clone().next()?;
        // While rollouts end, no job is handed back by the fair turn: its
        // return would wait behind them.
        let may_go = |urgency| match most_urgent.0 {
            Urgency::Final => urgency <= Urgency::Poll,
            Urgency::Claim | Urgency::Poll | Urgency::Change | Urgency::Progress => true,
        };
        let place = match self.granted % FAIR_TURN_EVERY == FAIR_TURN_EVERY - 1 {
            true => *places
                .filter(|(urgency, _)| *urgency != most_urgent.0 && may_go(*urgency))
                .min_by_key(|(_, ticket)| *ticket)
                .unwrap_or(&most_urgent),
            false => most_urgent,
        };
        self.waiting.remove(&place)
    }

    /// Issues the request's permits, starting now, as many as one second
    /// allows.
    fn issue(&mut self, request: &Request, budget: &Arc<Budget>) -> Vec<Permit> {
        let now = budget.now();
        let interval = self.rate.interval();
        let in_time = BATCH_TIME.div_duration_f64(interval);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most a thousand"
        )]
        let count = request.at_most.min((in_time as usize).max(MIN_BATCH));
        #[expect(clippy::cast_possible_truncation, reason = "at most a thousand")]
        let count_32 = count as u32;
        let apart = interval.min(BATCH_TIME);
        let waited = self.next > request.requested_at;
        let decreases = self.rate.decreases();
        let cost = interval * request.calls;
        self.granted += 1;
        self.next = now + cost * count_32;
        let permit = |number| Permit {
            budget: budget.clone(),
            at: now + apart * number,
            cost,
            waited,
            decreases,
        };
        (0..count_32).map(permit).collect()
    }
}

#[cfg(test)]
mod tests;
