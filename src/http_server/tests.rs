//! Tests of each bound on what a client can use up.

use std::net::SocketAddr;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use super::*;

/// Longer than any test takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

async fn start() -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/health", get(|| async { "alive\n" }));
    (address, spawn(listener, routes))
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Reads until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // Closing a connection with unread bytes resets it.
    let _ = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .expect("the connection is closed");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn ask(address: SocketAddr, head: &str) -> String {
    let mut stream = connect(address).await;
    let _ = stream.write_all(head.as_bytes()).await;
    rest(&mut stream).await
}

fn health(host: &str) -> String {
    format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn silent_connections_do_not_block_others() {
    let (address, _server) = start().await;
    let mut silent = Vec::new();
    for _ in 0..=MAX_CONNECTIONS {
        silent.push(connect(address).await);
    }
    assert_eq!(status(&ask(address, &health("127.0.0.1")).await), "200");
    // The two oldest were closed, and no others.
    for gone in &mut silent[..2] {
        assert_eq!(rest(gone).await, "");
    }
    let kept = silent.last_mut().unwrap();
    kept.write_all(health("127.0.0.1").as_bytes())
        .await
        .unwrap();
    assert_eq!(status(&rest(kept).await), "200");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_waited_for_only_so_long() {
    let (address, _server) = start().await;
    for begun in ["", "GET /health HTTP/1.1\r\nHost: 127"] {
        let mut slow = connect(address).await;
        slow.write_all(begun.as_bytes()).await.unwrap();
        let begin = Instant::now();
        rest(&mut slow).await;
        let passed = begin.elapsed();
        assert!(passed >= HEAD_TIMEOUT, "{passed:?}");
        assert!(passed < 2 * HEAD_TIMEOUT, "{passed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_kept_does_not_idle_for_ever() {
    let (address, _server) = start().await;
    let mut kept = connect(address).await;
    kept.write_all(b"GET /health HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")
        .await
        .unwrap();
    let begin = Instant::now();
    assert_eq!(status(&rest(&mut kept).await), "200");
    assert!(begin.elapsed() < 2 * HEAD_TIMEOUT);
}

#[tokio::test]
async fn a_head_above_the_limit_is_refused() {
    let (address, _server) = start().await;
    let with = |length: usize| {
        let filling = "x".repeat(length);
        format!(
            "GET /health HTTP/1.1\r\nHost: localhost\r\nX: {filling}\r\nConnection: close\r\n\r\n"
        )
    };
    let overhead = with(0).len();
    let edge = ask(address, &with(MAX_HEAD - overhead - 1)).await;
    assert_eq!(status(&edge), "200");
    let beyond = ask(address, &with(MAX_HEAD)).await;
    assert!(["431", ""].contains(&status(&beyond)), "{beyond}");
}

#[tokio::test]
async fn a_body_is_not_read() {
    let (address, _server) = start().await;
    let head = "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n";
    let mut stream = connect(address).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let begin = Instant::now();
    assert_eq!(status(&rest(&mut stream).await), "200");
    assert!(
        begin.elapsed() < 2 * HEAD_TIMEOUT,
        "nothing waits for the body"
    );
}

#[tokio::test]
async fn only_addresses_and_allowed_names_are_answered() {
    let (address, _server) = start().await;
    assert_eq!(status(&ask(address, &health("evil.example")).await), "403");
    let none = ask(address, "GET /health HTTP/1.0\r\n\r\n").await;
    assert_eq!(status(&none), "200", "a health check without a name");
    let two = "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_ne!(status(&ask(address, two).await), "200");
    let absolute =
        "GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&ask(address, absolute).await), "403");

    let hosts = Hosts::named(&["Worker.ops.internal".to_owned()]);
    for host in [
        "127.0.0.1:8080",
        "localhost:1",
        "LOCALHOST",
        "localhost.",
        "worker.localhost:8080",
        "worker.ops.internal.:8080",
        "[::1]:80",
        "[::1]",
        "10.0.0.4",
        "worker.ops.internal:8080",
        "WORKER.ops.internal",
    ] {
        assert!(hosts.allow(Some(host)), "{host}");
    }
    for host in [
        "",
        ":80",
        ".",
        "evillocalhost",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "worker.ops.internal.evil.example",
        "evil.example@127.0.0.1",
        "[127.0.0.1",
    ] {
        assert!(!hosts.allow(Some(host)), "{host}");
    }
}

#[tokio::test]
async fn the_end_closes_what_is_idle_and_takes_nothing_new() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let end = CancellationToken::new();
    let server = tokio::spawn(serve(
        listener,
        Router::new(),
        Hosts::default(),
        end.clone(),
    ));
    let mut idle = connect(address).await;
    end.cancel();
    assert_eq!(rest(&mut idle).await, "");
    timeout(LONG, server).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
