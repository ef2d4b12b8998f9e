//! The HTTP server for all services. What clients can use up is bounded:
//!
//! - At most [`MAX_CONNECTIONS`] are open; further ones wait. One that sends no
//!   complete request head within [`HEAD_TIMEOUT`] is closed, also between two
//!   requests. One that stops in the middle of a body gets an error after
//!   [`BODY_TIMEOUT`], and one that does not read its response is closed after
//!   twice [`CONNECTION_LIFETIME`].
//! - The bodies of all requests and responses that are not complete have at
//!   most [`MAX_IN_FLIGHT`] bytes. A request beyond that gets 503.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request as HttpRequest, Response};
use clock::Clock;
use futures_util::StreamExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::api::ApiError;
use crate::world::World;

use super::exchange::{Exchange, Options};
use super::message::{Reply, Request};

/// Largest request body in bytes; the largest requests store objects.
pub const MAX_BODY: usize = 64 << 20;

/// Maximum number of open connections; the usual limit of file descriptors is
/// 1,024.
const MAX_CONNECTIONS: usize = 900;

/// Maximum number of bytes of all bodies in progress: eight of the largest.
const MAX_IN_FLIGHT: usize = 8 * MAX_BODY;

/// Bodies are counted in blocks of this many bytes.
const BLOCK: usize = 1 << 10;

/// Time for a complete request head, and for the next request on a kept-alive
/// connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Time for the next bytes of a request body.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// Time after which a connection takes no further request.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Time for calls in progress to finish at shutdown.
const GRACE: Duration = Duration::from_secs(2);

/// Delay before the next attempt when `accept` fails.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// A simulator that serves on a port.
pub struct Simulator {
    exchange: Exchange,
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Simulator {
    /// Serves on a free port of the loopback address.
    ///
    /// # Errors
    ///
    /// If no port is available.
    pub async fn start(world: World, clock: Clock, options: Options) -> io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_on(address, Exchange::new(world, clock, options)).await
    }

    /// Serves on the given address.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    pub async fn start_on(address: SocketAddr, exchange: Exchange) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let server = serve(listener, exchange.clone(), stop.clone());
        Ok(Self {
            exchange,
            address,
            stop,
            task: tokio::spawn(server),
        })
    }

    /// For example `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The world, to read or change between calls.
    #[must_use]
    pub fn world(&self) -> Arc<Mutex<World>> {
        self.exchange.world()
    }

    /// Stops serving. Calls in progress have a short time to finish.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        let over = tokio::time::timeout(GRACE, &mut self.task).await;
        if over.is_err() {
            self.task.abort();
        }
    }
}

/// Serves until `stop` is cancelled, then finishes the calls in progress.
async fn serve(listener: TcpListener, exchange: Exchange, stop: CancellationToken) {
    let in_flight = Arc::new(Semaphore::new(MAX_IN_FLIGHT / BLOCK));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                // Send small responses at once (no Nagle delay).
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "the connection stays slow");
                }
                let server = Server {
                    exchange: exchange.clone(),
                    in_flight: Arc::clone(&in_flight),
                    cut: CancellationToken::new(),
                };
                connections.spawn(server.serve_connection(stream, stop.clone()));
            }
            Err(error) => {
                tracing::debug!(%error, "cannot accept connections right now");
                Clock::system().sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

/// Serves one connection.
#[derive(Clone)]
struct Server {
    exchange: Exchange,
    /// Blocks of bodies that may still be in progress.
    in_flight: Arc<Semaphore>,
    /// Closes the connection without a response.
    cut: CancellationToken,
}

impl Server {
    async fn serve_connection(self, stream: TcpStream, stop: CancellationToken) {
        let cut = self.cut.clone();
        let service = service_fn(move |request| self.clone().respond(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let clock = Clock::system();
        tokio::select! {
            biased;
            () = cut.cancelled() => return,
            // An error is the client's and needs no handling.
            _ = connection.as_mut() => return,
            () = clock.sleep(CONNECTION_LIFETIME) => {}
            () = stop.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            biased;
            () = cut.cancelled() => {}
            _ = connection => {}
            () = clock.sleep(CONNECTION_LIFETIME) => {}
        }
    }

    async fn respond(self, request: HttpRequest<Incoming>) -> Result<Response<Body>, Infallible> {
        let (head, body) = request.into_parts();
        let (body, _permit) = match self.read(body).await {
            Ok(read) => read,
            Err(failure) => {
                let reply = failure.s3_reply("", head.method == "HEAD");
                return Ok(to_response(reply.with("connection", "close"), None));
            }
        };
        let request = Request::new(&head, body);
        let Some(reply) = self.exchange.answer(request).await else {
            self.cut.cancel();
            return std::future::pending().await;
        };
        Ok(match self.reserve(reply.body.len()) {
            Ok(permit) => to_response(reply, Some(permit)),
            Err(failure) => to_response(failure.s3_reply("", false), None),
        })
    }

    /// Reads a body. The permit counts it for as long as it is in use.
    async fn read(&self, body: Incoming) -> Result<(Vec<u8>, OwnedSemaphorePermit), ApiError> {
        let too_large = || {
            let message = format!("A request has at most {MAX_BODY} bytes");
            ApiError::with_status(413, "EntityTooLarge", message)
        };
        // Do not read a body that is announced as too large.
        if HttpBody::size_hint(&body).lower() > MAX_BODY as u64 {
            return Err(too_large());
        }
        let (mut read, mut permit) = (Vec::new(), self.reserve(0)?);
        let mut stream = Body::new(body).into_data_stream();
        loop {
            let next = tokio::time::timeout(BODY_TIMEOUT, stream.next()).await;
            let bytes = match next {
                Ok(None) => return Ok((read, permit)),
                Ok(Some(Ok(bytes))) => bytes,
                // The client has gone, and reads no error.
                Ok(Some(Err(_))) | Err(_) => {
                    return Err(ApiError::new(
                        "RequestTimeout",
                        "Your socket connection to the server was not read from or written to \
                         within the timeout period. Idle connections will be closed.",
                    ));
                }
            };
            if read.len() + bytes.len() > MAX_BODY {
                return Err(too_large());
            }
            permit.merge(self.reserve(bytes.len())?);
            read.extend_from_slice(&bytes);
        }
    }

    /// Counts bytes of a body.
    fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let blocks = u32::try_from(bytes.div_ceil(BLOCK)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.in_flight).try_acquire_many_owned(blocks);
        permit.map_err(|_| {
            let message = format!("More than {MAX_IN_FLIGHT} bytes are on their way");
            ApiError::with_status(503, "SlowDown", message)
        })
    }
}

/// A response body that is counted until it is sent.
struct Counted {
    bytes: Vec<u8>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn to_response(reply: Reply, permit: Option<OwnedSemaphorePermit>) -> Response<Body> {
    reply.into_http(|bytes| {
        Body::from(Bytes::from_owner(Counted {
            bytes,
            _permit: permit,
        }))
    })
}
