//! Scenarios of failed releases, and their messages.

use std::time::Duration;

use serde_json::json;
use simulator::cloudwatch::AlarmState;
use simulator::codedeploy::{self, HookBehaviour};
use simulator::codepipeline::ActionStatus;
use simulator::ecs::{Behaviour, TaskFailure};
use simulator::faults::{Fault, Kind, Occurrence};

use super::SHORTLY;
use super::transcript::keep;
use crate::support::truth::untruths;
use crate::support::{Harness, Order};

const WITH_ALL_HOOKS: &str = "
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo: { ContainerName: web, ContainerPort: 8080 }
Hooks:
  - BeforeInstall: hook-BeforeInstall
  - AfterInstall: hook-AfterInstall
  - AfterAllowTestTraffic: hook-AfterAllowTestTraffic
  - BeforeAllowTraffic: hook-BeforeAllowTraffic
  - AfterAllowTraffic: hook-AfterAllowTraffic
";

const HOOKS: [&str; 5] = [
    "BeforeInstall",
    "AfterInstall",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AfterAllowTraffic",
];

/// Runs a release to its end and returns its failure message.
async fn message(harness: &Harness, order: &Order, story: &str) -> String {
    let worker = harness.worker();
    let action = harness.queue(order);
    let message = end(harness, &action).await;
    worker.stop().await;
    keep(harness, &action, story);
    message
}

async fn end(harness: &Harness, action: &str) -> String {
    let view = harness.end_of(action).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "JobFailed", "{}", error.message);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 1);
    error.message
}

