//! Runs the deployments' hooks as commands or URLs on this machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Uri, header};
use clock::Clock;
use parking_lot::Mutex;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::client::Client;
use super::shared::Shared;
use super::shell::{Groups, Shell};
use crate::codedeploy::HookOutput;
use crate::hooks::{WaitingHook, answer_hook, waiting_hooks};

/// Time between two reads of the account, in real time.
const TICK: Duration = Duration::from_millis(20);
/// Time limit of a hook, in real time.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Bytes kept of a response from a URL.
const MAX_ANSWER: usize = 64 << 10;
/// Characters kept of a hook's output; CodeDeploy keeps no more.
const MAX_LOG: usize = 4 << 10;

/// The replacement of a hook's Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// A shell command; exit code 0 is success.
    Command(String),
    /// A URL for a POST request; status 200 to 299 is success.
    Url(Uri),
}

/// A hook that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCall {
    /// For example `AfterAllowTestTraffic`.
    pub event: String,
    /// The command or URL.
    pub called: String,
    /// Its result, once known.
    pub outcome: Option<Result<(), HookOutput>>,
}

/// The hooks run so far. Clones share them.
pub(super) type Calls = Arc<Mutex<Vec<HookCall>>>;

/// The addresses of the two listeners, passed to hooks.
#[derive(Clone)]
pub(super) struct Addresses {
    pub(super) production: String,
    pub(super) test: String,
}

/// Runs every hook that a deployment waits for, until `end` is cancelled. A
/// hook whose deployment no longer waits is stopped.
pub(super) async fn watch(
    shared: Shared,
    hooks: BTreeMap<String, Hook>,
    addresses: Addresses,
    calls: Calls,
    end: CancellationToken,
) {
    let mut begun: Vec<String> = Vec::new();
    let mut running = JoinSet::new();
    while !end.is_cancelled() {
        for waiting in shared.account.with(|world| waiting_hooks(world)) {
            let Some(hook) = hooks.get(waiting.event) else {
                continue;
            };
            if begun.contains(&waiting.execution) {
                continue;
            }
            begun.push(waiting.execution.clone());
            let index = {
                let mut calls = calls.lock();
                calls.push(HookCall {
                    event: waiting.event.to_owned(),
                    called: hook.to_string(),
                    outcome: None,
                });
                calls.len() - 1
            };
            let (shared, hook, addresses) = (shared.clone(), hook.clone(), addresses.clone());
            let calls = Arc::clone(&calls);
            running.spawn(async move {
                let outcome = tokio::select! {
                    outcome = call(&shared, &hook, &waiting, &addresses) => outcome,
                    () = no_longer_waited_for(&shared.account, &waiting.execution) => {
                        Err(output("the deployment no longer waits for it", ""))
                    }
                };
                calls.lock()[index].outcome = Some(outcome.clone());
                if let Err(output) = &outcome {
                    shared.messages.hook_failed(waiting.event, output);
                }
                let account = &shared.account;
                account.with(|world| answer_hook(world, &waiting, outcome.err()));
            });
        }
        let _ = end.run_until_cancelled(Clock::system().sleep(TICK)).await;
    }
    running.shutdown().await;
}

async fn no_longer_waited_for(account: &Account, execution: &str) {
    let is_waited_for = || {
        let waiting = account.with(|world| waiting_hooks(world));
        waiting.iter().any(|waiting| waiting.execution == execution)
    };
    while is_waited_for() {
        Clock::system().sleep(TICK).await;
    }
}

async fn call(
    shared: &Shared,
    hook: &Hook,
    waiting: &WaitingHook,
    addresses: &Addresses,
) -> Result<(), HookOutput> {
    let whole = async {
        match hook {
            Hook::Command(line) => run(line, waiting, addresses, &shared.groups).await,
            Hook::Url(url) => post(&shared.client, url, waiting, addresses).await,
        }
    };
    let outcome = tokio::time::timeout(TIMEOUT, whole).await;
    outcome.unwrap_or_else(|_| Err(output("no response in time", "")))
}

async fn run(
    line: &str,
    waiting: &WaitingHook,
    addresses: &Addresses,
    groups: &Groups,
) -> Result<(), HookOutput> {
    let variables = [
        ("DEPLOYMENT_ID", waiting.deployment.as_str()),
        ("LIFECYCLE_EVENT", waiting.event),
        ("LIFECYCLE_EVENT_HOOK_EXECUTION_ID", &waiting.execution),
        ("PRODUCTION_URL", &addresses.production),
        ("TEST_URL", &addresses.test),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let cannot_run = |error| output(&format!("`{line}` cannot be run: {error}"), "");
    let mut shell = Shell::start(line, variables, groups).map_err(cannot_run)?;
    let (status, printed) = shell.exited().await.map_err(cannot_run)?;
    match status.success() {
        true => Ok(()),
        false => Err(output(&format!("`{line}` ended with {status}"), &printed)),
    }
}

async fn post(
    client: &Client,
    url: &Uri,
    waiting: &WaitingHook,
    addresses: &Addresses,
) -> Result<(), HookOutput> {
    let body = json!({
        "DeploymentId": waiting.deployment,
        "LifecycleEventHookExecutionId": waiting.execution,
        "LifecycleEvent": waiting.event,
        "ProductionUrl": addresses.production,
        "TestUrl": addresses.test,
    });
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .map_err(|error| output(&error.to_string(), ""))?;
    let answer = client.request(request).await;
    let answer = answer.map_err(|error| output(&format!("{url} did not respond: {error}"), ""))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let text = to_bytes(Body::new(answer.into_body()), MAX_ANSWER).await;
    let text = text.unwrap_or_default();
    let message = format!("{url} returned {}", status.as_u16());
    Err(output(&message, &String::from_utf8_lossy(&text)))
}

/// Keeps the end of the log, which usually has the reason.
fn output(message: &str, log: &str) -> HookOutput {
    let log = log.trim_end();
    let start = log.char_indices().rev().nth(MAX_LOG - 1);
    HookOutput {
        message: message.to_owned(),
        log: log[start.map_or(0, |(start, _)| start)..].to_owned(),
    }
}

impl std::fmt::Display for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Command(line) => f.write_str(line),
            Self::Url(url) => write!(f, "{url}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_hook_printed_the_end_is_kept() {
        assert_eq!(output("m", "short\n").log, "short");
        let long = format!("é{}", "x".repeat(MAX_LOG));
        assert_eq!(output("m", &long).log.len(), MAX_LOG);
        let exact = "é".repeat(MAX_LOG);
        assert_eq!(output("m", &exact).log, exact);
    }
}
