//! The real program against a pretend account on a real socket: what is done
//! to its processes is done to nobody else's.

use std::process::Stdio;
use std::time::Duration;

use bluegreen_worker::clock::Clock;
use bluegreen_worker::simulator::codepipeline::{ActionStatus, ActionView};
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use bluegreen_worker::simulator::wire::{Options, Simulator};
use bluegreen_worker::simulator::world::World;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::play::{self, BUCKET, Scene};
use crate::support::Order;

/// Simulated minutes pass in seconds.
const SPEED: f64 = 60.0;

/// What a service manager gives a process that was told to stop.
pub(crate) const DRAIN: Duration = Duration::from_secs(10);

/// No story takes longer, also on a busy machine.
pub(crate) const LONGEST: Duration = Duration::from_secs(90);

/// An account on a real socket, with a journal for its workers.
pub(crate) struct Account {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Clock,
    /// Where workers keep their journal.
    pub(crate) journal: String,
    /// The directory, where it is one.
    _place: Option<TempDir>,
}

impl Account {
    /// An account whose workers share a directory, one after the other.
    pub(crate) async fn new() -> Self {
        let place = TempDir::new().expect("a directory");
        let journal = place.path().to_str().expect("text").to_owned();
        Self::with(journal, Some(place)).await
    }

    /// An account whose workers are a fleet.
    pub(crate) async fn with_fleet() -> Self {
        Self::with(format!("s3://{BUCKET}/fleet"), None).await
    }

    async fn with(journal: String, place: Option<TempDir>) -> Self {
        // The program has no clock but the machine's.
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
        let mut world = world.lock().expect("nobody panics with the world");
        world.follow(self.clock.now());
        look(&mut world)
    }

    pub(crate) fn queue(&self) -> String {
        self.world(|world| world.queue_action(Order::default().declaration()))
            .expect("a pipeline accepts the action")
    }

    /// The first call of `name` from now on goes wrong.
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

    /// Waits until every fault has struck.
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

    /// Starts the program with nothing but environment variables; somebody
    /// reads its log.
    pub(crate) fn worker(&self) -> Child {
        self.command()
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    /// The same, with a log that nobody reads.
    pub(crate) fn quiet_worker(&self) -> Child {
        self.command()
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    /// The same, where every file that it writes is as on a full disk.
    pub(crate) fn worker_on_a_full_disk(&self) -> Child {
        let program = self.command();
        let program = program.as_std();
        let mut command = Command::new("sh");
        command
            // Without the trap the first write would kill it.
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

/// Sends a signal to a process that a test has started.
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().expect("it runs");
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("kill -{name} {id}")])
        .status();
    assert!(status.expect("a shell").success());
}

/// SIGTERM, as a service manager sends it.
pub(crate) fn terminate(child: &Child) {
    signal(child, "TERM");
}

pub(crate) type LogLines = tokio::io::Lines<BufReader<ChildStderr>>;

/// What the program logs.
pub(crate) fn log_of(child: &mut Child) -> LogLines {
    BufReader::new(child.stderr.take().expect("a pipe")).lines()
}

/// Reads the log until a line has these words.
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
