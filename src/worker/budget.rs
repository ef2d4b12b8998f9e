//! The budget of calls to CodePipeline: what a permit is, and who gets the
//! next one.
//!
//! AWS publishes neither how many calls CodePipeline takes nor how soon it
//! offers a job again that nobody has acknowledged (aws-facts §1.3). A job that
//! is offered again has a new nonce, and the old one is worthless. So a worker
//! that asks for more jobs than it can acknowledge at once may never have a
//! single one: each acknowledgement comes too late. What follows keeps a
//! backlog moving whatever the rates are.
//!
//! *A permit is one request.* Every call to CodePipeline has one for each of
//! its attempts; the SDK repeats no throttled request by itself. `run` hands
//! permits out one after another, at the rate that `rate` finds.
//!
//! *A poll has the permits of its acknowledgements.* It is given as many
//! permits together as one second allows, asks for one job fewer than that, and
//! each job's acknowledgement goes out with its permit, before anything else is
//! done about the job. Permits that nobody uses are given back.
//!
//! *Who gets the next permit* is decided when it is due: first the ends of
//! rollouts; then jobs that are ours or are offered to us; then polls; then
//! news of what is under way, and last what is only a little further. Of
//! `FAIR` permits one goes to whoever has waited longest, so that polls that
//! are close together keep nobody waiting for ever.
//!
//! *What is under way goes before what is new.* A job that is handed back comes
//! again at the end of CodePipeline's line. While others wait in that line,
//! which a poll shows that gets all it asked for, a deployment that is under
//! way is not handed back (`hand_back`). Nor does anybody stop looking at one because a
//! permit is not to be had: whoever hands back gets the permit first, and looks
//! on until then. It costs the calls of the job's return as well, so that no
//! more are handed back than can soon be had again.

mod permit;
mod rate;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

pub(super) use self::permit::{Permit, Ticket};
use self::rate::CallRate;
use crate::clock::{Clock, Mark};
use crate::config::Rate;
use crate::ports::{CallError, CallErrorKind};

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// The end of a rollout.
    Final,
    /// Having a job that was offered, or was ours before.
    Claim,
    /// Asking for jobs.
    Poll,
    /// A rollout has come to something new.
    Change,
    /// The same as before, a little further.
    Progress,
}

/// Of so many permits one goes to whoever has waited longest: where polls alone
/// would take every permit, reports still get through.
const FAIR: u64 = 4;

/// The time for which a poll has permits. A job that was offered is
/// acknowledged within it, which is short beside any redelivery; the calls of
/// a longer time would save few polls.
const BATCH_TIME: Duration = Duration::from_secs(1);

/// A poll and one acknowledgement, however slow the pace is.
const LEAST_BATCH: usize = 2;

/// What it costs to hand a job back: the report, and for its return a share of
/// a poll and an acknowledgement.
const CALLS_TO_HAND_BACK: u32 = 3;

/// How often a call is repeated that was throttled, each time with a permit of
/// a slower pace. After that its caller decides.
const ATTEMPTS: u32 = 5;

/// Hands out permits.
#[derive(Debug)]
pub(super) struct Budget {
    clock: Clock,
    /// What moments are counted from.
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
    /// Requests that were granted.
    granted: u64,
    /// When the next permit is due.
    next: Duration,
    /// Nobody waits any more: the worker is draining.
    open: bool,
}

#[derive(Debug)]
struct Request {
    at_most: usize,
    /// What each permit costs, in calls.
    calls: u32,
    asked: Duration,
    reply: oneshot::Sender<Vec<Permit>>,
}

impl Budget {
    pub(super) fn new(ceiling: Rate, clock: &Clock) -> Self {
        let requests = Requests {
            rate: CallRate::new(ceiling),
            waiting: BTreeMap::new(),
            tickets: 0,
            granted: 0,
            next: Duration::ZERO,
            open: false,
        };
        Self {
            clock: clock.clone(),
            begun: clock.mark(),
            requests: Mutex::new(requests),
            changed: Notify::new(),
            backlog: AtomicBool::new(false),
        }
    }

    /// Changes the most calls that there may be in a second.
    pub(super) fn set_ceiling(&self, ceiling: Rate) {
        self.requests().rate.set_ceiling(ceiling);
    }

    /// Calls a second, as it is now.
    pub(super) fn rate(&self) -> Rate {
        self.requests().rate.get()
    }

    /// Notes whether jobs may wait in CodePipeline's line, as polls show it.
    pub(super) fn set_backlog(&self, backlog: bool) {
        self.backlog.store(backlog, Ordering::Relaxed);
    }

    /// Whether jobs may wait in CodePipeline's line.
    pub(super) fn has_backlog(&self) -> bool {
        self.backlog.load(Ordering::Relaxed)
    }

    /// Gets in the line for one permit.
    pub(super) fn queue(self: &Arc<Self>, urgency: Urgency) -> Ticket {
        self.queue_for(urgency, 1, 1)
    }

