//! The HTTP server for all services.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use clock::Clock;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::world::World;

use super::connection::{Cutter, Listening};
use super::exchange::{Exchange, Options};
use super::message::{Reply, Request};

/// Largest request body in bytes; the largest requests store objects.
pub const MAX_BODY: usize = 64 << 20;

/// Time for calls in progress to finish at shutdown.
const GRACE: Duration = Duration::from_secs(2);

/// A simulator that serves on a port.
pub struct Simulator {
    exchange: Exchange,
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<io::Result<()>>,
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
        let router = Router::new()
            .fallback(serve)
            .with_state(exchange.clone())
            .into_make_service_with_connect_info::<Cutter>();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let server = axum::serve(Listening(listener), router).with_graceful_shutdown(stopped);
        Ok(Self {
            exchange,
            address,
            stop,
            task: tokio::spawn(async { server.await }),
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

async fn serve(
    State(exchange): State<Exchange>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: HttpRequest,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    // Do not read a body that is announced as too large.
    let body = match body.size_hint().lower() > MAX_BODY as u64 {
        true => None,
        false => to_bytes(body, MAX_BODY).await.ok(),
    };
    let Some(body) = body else {
        return respond(Reply::new(413, "The request is too large\n").with("connection", "close"));
    };
    let request = Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.to_string(), value.into_owned())
            })
            .collect(),
        body: body.to_vec(),
    };
    match exchange.answer(request).await {
        Some(reply) => respond(reply),
        None => {
            cutter.cut();
            Response::new(Body::empty())
        }
    }
}

fn respond(reply: Reply) -> Response<Body> {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let pair = HeaderName::try_from(name)
            .ok()
            .zip(HeaderValue::try_from(value).ok());
        if let Some((name, value)) = pair {
            response.headers_mut().append(name, value);
        }
    }
    response
}
