//! The real program against a simulated account over HTTP. Signals are sent
//! only to processes that the test started.

use std::process::Stdio;
use std::time::Duration;

use clock::Clock;
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::wire::{Options, Simulator};
use simulator::world::World;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::support::Order;
use crate::support::play::{self, BUCKET, Scene};

/// Simulated minutes pass in seconds.
const SPEED: f64 = 60.0;

/// Time that a service manager gives a process to stop.
pub(crate) const DRAIN: Duration = Duration::from_secs(10);

/// Time limit of a test, also on a busy machine.
pub(crate) const LONGEST: Duration = Duration::from_secs(90);

/// An account served over HTTP, with a journal for its workers.
pub(crate) struct Account {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Clock,
    /// The workers' journal.
    pub(crate) journal: String,
    /// The journal's directory, if it is one.
    _place: Option<TempDir>,
}

impl Account {
    /// An account whose workers use a directory one after the other.
    pub(crate) async fn new() -> Self {
        let place = TempDir::new().expect("a directory");
        let journal = place.path().to_str().expect("text").to_owned();
        Self::with(journal, Some(place)).await
    }

    /// An account whose workers share a journal.
    pub(crate) async fn with_fleet() -> Self {
        Self::with(format!("s3://{BUCKET}/fleet"), None).await
    }

    async fn with(journal: String, place: Option<TempDir>) -> Self {
        // The program can only use the machine's clock.
        let now = Clock::system().now();
        let clock = Clock::simulated(now, SPEED);
        let world = play::world_at(now, Scene::Good);
        let simulator = Simulator::start(world, clock.clone(), Options::default())
            .await
            .expect("a port");
        Self {
            simulator,
            clock,
            journal,
            _place: place,
        }
    }

    pub(crate) fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let world = self.simulator.world();
        let mut world = world.lock();
        world.follow(self.clock.now());
        look(&mut world)
    }

    pub(crate) fn queue(&self) -> String {
        self.world(|world| world.queue_action(Order::default().declaration()))
            .expect("a pipeline accepts the action")
    }

    /// Injects a fault into the next call of `name`.
    pub(crate) fn upset(&self, name: &str, kind: Kind) {
        let (service, operation) = name.split_once(':').expect("service:operation");
        let fault = Fault {
            service: service.into(),
            operation: operation.into(),
            occurrence: Occurrence::Nth(1),
            kind,
        };
        self.world(|world| world.faults.add(fault))
            .expect("a fault");
    }

    /// Waits until every fault has occurred.
    pub(crate) async fn struck(&self) {
        self.until(|world| world.faults.pending().next().is_none())
            .await;
    }

    pub(crate) async fn until(&self, is_so: impl Fn(&mut World) -> bool) {
        let look = async {
            while !self.world(&is_so) {
                Clock::system().sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LONGEST, look).await.expect("it comes to pass");
    }

    pub(crate) async fn end_of(&self, action: &str) -> ActionView {
        let view = |world: &mut World| world.codepipeline.view(action).expect("it was queued");
        self.until(|world| view(world).status != ActionStatus::InProgress)
            .await;
        self.world(view)
    }

    /// Starts the program with environment variables as its only settings. Its
    /// log can be read.
    pub(crate) fn worker(&self) -> Child {
        self.command()
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    /// Like [`Self::worker`], without its log.
    pub(crate) fn quiet_worker(&self) -> Child {
        self.command()
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    /// Like [`Self::worker`], with every write to a file failing as on a full
    /// disk.
    pub(crate) fn worker_on_a_full_disk(&self) -> Child {
        let program = self.command();
        let program = program.as_std();
        let mut command = Command::new("sh");
        command
            // Without the trap the signal of the first write would kill the
            // program.
            .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" run"])
            .arg(program.get_program())
            .env_clear()
            .envs(
                program
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().expect("a shell")
    }

    fn command(&self) -> Command {
        let key = self.world(|world| world.keys.account.clone());
        let mut command = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"));
        command
            .arg("run")
            .env_clear()
            .env("AWS_ENDPOINT_URL", self.simulator.url())
            .env("AWS_REGION", self.world(|world| world.region.clone()))
            .env("AWS_ACCESS_KEY_ID", key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", key.secret_access_key)
            .env("BLUEGREEN_POLL_INTERVAL", "100ms")
            .env("BLUEGREEN_OBSERVE_INTERVAL", "200ms")
            .env("BLUEGREEN_WATCH", "1s")
            .env("BLUEGREEN_REPORT_RATE", "50/s")
            .env("BLUEGREEN_LISTEN", "127.0.0.1:0")
            .env("BLUEGREEN_JOURNAL", &self.journal)
            .env("BLUEGREEN_JOURNAL_LEASE", "5s")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// Sends a signal to a process that the test started.
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().expect("it runs");
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("kill -{name} {id}")])
        .status();
    assert!(status.expect("a shell").success());
}

/// Sends SIGTERM, as a service manager does.
pub(crate) fn terminate(child: &Child) {
    signal(child, "TERM");
}

pub(crate) type LogLines = tokio::io::Lines<BufReader<ChildStderr>>;

/// The program's log.
pub(crate) fn log_of(child: &mut Child) -> LogLines {
    BufReader::new(child.stderr.take().expect("a pipe")).lines()
}

/// Reads the log up to a line with these words, and returns the line.
pub(crate) async fn until_logged(lines: &mut LogLines, words: &str) -> String {
    let read = async {
        while let Some(line) = lines.next_line().await.expect("text") {
            if line.contains(words) {
                return line;
            }
        }
        panic!("the log ends without `{words}`");
    };
    timeout(LONGEST, read).await.expect("it is logged")
}
