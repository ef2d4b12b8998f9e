//! Records every exchange as a line of JSON, for checks by other programs.

use std::io::Write;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::message::{Reply, Request};

/// Records exchanges as `{"request": …, "response": …}`. Only JSON and CBOR
/// bodies are recorded, CBOR in hexadecimal digits; session tokens never are.
pub struct Recorder(Mutex<Box<dyn Write + Send>>);

impl Recorder {
    /// Writes lines to `sink`.
    pub fn new(sink: impl Write + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(sink)))
    }

    pub(super) fn record(&self, request: &Request, reply: &Reply) {
        let is_json = request.header("x-amz-target").is_some();
        let is_cbor = request.header("smithy-protocol").is_some();
        let member = if is_cbor { "cbor" } else { "body" };
        let body = |bytes: &[u8]| match (is_json, is_cbor) {
            (_, true) => hex::encode(bytes),
            (true, false) => String::from_utf8_lossy(bytes).into_owned(),
            (false, false) => String::new(),
        };
        let line = json!({
            "request": {
                "method": request.method,
                "path": match request.query.as_str() {
                    "" => request.path.clone(),
                    query => format!("{}?{query}", request.path),
                },
                "headers": headers(&request.headers),
                member: body(&request.body),
            },
            "response": {
                "status": reply.status,
                "headers": headers(&reply.headers),
                member: body(&reply.body),
            },
        });
        let mut sink = self.0.lock();
        let written = writeln!(sink, "{line}").and_then(|()| sink.flush());
        if let Err(error) = written {
            tracing::warn!(%error, "an exchange could not be recorded");
        }
    }
}

fn headers(headers: &[(String, String)]) -> Value {
    headers
        .iter()
        .filter(|(name, _)| name != "x-amz-security-token")
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect()
}
