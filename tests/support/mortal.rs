//! An AWS client that kills its worker at a given call, before or after the
//! call takes effect.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio_util::sync::CancellationToken;

/// When the worker dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The call does not reach AWS.
    BeforeItTakesEffect,
    /// The worker does not receive the response.
    AfterItTookEffect,
}

/// A client that kills the worker at a call with a given number, counted from
/// 1.
#[derive(Clone)]
pub(crate) struct Mortal {
    inner: SharedHttpClient,
    calls: Arc<AtomicU64>,
    last: u64,
    moment: Moment,
    death: CancellationToken,
}

impl Mortal {
    /// `death` is cancelled at call number `last`.
    pub(crate) fn client(
        inner: SharedHttpClient,
        last: u64,
        moment: Moment,
        death: CancellationToken,
    ) -> SharedHttpClient {
        SharedHttpClient::new(Self {
            inner,
            calls: Arc::default(),
            last,
            moment,
            death,
        })
    }
}

impl fmt::Debug for Mortal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mortal")
    }
}

impl HttpClient for Mortal {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(MortalConnector {
            inner: self.inner.http_connector(settings, components),
            mortal: self.clone(),
        })
    }
}

#[derive(Debug)]
struct MortalConnector {
    inner: SharedHttpConnector,
    mortal: Mortal,
}

impl HttpConnector for MortalConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mortal = &self.mortal;
        let number = mortal.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let (last, moment, death) = (mortal.last, mortal.moment, mortal.death.clone());
        let is_dead = number > last || (number == last && moment == Moment::BeforeItTakesEffect);
        if is_dead {
            return HttpConnectorFuture::new(async move {
                death.cancel();
                std::future::pending().await
            });
        }
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            if number == last {
                death.cancel();
                std::future::pending::<()>().await;
            }
            answer
        })
    }
}
