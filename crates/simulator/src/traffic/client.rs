//! The HTTP client for load balancer, health checks, hooks and load.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::Uri;
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Clones share their connections.
pub(super) type Client = Legacy<HttpConnector, Body>;

/// A client that reuses connections.
pub(super) fn client() -> Client {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Legacy::builder(TokioExecutor::new()).build(connector)
}

/// The URI of a path, with query, at an address.
pub(super) fn uri(address: SocketAddr, path: &str) -> Option<Uri> {
    let uri = Uri::builder().scheme("http").authority(address.to_string());
    uri.path_and_query(path).build().ok()
}
