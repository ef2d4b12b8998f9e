//! Sends a request body as given, and keeps what a response has beside the
//! SDK's own types, which drop members that they do not know. The SDK still
//! signs, retries and reports errors.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use parking_lot::Mutex;
use serde_json::Value;

/// Replaces the body of each attempt, for `mutate_request`, which is called
/// before the request is signed.
pub(super) fn sent_as(body: &Value) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
    let body = body.to_string();
    move |request| {
        let length = body.len().to_string();
        request.headers_mut().insert("content-length", length);
        *request.body_mut() = SdkBody::from(body.as_str());
    }
}

/// An interceptor that keeps what `read` returns of the last response.
#[derive(Clone)]
pub(super) struct Keep<T> {
    read: fn(&HttpResponse) -> Option<T>,
    kept: Arc<Mutex<Option<T>>>,
}

impl<T> Keep<T> {
    pub(super) fn new(read: fn(&HttpResponse) -> Option<T>) -> Self {
        let kept = Arc::default();
        Self { read, kept }
    }

    pub(super) fn take(&self) -> Option<T> {
        self.kept.lock().take()
    }
}

/// The response as JSON.
pub(super) fn json(response: &HttpResponse) -> Option<Value> {
    serde_json::from_slice(response.body().bytes()?).ok()
}

/// Leaves out what is kept: the SDK prints its interceptors at the `trace`
/// level.
impl<T> fmt::Debug for Keep<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}

impl<T: Send> Intercept for Keep<T> {
    fn name(&self) -> &'static str {
        "Keep"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.kept.lock() = (self.read)(context.response());
        Ok(())
    }
}
