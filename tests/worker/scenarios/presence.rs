//! Scenarios of roles and log groups that a release names for the first time.

use simulator::codepipeline::ActionStatus;
use simulator::faults::{Fault, Kind, Occurrence};

use crate::support::{Harness, Order, TASKDEF};

const LOOKED_UP: [(&str, &str); 2] = [("iam", "GetRole"), ("logs", "DescribeLogGroups")];

/// A release with another task role and another log group than the running
/// tasks'.
fn renamed() -> Order {
    let text = TASKDEF
        .replace("role/webapp-task", "role/shop/webapp-new")
        .replace("/ecs/webapp", "/ecs/new");
    Order::default().file("taskdef.json", &text)
}

fn asked(harness: &Harness) -> [usize; 2] {
    LOOKED_UP.map(|(service, operation)| {
        harness.world(|world| {
            let entries = world.ledger.entries();
            let made = entries.filter(|it| it.service == service && it.operation == operation);
            made.count()
        })
    })
}

async fn summary(harness: &Harness, order: &Order) -> String {
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(order)).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    view.summary.expect("a summary")
}

fn fail_each(harness: &Harness, kind: &Kind) {
    for (service, operation) in LOOKED_UP {
        let fault = Fault {
            service: service.into(),
            operation: operation.into(),
            occurrence: Occurrence::Every,
            kind: kind.clone(),
        };
        harness
            .world(|world| world.faults.add(fault))
            .expect("a fault");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_release_names_for_the_first_time_must_exist() {
    let harness = Harness::new();
    let summary = summary(&harness, &renamed()).await;
    for warning in [
        "warning: taskdef.json:8:18 taskRoleArn (artifact Bundle): IAM has no role \
         arn:aws:iam::111122223333:role/shop/webapp-new",
        "CloudWatch Logs has no log group /ecs/new in eu-west-1",
    ] {
        assert!(summary.contains(warning), "{summary}");
    }
    assert_eq!(asked(&harness), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_or_in_use_is_not_talked_about() {
    let harness = Harness::new();
    harness.world(|world| {
        world.add_task_role("arn:aws:iam::111122223333:role/shop/webapp-new");
        world.add_log_group("/ecs/new");
    });
    for order in [Order::default(), renamed()] {
        let summary = summary(&harness, &order).await;
        let is_named = summary.contains("role") || summary.contains("log group");
        assert!(!is_named, "{summary}");
    }
    // The first release uses what the running tasks use.
    assert_eq!(asked(&harness), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_release_continues_if_nothing_can_be_looked_up() {
    for (kind, reason) in [
        (Kind::Denied, "AccessDenied"),
        (Kind::Slow { seconds: 60.0 }, "no answer within 5 seconds"),
        (Kind::CutBefore, "it was not checked that this exists"),
        (Kind::Garbage, "it was not checked that this exists"),
    ] {
        let harness = Harness::new();
        fail_each(&harness, &kind);
        let summary = summary(&harness, &renamed()).await;
        assert!(
            summary.contains("note: taskdef.json:8:18 taskRoleArn"),
            "{summary}"
        );
        assert!(summary.contains(reason), "{kind:?}: {summary}");
        assert!(!summary.contains("warning: taskdef.json"), "{summary}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_group_of_another_region_is_looked_up_there() {
    let harness = Harness::new();
    let text = TASKDEF.replace("\"eu-west-1\"", "\"eu-north-1\"");
    let summary = summary(&harness, &Order::default().file("taskdef.json", &text)).await;
    // The simulated account has one Region only.
    assert!(summary.contains("note: taskdef.json"), "{summary}");
    assert!(summary.contains("logs:DescribeLogGroups"), "{summary}");
}
