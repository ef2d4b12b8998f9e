//! Checks that need no AWS.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use aws_config::SdkConfig;
use clock::Clock;
use tokio::net::TcpListener;

use super::check::Check;
use super::proxy;
use crate::aws;
use crate::cli::connection::ca_bundle;
use crate::cli::health::is_worker;
use crate::cli::run::policy_sources::recipe;
use crate::config::{JournalPlace, Settings};
use crate::policy::{Child, Gate, SetProblem};
use crate::telemetry::trace_settings;
use crate::worker::journal::{Directory, JournalProblem};

pub(super) async fn checks(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
) -> Vec<Check> {
    vec![
        policies(settings).await,
        journal(settings),
        address(settings).await,
        proxy::check(environment),
        certificates(environment),
        endpoints(environment),
        traces(environment),
    ]
}

/// Checks the policies on this machine. Those in S3 are checked online.
async fn policies(settings: &Settings) -> Check {
    let mut recipe = recipe(settings);
    recipe.sources.retain(|source| !source.is_elsewhere());
    let load = move || {
        let set = recipe.read(&[])?;
        match set.is_empty() {
            true => Ok(false),
            false => Gate::open(set, Child::default()).map(|_| true),
        }
    };
    let loaded = tokio::task::spawn_blocking(load).await;
    policies_check("policies", loaded.unwrap_or_else(|_| Err(given_up())))
}

/// The check for loaded policies: whether there are any, or why they do not
/// load.
pub(super) fn policies_check(name: &'static str, loaded: Result<bool, SetProblem>) -> Check {
    match loaded {
        Ok(false) => Check::good(name, "none are set"),
        Ok(true) => Check::good(name, "they load"),
        Err(problem) => Check::failed(
            name,
            problem.to_string(),
            "correct them; `bluegreen-worker policy check` tries them on a release",
        ),
    }
}

fn given_up() -> SetProblem {
    SetProblem(vec!["loading was given up".into()])
}

fn journal(settings: &Settings) -> Check {
    const NAME: &str = "journal";
    let path = match &settings.journal {
        None => {
            return Check::warning(
                NAME,
                "none is set: if the process dies, its jobs in progress are lost",
                "set BLUEGREEN_JOURNAL",
            );
        }
        Some(JournalPlace::Bucket { bucket, prefix }) => {
            return Check::good(NAME, format!("it is kept in s3://{bucket}/{prefix}"));
        }
        Some(JournalPlace::Directory(path)) => path,
    };
    match Directory::open(path, &Clock::system()) {
        Ok(_) => Check::good(NAME, format!("{} can be written", path.display())),
        Err(JournalProblem::InUse { .. }) => {
            Check::good(NAME, format!("{} is in use by a worker", path.display()))
        }
        Err(JournalProblem::Unusable { path, source }) => Check::failed(
            NAME,
            format!("{} cannot be written: {source}", path.display()),
            "name a directory that belongs to the worker's user",
        ),
    }
}

/// Checks the listen address. One that a worker uses already is as good as a
/// free one.
async fn address(settings: &Settings) -> Check {
    const NAME: &str = "address";
    let listen = settings.listen;
    match TcpListener::bind(listen).await {
        Ok(_) => Check::good(NAME, format!("{listen} is free")),
        Err(problem) if problem.kind() == ErrorKind::AddrInUse && is_worker(listen).await => {
            Check::good(NAME, format!("a worker answers at {listen}"))
        }
        Err(problem) => Check::failed(
            NAME,
            format!("cannot listen on {listen}: {problem}"),
            "set BLUEGREEN_LISTEN to an address that is free",
        ),
    }
}

fn certificates(environment: &BTreeMap<String, String>) -> Check {
    const NAME: &str = "certificates";
    match ca_bundle(environment) {
        Ok(None) => Check::good(NAME, "the system's are trusted"),
        Ok(Some(_)) => Check::good(NAME, "the system's and those of AWS_CA_BUNDLE are trusted"),
        Err(problem) => Check::failed(
            NAME,
            problem.to_string(),
            "name a file with certificates in PEM",
        ),
    }
}

fn endpoints(environment: &BTreeMap<String, String>) -> Check {
    const NAME: &str = "endpoints";
    match aws::check_endpoints(&SdkConfig::builder().build(), environment) {
        Ok(()) => Check::good(NAME, "AWS is asked with TLS, or on this machine"),
        Err(problem) => Check::failed(
            NAME,
            problem.to_string(),
            "name it with https://, or unset the variable",
        ),
    }
}

fn traces(environment: &BTreeMap<String, String>) -> Check {
    const NAME: &str = "traces";
    let (settings, notes) = trace_settings(environment, aws::is_safe, Vec::new());
    if !notes.is_empty() {
        let remedy = "correct OpenTelemetry's variables; docs/operating.md has them";
        return Check::warning(NAME, notes.join("; "), remedy);
    }
    match settings {
        Some(settings) => Check::good(NAME, format!("they go to {}", settings.place())),
        None => Check::good(NAME, "off; no endpoint is set"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    #[test]
    fn unencrypted_endpoints_are_reported_before_the_start() {
        let set = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let url = "http://10.0.0.7:4599";
        assert_eq!(
            endpoints(&set("AWS_ENDPOINT_URL_ECS", url)).state,
            State::Failed
        );
        assert_eq!(endpoints(&BTreeMap::new()).state, State::Good);
        let name = "OTEL_EXPORTER_OTLP_ENDPOINT";
        assert_eq!(traces(&set(name, url)).state, State::Warning);
        let here = traces(&set(name, "http://127.0.0.1:4318"));
        assert_eq!(here.state, State::Good);
        assert!(
            here.line().contains("127.0.0.1:4318/v1/traces"),
            "{}",
            here.line()
        );
        assert_eq!(traces(&BTreeMap::new()).state, State::Good);
    }
}
