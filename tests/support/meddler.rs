//! An AWS client that changes the account just before a given call.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// An AWS client that runs a function before one of its calls.
#[derive(Clone)]
pub(crate) struct Meddler {
    inner: SharedHttpClient,
    calls: Arc<AtomicU64>,
    before: u64,
    act: Arc<dyn Fn() + Send + Sync>,
}

impl Meddler {
    /// `act` runs before call number `before`, counted from 1.
    pub(crate) fn new(
        inner: SharedHttpClient,
        before: u64,
        act: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            calls: Arc::default(),
            before,
            act: Arc::new(act),
        }
    }

    pub(crate) fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Number of calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Meddler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meddler")
    }
}

impl HttpClient for Meddler {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(MeddlerConnector {
            inner: self.inner.http_connector(settings, components),
            meddler: self.clone(),
        })
    }
}

#[derive(Debug)]
struct MeddlerConnector {
    inner: SharedHttpConnector,
    meddler: Meddler,
}

impl HttpConnector for MeddlerConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let number = self.meddler.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if number == self.meddler.before {
            (self.meddler.act)();
        }
        self.inner.call(request)
    }
}
