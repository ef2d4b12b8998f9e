//! Identifies the ECS task that this process runs in, with the task metadata
//! endpoint of the host's agent.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

/// The variable with the URL of the endpoint (task metadata version 4, on
/// Fargate from platform 1.4 on).
pub(super) const VARIABLE: &str = "ECS_CONTAINER_METADATA_URI_V4";

/// The timeout of the request. The agent responds within milliseconds, and a
/// start must not be delayed for the sake of the log.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum size of the response in bytes. It has two to four kilobytes; labels
/// of the operator can make it longer.
const MAX_RESPONSE: usize = 64 * 1024;

/// The task, and the container in it, by the labels that the agent sets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Container {
    /// The cluster's ARN, or its name if the agent gives only that.
    #[serde(rename = "com.amazonaws.ecs.cluster")]
    cluster: String,
    #[serde(rename = "com.amazonaws.ecs.task-arn")]
    task: String,
    #[serde(rename = "com.amazonaws.ecs.task-definition-family")]
    family: String,
    #[serde(rename = "com.amazonaws.ecs.task-definition-version")]
    revision: String,
    #[serde(rename = "com.amazonaws.ecs.container-name")]
    name: String,
}

/// Why the task is unknown. The worker runs without it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unknown {
    #[error("`{0}` is not an http:// address of this host")]
    OtherHost(String),
    #[error("there was no response within {} s", TIMEOUT.as_secs())]
    Timeout,
    #[error("the request failed: {0}")]
    Request(#[from] hyper_util::client::legacy::Error),
    #[error("the response cannot be read: {0}")]
    Unreadable(#[from] axum::Error),
    #[error("the response is {0}")]
    Refused(axum::http::StatusCode),
    #[error("the response is not what ECS documents: {0}")]
    Unexpected(#[from] serde_json::Error),
}

/// The parts of the response that are used.
#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(rename = "Labels")]
    labels: Container,
}

/// Reads the metadata from `url`, the value of the variable.
pub(super) async fn container(url: &str) -> Result<Container, Unknown> {
    let other_host = || Unknown::OtherHost(url.to_owned());
    let place: axum::http::Uri = url.parse().map_err(|_| other_host())?;
    if place.scheme_str() != Some("http") || !place.host().is_some_and(is_of_this_host) {
        return Err(other_host());
    }
    let metadata = tokio::time::timeout(TIMEOUT, read(place)).await;
    Ok(metadata.map_err(|_| Unknown::Timeout)??.labels)
}

async fn read(place: axum::http::Uri) -> Result<Metadata, Unknown> {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.get(place).await?;
    if !response.status().is_success() {
        return Err(Unknown::Refused(response.status()));
    }
    let body = to_bytes(Body::new(response.into_body()), MAX_RESPONSE).await?;
    Ok(serde_json::from_slice(&body)?)
}

/// Whether the host is on this machine. The agent has a link-local address;
/// loopback is allowed for substitutes.
fn is_of_this_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_link_local() || ip.is_loopback(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_unicast_link_local() || ip.is_unique_local() || ip.is_loopback()
        }
        Err(_) => false,
    }
}

impl Container {
    /// The fields for every log line.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let definition = format!("{}:{}", self.family, self.revision);
        vec![
            ("ecs.cluster", self.cluster.clone()),
            ("ecs.task", self.task.clone()),
            ("ecs.task_definition", definition),
            ("ecs.container", self.name.clone()),
        ]
    }

    /// The labels of the metric that identifies the process.
    pub(super) fn labels(&self) -> Vec<(String, String)> {
        let short = |(name, value): (&str, String)| (name.replacen("ecs.", "", 1), value);
        self.fields().into_iter().map(short).collect()
    }

    /// The attributes of traces, by OpenTelemetry's conventions.
    pub(super) fn attributes(&self) -> Vec<(String, String)> {
        [
            ("cloud.provider", "aws"),
            ("cloud.platform", "aws_ecs"),
            ("aws.ecs.cluster.arn", &self.cluster),
            ("aws.ecs.task.arn", &self.task),
            ("aws.ecs.task.family", &self.family),
            ("aws.ecs.task.revision", &self.revision),
            ("container.name", &self.name),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;

    async fn agent(answer: impl Into<String>) -> String {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/v4/abc", get(async move || answer.clone()));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}/v4/abc")
    }

    #[tokio::test]
    async fn the_agent_reports_task_and_container() {
        let answer = r#"{
            "DockerId": "cd189a933e5849daa93386466019ab50-2495160603",
            "Name": "worker",
            "Labels": {
                "com.amazonaws.ecs.cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/ops",
                "com.amazonaws.ecs.container-name": "worker",
                "com.amazonaws.ecs.task-arn": "arn:aws:ecs:eu-west-1:111122223333:task/ops/cd18",
                "com.amazonaws.ecs.task-definition-family": "bluegreen-worker",
                "com.amazonaws.ecs.task-definition-version": "7"
            },
            "LaunchType": "FARGATE"
        }"#;
        let found = container(&agent(answer).await).await.unwrap();
        assert_eq!(
            found.labels(),
            [
                ("cluster", "arn:aws:ecs:eu-west-1:111122223333:cluster/ops"),
                ("task", "arn:aws:ecs:eu-west-1:111122223333:task/ops/cd18"),
                ("task_definition", "bluegreen-worker:7"),
                ("container", "worker"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[tokio::test]
    async fn an_agent_that_says_something_else_ends_nothing() {
        let strange = container(&agent("{}").await).await.unwrap_err();
        assert!(matches!(strange, Unknown::Unexpected(_)), "{strange}");
        let edge = " ".repeat(MAX_RESPONSE);
        let long = container(&agent(edge.clone()).await).await.unwrap_err();
        assert!(matches!(long, Unknown::Unexpected(_)), "{long}");
        let longer = container(&agent(edge + " ").await).await.unwrap_err();
        assert!(matches!(longer, Unknown::Unreadable(_)), "{longer}");
        let none = agent("{}").await.replace("/v4/abc", "/v4/other");
        let refused = container(&none).await.unwrap_err();
        assert!(matches!(refused, Unknown::Refused(_)), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_agent_that_never_answers_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v4/abc", listener.local_addr().unwrap());
        let slow = container(&url).await.unwrap_err();
        assert!(matches!(slow, Unknown::Timeout), "{slow}");
    }

    #[tokio::test]
    async fn only_this_host_is_asked() {
        for url in [
            "https://169.254.170.2/v4/abc",
            "http://metadata.example/v4/abc",
            "http://10.0.0.7/v4/abc",
            "169.254.170.2",
            "",
        ] {
            let elsewhere = container(url).await.unwrap_err();
            assert!(
                matches!(elsewhere, Unknown::OtherHost(_)),
                "{url}: {elsewhere}"
            );
        }
        assert!(is_of_this_host("169.254.170.2"));
        assert!(is_of_this_host("[fe80::1]"));
    }
}
