//! A connection that returns scripted replies and records the requests.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use clock::Clock;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;

/// A scripted reply.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// The connection is refused.
    Refused,
    /// No response ever arrives.
    Silence,
    /// The connection breaks after the request was sent.
    Cut,
}

pub(super) fn json(body: &Value) -> Reply {
    answer(200, body.to_string())
}

pub(super) fn answer(status: u16, body: impl Into<String>) -> Reply {
    Reply::Answer {
        status,
        headers: Vec::new(),
        body: body.into(),
    }
}

/// An error response of the JSON services.
pub(super) fn error(code: &str, message: &str) -> Reply {
    let body = serde_json::json!({"__type": code, "message": message});
    answer(400, body.to_string())
}

/// A request as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) uri: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Sent {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }

    pub(super) fn operation(&self) -> &str {
        let target = self.header("x-amz-target").unwrap_or_default();
        target.rsplit('.').next().unwrap_or_default()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The scripted connection; clones share the script.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Wire {
    pub(super) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            sent: Arc::default(),
        }
    }

    pub(super) fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(crate::aws::sdk_config::timeouts())
            .http_client(self.clone())
            .build()
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().clone()
    }

    pub(super) fn operations(&self) -> Vec<String> {
        let sent = self.sent();
        sent.iter()
            .map(|sent| sent.operation().to_owned())
            .collect()
    }
}

pub(super) fn clock() -> Clock {
    Clock::simulated(Timestamp::UNIX_EPOCH, 1.0)
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter();
        self.sent.lock().push(Sent {
            uri: request.uri().to_owned(),
            headers: headers
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            body: String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap(),
        });
        let reply = self.replies.lock().pop_front();
        HttpConnectorFuture::ready(match reply.expect("a reply for every request") {
            Reply::Answer {
                status,
                headers,
                body,
            } => {
                let status = status.try_into().unwrap();
                let mut response = HttpResponse::new(status, SdkBody::from(body));
                for (key, value) in headers {
                    response.headers_mut().insert(key, value);
                }
                response
                    .headers_mut()
                    .insert("x-amzn-requestid", "request-1");
                Ok(response)
            }
            Reply::Silence => return HttpConnectorFuture::new(std::future::pending()),
            Reply::Refused => Err(ConnectorError::io(Box::new(io::Error::from(
                io::ErrorKind::ConnectionRefused,
            )))),
            Reply::Cut => Err(ConnectorError::io(Box::new(io::Error::from(
                io::ErrorKind::ConnectionReset,
            )))),
        })
    }
}
