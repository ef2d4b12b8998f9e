//! The workers of a rehearsal: one real worker at a time, which can be killed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use simulator::keys::AccountKey;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::aws::{self, EventBridgeBus, History};
use crate::config::Settings;
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

/// The workers, of which at most one runs.
pub(super) struct Workers {
    /// The simulator's address.
    pub(super) url: String,
    pub(super) region: String,
    /// Who shifts the traffic.
    pub(super) engine: Engine,
    pub(super) key: AccountKey,
    pub(super) clock: Clock,
    pub(super) gate: Option<Gate>,
    /// Without one, no job survives its worker.
    pub(super) journal: Option<JournalFolder>,
    /// The one that runs.
    pub(super) worker: Option<Worker>,
}

pub(super) struct Worker {
    drain: CancellationToken,
    task: JoinHandle<()>,
}

/// The event bus that every account has.
const EVENT_BUS: &str = "default";

/// How often to try to lock the journal of a worker that has just been killed,
/// which may still be writing.
const LOCK_ATTEMPTS: u32 = 200;

/// The pause between two attempts, in real time.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

impl Workers {
    /// Starts the first worker, or the next one after a worker was killed.
    pub(super) async fn start(&mut self) -> Result<(), JournalProblem> {
        let Self {
            url,
            region,
            engine,
            key,
            clock,
            gate,
            ..
        } = &*self;
        let key = (&*key.access_key_id, &*key.secret_access_key);
        let config = aws::connect_to(url, region, key, aws::http_client(None, None));
        let ports = aws::ports(&config, &[(*engine).into()], None, true, clock);
        let drain = CancellationToken::new();
        let journal = self.journal().await?;
        let bus = Arc::new(EventBridgeBus::new(&config, EVENT_BUS));
        let sources = Arc::new(History::paced(&config, clock));
        let mut context = Context::new(ports, clock.clone(), tuning(), journal, drain.clone())
            .with_events(bus, sources, region);
        if let Some(gate) = gate {
            context = context.with_policy(gate.clone());
        }
        let task = tokio::spawn(async move { worker::run(&context).await });
        self.worker = Some(Worker { drain, task });
        Ok(())
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
}

/// The worker's default settings, for the only action of a rehearsal.
fn tuning() -> Tuning {
    Tuning {
        max_jobs: 1,
        ..Tuning::from(&Settings::initial(None))
    }
}
