//! Where releases come from, asked once for each pipeline execution.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;
use tracing::debug;

use crate::clock::Clock;
use crate::ports::{SourceRecord, Sources};
use crate::worker::budget::{Budget, Urgency};

/// Executions whose sources are remembered: as many as there are releases under
/// way by default. One that is forgotten costs a call.
const MAX_CACHED: usize = 1_000;

/// How long an event waits for its sources, the wait for a permit included.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long nobody is asked after there was no answer: events then go without
/// their sources, and do not queue up behind an answer that does not come.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// Asks, and remembers.
pub(super) struct KnownSources {
    port: Arc<dyn Sources>,
    budget: Arc<Budget>,
    clock: Clock,
    known: VecDeque<(String, Arc<[SourceRecord]>)>,
    /// Until when nobody is asked.
    paused: Option<Timestamp>,
}

impl KnownSources {
    pub(super) fn new(port: Arc<dyn Sources>, budget: Arc<Budget>, clock: Clock) -> Self {
        Self {
            port,
            budget,
            clock,
            known: VecDeque::new(),
            paused: None,
        }
    }

    /// What the execution releases; empty where that cannot be learned.
    pub(super) async fn of(&mut self, pipeline: &str, execution: &str) -> Arc<[SourceRecord]> {
        if let Some((_, known)) = self.known.iter().find(|(known, _)| known == execution) {
            return known.clone();
        }
        if self.paused.is_some_and(|until| self.clock.now() < until) {
            return Arc::default();
        }
        let ask = || self.port.of_execution(pipeline, execution);
        let asked = self.budget.call(Urgency::Progress, None, ask);
        let found: Arc<[SourceRecord]> = match timeout(TIMEOUT, asked).await {
            Ok(Ok(found)) => found.into(),
            // Another pipeline's may be shown all the same.
            Ok(Err(error)) if !error.is_transient() => {
                debug!(%error, "where a release comes from is not shown");
                Arc::default()
            }
            Ok(Err(error)) => {
                debug!(%error, "where a release comes from is not known");
                self.paused = Some(self.clock.now() + PAUSE);
                return Arc::default();
            }
            Err(_) => {
                debug!("where a release comes from was not answered in time");
                self.paused = Some(self.clock.now() + PAUSE);
                return Arc::default();
            }
        };
        if self.known.len() == MAX_CACHED {
            self.known.pop_front();
        }
        self.known.push_back((execution.to_owned(), found.clone()));
        found
    }
}
