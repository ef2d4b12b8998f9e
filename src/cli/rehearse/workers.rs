//! The workers of a rehearsal: one real worker at a time, which can be killed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use simulator::keys::AccountKey;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::aws::{self, EventBridgeBus, History};
use crate::config::Rate;
use crate::job::Engine;
use crate::policy::Gate;
use crate::worker::journal::{Directory, Journal, JournalProblem};
use crate::worker::{self, Context, Tuning};

/// A folder for the journal of a worker that will be killed; removed on drop.
pub(super) struct JournalFolder(PathBuf);

impl JournalFolder {
    pub(super) fn new() -> Self {
        let (process, number) = (std::process::id(), fastrand::u32(..));
        let name = format!("bluegreen-rehearsal-{process}-{number}");
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for JournalFolder {
    fn drop(&mut self) {
        // It is in the directory for temporary files, so a failure does not
        // matter.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The workers, with everything that is needed to start one.
pub(super) struct Workers {
    /// The simulator's address, the Region, and who shifts the traffic.
    place: (String, String, Engine),
    key: AccountKey,
    clock: Clock,
    gate: Option<Gate>,
    journal: Option<JournalFolder>,
    worker: Option<Worker>,
}

struct Worker {
    drain: CancellationToken,
    task: JoinHandle<()>,
}

/// How often to try to lock the journal of a worker that has just been killed,
/// which may still be writing.
const LOCK_ATTEMPTS: u32 = 200;
/// The event bus that every account has.
const EVENT_BUS: &str = "default";

/// The pause between two attempts, in real time.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

impl Workers {
    pub(super) fn new(
        place: (String, String, Engine),
        key: AccountKey,
        clock: Clock,
        gate: Option<Gate>,
        journal: Option<JournalFolder>,
    ) -> Self {
        Self {
            place,
            key,
            clock,
            gate,
            journal,
            worker: None,
        }
    }

    /// Starts a worker.
    pub(super) async fn start(&mut self) -> Result<(), JournalProblem> {
        let (url, region, engine) = &self.place;
        let config = aws::connect_to(
            url,
            region,
            (&self.key.access_key_id, &self.key.secret_access_key),
            aws::http_client(None, None),
        );
        let ports = aws::ports(&config, &[(*engine).into()], true, &self.clock);
        let drain = CancellationToken::new();
        let journal = self.journal().await?;
        let bus = Arc::new(EventBridgeBus::new(&config, EVENT_BUS));
        let mut context = Context::new(ports, self.clock.clone(), tuning(), journal, drain.clone())
            .with_events(bus, Arc::new(History::paced(&config, &self.clock)), region);
        if let Some(gate) = &self.gate {
            context = context.with_policy(gate.clone());
        }
        let task = tokio::spawn(async move { worker::run(&context).await });
        self.worker = Some(Worker { drain, task });
        Ok(())
    }

    async fn journal(&self) -> Result<Option<Arc<dyn Journal>>, JournalProblem> {
        let Some(JournalFolder(path)) = &self.journal else {
            return Ok(None);
        };
        let mut attempts = 0;
        loop {
            attempts += 1;
            match Directory::open(path, &self.clock) {
                Err(JournalProblem::InUse { .. }) if attempts < LOCK_ATTEMPTS => {
                    Clock::system().sleep(LOCK_PAUSE).await;
                }
                Ok(directory) => return Ok(Some(Arc::new(directory))),
                Err(problem) => return Err(problem),
            }
        }
    }

    /// Aborts the worker, as a crash does.
    pub(super) async fn kill(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.task.abort();
            // The task was aborted, so this is an error.
            let _ = worker.task.await;
        }
    }

    /// Drains the worker.
    pub(super) async fn dismiss(self) {
        if let Some(worker) = self.worker {
            worker.drain.cancel();
            // A panic of the worker no longer matters.
            let _ = worker.task.await;
        }
    }
}

/// The worker's default settings.
fn tuning() -> Tuning {
    Tuning {
        poll_interval: Duration::from_secs(5),
        observe_interval: Duration::from_secs(10),
        watch: Duration::from_secs(20),
        max_call_rate: Rate(40.0),
        max_jobs: 1,
    }
}