/// Waits until the pipeline's summary contains this text.
async fn until(harness: &Harness, action: &str, text: &str) {
    harness
        .until(|world| {
            let view = world.codepipeline.view(action).expect("it was queued");
            view.summary.is_some_and(|summary| summary.contains(text))
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn each_of_the_five_hooks_may_fail() {
    for hook in HOOKS {
        let harness = Harness::new();
        let fails = HookBehaviour::Fails {
            after: Duration::from_secs(3),
            message: "no answer from /health".into(),
            log_tail: "GET /health 502".into(),
        };
        harness.world(|world| {
            let function = format!("hook-{hook}");
            world.codedeploy.set_hook(&function, fails);
        });
        let order = Order::default().file("appspec.yaml", WITH_ALL_HOOKS);
        let message = message(&harness, &order, &format!("hook {hook} fails")).await;
        for expected in [
            &format!("failed: the hook {hook} failed (Lambda function hook-{hook})."),
            "GET /health 502",
            "What to do: Read the log of the hook's Lambda function",
        ] {
            assert!(message.contains(expected), "{hook}: {message}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_never_answer() {
    let harness = Harness::new();
    harness.world(|world| {
        let function = "webapp-smoke-test";
        world
            .codedeploy
            .set_hook(function, HookBehaviour::NeverAnswers);
    });
    let message = message(&harness, &Order::default(), "hook never answers").await;
    let expected = "failed: the hook AfterAllowTestTraffic gave no answer (Lambda function \
                    webapp-smoke-test).";
    assert!(message.contains(expected), "{message}");
}

#[tokio::test(start_paused = true)]
async fn what_befell_the_new_tasks_is_the_cause() {
    let fails = Behaviour::TasksFail;
    for (story, behaviour, expected) in [
        (
            "image cannot be pulled",
            fails(TaskFailure::CannotPullImage),
            "the image of container web cannot be pulled.",
        ),
        (
            "out of memory",
            fails(TaskFailure::OutOfMemory),
            "container web ran out of memory and was killed.",
        ),
        (
            "container exits",
            fails(TaskFailure::Exits { code: 3 }),
            "container web ended by itself with exit code 3.",
        ),
        (
            "secrets missing",
            fails(TaskFailure::SecretsMissing),
            "the new tasks cannot fetch their secrets.",
        ),
        (
            "target unhealthy",
            fails(TaskFailure::FailedElbHealthChecks),
            "the new tasks run but fail their health checks.",
        ),
        (
            "no place to run",
            Behaviour::NotPlaced,
            "ECS cannot place the new tasks: no container instance fits.",
        ),
        (
            "capacity lost",
            Behaviour::CapacityLost {
                healthy_after: Duration::from_secs(40),
                lost_after: Duration::from_secs(120),
            },
            "new tasks were interrupted and not replaced in time.",
        ),
    ] {
        let harness = Harness::new();
        let name = format!("{behaviour:?}");
        harness.world(|world| world.ecs.set_next_behaviour("demo", "webapp", behaviour));
        let message = message(&harness, &Order::default(), story).await;
        let first = message.lines().next().expect("a line");
        assert!(first.ends_with(expected), "{name}: {message}");
        // All tasks, or half of them after the shift had begun.
        let untouched = message.contains("Production traffic never left the old version");
        let back = message.contains("Production is back on the old version");
        assert!(untouched != back, "{name}: {message}");
        assert_eq!(harness.world(|world| untruths(world, SHORTLY)), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_alarm_stops_the_shift_and_production_goes_back() {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    until(&harness, &action, " % on the new task set").await;
    harness.world(|world| world.set_alarm("webapp-errors", AlarmState::Alarm));
    let message = end(&harness, &action).await;
    worker.stop().await;
    keep(&harness, &action, "alarm during the shift");
    for expected in [
        "the alarm webapp-errors went off.",
        "Alarm webapp-errors is in ALARM since",
        "Production is back on the old version",
    ] {
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_by_hand_is_noticed_with_and_without_a_rollback() {
    for (roll_back, expected) in [
        (true, "Production is back on the old version"),
        (false, "of the traffic was last seen on the new version"),
    ] {
        let harness = Harness::new();
        let worker = harness.worker();
        let action = harness.queue(&Order::default());
        until(&harness, &action, " % on the new task set").await;
        harness.world(|world| {
            let view = world.codepipeline.view(&action).expect("it was queued");
            let request = json!({
                "deploymentId": view.external_execution_id,
                "autoRollbackEnabled": roll_back,
            });
            codedeploy::call(world, "StopDeployment", &request).expect("it runs");
        });
        let message = end(&harness, &action).await;
        worker.stop().await;
        keep(
            &harness,
            &action,
            &format!("stop by hand, rollback {roll_back}"),
        );
        assert!(
            message.contains("was stopped: a person or another program stopped it."),
            "{message}"
        );
        assert!(message.contains(expected), "{roll_back}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_denied_look_at_the_tasks_hides_nothing() {
    let harness = Harness::new();
    harness.world(|world| {
        let behaviour = Behaviour::TasksFail(TaskFailure::OutOfMemory);
        world.ecs.set_next_behaviour("demo", "webapp", behaviour);
        let fault = Fault {
            service: "ecs".into(),
            operation: "ListTasks".into(),
            occurrence: Occurrence::Every,
            kind: Kind::Denied,
        };
        world.faults.add(fault).expect("a fault that makes sense");
    });
    let message = message(&harness, &Order::default(), "tasks cannot be read").await;
    assert!(
        message.contains("did not become healthy in time."),
        "{message}"
    );
    assert!(
        message.contains("Could not be read: ecs:ListTasks answered AccessDeniedException"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn unhealthy_targets_are_reported_although_the_rollback_removes_them() {
    let harness = Harness::new();
    harness.world(|world| {
        let behaviour = Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks);
        world.ecs.set_next_behaviour("demo", "webapp", behaviour);
        // Only the load balancer knows, if tasks and events cannot be read.
        for operation in ["ListTasks", "DescribeTasks"] {
            let fault = Fault {
                service: "ecs".into(),
                operation: operation.into(),
                occurrence: Occurrence::Every,
                kind: Kind::Denied,
            };
            world.faults.add(fault).expect("a fault that makes sense");
        }
    });
    let message = message(&harness, &Order::default(), "only the targets tell").await;
    let first = message.lines().next().expect("a line");
    assert!(first.ends_with("fail their health checks."), "{message}");
    assert!(
        message.contains("is unhealthy: Target.FailedHealthChecks: Health checks failed"),
        "{message}"
    );
}

/// Each read that is denied is named, after the cause that the other reads
/// show.
#[tokio::test(start_paused = true)]
async fn each_denied_look_is_named_and_hides_nothing() {
    for (service, operation) in [
        ("ecs", "ListTasks"),
        ("ecs", "DescribeTasks"),
        ("elasticloadbalancing", "DescribeTargetGroups"),
        ("elasticloadbalancing", "DescribeTargetHealth"),
    ] {
        let harness = Harness::new();
        harness.world(|world| {
            let behaviour = Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks);
            world.ecs.set_next_behaviour("demo", "webapp", behaviour);
            let fault = Fault {
                service: service.into(),
                operation: operation.into(),
                occurrence: Occurrence::Every,
                kind: Kind::Denied,
            };
            world.faults.add(fault).expect("a fault that makes sense");
        });
        let worker = harness.worker();
        let action = harness.queue(&Order::default());
        let message = end(&harness, &action).await;
        worker.stop().await;
        let first = message.lines().next().expect("a line");
        assert!(first.ends_with("fail their health checks."), "{message}");
        let expected = format!("Could not be read: {service}:{operation} answered Access");
        assert!(message.contains(&expected), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn denied_alarms_are_named_and_hide_nothing() {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    until(&harness, &action, " % on the new task set").await;
    harness.world(|world| {
        let fault = Fault {
            service: "cloudwatch".into(),
            operation: "DescribeAlarms".into(),
            occurrence: Occurrence::Every,
            kind: Kind::Denied,
        };
        world.faults.add(fault).expect("a fault that makes sense");
        world.set_alarm("webapp-errors", AlarmState::Alarm);
    });
    let message = end(&harness, &action).await;
    worker.stop().await;
    for expected in [
        "an alarm of the deployment went off (it watches webapp-errors).",
        "Could not be read: cloudwatch:DescribeAlarms answered AccessDeniedException",
    ] {
        assert!(message.contains(expected), "{message}");
    }
}
