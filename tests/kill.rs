//! The real program is killed, told to stop and told twice, in the middle of
//! calls, over a real socket.

#[path = "support/judge.rs"]
mod judge;
#[path = "support/play.rs"]
#[expect(dead_code, reason = "shared with tests in simulated time")]
mod play;
#[expect(dead_code, reason = "shared with the scenarios, which use more of it")]
mod support;

use std::process::Stdio;
use std::time::Duration;

use bluegreen_worker::clock::Clock;
use bluegreen_worker::simulator::codepipeline::{ActionStatus, ActionView};
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use bluegreen_worker::simulator::wire::{Options, Simulator};
use bluegreen_worker::simulator::world::World;
use play::Scene;
use support::Order;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Simulated minutes pass in seconds.
const SPEED: f64 = 60.0;

/// Simulated time that a call hangs: two minutes of real time, more than any
/// worker waits.
const HANGS: Kind = Kind::Slow { seconds: 7200.0 };

/// What a service manager gives a process that was told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// No story takes longer, also on a busy machine.
const LONGEST: Duration = Duration::from_secs(90);

/// An account on a real socket, with a journal for its workers.
struct Account {
    simulator: Simulator,
    clock: Clock,
    journal: TempDir,
}

impl Account {
    async fn new() -> Self {
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
            journal: TempDir::new().expect("a directory"),
        }
    }

    fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let world = self.simulator.world();
        let mut world = world.lock().expect("nobody panics with the world");
        world.follow(self.clock.now());
        look(&mut world)
    }

    fn queue(&self) -> String {
        self.world(|world| world.queue_action(Order::default().declaration()))
            .expect("a pipeline accepts the action")
    }

    /// The first call of `name` from now on goes wrong.
    fn upset(&self, name: &str, kind: Kind) {
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
    async fn struck(&self) {
        self.until(|world| world.faults.pending().next().is_none())
            .await;
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

    /// Starts the program with nothing but environment variables.
    fn worker(&self) -> Child {
        let key = self.world(|world| world.keys.account.clone());
        Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
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
            .env("BLUEGREEN_JOURNAL", self.journal.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts")
    }

    /// Lets another worker finish what is left, and reads the ledger.
    async fn comes_to_the_same_end(self, action: &str, context: &str) {
        let mut second = self.worker();
        let view = self.end_of(action).await;
        terminate(&second);
        let code = timeout(DRAIN, second.wait()).await.expect("it drains");
        assert_eq!(code.expect("a status").code(), Some(0), "{context}");
        assert_eq!(view.status, ActionStatus::Succeeded, "{context}: {view:#?}");
        assert!(
            view.output_variables.contains_key("DeploymentId"),
            "{context}"
        );
        self.world(|world| {
            assert_eq!(judge::complaints(world), [""; 0], "{context}");
            let count = |service, operation| world.ledger.effects(service, operation);
            assert_eq!(count("ecs", "RegisterTaskDefinition"), 1, "{context}");
            assert_eq!(count("codedeploy", "CreateDeployment"), 1, "{context}");
        });
    }
}

/// SIGTERM, as a service manager sends it.
fn terminate(child: &Child) {
    let id = child.id().expect("it runs");
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("kill -TERM {id}")])
        .status();
    assert!(status.expect("a shell").success());
}

/// A worker is killed once a call has gone wrong; another finishes.
async fn killed_at(name: &str, kind: Kind) {
    let account = Account::new().await;
    let action = account.queue();
    account.upset(name, kind.clone());
    let mut worker = account.worker();
    account.struck().await;
    worker.kill().await.expect("it dies");
    let context = format!("{name} {kind:?}");
    account.comes_to_the_same_end(&action, &context).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_before_a_call_takes_effect_loses_nothing() {
    for name in [
        "codepipeline:AcknowledgeJob",
        "s3:GetObject",
        "ecs:RegisterTaskDefinition",
        "codedeploy:CreateDeployment",
        "codepipeline:PutJobSuccessResult",
    ] {
        killed_at(name, HANGS).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_a_call_took_effect_doubles_nothing() {
    for name in [
        "codepipeline:AcknowledgeJob",
        "ecs:RegisterTaskDefinition",
        "codedeploy:CreateDeployment",
        "codepipeline:PutJobSuccessResult",
    ] {
        killed_at(name, Kind::CutAfter).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_told_to_stop_leaves_in_time_whatever_hangs() {
    for name in [
        "codepipeline:PollForJobs",
        "codepipeline:AcknowledgeJob",
        "s3:GetObject",
        "codedeploy:CreateDeployment",
        "codepipeline:PutJobSuccessResult",
    ] {
        let account = Account::new().await;
        let action = account.queue();
        account.upset(name, HANGS);
        let mut worker = account.worker();
        account.struck().await;
        terminate(&worker);
        let left = timeout(DRAIN, worker.wait()).await;
        let status = left.unwrap_or_else(|_| panic!("{name}: it stays"));
        assert_eq!(status.expect("a status").code(), Some(0), "{name}");
        account.comes_to_the_same_end(&action, name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_told_twice_leaves_at_once() {
    let account = Account::new().await;
    let action = account.queue();
    account.upset("codedeploy:CreateDeployment", HANGS);
    let mut worker = account.worker();
    let mut lines = BufReader::new(worker.stderr.take().expect("a pipe")).lines();
    account.struck().await;
    terminate(&worker);
    until_logged(&mut lines, "told to stop").await;
    terminate(&worker);
    let left = timeout(Duration::from_secs(2), worker.wait()).await;
    let status = left.expect("it leaves at once").expect("a status");
    assert_eq!(status.code(), Some(0));
    account.comes_to_the_same_end(&action, "told twice").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_never_finishes_a_question_keeps_nobody_from_leaving() {
    let account = Account::new().await;
    let mut worker = account.worker();
    let mut lines = BufReader::new(worker.stderr.take().expect("a pipe")).lines();
    let line = until_logged(&mut lines, "metrics are served").await;
    let (_, address) = line.split_once("address=").expect("an address");
    let mut connection = TcpStream::connect(address.trim())
        .await
        .expect("it listens");
    connection
        .write_all(b"GET /health HTTP/1.1\r\nHost: ")
        .await
        .expect("half a question");
    until_logged(&mut lines, "polling for jobs").await;
    terminate(&worker);
    let left = timeout(DRAIN, worker.wait()).await;
    let status = left.expect("it leaves in time").expect("a status");
    assert_eq!(status.code(), Some(0));
}

type Lines = tokio::io::Lines<BufReader<tokio::process::ChildStderr>>;

/// Reads the log until a line has these words.
async fn until_logged(lines: &mut Lines, words: &str) -> String {
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
