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

/// The timeout of the request. The agent answers within milliseconds, and a
/// start must not be delayed for the sake of the log.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The most bytes of the response. It has two to four kilobytes; labels of the
/// operator can make it longer.
const MAX_ANSWER: usize = 64 * 1024;

/// The task, and the container in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Container {
    /// The cluster's ARN, or its name if the agent gives only that.
    cluster: String,
    task: String,
    family: String,
    revision: String,
    name: String,
}

/// Why the task is unknown. The worker runs without it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unknown {
    #[error("`{0}` is no http:// address of this host")]
    Elsewhere(String),
    #[error("there is no answer within {} s", TIMEOUT.as_secs())]
    Slow,
    #[error("it cannot be asked: {0}")]
    Silent(#[from] hyper_util::client::legacy::Error),
    #[error("the answer cannot be read: {0}")]
    Broken(#[from] axum::Error),
    #[error("the answer is {0}")]
    Refused(axum::http::StatusCode),
    #[error("the answer is not what ECS documents: {0}")]
    Strange(#[from] serde_json::Error),
}

/// The parts of the response that are used.
#[derive(Debug, Deserialize)]
struct Metadata {
    #[serde(rename = "Labels")]
    labels: Labels,
}

#[derive(Debug, Deserialize)]
struct Labels {
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

/// Reads the metadata from `url`, the value of the variable.
pub(super) async fn ask(url: &str) -> Result<Container, Unknown> {
    let elsewhere = || Unknown::Elsewhere(url.to_owned());
    let place: axum::http::Uri = url.parse().map_err(|_| elsewhere())?;
    if place.scheme_str() != Some("http") || !place.host().is_some_and(is_of_this_host) {
        return Err(elsewhere());
    }
    let asked = tokio::time::timeout(TIMEOUT, read(place)).await;
    let Labels {
        cluster,
        task,
        family,
        revision,
        name,
    } = asked.map_err(|_| Unknown::Slow)??.labels;
    Ok(Container {
        cluster,
        task,
        family,
        revision,
        name,
    })
}

async fn read(place: axum::http::Uri) -> Result<Metadata, Unknown> {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(place).await?;
    if !answer.status().is_success() {
        return Err(Unknown::Refused(answer.status()));
    }
    let body = to_bytes(Body::new(answer.into_body()), MAX_ANSWER).await?;
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
        vec![
            ("ecs.cluster", self.cluster.clone()),
            ("ecs.task", self.task.clone()),
            ("ecs.task_definition", self.definition()),
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

    fn definition(&self) -> String {
        format!("{}:{}", self.family, self.revision)
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
        let container = ask(&agent(answer).await).await.unwrap();
        assert_eq!(
            container.labels(),
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
        let strange = ask(&agent("{}").await).await.unwrap_err();
        assert!(matches!(strange, Unknown::Strange(_)), "{strange}");
        let edge = " ".repeat(MAX_ANSWER);
        let long = ask(&agent(edge.clone()).await).await.unwrap_err();
        assert!(matches!(long, Unknown::Strange(_)), "{long}");
        let longer = ask(&agent(edge + " ").await).await.unwrap_err();
        assert!(matches!(longer, Unknown::Broken(_)), "{longer}");
        let none = agent("{}").await.replace("/v4/abc", "/v4/other");
        let refused = ask(&none).await.unwrap_err();
        assert!(matches!(refused, Unknown::Refused(_)), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_agent_that_never_answers_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v4/abc", listener.local_addr().unwrap());
        let slow = ask(&url).await.unwrap_err();
        assert!(matches!(slow, Unknown::Slow), "{slow}");
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
            let elsewhere = ask(url).await.unwrap_err();
            assert!(
                matches!(elsewhere, Unknown::Elsewhere(_)),
                "{url}: {elsewhere}"
            );
        }
        assert!(is_of_this_host("169.254.170.2"));
        assert!(is_of_this_host("[fe80::1]"));
    }
}
