//! Interceptors that send a request body as given and keep a response body as
//! received.
//!
//! The SDK's own types drop members that they do not know. With these
//! interceptors the SDK still signs, retries and reports errors. Because the
//! SDK prints its interceptors at the `trace` level, their `Debug` output
//! leaves out the bodies.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use parking_lot::Mutex;
use serde_json::Value;

/// Replaces the body of each attempt before it is signed.
pub(super) struct SendRaw(String);

impl fmt::Debug for SendRaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendRaw({} bytes)", self.0.len())
    }
}

impl SendRaw {
    pub(super) fn new(body: &Value) -> Self {
        Self(body.to_string())
    }
}

impl Intercept for SendRaw {
    fn name(&self) -> &'static str {
        "SendRaw"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        *request.body_mut() = SdkBody::from(self.0.as_str());
        request
            .headers_mut()
            .try_insert("content-length", self.0.len().to_string())?;
        Ok(())
    }
}

/// Keeps the body of the last response.
#[derive(Clone, Default)]
pub(super) struct KeepRaw(Arc<Mutex<Vec<u8>>>);

impl fmt::Debug for KeepRaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.0.lock();
        write!(f, "KeepRaw({} bytes)", body.len())
    }
}

impl KeepRaw {
    /// The response as JSON. `None` if it is not JSON.
    pub(super) fn json(&self) -> Option<Value> {
        let body = self.0.lock();
        serde_json::from_slice(&body).ok()
    }
}

impl Intercept for KeepRaw {
    fn name(&self) -> &'static str {
        "KeepRaw"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(bytes) = context.response().body().bytes() {
            *self.0.lock() = bytes.to_vec();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_does_not_print() {
        let sent = SendRaw::new(&json!({"family": "hunter2"}));
        assert_eq!(format!("{sent:?}"), "SendRaw(20 bytes)");
        let kept = KeepRaw(Arc::new(Mutex::new(b"hunter2".to_vec())));
        assert_eq!(format!("{kept:?}"), "KeepRaw(7 bytes)");
    }
}
