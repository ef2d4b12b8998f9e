//! Malicious clients of the worker's port, and signals to its process.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use clock::Clock;
use simulator::codepipeline::ActionStatus;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use crate::account::{Account, LONGEST};

/// More than the process below has file descriptors for.
const SILENT: usize = 1_000;

/// Status of the response to `path` with this `Host`.
async fn status(address: &str, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_silent_connections_hurt_no_release() {
    let account = Account::new().await;
    let rules = "package main\n\ndeny contains \"never\" if false\n";
    fs::write(account.folder.path().join("team.rego"), rules).expect("written");
    let journal = account.folder.path().join("journal");
    account.settings(&format!("policy = \"team.rego\"\njournal = {journal:?}\n"));
    let mut worker = account.worker_under("ulimit -n 256");
    let address = worker.address().await;
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        // Connections that the worker has closed are no longer open on its
        // side.
        silent.push(TcpStream::connect(&address).await.expect("it listens"));
    }
    let action = account.queue();
    let end = account.end_of(&action).await;
    assert_eq!(end.status, ActionStatus::Succeeded, "{end:#?}");
    assert_eq!(status(&address, "/health", &address).await, "200");
    drop(silent);
    worker.stops().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_answers_no_name_but_those_that_are_allowed() {
    let account = Account::new().await;
    account.settings("page = \"on\"\nhosts = [\"worker.ops.internal\"]\n");
    let mut worker = account.worker(&[]);
    let address = worker.address().await;
    for path in ["/health", "/metrics", "/page/", "/page/view.json"] {
        for (host, expected) in [
            (&*address, "200"),
            ("localhost", "200"),
            ("worker.ops.internal:8080", "200"),
            ("evil.example", "403"),
        ] {
            let is_so = async {
                // Health is good after the first iteration of the poll loop.
                while status(&address, path, host).await != expected {
                    Clock::system().sleep(Duration::from_millis(20)).await;
                }
            };
            let became = timeout(LONGEST, is_so).await;
            became.unwrap_or_else(|_| panic!("{path} of {host} is not {expected}"));
        }
    }
    worker.stops().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_leaves_no_core_file() {
    let account = Account::new().await;
    let mut worker = account.worker(&[]);
    worker.address().await;
    let id = worker.child.id().expect("it runs");
    let limits = fs::read_to_string(format!("/proc/{id}/limits")).expect("it is there");
    let line = limits.lines().find(|line| line.starts_with("Max core"));
    let words: Vec<&str> = line.expect("a line").split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{limits}");
    worker.stops().await;
}

/// When memory runs out, the kernel ends a process that evaluates policies and not
/// the worker.
#[tokio::test]
async fn a_process_for_policies_is_the_first_to_go() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .arg("policy-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let id = process.id().expect("it runs");
    let place = format!("/proc/{id}/oom_score_adj");
    let is_set = async {
        while fs::read_to_string(&place).expect("it runs").trim() != "1000" {
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = timeout(LONGEST, is_set).await;
    process.kill().await.expect("it ends");
    assert!(in_time.is_ok(), "it stays as likely as the worker");
}

/// A worker that is stopped while S3 does not respond at its start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_hangs_says_at_what_and_can_be_ended() {
    let account = Account::new().await;
    account.settings("policy = \"s3://policies/rules/\"\n");
    // Accepts the connection and never responds.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let mut worker = account.worker(&[("AWS_ENDPOINT_URL_S3", &url)]);
    worker.logged("reading the policies").await;
    let asked = timeout(LONGEST, silent.accept()).await;
    let _connection = asked.expect("it asks").expect("a connection");
    worker.stops().await;
}
