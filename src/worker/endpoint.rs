//! Health, readiness and metrics over HTTP.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::gauges::measure;
use crate::http_server::{self, Hosts};

#[derive(Clone)]
struct Shown {
    context: Context,
    metrics: PrometheusHandle,
}

/// Serves HTTP until `end` is cancelled.
///
/// `/health` answers 200 while the poll loop runs. `/ready` answers 200 while
/// the worker takes jobs and CodePipeline answers its polls, or answered the last
/// one before all slots were in use. The body has the error of the last poll, or
/// of the last job that could not be taken. `/metrics` is in Prometheus' text
/// format. `more` has further routes. `hosts` are the accepted host names.
pub async fn serve(
    listener: TcpListener,
    context: &Context,
    metrics: PrometheusHandle,
    more: Router,
    hosts: Hosts,
    end: CancellationToken,
) {
    let shown = Shown {
        context: context.clone(),
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
    if shown.context.is_alive() {
        (StatusCode::OK, "alive\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the poll loop makes no progress\n",
        )
    }
}

async fn ready(State(shown): State<Shown>) -> (StatusCode, String) {
    if shown.context.is_draining() {
        let jobs = shown.context.health().jobs();
        let words = format!("draining: taking no jobs; {jobs} jobs are left\n");
        return (StatusCode::SERVICE_UNAVAILABLE, words);
    }
    let health = shown.context.health();
    let failure = health.not_taken().or_else(|| health.failure());
    match (shown.context.is_ready(), failure) {
        (true, None) => (StatusCode::OK, "ready\n".to_owned()),
        (true, Some(failure)) => (StatusCode::OK, format!("ready; the last poll: {failure}\n")),
        (false, Some(failure)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{failure}\n")),
        (false, None) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "CodePipeline has not answered a poll\n".to_owned(),
        ),
    }
}

async fn render(State(shown): State<Shown>) -> String {
    measure(&shown.context).await;
    shown.metrics.render()
}
