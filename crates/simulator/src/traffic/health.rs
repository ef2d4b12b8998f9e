//! Health checks of one task, as its target group does them.

use std::net::SocketAddr;
use std::time::Duration;

use clock::Clock;
use tokio::time::Instant;

use super::client::{Client, uri};
use super::shared::Shared;
use crate::ecs::TaskReport;

/// Time between two checks, in the account's time.
const INTERVAL: Duration = Duration::from_secs(10);
/// Range of that interval in real time.
const REAL_INTERVAL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Timeout of a check, in real time, because real programs do not run faster.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Consecutive successes that make a target healthy, and failures that make it
/// unhealthy.
const HEALTHY: u32 = 2;
const UNHEALTHY: u32 = 3;
/// Time for a program to start, in real time. Many programs warm up first.
const START: Duration = Duration::from_secs(15);

/// Checks until the future is dropped, and reports each change to the account.
pub(super) async fn watch(
    shared: Shared,
    task: String,
    address: SocketAddr,
    path: String,
    was_healthy: bool,
) {
    let account = &shared.account;
    let pause = account.real(INTERVAL, REAL_INTERVAL);
    let begun = Instant::now();
    let (mut good, mut bad) = (0, 0);
    let mut is_healthy = was_healthy;
    let mut has_been_healthy = was_healthy;
    loop {
        if passes(&shared.client, address, &path).await {
            (good, bad) = (good + 1, 0);
        } else {
            (good, bad) = (0, bad + 1);
        }
        let is_starting = !has_been_healthy && begun.elapsed() < START;
        if !is_healthy && good >= HEALTHY {
            (is_healthy, has_been_healthy) = (true, true);
            account.with(|world| world.report_task(&task, TaskReport::Healthy));
        } else if bad >= UNHEALTHY && !is_starting {
            shared
                .messages
                .unhealthy(&task, &format!("http://{address}{path}"));
            // ECS replaces the task, so no further checks are needed.
            account.with(|world| world.report_task(&task, TaskReport::Unhealthy));
            return;
        }
        Clock::system().sleep(pause).await;
    }
}

/// Returns after the first successful check.
pub(super) async fn first_success(client: &Client, address: SocketAddr, path: &str) {
    while !passes(client, address, path).await {
        Clock::system().sleep(REAL_INTERVAL.0).await;
    }
}

async fn passes(client: &Client, address: SocketAddr, path: &str) -> bool {
    let Some(uri) = uri(address, path) else {
        return false;
    };
    let answer = tokio::time::timeout(TIMEOUT, client.get(uri)).await;
    answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success()))
}
