//! How many connections stay open after a burst of calls.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, watch};

use super::wire::{Wire, clock};
use crate::aws::sdk_config::{MAX_IDLE_CONNECTIONS, http_client};
use crate::aws::task_definitions::EcsTaskDefinitions;
use crate::job::TaskDefinitionName;
use crate::ports::TaskDefinitions as _;

/// Concurrent calls.
const BURST: usize = 2 * MAX_IDLE_CONNECTIONS;

/// Far longer than the test takes on the slowest machine.
const TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn after_a_burst_only_so_many_connections_are_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (open, mut seen) = watch::channel(0);
    let all_are_here = Arc::new(Barrier::new(BURST));
    let server = tokio::spawn(accept(listener, open, all_are_here));
    let config = Wire::default()
        .config()
        .to_builder()
        .endpoint_url(endpoint)
        .http_client(http_client(None, None))
        .build();
    let ecs = EcsTaskDefinitions::new(&config, clock());
    let revision = TaskDefinitionName::new("web:7");

    for described in join_all((0..BURST).map(|_| ecs.describe(&revision))).await {
        assert!(described.unwrap().is_some());
    }
    let kept = seen.wait_for(|open| *open <= MAX_IDLE_CONNECTIONS);
    let kept = tokio::time::timeout(TIMEOUT, kept).await;
    assert_eq!(
        *kept.expect("some are closed").unwrap(),
        MAX_IDLE_CONNECTIONS
    );
    server.abort();
}

/// Counts the open connections. Sends no response until all requests have
/// arrived.
async fn accept(listener: TcpListener, open: watch::Sender<usize>, all_are_here: Arc<Barrier>) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        open.send_modify(|open| *open += 1);
        let (open, all_are_here) = (open.clone(), all_are_here.clone());
        tokio::spawn(async move {
            // Returns when the client closes the connection.
            let _ = answer(connection, &all_are_here).await;
            open.send_modify(|open| *open -= 1);
        });
    }
}

async fn answer(connection: TcpStream, all_are_here: &Barrier) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if connection.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        connection.read_exact(&mut vec![0; length]).await?;
        all_are_here.wait().await;
        let body = json!({"taskDefinition": {"family": "web"}}).to_string();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length";
        let reply = format!("{head}: {}\r\n\r\n{body}", body.len());
        connection.write_all(reply.as_bytes()).await?;
    }
}
