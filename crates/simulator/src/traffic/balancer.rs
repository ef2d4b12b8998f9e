//! The load balancer: two listeners, which forward each request to a task of
//! the target group chosen by the weights.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::client::uri;
use super::meter::Ended;
use super::routing_table::{InFlight, Listener, Target};
use super::shared::Shared;

/// Time limit for the start of a response; the default of AWS load balancers.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Response headers that identify the task.
pub(super) const VERSION: HeaderName = HeaderName::from_static("x-rehearsal-version");
const REVISION: HeaderName = HeaderName::from_static("x-rehearsal-revision");
const TASK: HeaderName = HeaderName::from_static("x-rehearsal-task");
const TARGET_GROUP: HeaderName = HeaderName::from_static("x-rehearsal-target-group");

/// Headers of a single connection (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 5] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A listener that serves until it is dropped.
pub(super) struct Serving {
    pub(super) address: SocketAddr,
    _server: AbortOnDropHandle<io::Result<()>>,
}

#[derive(Clone)]
struct Balancer {
    listener: Listener,
    shared: Shared,
}

/// Serves one listener at `address`.
pub(super) async fn serve(
    address: SocketAddr,
    listener: Listener,
    shared: Shared,
    end: CancellationToken,
) -> io::Result<Serving> {
    let socket = TcpListener::bind(address).await?;
    let address = socket.local_addr()?;
    let balancer = Balancer { listener, shared };
    let routes = Router::new().fallback(forward).with_state(balancer);
    let server = axum::serve(socket, routes).with_graceful_shutdown(end.cancelled_owned());
    let server = tokio::spawn(async { server.await });
    Ok(Serving {
        address,
        _server: AbortOnDropHandle::new(server),
    })
}

async fn forward(State(balancer): State<Balancer>, request: Request) -> Response<Body> {
    let begun = Instant::now();
    let routing_table = &balancer.shared.routing_table;
    let Some(in_flight) = routing_table.choose(balancer.listener, fastrand::u32(0..1000)) else {
        balancer.count(Ended::Unanswered);
        return fault(StatusCode::SERVICE_UNAVAILABLE, "no task is registered");
    };
    let target = in_flight.target.clone();
    match balancer.ask(&target, request).await {
        Ok(answer) => {
            balancer.count(Ended::Answered {
                version: target.version,
                green_weight: in_flight.green_weight,
                is_error: answer.status().is_server_error(),
                after: begun.elapsed(),
            });
            pass_on(answer, in_flight)
        }
        Err((status, words)) => {
            balancer.count(Ended::Unanswered);
            with_task_headers(fault(status, words), &target)
        }
    }
}

impl Balancer {
    fn count(&self, ended: Ended) {
        match self.listener {
            Listener::Production => self.shared.meter.count(self.shared.account.now(), ended),
            Listener::Test => {}
        }
    }

    async fn ask(
        &self,
        target: &Target,
        mut request: Request,
    ) -> Result<Response<Body>, (StatusCode, &'static str)> {
        let path = request.uri().path_and_query();
        let path = path.map_or("/", |path| path.as_str());
        let bad = (StatusCode::BAD_REQUEST, "the request's path is not valid");
        *request.uri_mut() = uri(target.address, path).ok_or(bad)?;
        for name in HOP_BY_HOP {
            request.headers_mut().remove(name);
        }
        let answer = tokio::time::timeout(TIMEOUT, self.shared.client.request(request)).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer.map(Body::new)),
            Ok(Err(_)) => Err((StatusCode::BAD_GATEWAY, "the task does not respond")),
            Err(_) => Err((
                StatusCode::GATEWAY_TIMEOUT,
                "the task did not respond in time",
            )),
        }
    }
}

/// Forwards the response. The request counts as in flight until the response
/// body has ended.
fn pass_on(answer: Response<Body>, in_flight: InFlight) -> Response<Body> {
    let target = in_flight.target.clone();
    let (mut head, body) = answer.into_parts();
    for name in HOP_BY_HOP {
        head.headers.remove(name);
    }
    let body = body.into_data_stream().map(move |piece| {
        let _ = &in_flight;
        piece
    });
    with_task_headers(Response::from_parts(head, Body::from_stream(body)), &target)
}

fn with_task_headers(mut answer: Response<Body>, target: &Target) -> Response<Body> {
    let headers = answer.headers_mut();
    headers.insert(VERSION, HeaderValue::from_static(target.version.as_str()));
    headers.insert(REVISION, HeaderValue::from(target.revision));
    for (name, text) in [(TASK, &target.task), (TARGET_GROUP, &target.target_group)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    answer
}

fn fault(status: StatusCode, words: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{}: {words}\n", status.as_u16())));
    *response.status_mut() = status;
    response
}
