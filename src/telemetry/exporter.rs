//! Sends spans to the collector in batches. Jobs never wait for it: spans go
//! through a bounded channel and are dropped when it is full.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use metrics::counter;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::otlp;
use super::settings::TraceSettings;
use super::span::Span;
use crate::ports::Collector;

/// Capacity of the channel to the exporter; further spans are dropped. This is
/// the default of OpenTelemetry's own exporters.
pub(super) const MAX_WAITING: usize = 2_048;

/// The largest batch, and how long the first span of a batch waits for more.
/// Both are OpenTelemetry's defaults.
const MAX_BATCH: usize = 512;
const BATCH_WINDOW: Duration = Duration::from_secs(5);

/// Delays between attempts after a retryable failure. Then the batch is
/// dropped, which does little harm.
const BACKOFF: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Statuses that the OTLP specification calls retryable.
const RETRYABLE: [u16; 4] = [429, 502, 503, 504];

/// Receives finished spans from the tracing layer and exports them.
pub struct Exporter {
    pub(super) settings: TraceSettings,
    pub(super) waiting: Receiver<Span>,
    pub(super) clock: Clock,
}

impl Exporter {
    /// Exports until `end` is cancelled and the channel is empty.
    pub async fn send(mut self, collector: Arc<dyn Collector>, end: CancellationToken) {
        let mut is_working = true;
        while let Some(batch) = self.next(&end).await {
            let result = self.export(&*collector, &batch, &end).await;
            self.report(&result, batch.len(), &mut is_working);
        }
    }

    /// Gathers the next batch. Returns `None` when there are no more spans.
    async fn next(&mut self, end: &CancellationToken) -> Option<Vec<Span>> {
        let mut batch = Vec::new();
        tokio::select! {
            _ = self.waiting.recv_many(&mut batch, MAX_BATCH) => {}
            () = end.cancelled() => {}
        }
        let clock = self.clock.clone();
        let gather = async {
            while batch.len() < MAX_BATCH {
                let room = MAX_BATCH - batch.len();
                if self.waiting.recv_many(&mut batch, room).await == 0 {
                    break;
                }
            }
        };
        tokio::select! {
            () = gather => {}
            () = clock.sleep(BATCH_WINDOW) => {}
            () = end.cancelled() => {}
        }
        while batch.len() < MAX_BATCH
            && let Ok(span) = self.waiting.try_recv()
        {
            batch.push(span);
        }
        (!batch.is_empty()).then_some(batch)
    }

    async fn export(
        &self,
        collector: &dyn Collector,
        batch: &[Span],
        end: &CancellationToken,
    ) -> Result<(), String> {
        let body = otlp::export(&self.settings.resource, batch).to_string();
        let mut waits = BACKOFF.iter();
        loop {
            let sent = collector.post(&self.settings.url, &self.settings.headers, body.as_bytes());
            let problem = match tokio::time::timeout(self.settings.timeout, sent).await {
                Ok(Ok(status)) if (200..300).contains(&status) => return Ok(()),
                Ok(Ok(status)) if !RETRYABLE.contains(&status) => {
                    return Err(format!("the response is {status}"));
                }
                Ok(Ok(status)) => format!("the response is {status}"),
                Ok(Err(problem)) => problem,
                Err(_) => format!("no response within {:?}", self.settings.timeout),
            };
            let Some(wait) = waits.next().filter(|_| !end.is_cancelled()) else {
                return Err(problem);
            };
            tokio::select! {
                () = self.clock.sleep(*wait) => {}
                () = end.cancelled() => {}
            }
        }
    }

    /// Logs a warning at the first failure and a message at recovery.
    fn report(&self, result: &Result<(), String>, spans: usize, is_working: &mut bool) {
        match result {
            Ok(()) if !*is_working => info!("sending traces again"),
            Ok(()) => {}
            Err(problem) => {
                let lost = u64::try_from(spans).unwrap_or(u64::MAX);
                counter!("bluegreen_spans_dropped_total").increment(lost);
                if *is_working {
                    warn!(problem, "cannot send traces; continuing without");
                }
            }
        }
        *is_working = result.is_ok();
    }
}
