//! CodeDeploy's schedule evaluates only the deployments that have changed. It
//! must agree with evaluating every deployment anew.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use simulator::cloudwatch::AlarmState;
use simulator::codedeploy::{Fixture, HookBehaviour, Moment, call};
use simulator::ecs::{Behaviour, TaskFailure};
use simulator::hooks::waiting_hooks;
use simulator::timeline;
use simulator::world::World;

const SERVICES: [&str; 3] = ["shop", "search", "mail"];
const ACTIONS: usize = 400;

#[test]
fn it_agrees_with_evaluating_everything_whatever_is_done() {
    for seed in 0..8 {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
        for service in SERVICES {
            fixture(service).build(&mut world).unwrap();
        }
        for count in 0..ACTIONS {
            let mut anew = world.clone();
            something(&mut world, &mut rng.clone());
            timeline::advance(&mut world);
            // Every deployment depends on the alarms and is evaluated again.
            anew.set_alarm("unrelated", AlarmState::Alarm);
            something(&mut anew, &mut rng);
            anew.set_alarm("unrelated", AlarmState::Ok);
            let (expected, found) = (newest(&mut anew), newest(&mut world));
            assert_eq!(found, expected, "{seed}, {count}");
        }
        assert!(world.codedeploy.deployments() > 10);
    }
}

fn fixture(service: &str) -> Fixture {
    Fixture {
        service: service.into(),
        group: service.into(),
        ready_wait_minutes: Some(5),
        ..Fixture::default()
    }
}

/// The ids of the newest deployments and their histories. Older ones have
/// ended.
fn newest(world: &mut World) -> Vec<(String, Vec<Moment>)> {
    let listed = call(world, "ListDeployments", &json!({})).unwrap();
    let ids = listed["deployments"].as_array().unwrap().iter();
    ids.take(10)
        .map(|id| {
            let id = id.as_str().unwrap();
            let biography = world.codedeploy.biography(id).unwrap();
            (id.to_owned(), biography.moments.to_vec())
        })
        .collect()
}

/// Takes a random action. Refused calls are included; they change nothing.
fn something(world: &mut World, rng: &mut Rng) {
    let service = rng.choice(SERVICES).unwrap();
    let newest = newest(world);
    let id = rng
        .choice(newest.iter().take(4))
        .map_or("d-000000000", |(id, _)| id);
    let _ = match rng.u8(0..12) {
        0..=2 => {
            let mut app_spec: Value =
                serde_json::from_str(&fixture(service).app_spec(&format!("{service}:1"))).unwrap();
            app_spec["Hooks"] = json!([{ "AfterInstall": "check" }]);
            let request = json!({
                "applicationName": "webapp",
                "deploymentGroupName": service,
                "revision": {
                    "revisionType": "AppSpecContent",
                    "appSpecContent": { "content": app_spec.to_string() },
                },
            });
            call(world, "CreateDeployment", &request)
        }
        3 => {
            let request = json!({ "deploymentId": id, "autoRollbackEnabled": rng.bool() });
            call(world, "StopDeployment", &request)
        }
        4 => call(world, "ContinueDeployment", &json!({ "deploymentId": id })),
        5 => {
            let hooks = waiting_hooks(world);
            let hook = hooks.iter().find(|hook| hook.deployment == id);
            let hook = hook.map_or("", |hook| &hook.execution);
            let request = json!({
                "deploymentId": id,
                "lifecycleEventHookExecutionId": hook,
                "status": rng.choice(["Succeeded", "Failed"]).unwrap(),
            });
            call(world, "PutLifecycleEventHookExecutionStatus", &request)
        }
        6 => {
            let alarm = rng.choice([AlarmState::Ok, AlarmState::Ok, AlarmState::Alarm]);
            world.set_alarm("webapp-errors", alarm.unwrap());
            Ok(Value::Null)
        }
        7 => {
            let behaviour = rng.choice([HookBehaviour::default(), HookBehaviour::NeverAnswers]);
            world.codedeploy.set_hook("check", behaviour.unwrap());
            Ok(Value::Null)
        }
        8 => {
            let fails = Behaviour::TasksFail(TaskFailure::OutOfMemory);
            world.ecs.set_next_behaviour("demo", service, fails);
            Ok(Value::Null)
        }
        _ => {
            let later = world.now() + Duration::from_secs(rng.u64(1..90));
            world.advance_to(later);
            Ok(Value::Null)
        }
    };
}
