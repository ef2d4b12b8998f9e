//! The server that runs in place of a task unless the user gives a program. It
//! responds with its identity, or fails as configured.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use clock::Clock;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::routing_table::Version;
use crate::ecs::ServedTask;

/// Path of the health check of a built-in task.
pub(super) const HEALTH: &str = "/health";

/// Response time of a slow version.
const SLOW: Duration = Duration::from_millis(1_500);
/// Number of requests after which a crashing version exits.
const LAST_REQUESTS: usize = 20;
/// The longest delay that a request can ask for, in milliseconds.
const MAX_DELAY: u64 = 10_000;
/// Exit code of a crashed task.
const CRASHED: i32 = 139;

/// How the new version fails once it receives requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Responds with 500; its health check still passes.
    Errors,
    /// Takes one and a half seconds for each response.
    Slow,
    /// Exits after twenty requests.
    Crash,
}

/// The server of a task.
#[derive(Debug)]
pub(super) struct BuiltIn {
    address: SocketAddr,
    stop: CancellationToken,
    server: AbortOnDropHandle<io::Result<()>>,
    crashed: CancellationToken,
}

struct Who {
    task: ServedTask,
    version: Version,
    broken: Option<Break>,
    requests: AtomicUsize,
    crashed: CancellationToken,
}

impl BuiltIn {
    pub(super) async fn start(
        task: ServedTask,
        version: Version,
        broken: Option<Break>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let (stop, crashed) = (CancellationToken::new(), CancellationToken::new());
        let who = Arc::new(Who {
            task,
            version,
            broken: broken.filter(|_| version == Version::Green),
            requests: AtomicUsize::new(0),
            crashed: crashed.clone(),
        });
        let routes = Router::new()
            .route(HEALTH, get(|| async { "healthy\n" }))
            .fallback(answer)
            .with_state(who);
        let stopped = stop.clone().cancelled_owned();
        let server = axum::serve(listener, routes).with_graceful_shutdown(stopped);
        Ok(Self {
            address,
            stop,
            server: AbortOnDropHandle::new(tokio::spawn(async { server.await })),
            crashed,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Completes when the server crashes, and returns its exit code.
    pub(super) async fn exited(&mut self) -> i32 {
        self.crashed.cancelled().await;
        self.server.abort();
        CRASHED
    }

    /// Stops the server; requests in flight have `grace` to finish.
    pub(super) async fn stop(mut self, grace: Duration) {
        self.stop.cancel();
        // If it still serves, `drop` aborts it.
        let _ = tokio::time::timeout(grace, &mut self.server).await;
    }
}

async fn answer(State(who): State<Arc<Who>>, uri: Uri, headers: HeaderMap) -> Response {
    let count = who.requests.fetch_add(1, Ordering::Relaxed) + 1;
    if let Some(delay) = delay(&uri) {
        Clock::system().sleep(delay).await;
    }
    let status = match who.broken {
        Some(Break::Errors) => StatusCode::INTERNAL_SERVER_ERROR,
        Some(Break::Slow) => {
            Clock::system().sleep(SLOW).await;
            StatusCode::OK
        }
        Some(Break::Crash) if count > LAST_REQUESTS => {
            who.crashed.cancel();
            // The crashed server never responds.
            std::future::pending().await
        }
        Some(Break::Crash) | None => StatusCode::OK,
    };
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return (status, Html(page(&who))).into_response();
    }
    let body = json!({
        "version": who.version.as_str(),
        "revision": who.task.revision,
        "image": who.task.image,
        "task": who.task.id,
    });
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, format!("{body}\n")).into_response()
}

/// The delay requested by the caller: `/?delay=500` for half a second.
fn delay(uri: &Uri) -> Option<Duration> {
    let mut parts = uri.query()?.split('&');
    let delay = parts.find_map(|part| part.strip_prefix("delay="))?;
    let delay: u64 = delay.parse().ok()?;
    Some(Duration::from_millis(delay.min(MAX_DELAY)))
}

/// A page for browsers in the version's colour.
fn page(who: &Who) -> String {
    let (version, task) = (who.version.as_str(), &who.task);
    let colour = match who.version {
        Version::Blue => "#1f5fbf",
        Version::Green => "#1a7f4b",
    };
    format!(
        "<!doctype html><html lang=\"en\"><title>{version}</title>\
         <meta http-equiv=\"refresh\" content=\"1\">\
         <body style=\"margin:0;min-height:100vh;display:grid;place-content:center;\
         text-align:center;background:{colour};color:#fff;font:1.2rem system-ui\">\
         <h1 style=\"font-size:5rem;margin:0\">{version}</h1>\
         <p>revision {}, task {}</p><p>{}</p>",
        task.revision,
        escaped(&task.id),
        escaped(&task.image),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