    /// Gets in the line for the permit to hand a job back.
    pub(super) fn queue_to_hand_back(self: &Arc<Self>, urgency: Urgency) -> Ticket {
        self.queue_for(urgency, 1, CALLS_TO_HAND_BACK)
    }

    /// Waits for a poll's permit and those of the acknowledgements that follow
    /// it: two of them at least, `at_most` so many, as far as a second goes.
    pub(super) async fn batch(self: &Arc<Self>, at_most: usize) -> Vec<Permit> {
        self.queue_for(Urgency::Poll, at_most, 1).granted().await
    }

    /// Makes a call, with `permit` or the next one of this urgency; once more
    /// where it was throttled, for then nothing has happened.
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
            match permit.send(call()).await {
                Err(error)
                    if error.kind == CallErrorKind::Throttled
                        && attempts < ATTEMPTS
                        && !self.requests().open =>
                {
                    attempts += 1;
                }
                answer => return answer,
            }
        }
    }

    /// Hands out permits for ever.
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

    /// Lets everybody go, now and from now on.
    pub(super) fn open(&self) {
        let mut requests = self.requests();
        requests.open = true;
        requests.waiting.clear();
    }

    fn queue_for(self: &Arc<Self>, urgency: Urgency, at_most: usize, calls: u32) -> Ticket {
        let (reply, granted) = oneshot::channel();
        let mut requests = self.requests();
        // Otherwise the ticket's other end is dropped, which is a permit too.
        if !requests.open {
            requests.tickets += 1;
            let place = (urgency, requests.tickets);
            let request = Request {
                at_most,
                calls,
                asked: self.now(),
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

    /// Grants whatever is due; answers how long it is until the next is.
    fn grant(self: &Arc<Self>) -> Option<Duration> {
        loop {
            let (request, permits) = {
                let mut requests = self.requests();
                let wait = requests.next.saturating_sub(self.now());
                if !wait.is_zero() {
                    return (!requests.waiting.is_empty()).then_some(wait);
                }
                let request = requests.first()?;
                // Who has left costs no time.
                if request.reply.is_closed() {
                    continue;
                }
                let permits = requests.issue(&request, self);
                (request, permits)
            };
            // Who leaves at this very moment gives them back, which takes the
            // lock.
            let _ = request.reply.send(permits);
        }
    }

    fn heard(&self, error: Option<&CallError>, permit: &Permit) {
        let rate = &mut self.requests().rate;
        match error.map(|error| error.kind) {
            None | Some(CallErrorKind::Denied | CallErrorKind::Refused) if permit.waited => {
                rate.answered()
            }
            Some(CallErrorKind::Throttled) => rate.throttled(permit.falls),
            None | Some(CallErrorKind::Denied | CallErrorKind::Refused) => {}
            // Nobody knows whether it was heard.
            Some(CallErrorKind::Unclear | CallErrorKind::Unreachable) => {}
        }
    }

    /// A permit that costs nothing.
    fn free(self: &Arc<Self>) -> Permit {
        Permit {
            budget: self.clone(),
            at: Duration::ZERO,
            cost: Duration::ZERO,
            waited: false,
            falls: self.requests().rate.falls(),
        }
    }

    /// By the clock that nobody sets.
    fn now(&self) -> Duration {
        self.clock.since(&self.begun)
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().expect("nobody panics with the lock")
    }
}

impl Requests {
    /// Whose turn it is.
    fn first(&mut self) -> Option<Request> {
        let places = self.waiting.keys();
        let most_urgent = *places.clone().next()?;
        // While rollouts end, none is handed back: its return would wait for
        // them.
        let may_go = |urgency| match most_urgent.0 {
            Urgency::Final => urgency <= Urgency::Poll,
            Urgency::Claim | Urgency::Poll | Urgency::Change | Urgency::Progress => true,
        };
        let place = match self.granted % FAIR == FAIR - 1 {
            true => *places
                .filter(|(urgency, _)| may_go(*urgency))
                .min_by_key(|(_, ticket)| *ticket)?,
            false => most_urgent,
        };
        self.waiting.remove(&place)
    }

    /// Permits from now on, as many as were asked for and a second allows.
    fn issue(&mut self, request: &Request, budget: &Arc<Budget>) -> Vec<Permit> {
        let now = budget.now();
        let interval = self.rate.interval();
        let in_time = BATCH_TIME.div_duration_f64(interval);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most a thousand"
        )]
        let count = request.at_most.min((in_time as usize).max(LEAST_BATCH));
        #[expect(clippy::cast_possible_truncation, reason = "at most a thousand")]
        let count_32 = count as u32;
        let apart = interval.min(BATCH_TIME / count_32.max(1));
        let waited = self.next > request.asked;
        let falls = self.rate.falls();
        let cost = interval * request.calls;
        self.granted += 1;
        self.next = now + cost * count_32;
        let permit = |number| Permit {
            budget: budget.clone(),
            at: now + apart * number,
            cost,
            waited,
            falls,
        };
        (0..count_32).map(permit).collect()
    }
}

#[cfg(test)]
mod tests;
