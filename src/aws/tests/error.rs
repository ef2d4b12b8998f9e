//! Each failure of a call maps to its kind.

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::retry::RetryConfig;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::wire::{Reply, Wire, answer, error};
use crate::aws::sdk_config::http_client;
use crate::aws::{CaBundle, service_clients};
use crate::ports::{CallError, CallErrorKind, Services};
use crate::release::target::ServiceName;

async fn error_of(reply: Reply) -> CallError {
    // Three attempts with the same response.
    let wire = Wire::new([reply.clone(), reply.clone(), reply]);
    error_with(&wire.config()).await
}

async fn error_with(config: &SdkConfig) -> CallError {
    let name = ServiceName {
        cluster: "prod".into(),
        service: "web".into(),
    };
    service_clients::ecs(config)
        .describe(&name)
        .await
        .unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn kinds_are_distinguished() {
    for (reply, kind, code) in [
        (
            error("ThrottlingException", "Rate exceeded"),
            CallErrorKind::Throttled,
            "ThrottlingException",
        ),
        (answer(429, ""), CallErrorKind::Throttled, "HTTP 429"),
        (
            error("AccessDeniedException", ""),
            CallErrorKind::Denied,
            "AccessDeniedException",
        ),
        (
            error("ExpiredTokenException", ""),
            CallErrorKind::Denied,
            "ExpiredTokenException",
        ),
        (
            error("a.b#UnrecognizedClientException", ""),
            CallErrorKind::Denied,
            "UnrecognizedClientException",
        ),
        (
            error("InvalidParameterException", ""),
            CallErrorKind::Refused,
            "InvalidParameterException",
        ),
        (
            error("LimitExceededException", ""),
            CallErrorKind::Refused,
            "LimitExceededException",
        ),
        (
            error(
                "ClientException",
                "Too many concurrent attempts to create a new revision of the specified family.",
            ),
            CallErrorKind::Throttled,
            "ClientException",
        ),
        (
            error("InvalidParameterException", "Rate exceeded (EC2)"),
            CallErrorKind::Throttled,
            "InvalidParameterException",
        ),
        (
            error(
                "ClientException",
                "User: arn:aws:iam::1:user/u is not authorized to perform: iam:PassRole on resource: r",
            ),
            CallErrorKind::Denied,
            "ClientException",
        ),
        (
            error("ClientException", "Role is not valid"),
            CallErrorKind::Refused,
            "ClientException",
        ),
        (
            error("ServerException", ""),
            CallErrorKind::Unclear,
            "ServerException",
        ),
        (Reply::Silence, CallErrorKind::Unclear, "Timeout"),
        (Reply::Cut, CallErrorKind::Unclear, "ConnectionLost"),
        (Reply::Refused, CallErrorKind::Unreachable, "NoConnection"),
    ] {
        let call_error = error_of(reply.clone()).await;
        assert_eq!(
            (call_error.kind, call_error.code.as_str()),
            (kind, code),
            "{reply:?}"
        );
        assert_eq!(call_error.call, "ecs:DescribeServices");
        assert_eq!(call_error.resource.as_deref(), Some("prod/web"));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_not_awss_own_are_unclear() {
    for reply in [
        answer(500, "<html>oops</html>"),
        answer(502, ""),
        answer(400, "<html>proxy</html>"),
        answer(200, "<html>login</html>"),
        answer(200, "{\"services\": [{\"status\": "),
    ] {
        let call_error = error_of(reply.clone()).await;
        assert_eq!(call_error.kind, CallErrorKind::Unclear, "{reply:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn error_says_what_aws_said() {
    let body = json!({"__type": "ns#ClientException", "Message": "m".repeat(9000)});
    let call_error = error_of(answer(400, body.to_string())).await;
    assert_eq!(call_error.code, "ClientException");
    assert_eq!(call_error.message, "m".repeat(2000));
    assert_eq!(call_error.request_id.as_deref(), Some("request-1"));

    let long = error_of(error(&"C".repeat(9000), "")).await;
    assert_eq!(long.code, "C".repeat(100));

    let silent = error_of(answer(400, "{\"__type\": \"ClientException\"}")).await;
    assert_eq!(
        (silent.code.as_str(), silent.message.as_str()),
        ("ClientException", "")
    );
}

/// Generated for these tests; its key was discarded.
const EXAMPLE_CA: &str = "\
-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUCfAyute9iMvQUHkN9dU1JJmVnukwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKRXhhbXBsZSBDQTAgFw0yNjExMjEwNjIzMDVaGA8yMTI2MTAy
ODA2MjMwNVowFTETMBEGA1UEAwwKRXhhbXBsZSBDQTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABIjA/wPaF3a5AeaoByrZjdsCbdAt7dX0x23MxCQ6VSoq4yGQDnwR
tDDx24PZyyO8HBU2ywd12sfxrbUQKDh7DCijUzBRMB0GA1UdDgQWBBQYTevwy5vP
uxx2RutfgM4uAg0JrTAfBgNVHSMEGDAWgBQYTevwy5vPuxx2RutfgM4uAg0JrTAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIEAxwTn+Ge1gT7unKK62
4PtbrDf4o8zNwmjLi7lS0swoAiEA3Ew5tdtNomoIka0GfA0xfjceTNJ1FKwN84Lu
vdwOwUY=
-----END CERTIFICATE-----
";

/// The kind of error that the real HTTP client reports for `endpoint`. It would
/// panic on a bad certificate that `CaBundle` had accepted.
async fn error_at(endpoint: String) -> CallErrorKind {
    let twice = format!("# Two of them.\n{EXAMPLE_CA}\n{EXAMPLE_CA}");
    let bundle = CaBundle::parse(twice.into_bytes()).unwrap();
    let config = Wire::default()
        .config()
        .to_builder()
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .http_client(http_client(Some(&bundle), None))
        .build();
    error_with(&config).await.kind
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_host_are_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let closed = error_at(format!("http://{address}")).await;
    assert_eq!(closed, CallErrorKind::Unreachable);
    // A host name with a label of 70 letters is invalid, so no DNS query is
    // needed.
    let unknown = error_at(format!("http://{}.invalid", "x".repeat(70))).await;
    assert_eq!(unknown, CallErrorKind::Unreachable);
}

#[tokio::test]
async fn a_connection_cut_after_the_request_leaves_it_unclear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.read_exact(&mut [0; 16]).await.unwrap();
    });
    let cut = error_at(format!("http://{address}")).await;
    assert_eq!(cut, CallErrorKind::Unclear);
    server.await.unwrap();
}

/// A provider that has no credentials.
#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("nobody at home")))
    }
}

#[tokio::test(start_paused = true)]
async fn without_credentials_nothing_is_sent() {
    let wire = Wire::default();
    let provider = SharedCredentialsProvider::new(NoCredentials);
    let config = wire.config().to_builder();
    let call_error = error_with(&config.credentials_provider(provider).build()).await;
    assert_eq!(
        call_error.kind,
        CallErrorKind::Unreachable,
        "{call_error:?}"
    );
    assert_eq!(call_error.code, "NoCredentials");
    assert!(
        call_error.message.contains("nobody at home"),
        "{call_error:?}"
    );
    assert!(wire.sent().is_empty());
}
