//! The queue of events, and the task that sends them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use metrics::counter;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};

use super::detail::{Detail, Parts};
use super::sources::KnownSources;
use super::state::{Known, State, states_in_report};
use crate::job::offer::Job;
use crate::job::report::Report;
use crate::ports::{
    BusEvent, CallError, CallErrorKind, EventBus, MAX_EVENT_BYTES, MAX_EVENTS, Sources,
};
use crate::worker::budget::Budget;
use crate::worker::shutdown::FLUSH_TIMEOUT;

/// Maximum number of events that wait to be sent: several states of each of the
/// 1,000 releases that a worker has in progress by default. Events beyond it
/// are dropped.
pub(super) const MAX_QUEUED: usize = 5_000;

/// Maximum number of attempts to send an event.
const ATTEMPTS: u32 = 3;

/// Wait before the second attempt, doubled before the third.
const INITIAL_BACKOFF: Duration = Duration::from_secs(2);

/// How long one attempt may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Queues release events and sends them to an event bus. Clones share the
/// queue.
#[derive(Clone)]
pub struct Events(Arc<Inner>);

struct Inner {
    bus: Arc<dyn EventBus>,
    sources: Arc<dyn Sources>,
    region: String,
    budget: Arc<Budget>,
    clock: Clock,
    queue: Mutex<VecDeque<Detail>>,
    changed: Notify,
    /// Cancelled when no more events will be queued.
    closed: CancellationToken,
}

impl Events {
    pub(in crate::worker) fn new(
        bus: Arc<dyn EventBus>,
        sources: Arc<dyn Sources>,
        region: &str,
        budget: &Arc<Budget>,
        clock: &Clock,
    ) -> Self {
        Self(Arc::new(Inner {
            bus,
            sources,
            region: region.to_owned(),
            budget: budget.clone(),
            clock: clock.clone(),
            queue: Mutex::default(),
            changed: Notify::new(),
            closed: CancellationToken::new(),
        }))
    }

    /// Queues an event for each state that `report` adds to those that the
    /// release had reached `before`. Must only be called after CodePipeline has
    /// accepted the report. Returns these states, for
    /// [`Facts::add_queued`](super::facts::Facts::add_queued).
    #[must_use]
    pub(in crate::worker) fn publish(
        &self,
        job: &Job,
        since: Timestamp,
        before: &BTreeSet<State>,
        report: &Report,
        known: &Known,
    ) -> Vec<State> {
        let parts = Parts {
            job,
            region: &self.0.region,
            since,
            now: self.0.clock.now(),
            report,
            rollout: known.rollout.as_ref(),
            facts: &known.facts,
        };
        let queued = &known.facts.queued;
        let is_new = |state: &State| !before.contains(state) && !queued.contains(state);
        let new: Vec<State> = states_in_report(report, known)
            .into_iter()
            .filter(is_new)
            .collect();
        for state in &new {
            self.0.queue(Detail::of(*state, &parts));
        }
        new
    }

    /// Starts the task that sends the events.
    pub(in crate::worker) fn start(&self) -> Sending {
        let events = self.0.clone();
        Sending {
            events: self.clone(),
            task: AbortOnDropHandle::new(tokio::spawn(async move { events.send_all().await })),
        }
    }
}

/// The task that sends the events. Dropping it stops the task.
pub(in crate::worker) struct Sending {
    events: Events,
    task: AbortOnDropHandle<()>,
}

impl Sending {
    /// Sends the remaining events for at most [`FLUSH_TIMEOUT`].
    pub(in crate::worker) async fn finish(self) {
        let events = &self.events.0;
        events.closed.cancel();
        if timeout(FLUSH_TIMEOUT, self.task).await.is_err() {
            let left = events.waiting().len();
            count_failed(left);
            warn!(events = left, "exiting before every event was sent");
        }
    }
}

impl Inner {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Detail>> {
        self.queue.lock()
    }

    fn queue(&self, detail: Detail) {
        let mut waiting = self.waiting();
        if waiting.len() >= MAX_QUEUED {
            drop(waiting);
            count_failed(1);
            warn!(
                event.id = detail.id,
                "too many events wait to be sent; one is not sent"
            );
            return;
        }
        waiting.push_back(detail);
        drop(waiting);
        self.changed.notify_one();
    }

    /// Sends until the queue is closed and empty.
    async fn send_all(&self) {
        let clock = self.clock.clone();
        let mut sources = KnownSources::new(self.sources.clone(), self.budget.clone(), clock);
        while let Some(details) = self.next().await {
            let count = details.len();
            let mut batch = Vec::new();
            for detail in details {
                let event = with_sources(&mut sources, detail).await.event();
                let bytes: usize = batch.iter().map(BusEvent::size).sum();
                if bytes + event.size() > MAX_EVENT_BYTES {
                    self.send(std::mem::take(&mut batch)).await;
                }
                batch.push(event);
            }
            self.send(batch).await;
            self.waiting().drain(..count);
        }
    }

    /// The next events, at most as many as one call accepts; `None` once the
    /// queue is closed and empty. They stay in the queue while they are sent, so
    /// that they are counted if the process ends meanwhile.
    async fn next(&self) -> Option<Vec<Detail>> {
        loop {
            let next: Vec<Detail> = self.waiting().iter().take(MAX_EVENTS).cloned().collect();
            if !next.is_empty() {
                return Some(next);
            }
            if self.closed.is_cancelled() {
                return None;
            }
            tokio::select! {
                biased;
                () = self.changed.notified() => {}
                () = self.closed.cancelled() => {}
            }
        }
    }

    /// Sends events, and retries those that were not accepted.
    async fn send(&self, mut events: Vec<BusEvent>) {
        let mut wait = INITIAL_BACKOFF;
        for attempt in 1..=ATTEMPTS {
            let Some(error) = self.put(&mut events).await else {
                return;
            };
            if attempt == ATTEMPTS || !error.is_transient() {
                count_failed(events.len());
                warn!(%error, events = events.len(), "events were not sent");
                return;
            }
            debug!(%error, events = events.len(), "events were not accepted; retrying");
            self.clock.sleep(wait).await;
            wait *= 2;
        }
    }

    /// Makes one attempt. Events that may be accepted later stay in `events`;
    /// the result is the last error among them.
    async fn put(&self, events: &mut Vec<BusEvent>) -> Option<CallError> {
        let answers = match timeout(SEND_TIMEOUT, self.bus.put(events)).await {
            Ok(Ok(answers)) => answers,
            Ok(Err(error)) => return Some(error),
            Err(_) => return Some(no_answer()),
        };
        let mut last = None;
        let mut rest = Vec::new();
        for (event, answer) in std::mem::take(events).into_iter().zip(answers) {
            match answer {
                Ok(()) => counter!("bluegreen_events_sent_total").increment(1),
                Err(error) if error.is_transient() => {
                    rest.push(event);
                    last = Some(error);
                }
                Err(error) => {
                    count_failed(1);
                    warn!(%error, "an event was not accepted");
                }
            }
        }
        *events = rest;
        last
    }
}

async fn with_sources(sources: &mut KnownSources, detail: Detail) -> Detail {
    let Some(execution) = detail.pipeline_execution.clone() else {
        return detail;
    };
    let found = sources.of(&detail.pipeline, &execution).await;
    detail.with_sources(&found)
}

fn count_failed(events: usize) {
    counter!("bluegreen_events_failed_total").increment(events as u64);
}

fn no_answer() -> CallError {
    CallError::new(
        "events:PutEvents",
        CallErrorKind::Unclear,
        "Timeout",
        "no answer came in time",
    )
}
