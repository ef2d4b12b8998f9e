//! Health, readiness and metrics over HTTP, for whoever supervises the worker.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::gauges::measure;
use super::hands::Hands;
use crate::http_server::{self, Hosts};

#[derive(Clone)]
struct Shown {
    hands: Hands,
    metrics: PrometheusHandle,
}

/// Serves until `end` is over.
///
/// `/health` answers 200 while the poll loop turns, `/ready` while CodePipeline
/// answers our polls, `/metrics` in Prometheus' text format; `more`
/// is whatever else is to be had there. `hosts` are the names by which it may
/// be asked for.
pub async fn serve(
    listener: TcpListener,
    hands: &Hands,
    metrics: PrometheusHandle,
    more: Router,
    hosts: Hosts,
    end: CancellationToken,
) {
    let shown = Shown {
        hands: hands.clone(),
        metrics,
    };
    let routes = Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(render))
        .with_state(shown)
        .merge(more);
    http_server::serve(listener, routes, hosts, end).await;
}

async fn health(State(shown): State<Shown>) -> (StatusCode, &'static str) {
    if shown.hands.is_alive() {
        (StatusCode::OK, "alive\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the poll loop does not turn\n",
        )
    }
}

async fn ready(State(shown): State<Shown>) -> (StatusCode, &'static str) {
    if shown.hands.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "CodePipeline does not answer\n",
        )
    }
}

async fn render(State(shown): State<Shown>) -> String {
    measure(&shown.hands).await;
    shown.metrics.render()
}
