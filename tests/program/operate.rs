//! The real program as its operators use it: health checks, service manager
//! notifications, and reloading of settings.

mod credentials;
mod doctor;
mod drain;
mod history;
mod port;
mod seen;
mod status;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Output, Stdio};
use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use clock::Clock;
use simulator::codedeploy::Fixture;
use simulator::codepipeline::{self, ActionStatus, ActionView};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::wire::{Options, Simulator};
use simulator::world::{REGION, World};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::UnixDatagram;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::support::Order;

/// Simulated minutes pass in seconds.
const SPEED: f64 = 60.0;

/// Time limit of a test, also on a busy machine.
const LONGEST: Duration = Duration::from_secs(90);

const SETTINGS: &str = "\
poll_interval = \"100ms\"
observe_interval = \"200ms\"
watch = \"1s\"
report_rate = \"50/s\"
listen = \"127.0.0.1:0\"
";

/// A simulated account served over HTTP, with a settings file.
struct Account {
    simulator: Simulator,
    clock: Clock,
    folder: TempDir,
}

impl Account {
    async fn new() -> Self {
        Self::with(&Fixture::default()).await
    }

    async fn with(fixture: &Fixture) -> Self {
        // The program can only use the machine's clock.
        let now = Clock::system().now();
        let clock = Clock::simulated(now, SPEED);
        let mut world = World::new(now);
        fixture.build(&mut world).expect("a scene that works");
        world.seed(&definitions(REGION));
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
    fn settings(&self, further: &str) {
        let file = self.folder.path().join("worker.toml");
        fs::write(file, format!("{SETTINGS}{further}")).expect("written");
    }

    fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let world = self.simulator.world();
        let mut world = world.lock();
        world.follow(self.clock.now());
        look(&mut world)
    }

    fn queue(&self) -> String {
        self.world(|world| world.queue_action(Order::default().declaration()))
            .expect("a pipeline accepts the action")
    }

    /// Denies the call from now on.
    fn deny(&self, name: &str) {
        let (service, operation) = name.split_once(':').expect("service:operation");
        let fault = Fault {
            service: service.into(),
            operation: operation.into(),
            occurrence: Occurrence::Every,
            kind: Kind::Denied,
        };
        self.world(|world| world.faults.add(fault))
            .expect("a fault");
    }

    /// Waits until the action's summary has these words.
    async fn summary(&self, action: &str, words: &str) -> String {
        let summary = |world: &mut World| {
            let view = world.codepipeline.view(action).expect("it was queued");
            view.summary.unwrap_or_default()
        };
        self.until(|world| summary(world).contains(words)).await;
        self.world(summary)
    }

