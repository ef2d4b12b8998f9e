//! Reads the sources of releases, once for each pipeline execution.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Mark};
use tokio::time::timeout;
use tracing::debug;

use crate::ports::{SourceRecord, Sources};
use crate::worker::budget::{Budget, Urgency};

/// Maximum number of executions whose sources are cached: as many as a worker
/// has releases in progress by default. A cache miss costs a call.
const MAX_CACHED: usize = 1_000;

/// How long an event waits for its sources, including the wait for a permit.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long to make no calls after one failed temporarily or timed out.
/// Meanwhile events are sent without sources, so that they do not queue up
/// behind calls that time out.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// Reads sources and caches them.
pub(super) struct KnownSources {
    port: Arc<dyn Sources>,
    budget: Arc<Budget>,
    clock: Clock,
    known: VecDeque<(String, Arc<[SourceRecord]>)>,
    /// When a call last failed.
    failed: Option<Mark>,
}

impl KnownSources {
    pub(super) fn new(port: Arc<dyn Sources>, budget: Arc<Budget>, clock: Clock) -> Self {
        Self {
            port,
            budget,
            clock,
            known: VecDeque::new(),
            failed: None,
        }
    }

    /// The sources of the execution; empty if they cannot be read.
    pub(super) async fn of(&mut self, pipeline: &str, execution: &str) -> Arc<[SourceRecord]> {
        if let Some((_, known)) = self.known.iter().find(|(known, _)| known == execution) {
            return known.clone();
        }
        let is_recent = |failed: &Mark| self.clock.since(failed) < PAUSE;
        if self.failed.as_ref().is_some_and(is_recent) {
            return Arc::default();
        }
        let ask = || self.port.of_execution(pipeline, execution);
        let asked = self.budget.call(Urgency::Progress, None, ask);
        let found: Arc<[SourceRecord]> = match timeout(TIMEOUT, asked).await {
            Ok(Ok(found)) => found.into(),
            // The sources of another pipeline may be readable, so there is no
            // pause.
            Ok(Err(error)) if !error.is_transient() => {
                debug!(%error, "where a release comes from is not shown");
                Arc::default()
            }
            Ok(Err(error)) => {
                debug!(%error, "where a release comes from is not known");
                self.failed = Some(self.clock.mark());
                return Arc::default();
            }
            Err(_) => {
                debug!("where a release comes from was not answered in time");
                self.failed = Some(self.clock.mark());
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
