//! The unfinished jobs of all workers that share a journal, for the page. The
//! bucket is read only while a browser has the page open.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use crate::page::FleetJobShown;
use crate::ports::Objects;
use crate::worker::journal::{JobStatus, status_of_fleet};

/// Time between two reads of the bucket. Each takes two lists, and a request
/// for each worker and each job.
const INTERVAL: Duration = Duration::from_secs(15);

/// The jobs as they were last read. The reading ends when it is dropped.
pub(super) struct FleetJobs {
    shown: Arc<Mutex<Option<Vec<FleetJobShown>>>>,
    request: Arc<Notify>,
    _reading: AbortOnDropHandle<()>,
}

impl FleetJobs {
    /// Reads the jobs whenever the page asks for them.
    pub(super) fn watch(objects: Arc<dyn Objects>) -> Self {
        let (shown, request) = (Arc::default(), Arc::new(Notify::new()));
        let reading = read(objects, Arc::clone(&shown), Arc::clone(&request));
        Self {
            shown,
            request,
            _reading: AbortOnDropHandle::new(tokio::spawn(reading)),
        }
    }

    /// The jobs as they were last read. Asks for newer ones.
    pub(super) fn latest(&self) -> Option<Vec<FleetJobShown>> {
        self.request.notify_one();
        self.shown.lock().clone()
    }
}

async fn read(
    objects: Arc<dyn Objects>,
    shown: Arc<Mutex<Option<Vec<FleetJobShown>>>>,
    request: Arc<Notify>,
) {
    loop {
        request.notified().await;
        match status_of_fleet(objects.as_ref()).await {
            Ok(status) => {
                let mut jobs: Vec<_> = status.jobs.iter().map(job).collect();
                jobs.sort_by(|a, b| a.since.total_cmp(&b.since));
                *shown.lock() = Some(jobs);
            }
            Err(error) => debug!(%error, "the journal cannot be read for the page"),
        }
        Clock::system().sleep(INTERVAL).await;
    }
}

fn job(status: &JobStatus) -> FleetJobShown {
    let seconds = |at: Timestamp| at.as_duration().as_secs_f64();
    FleetJobShown {
        pipeline: status.entry.pipeline.clone(),
        worker: status.worker.clone().unwrap_or_default(),
        since: seconds(status.entry.since),
    }
}
