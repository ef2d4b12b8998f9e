//! The worker's HTTP server. Any host that can reach the port may connect, so
//! everything a client can use up is bounded:
//!
//! - At most [`MAX_CONNECTIONS`] are open. A further one closes the oldest. So
//!   a health check is answered despite any number of silent connections, and
//!   the process keeps its file descriptors for releases.
//! - A connection that sends no complete request head within [`HEAD_TIMEOUT`]
//!   is closed, also between two requests. No connection lives longer than
//!   [`CONNECTION_LIFETIME`], which also ends those that never read their
//!   response.
//! - A request head has at most [`MAX_HEAD`] bytes. No route reads a body.
//! - The `Host` must be an IP address, `localhost` or a name below it, or a name
//!   that the operator has allowed ([`Hosts`]). This stops DNS rebinding: a
//!   foreign web page can point its own name at this port, but it cannot make a
//!   browser send another `Host`. Names below `localhost` cannot be pointed
//!   anywhere else (RFC 6761, 6.3).

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use clock::Clock;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};

/// Maximum number of open connections. A browser uses six, a scraper and a
/// health check one each; the usual limit of file descriptors is 1,024.
pub const MAX_CONNECTIONS: usize = 64;

/// Time for a complete request head, and for the next request on a kept-alive
/// connection.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(20);

/// Maximum lifetime of a connection; clients reconnect by themselves.
pub const CONNECTION_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Time to finish the response in progress when the connection's lifetime ends
/// or the server shuts down.
pub const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum size of the request line and headers in bytes; a browser's have
/// about one thousand.
pub const MAX_HEAD: usize = 16 * 1024;

/// Delay before the next attempt when `accept` fails because the process or the
/// machine has run out of a resource.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Host names that are allowed besides IP addresses, `localhost` and the names
/// below it; in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Arc<[String]>);

impl Hosts {
    #[must_use]
    pub fn named(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Whether to answer a request with this `Host` header. A request without
    /// one does not come from a browser and is allowed.
    #[must_use]
    pub fn allow(&self, host: Option<&str>) -> bool {
        let Some(host) = host else {
            return true;
        };
        let authority = host.parse::<Authority>().ok();
        let Some(authority) = authority.filter(|_| !host.contains('@')) else {
            return false;
        };
        let name = authority.host().trim_matches(['[', ']']);
        let name = name.to_ascii_lowercase();
        // A name may end with the root's dot.
        let name = name.strip_suffix('.').unwrap_or(&name);
        name == "localhost"
            || name.ends_with(".localhost")
            || name.parse::<std::net::IpAddr>().is_ok()
            || self.0.iter().any(|allowed| allowed == name)
    }
}

/// Serves `routes` until `end` is cancelled, then finishes the responses in
/// progress.
pub async fn serve(listener: TcpListener, routes: Router, hosts: Hosts, end: CancellationToken) {
    let routes = routes.layer(middleware::from_fn_with_state(hosts, check_host));
    let mut connections = Connections::default();
    let clock = Clock::system();
    let mut is_exhausted = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = end.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                is_exhausted = false;
                // Send small responses at once (no Nagle delay).
                let _ = stream.set_nodelay(true);
                connections.start(serve_connection(stream, routes.clone(), end.clone()));
            }
            Err(error) if is_from_client(&error) => {}
            Err(error) => {
                if !is_exhausted {
                    warn!(%error, "cannot accept HTTP connections right now");
                }
                is_exhausted = true;
                clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    connections.join().await;
}

/// Serves `routes` in a task that is aborted when the handle is dropped. All
/// requests for addresses and `localhost` are allowed.
pub fn spawn(listener: TcpListener, routes: Router) -> AbortOnDropHandle<()> {
    let served = serve(listener, routes, Hosts::default(), CancellationToken::new());
    AbortOnDropHandle::new(tokio::spawn(served))
}

/// Open connections, oldest first.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    order: VecDeque<tokio::task::AbortHandle>,
}

impl Connections {
    fn start(&mut self, answering: impl Future<Output = ()> + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        self.order.retain(|connection| !connection.is_finished());
        if self.order.len() >= MAX_CONNECTIONS
            && let Some(oldest) = self.order.pop_front()
        {
            debug!("too many connections to the HTTP port; the oldest is closed");
            oldest.abort();
        }
        self.order.push_back(self.tasks.spawn(answering));
    }

    async fn join(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Serves one connection.
async fn serve_connection(stream: TcpStream, routes: Router, end: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = std::pin::pin!(connection);
    let clock = Clock::system();
    tokio::select! {
        // The connection has ended. An error is the client's and needs no
        // handling.
        _ = connection.as_mut() => return,
        () = clock.sleep(CONNECTION_LIFETIME) => {}
        () = end.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(LAST_RESPONSE_TIMEOUT, connection).await;
}

/// Whether `accept` failed for this one connection only.
fn is_from_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

async fn check_host(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let mut given = request.headers().get_all(header::HOST).iter();
    let host = given.next().map(|host| host.to_str().unwrap_or_default());
    // An absolute URI in the request line takes precedence over the header.
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => host,
    };
    if given.next().is_none() && hosts.allow(host) {
        return next.run(request).await;
    }
    let words = "use the address instead, or add this name to the setting `hosts`\n";
    (StatusCode::FORBIDDEN, words).into_response()
}

#[cfg(test)]
mod tests;
