//! Every way a call can go wrong has its nature.

use serde_json::json;

use super::wire::{Reply, Wire, answer, error};
use crate::aws::EcsServices;
use crate::ports::{Nature, Services, Trouble};
use crate::release::surroundings::ServiceName;

async fn trouble_of(reply: Reply) -> Trouble {
    // Three attempts, all alike.
    let wire = Wire::new([reply.clone(), reply.clone(), reply]);
    let name = ServiceName {
        cluster: "prod".into(),
        service: "web".into(),
    };
    let services = EcsServices::new(&wire.config());
    services.describe(&name).await.unwrap_err()
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
            error("ServerException", ""),
            Nature::Unclear,
            "ServerException",
        ),
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

    let silent = trouble_of(answer(400, "{\"__type\": \"ClientException\"}")).await;
    assert_eq!(
        (silent.code.as_str(), silent.message.as_str()),
        ("ClientException", "")
    );
}

/// The real HTTP client, and a port where nobody listens.
#[tokio::test]
async fn a_closed_port_is_nobody_to_reach() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let config = Wire::default()
        .config()
        .to_builder()
        .endpoint_url(format!("http://{address}"))
        .retry_config(aws_smithy_types::retry::RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let name = ServiceName {
        cluster: String::new(),
        service: "web".into(),
    };
    let trouble = EcsServices::new(&config).describe(&name).await.unwrap_err();
    assert_eq!(trouble.nature, Nature::Unreachable, "{trouble:?}");
}
