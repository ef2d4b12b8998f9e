//! Many releases at once: the number of calls, and the delay of their results.
//! `MANY_RELEASES=1000` runs the full number, which takes minutes; CI runs as
//! many as fill their calls.

use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use jiff::Timestamp;
use simulator::codedeploy::Fixture;
use simulator::codepipeline::ActionStatus;
use simulator::world::{REGION, World};

use crate::support::{APPSPEC, Harness, Order, TASKDEF, start, tuning};

/// Enough for calls with 25 deployments.
const IN_CI: usize = 200;

/// Limit of CodeDeploy calls per deployment and minute. A deployment is
/// observed every sixteen seconds, also between its jobs.
const MOST_CALLS: f64 = 0.27;

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no `config` to read it from"
)]
fn many() -> usize {
    let asked = std::env::var("MANY_RELEASES").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(IN_CI)
}

fn name(number: usize) -> String {
    format!("web{number}")
}

/// An account with a service and a group for each release, whose traffic shifts
/// at once and whose old tasks are kept for the given time.
pub(crate) fn account(count: usize, termination_wait_minutes: u32) -> World {
    let mut world = World::new(start());
    for number in 0..count {
        let fixture = Fixture {
            service: name(number),
            application: name(number),
            group: name(number),
            deployment_config: "CodeDeployDefault.ECSAllAtOnce".into(),
            termination_wait_minutes,
            ..Fixture::default()
        };
        fixture.build(&mut world).expect("a scene that works");
    }
    world.seed(&definitions(REGION));
    world
}

pub(crate) fn order(number: usize) -> Order {
    let mut order = Order::default().file("appspec.yaml", &without_hooks());
    let family = format!("\"family\": \"{}\"", name(number));
    order = order.file(
        "taskdef.json",
        &TASKDEF.replace("\"family\": \"webapp\"", &family),
    );
    for property in ["ApplicationName", "DeploymentGroupName"] {
        order.configuration.insert(property.into(), name(number));
    }
    order
}

fn without_hooks() -> String {
    let end = APPSPEC.find("Hooks:").unwrap_or(APPSPEC.len());
    APPSPEC[..end].to_owned()
}

/// Calls of a service between two times.
fn calls(world: &World, service: &str, from: Timestamp, to: Timestamp) -> usize {
    let entries = world
        .ledger
        .entries()
        .filter(|entry| entry.service == service);
    entries
        .filter(|entry| from <= entry.at && entry.at < to)
        .count()
}

#[tokio::test(start_paused = true)]
async fn many_releases_share_their_calls_and_are_reported_in_time() {
    let count = many();
    let harness = Harness::with(account(count, 60));
    let worker = harness.worker();
    let actions: Vec<String> = (0..count)
        .map(|number| harness.queue(&order(number)))
        .collect();
    harness
        .until(|world| world.ledger.effects("codedeploy", "CreateDeployment") == count)
        .await;
    // By then the last releases have started and been observed.
    harness.wait(Duration::from_secs(5 * 60)).await;
    let (from, minutes) = (harness.clock.now(), 25);
    harness.wait(Duration::from_secs(minutes * 60)).await;
    let to = harness.clock.now();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let share = |calls: usize| calls as f64 / (count as f64 * minutes as f64);
    let (codedeploy, codepipeline) = harness.world(|world| {
        (
            calls(world, "codedeploy", from, to),
            calls(world, "codepipeline", from, to),
        )
    });
    assert!(
        share(codedeploy) <= MOST_CALLS,
        "{codedeploy} calls for {count} in {minutes} min"
    );
    let budget = tuning().max_call_rate.0 * 60.0 * (minutes as f64) + 2.0;
    assert!(
        (codepipeline as f64) <= budget,
        "{codepipeline} of {budget}"
    );
    let mut latest = Duration::ZERO;
    for action in &actions {
        let end = harness.end_of(action).await;
        assert_eq!(end.status, ActionStatus::Succeeded, "{end:#?}");
        let id = end.external_execution_id.clone().expect("a deployment");
        let (over, told) = harness.world(|world| {
            let request = serde_json::json!({ "deploymentId": id });
            let shown =
                simulator::codedeploy::call(world, "GetDeployment", &request).expect("it is there");
            let over = shown["deploymentInfo"]["completeTime"]
                .as_f64()
                .expect("it is over");
            let told = end.reports.last().expect("a report").at;
            (over, told)
        });
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds of this century"
        )]
        let over = Timestamp::from_millisecond((over * 1000.0) as i64).expect("a date");
        latest = latest.max(Duration::try_from(told - over).unwrap_or_default());
    }
    worker.stop().await;
    // If all end together, they wait for the rate limit of reports.
    let queue = Duration::from_secs_f64(count as f64 / tuning().max_call_rate.0);
    let limit = 2 * tuning().observe_interval + queue;
    assert!(latest <= limit, "{latest:?} of {limit:?}");
}
