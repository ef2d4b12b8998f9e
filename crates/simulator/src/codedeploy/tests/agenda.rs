//! The schedule always agrees with evaluating every deployment anew.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::super::due::Environment;
use super::*;

const SERVICES: [&str; 3] = ["shop", "search", "mail"];
const DONE: usize = 400;

#[test]
fn it_agrees_with_all_who_are_asked_whatever_is_done() {
    for seed in 0..8 {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
        for service in SERVICES {
            fixture(service).build(&mut world).unwrap();
        }
        let mut answers = BTreeMap::new();
        for done in 0..DONE {
            something(&mut world, &mut rng);
            let everybody = ask_everybody(&world);
            assert_eq!(next_due(&mut world), everybody, "seed {seed}, {done} done");
            let is_due = everybody.is_some();
            *answers.entry(is_due).or_insert(0) += 1;
        }
        assert!(world.codedeploy.deployments() > 10);
        assert!(answers[&true] > answers[&false], "{answers:?}");
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

fn ask_everybody(world: &World) -> Option<(Timestamp, usize)> {
    let environment = Environment {
        cloudwatch: &world.cloudwatch,
        hooks: &world.codedeploy.hooks,
    };
    let deployments = world.codedeploy.deployments.iter().enumerate();
    deployments
        .filter_map(|(index, one)| Some((one.due(&world.ecs, environment)?, index)))
        .min()
}

/// Takes a random action. Refused calls are included; they change nothing.
fn something(world: &mut World, rng: &mut Rng) {
    let service = rng.choice(SERVICES).unwrap();
    let deployments = world.codedeploy.deployments.iter();
    let ids: Vec<String> = deployments
        .rev()
        .take(4)
        .map(|one| one.id.clone())
        .collect();
    let id = rng.choice(&ids).map_or("d-000000000", String::as_str);
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
            let hook = world.codedeploy.waiting_hook(id).unwrap_or_default();
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
