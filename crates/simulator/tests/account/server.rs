//! What clients of the HTTP server can use up.

use std::time::Duration;

use clock::Clock;
use simulator::wire::{Options, Simulator};
use simulator::world::World;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

async fn start() -> Simulator {
    let world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let clock = Clock::system();
    Simulator::start(world, clock, Options::default())
        .await
        .unwrap()
}

async fn connect(simulator: &Simulator, sent: &str) -> TcpStream {
    let url = simulator.url();
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream
}

/// Reads until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(600), stream.read_to_end(&mut answer));
    let _ = read.await.expect("the connection is closed");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_request_that_does_not_come_is_waited_for_only_so_long() {
    let simulator = start().await;
    for begun in ["", "GET /b HTTP/1.1\r\nHost: 127"] {
        let begin = Instant::now();
        rest(connect(&simulator, begun).await).await;
        assert!(
            begin.elapsed() < Duration::from_secs(120),
            "{:?}",
            begin.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_stops_gets_an_error_and_changes_nothing() {
    let simulator = start().await;
    simulator.world().lock().s3.create_bucket("b");
    let begun = "PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf";
    let answer = rest(connect(&simulator, begun).await).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("<Code>RequestTimeout</Code>"), "{answer}");
    assert!(simulator.world().lock().s3.get("b", "k").is_err());
}

#[tokio::test]
async fn many_silent_connections_leave_room_for_others() {
    let simulator = start().await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(
            connect(
                &simulator,
                "PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\nx",
            )
            .await,
        );
    }
    let get = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = rest(connect(&simulator, get).await).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    drop(silent);
    simulator.shutdown().await;
}
