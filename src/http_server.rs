//! The worker's HTTP server. Its port can be reached by whoever is near, so
//! everything a client could take of it has a bound:
//!
//! - There are at most [`MAX_CONNECTIONS`]. The next one closes the oldest, so
//!   that a health check is answered however many silent connections came
//!   before it, and the process keeps its file descriptors for releases.
//! - A connection that sends no whole request head within [`HEAD_TIMEOUT`] is
//!   closed, also between two requests. None lives longer than
//!   [`CONNECTION_LIFETIME`], so that one that never reads its answer ends too.
//! - A request head has at most [`MAX_HEAD`] bytes. No route reads a body.
//! - The `Host` must be an address, `localhost`, or a name that the operator
//!   has allowed ([`Hosts`]): a web page elsewhere can have its own name lead
//!   to this port, but it cannot make a browser send another `Host`.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, warn};

use crate::clock::Clock;

/// Connections at once. A browser has six, a scraper and a health check one
/// each; the usual limit of file descriptors is 1,024.
pub const MAX_CONNECTIONS: usize = 64;

/// Time for a whole request head, and for the next request of a connection
/// that is kept. A client that needs longer is no client.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest life of a connection; clients connect again by themselves.
pub const CONNECTION_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Time for the answer that is under way when a connection's life, or the
/// server's, is over.
pub const LAST_ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a request's line and headers; a browser's have about one thousand.
pub const MAX_HEAD: usize = 16 * 1024;

/// Time until the next attempt where no connection can be accepted, because
/// the process or the machine is short of something.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Names by which the server may be asked for, besides addresses and
/// `localhost`; in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Arc<[String]>);

impl Hosts {
    #[must_use]
    pub fn named(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Whether `host`, the value of the header, is one to answer. A request
    /// without the header comes from no browser.
    #[must_use]
    pub fn allow(&self, host: Option<&str>) -> bool {
        let Some(host) = host else {
            return true;
        };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) | None => host,
        };
        let bare = name
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'));
        let name = bare.unwrap_or(name).to_ascii_lowercase();
        name == "localhost" || name.parse::<std::net::IpAddr>().is_ok() || self.0.contains(&name)
    }
}

/// Serves `routes` until `end`; then the answers that are under way are
/// finished.
pub async fn serve(listener: TcpListener, routes: Router, hosts: Hosts, end: CancellationToken) {
    let routes = routes.layer(middleware::from_fn_with_state(hosts, check_host));
    let mut connections = Connections::default();
    let clock = Clock::system();
    let mut is_short = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = end.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                is_short = false;
                // A small answer must not wait for the client's acknowledgement.
                let _ = stream.set_nodelay(true);
                connections.start(answer(stream, routes.clone(), end.clone()));
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                if !is_short {
                    warn!(%error, "no connection to the HTTP port can be accepted for the moment");
                }
                is_short = true;
                clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    connections.ended().await;
}

/// The same, until it is dropped.
pub fn spawn(listener: TcpListener, routes: Router) -> AbortOnDropHandle<()> {
    let served = serve(listener, routes, Hosts::default(), CancellationToken::new());
    AbortOnDropHandle::new(tokio::spawn(served))
}

/// Open connections, the oldest first.
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

    async fn ended(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Answers one connection's requests.
async fn answer(stream: TcpStream, routes: Router, end: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = std::pin::pin!(connection);
    let clock = Clock::system();
    tokio::select! {
        // What went wrong is the client's affair, or its end.
        _ = connection.as_mut() => return,
        () = clock.sleep(CONNECTION_LIFETIME) => {}
        () = end.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(LAST_ANSWER_TIMEOUT, connection).await;
}

/// Whether an accept failed for the one connection only.
fn is_of_the_client(error: &io::Error) -> bool {
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
    // An absolute address in the request's line stands for the header.
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => host,
    };
    if given.next().is_none() && hosts.allow(host) {
        return next.run(request).await;
    }
    let words = "ask for it by its address, or have `hosts` name this one\n";
    (StatusCode::FORBIDDEN, words).into_response()
}

#[cfg(test)]
mod tests;