    async fn until(&self, is_so: impl Fn(&mut World) -> bool) {
        let look = async {
            while !self.world(&is_so) {
                Clock::system().sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LONGEST, look).await.expect("it comes to pass");
    }

    async fn end_of(&self, action: &str) -> ActionView {
        let view = |world: &mut World| world.codepipeline.view(action).expect("it was queued");
        self.until(|world| view(world).status != ActionStatus::InProgress)
            .await;
        self.world(view)
    }

    fn environment(&self) -> BTreeMap<&'static str, String> {
        let key = self.world(|world| world.keys.account.clone());
        [
            ("AWS_ENDPOINT_URL", self.simulator.url()),
            ("AWS_REGION", self.world(|world| world.region.clone())),
            ("AWS_ACCESS_KEY_ID", key.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", key.secret_access_key),
        ]
        .into()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn ask(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let output = timeout(LONGEST, self.command(words).output()).await;
        let Output {
            status,
            stdout,
            stderr,
        } = output.expect("it ends").expect("it starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (status.code(), text(stdout), text(stderr))
    }

    fn worker(&self, environment: &[(&str, &str)]) -> Worker {
        let mut command = self.command(&["run", "--config", "worker.toml"]);
        command.envs(environment.iter().copied());
        Self::started(command)
    }

    /// A worker with a limit on open files and connections.
    fn worker_with_files(&self, most: usize) -> Worker {
        let mut command = Command::new("/bin/sh");
        let program = env!("CARGO_BIN_EXE_bluegreen-worker");
        let line = format!("ulimit -n {most} && exec {program} run --config worker.toml");
        command
            .args(["-c", &line])
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Self::started(command)
    }

    fn started(mut command: Command) -> Worker {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        Worker { child, lines }
    }
}

struct Worker {
    child: Child,
    lines: tokio::io::Lines<BufReader<ChildStderr>>,
}

impl Worker {
    /// Reads the log up to a line with these words, and returns the line.
    async fn logged(&mut self, words: &str) -> String {
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

    async fn address(&mut self) -> String {
        let line = self.logged("serving health, readiness and metrics").await;
        let (_, address) = line.split_once("address=").expect("an address");
        address.trim().to_owned()
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs");
        let status = std::process::Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status();
        assert!(status.expect("a shell").success());
    }

    async fn stops(mut self) {
        self.signal("TERM");
        let ended = timeout(LONGEST, self.child.wait()).await;
        assert_eq!(ended.expect("it ends").expect("a status").code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_asks_the_running_worker_and_answers_by_exit_code() {
    let account = Account::new().await;
    let mut worker = account.worker(&[]);
    let address = worker.address().await;
    let ask = ["health", "--listen", &address];
    let is_healthy = async {
        while account.ask(&ask).await.0 != Some(0) {
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONGEST, is_healthy).await.expect("it polls");
    let (code, out, err) = account.ask(&ask).await;
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "alive\n", ""));
    account
        .until(|world| world.ledger.calls("codepipeline", "PollForJobs").count() > 2)
        .await;
    let (code, out, _) = account
        .ask(&["health", "--ready", "--listen", &address])
        .await;
    assert_eq!((code, out.as_str()), (Some(0), "alive\nready\n"));
    worker.stops().await;
    let (code, out, err) = account.ask(&ask).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        err.contains(&format!("no response from {address}")),
        "{err}"
    );
    let (code, _, err) = account.ask(&["health", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(code, Some(2), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_manager_is_notified_of_every_state() {
    let account = Account::new().await;
    let path = account.folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    let environment = [
        ("NOTIFY_SOCKET", path.to_str().expect("text")),
        ("WATCHDOG_USEC", "600000"),
    ];
    let mut worker = account.worker(&environment);
    next_message(&socket, "READY=1").await;
    // The watchdog is notified after the first iteration of the loop, and from
    // then on.
    let fed = next_message(&socket, "WATCHDOG=1").await;
    assert!(fed.contains("STATUS="), "{fed}");
    next_message(&socket, "STATUS=Polling; 0 jobs, 1000 slots available").await;
    next_message(&socket, "WATCHDOG=1").await;
    worker.signal("HUP");
    let reloading = next_message(&socket, "RELOADING=1").await;
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    next_message(&socket, "READY=1").await;
    worker.logged("reloaded settings and policies").await;
    worker.signal("TERM");
    let stopping = next_message(&socket, "STOPPING=1").await;
    assert!(
        stopping.contains("STATUS=Handing back 0 jobs"),
        "{stopping}"
    );
    worker.stops().await;
}

/// Reads datagrams up to one with this line.
async fn next_message(socket: &UnixDatagram, line: &str) -> String {
    let read = async {
        let mut buffer = vec![0; 4096];
        loop {
            let length = socket.recv(&mut buffer).await.expect("a datagram");
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.lines().any(|one| one == line) {
                return text;
            }
        }
    };
    let told = timeout(LONGEST, read).await;
    told.unwrap_or_else(|_| panic!("{line} is never told"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_read_again_and_no_job_is_dropped() {
    let account = Account::new().await;
    let mut worker = account.worker(&[]);
    let first = account.queue();
    let made = |world: &mut World| world.ledger.effects("codedeploy", "CreateDeployment");
    account.until(|world| made(world) == 1).await;

    account.settings("watch = \"soon\"\n");
    worker.signal("HUP");
    let line = worker.logged("nothing changed").await;
    assert!(line.contains("worker.toml:6:1"), "{line}");

    account.settings("controls = \"all=deny\"\nmax_jobs = 7\n");
    worker.signal("HUP");
    let line = worker.logged("reloaded settings and policies").await;
    assert!(line.contains("changed=\"controls\""), "{line}");
    let line = worker.logged("need a restart").await;
    assert!(line.contains("settings=\"max_jobs\""), "{line}");

    let second = account.queue();
    let refused = account.end_of(&second).await;
    assert_eq!(refused.status, ActionStatus::Failed, "{refused:#?}");
    let released = account.end_of(&first).await;
    assert_eq!(released.status, ActionStatus::Succeeded, "{released:#?}");
    assert_eq!(account.world(made), 1);
    worker.stops().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_type_is_registered_once_and_never_changed() {
    let account = Account::new().await;
    // More than one page of them.
    account.world(|world| {
        for number in 0..30 {
            let mut other = definitions("eu-west-1").swap_remove(0);
            other["provider"] = format!("Other{number}").into();
            codepipeline::call(world, "CreateCustomActionType", &other).expect("one more");
        }
    });
    let register = ["action-type", "register", "--version", "1-b"];
    let (code, out, err) = account.ask(&register).await;
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(
        out,
        "RustBlueGreenDeploy version 1-b has been created in eu-west-1.\n"
    );
    let (code, out, err) = account.ask(&register).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("is there already, and the same"), "{out}");
    let differs = [&register[..], &["--queryable", "ApplicationName"]].concat();
    let (code, out, err) = account.ask(&differs).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        err.contains("property ApplicationName: queryable is false"),
        "{err}"
    );
    assert!(
        err.contains("register another --version, such as 1-b"),
        "{err}"
    );
    let (code, out, err) = account
        .ask(&["action-type", "register", "--version", "2"])
        .await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("version 2 is there already"), "{out}");
    let created = |world: &mut World| {
        world
            .ledger
            .effects("codepipeline", "CreateCustomActionType")
    };
    assert_eq!(account.world(created), 1);
}
