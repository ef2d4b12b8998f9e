//! The real program as its operators use it: health checks, service manager
//! notifications, and reloading of settings.

mod credentials;
mod doctor;
mod drain;
mod history;
mod port;
mod seen;
mod status;

use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use clock::Clock;
use simulator::codepipeline::{self, ActionStatus};
use simulator::world::World;
use tokio::net::UnixDatagram;
use tokio::time::timeout;

use super::account::{Account, LONGEST};

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
