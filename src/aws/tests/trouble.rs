//! Every way a call can go wrong has its nature.

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::retry::RetryConfig;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::wire::{Reply, Wire, answer, error};
use crate::aws::client::http_client;
use crate::aws::{CaBundle, EcsServices};
use crate::ports::{Nature, Services, Trouble};
use crate::release::surroundings::ServiceName;

async fn trouble_of(reply: Reply) -> Trouble {
    // Three attempts, all alike.
    let wire = Wire::new([reply.clone(), reply.clone(), reply]);
    trouble_with(&wire.config()).await
}

async fn trouble_with(config: &SdkConfig) -> Trouble {
    let name = ServiceName {
        cluster: "prod".into(),
        service: "web".into(),
    };
    EcsServices::new(config).describe(&name).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn natures_are_told_apart() {
    for (reply, nature, code) in [
        (
            error("ThrottlingException", "Rate exceeded"),
            Nature::Throttled,
            "ThrottlingException",
        ),
        (answer(429, ""), Nature::Throttled, "HTTP 429"),
        (
            error("AccessDeniedException", ""),
            Nature::Denied,
            "AccessDeniedException",
        ),
        (
            error("ExpiredTokenException", ""),
            Nature::Denied,
            "ExpiredTokenException",
        ),
        (
            error("a.b#UnrecognizedClientException", ""),
            Nature::Denied,
            "UnrecognizedClientException",
        ),
        (
            error("InvalidParameterException", ""),
            Nature::Refused,
            "InvalidParameterException",
        ),
        (
            error("LimitExceededException", ""),
            Nature::Refused,
            "LimitExceededException",
        ),
        (
            error(
                "ClientException",
                "Too many concurrent attempts to create a new revision of the specified family.",
            ),
            Nature::Throttled,
            "ClientException",
        ),
        (
            error("InvalidParameterException", "Rate exceeded (EC2)"),
            Nature::Throttled,
            "InvalidParameterException",
        ),
        (
            error(
                "ClientException",
                "User: arn:aws:iam::1:user/u is not authorized to perform: iam:PassRole on resource: r",
            ),
            Nature::Denied,
            "ClientException",
        ),
        (
            error("ClientException", "Role is not valid"),
            Nature::Refused,
            "ClientException",
        ),
        (
            error("ServerException", ""),
            Nature::Unclear,
            "ServerException",
        ),
        (Reply::Silence, Nature::Unclear, "Timeout"),
        (Reply::Cut, Nature::Unclear, "ConnectionLost"),
        (Reply::Refused, Nature::Unreachable, "NoConnection"),
    ] {
        let trouble = trouble_of(reply.clone()).await;
        assert_eq!(
            (trouble.nature, trouble.code.as_str()),
            (nature, code),
            "{reply:?}"
        );
        assert_eq!(trouble.call, "ecs:DescribeServices");
        assert_eq!(trouble.resource.as_deref(), Some("prod/web"));
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
        let trouble = trouble_of(reply.clone()).await;
        assert_eq!(trouble.nature, Nature::Unclear, "{reply:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_says_what_aws_said() {
    let body = json!({"__type": "ns#ClientException", "Message": "m".repeat(9000)});
    let trouble = trouble_of(answer(400, body.to_string())).await;
    assert_eq!(trouble.code, "ClientException");
    assert_eq!(trouble.message, "m".repeat(2000));
    assert_eq!(trouble.request_id.as_deref(), Some("request-1"));

    let long = trouble_of(error(&"C".repeat(9000), "")).await;
    assert_eq!(long.code, "C".repeat(100));

    let silent = trouble_of(answer(400, "{\"__type\": \"ClientException\"}")).await;
    assert_eq!(
        (silent.code.as_str(), silent.message.as_str()),
        ("ClientException", "")
    );
}

/// Made for these tests; its key was thrown away.
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

/// What the real HTTP client makes of `endpoint`. With certificates of ours it
/// would panic here, had `CaBundle` let a bad one pass.
async fn trouble_at(endpoint: String) -> Nature {
    let twice = format!("# Two of them.\n{EXAMPLE_CA}\n{EXAMPLE_CA}");
    let bundle = CaBundle::parse(twice.into_bytes()).unwrap();
    let config = Wire::default()
        .config()
        .to_builder()
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .http_client(http_client(Some(&bundle)))
        .build();
    trouble_with(&config).await.nature
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_host_are_nobody_to_reach() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let closed = trouble_at(format!("http://{address}")).await;
    assert_eq!(closed, Nature::Unreachable);
    // No label of a host name has 70 letters; nobody needs to be asked.
    let unknown = trouble_at(format!("http://{}.invalid", "x".repeat(70))).await;
    assert_eq!(unknown, Nature::Unreachable);
}

#[tokio::test]
async fn a_connection_cut_after_the_request_leaves_it_unclear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.read_exact(&mut [0; 16]).await.unwrap();
    });
    let cut = trouble_at(format!("http://{address}")).await;
    assert_eq!(cut, Nature::Unclear);
    server.await.unwrap();
}

/// A provider whose source is away.
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
    let trouble = trouble_with(&config.credentials_provider(provider).build()).await;
    assert_eq!(trouble.nature, Nature::Unreachable, "{trouble:?}");
    assert_eq!(trouble.code, "NoCredentials");
    assert!(trouble.message.contains("nobody at home"), "{trouble:?}");
    assert!(wire.sent().is_empty());
}
