//! The built program against a simulated account over HTTP. Signals are sent
//! only to processes that the test started.

use std::fs;
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use clock::Clock;
use simulator::codedeploy::Fixture;
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::wire::{Options, Simulator};
use simulator::world::{REGION, World};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
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

const PROGRAM: &str = env!("CARGO_BIN_EXE_bluegreen-worker");

const SETTINGS: &str = "\
poll_interval = \"100ms\"
observe_interval = \"200ms\"
watch = \"1s\"
report_rate = \"50/s\"
listen = \"127.0.0.1:0\"
";

/// A simulated account served over HTTP, with a folder that has the settings
/// file of its workers.
pub(crate) struct Account {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Clock,
    pub(crate) folder: TempDir,
}

impl Account {
    pub(crate) async fn new() -> Self {
        Self::with(&Fixture::default()).await
    }

    pub(crate) async fn with(fixture: &Fixture) -> Self {
        // The program can only use the machine's clock.
        let now = Clock::system().now();
        let mut world = World::new(now);
        fixture.build(&mut world).expect("a scene that works");
        world.seed(&definitions(REGION));
        Self::serve(world, Clock::simulated(now, SPEED)).await
    }

    /// An account for quick releases, whose workers have a journal in the
    /// account's folder and use it one after the other.
    pub(crate) async fn with_journal() -> Self {
        let account = Self::for_quick_releases().await;
        let journal = account.journal();
        let journal = journal.to_str().expect("text");
        account.settings(&format!("journal = {journal:?}\n"));
        account
    }

    /// An account for quick releases, whose workers share a journal.
    pub(crate) async fn with_fleet() -> Self {
        let account = Self::for_quick_releases().await;
        let journal = format!("s3://{BUCKET}/fleet");
        account.settings(&format!("journal = {journal:?}\njournal_lease = \"5s\"\n"));
        account
    }

    async fn for_quick_releases() -> Self {
        let now = Clock::system().now();
        let world = play::world_at(now, Scene::Good);
        Self::serve(world, Clock::simulated(now, SPEED)).await
    }

    async fn serve(world: World, clock: Clock) -> Self {
        let simulator = Simulator::start(world, clock.clone(), Options::default());
        let account = Self {
            simulator: simulator.await.expect("a port"),
            clock,
            folder: TempDir::new().expect("a folder"),
        };
        account.settings("");
        account
    }

    /// Writes the settings file: the common settings and `further`.
    pub(crate) fn settings(&self, further: &str) {
        let file = self.folder.path().join("worker.toml");
        fs::write(file, format!("{SETTINGS}{further}")).expect("written");
    }

    /// The directory of the journal, if the account has one.
    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
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

    /// Denies the call from now on.
    pub(crate) fn deny(&self, name: &str) {
        self.fault(name, Occurrence::Every, Kind::Denied);
    }

    /// Injects a fault into the next call of `name`.
    pub(crate) fn upset(&self, name: &str, kind: Kind) {
        self.fault(name, Occurrence::Nth(1), kind);
    }

    fn fault(&self, name: &str, occurrence: Occurrence, kind: Kind) {
        let (service, operation) = name.split_once(':').expect("service:operation");
        let fault = Fault {
            service: service.into(),
            operation: operation.into(),
            occurrence,
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

    /// Waits until the action's summary has these words.
    pub(crate) async fn summary(&self, action: &str, words: &str) -> String {
        let summary = |world: &mut World| {
            let view = world.codepipeline.view(action).expect("it was queued");
            view.summary.unwrap_or_default()
        };
        self.until(|world| summary(world).contains(words)).await;
        self.world(summary)
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

    /// Runs the program to its end. Returns its exit code and output.
    pub(crate) async fn ask(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let output = timeout(LONGEST, self.command(words).output()).await;
        let Output {
            status,
            stdout,
            stderr,
        } = output.expect("it ends").expect("it starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (status.code(), text(stdout), text(stderr))
    }

    /// The program with these arguments, and no environment but the account's.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = self.plain_command(PROGRAM);
        command.args(words);
        command
    }

    /// Starts a worker with these further environment variables.
    pub(crate) fn worker(&self, environment: &[(&str, &str)]) -> Worker {
        let mut command = self.command(&["run", "--config", "worker.toml"]);
        command.envs(environment.iter().copied());
        Worker::started(command)
    }

    /// Starts a worker under limits that a shell sets.
    pub(crate) fn worker_under(&self, limits: &str) -> Worker {
        let mut command = self.plain_command("/bin/sh");
        let line = format!("{limits}; exec {PROGRAM} run --config worker.toml");
        command.args(["-c", &line]);
        Worker::started(command)
    }

    /// Starts a worker whose log goes nowhere.
    pub(crate) fn quiet_worker(&self) -> Child {
        self.command(&["run", "--config", "worker.toml"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    fn plain_command(&self, program: &str) -> Command {
        let key = self.world(|world| world.keys.account.clone());
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("AWS_ENDPOINT_URL", self.simulator.url())
            .env("AWS_REGION", self.world(|world| world.region.clone()))
            .env("AWS_ACCESS_KEY_ID", key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", key.secret_access_key)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// A running worker and its log.
pub(crate) struct Worker {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Worker {
    fn started(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        Self { child, lines }
    }

    /// Reads the log up to a line with these words, and returns the line.
    pub(crate) async fn logged(&mut self, words: &str) -> String {
        let read = async {
            let mut before = String::new();
            while let Some(line) = self.lines.next_line().await.expect("text") {
                if line.contains(words) {
                    return line;
                }
                before.push_str(&line);
                before.push('\n');
            }
            panic!("the log ends without `{words}`: {before}");
        };
        timeout(LONGEST, read).await.expect("it is logged")
    }

    /// The address of its HTTP port, from its log.
    pub(crate) async fn address(&mut self) -> String {
        let line = self.logged("serving health, readiness and metrics").await;
        let (_, address) = line.split_once("address=").expect("an address");
        address.trim().to_owned()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("it dies");
    }

    /// Waits for its end.
    pub(crate) async fn ended_within(&mut self, time: Duration) -> ExitStatus {
        let ended = timeout(time, self.child.wait()).await;
        ended.expect("it ends in time").expect("a status")
    }

    /// Has it stop, as a service manager does, and expects success.
    pub(crate) async fn stops(mut self) {
        self.signal("TERM");
        assert_eq!(self.ended_within(LONGEST).await.code(), Some(0));
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
