//! What ends a deployment from outside: alarms, the circuit breaker and time
//! limits.

use super::*;

fn with_alarm(rolls_back: bool) -> Scene {
    Scene::with(json!({
        "strategy": "BLUE_GREEN",
        "bakeTimeInMinutes": 10,
        "alarms": { "alarmNames": ["errors", "latency"], "enable": true, "rollback": rolls_back },
    }))
}

fn with_breaker(rolls_back: bool) -> Scene {
    let mut scene = Scene::with(json!({
        "strategy": "BLUE_GREEN",
        "deploymentCircuitBreaker": { "enable": true, "rollback": rolls_back },
    }));
    scene.next_tasks(Behaviour::TasksFail(TaskFailure::Exits { code: 1 }));
    scene
}

#[test]
fn an_alarm_while_it_bakes_takes_the_traffic_back() {
    let mut scene = with_alarm(true);
    let arn = scene.deploy();
    scene.pass_minutes(5);
    assert_eq!(scene.weight(&arn), 100.0);
    assert_eq!(scene.deployment(&arn)["alarms"]["status"], "MONITORING");
    scene.world.set_alarm("errors", AlarmState::Alarm);
    assert_eq!(scene.status(&arn), "ROLLBACK_IN_PROGRESS");
    assert_eq!(scene.weight(&arn), 0.0, "at once, for blue still runs");
    let shown = scene.deployment(&arn);
    assert_eq!(shown["alarms"]["status"], "TRIGGERED");
    assert_eq!(shown["alarms"]["triggeredAlarmNames"], json!(["errors"]));
    let source = &shown["sourceServiceRevisions"][0];
    assert_eq!(shown["rollback"]["serviceRevisionArn"], source["arn"]);
    scene.pass_minutes(2);
    assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
    assert_eq!(
        scene.reason(&arn),
        "Service deployment rolled back because an alarm was triggered."
    );
    assert_eq!(scene.live(), "shop:1");
    assert_eq!(scene.service()["runningCount"], 2);
}

#[test]
fn the_words_for_an_alarm_can_be_chosen() {
    let mut scene = with_alarm(true);
    scene.choose(|settings| settings.alarm_reason = "of the alarms.".into());
    let arn = scene.deploy();
    scene.pass_minutes(5);
    scene.world.set_alarm("latency", AlarmState::Alarm);
    scene.pass_minutes(2);
    assert_eq!(
        scene.reason(&arn),
        "Service deployment rolled back because of the alarms."
    );
}

#[test]
fn without_a_rollback_an_alarm_stops_the_deployment_where_it_is() {
    let mut scene = with_alarm(false);
    let arn = scene.deploy();
    scene.pass_minutes(5);
    scene.world.set_alarm("errors", AlarmState::Alarm);
    assert_eq!(scene.status(&arn), "STOP_REQUESTED");
    scene.pass(5);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["status"], "STOPPED");
    assert!(shown.get("stoppedAt").is_some() && shown.get("rollback").is_none());
    assert_eq!(scene.weight(&arn), 100.0);
    scene.pass_minutes(60);
    assert_eq!(scene.service()["runningCount"], 4, "both revisions stay");
}

#[test]
fn an_alarm_that_is_on_at_the_start_is_ignored() {
    let mut scene = with_alarm(true);
    scene.world.set_alarm("errors", AlarmState::Alarm);
    let arn = scene.deploy();
    scene.pass_minutes(20);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
    let alarms = scene.deployment(&arn)["alarms"].take();
    assert_eq!(alarms["status"], "MONITORING_COMPLETE");
    assert_eq!(alarms["alarmNames"], json!(["errors", "latency"]));
    let arn = scene.deploy();
    scene.pass_minutes(5);
    scene.world.set_alarm("latency", AlarmState::Alarm);
    scene.pass_minutes(2);
    assert_eq!(
        scene.status(&arn),
        "ROLLBACK_SUCCESSFUL",
        "the other one counts"
    );
    let triggered = scene.deployment(&arn)["alarms"]["triggeredAlarmNames"].take();
    assert_eq!(triggered, json!(["latency"]));
}

#[test]
fn an_alarm_after_the_bake_time_comes_too_late() {
    let mut scene = with_alarm(true);
    let arn = scene.deploy();
    scene.pass(11 * 60 + 20);
    assert_eq!(scene.stage(&arn), "CLEAN_UP");
    scene.world.set_alarm("errors", AlarmState::Alarm);
    scene.pass_minutes(1);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
}

#[test]
fn tasks_that_never_run_open_the_circuit_breaker() {
    let mut scene = with_breaker(true);
    let arn = scene.deploy();
    scene.pass(40);
    let breaker = scene.deployment(&arn)["deploymentCircuitBreaker"].take();
    assert_eq!(
        breaker,
        json!({ "status": "MONITORING", "failureCount": 2, "threshold": 3 })
    );
    scene.pass_minutes(2);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(shown["deploymentCircuitBreaker"]["status"], "TRIGGERED");
    assert_eq!(
        scene.reason(&arn),
        "Service deployment rolled back because the circuit breaker threshold was exceeded."
    );
}

#[test]
fn a_breaker_without_rollback_stops_and_starts_no_more_tasks() {
    let mut scene = with_breaker(false);
    let arn = scene.deploy();
    scene.pass_minutes(3);
    assert_eq!(scene.status(&arn), "STOPPED");
    let failed = |scene: &mut Scene| scene.service()["deployments"][1]["failedTasks"].clone();
    let before = failed(&mut scene);
    scene.pass_minutes(30);
    assert_eq!(failed(&mut scene), before);
    let service = scene.service();
    assert_eq!(service["deployments"][1]["rolloutState"], "FAILED");
    assert_eq!(service["runningCount"], 2);
}

#[test]
fn where_the_breaker_is_only_for_rolling_tasks_fail_for_a_day() {
    let mut scene = with_breaker(true);
    scene.choose(|settings| settings.circuit_breaker = CircuitBreaker::OnlyRolling);
    let arn = scene.deploy();
    scene.pass(23 * 3600);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["lifecycleStage"], "SCALE_UP");
    assert_eq!(shown["deploymentCircuitBreaker"]["status"], "DISABLED");
    scene.pass(2 * 3600);
    assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
    assert_eq!(
        scene.reason(&arn),
        "Service deployment rolled back because the lifecycle stage SCALE_UP timed out."
    );
}

#[test]
fn a_healthy_task_resets_the_breaker_unless_it_must_not() {
    for (resets, expected) in [(true, 0), (false, 2)] {
        let mut scene = Scene::with(json!({
            "strategy": "ROLLING",
            "deploymentCircuitBreaker": {
                "enable": true, "rollback": true, "resetOnHealthyTask": resets,
            },
        }));
        scene.world.ecs.serve("demo", "shop");
        let arn = scene.deploy();
        scene.pass(20);
        let tasks = scene.world.ecs.served_tasks("demo", "shop");
        let new: Vec<_> = tasks.iter().filter(|task| task.revision == 2).collect();
        for task in &new {
            scene
                .world
                .report_task(&task.id, ecs::TaskReport::Exited { code: 1 });
        }
        scene.pass_minutes(1);
        let tasks = scene.world.ecs.served_tasks("demo", "shop");
        let new = tasks.iter().find(|task| task.revision == 2).unwrap();
        scene.world.report_task(&new.id, ecs::TaskReport::Healthy);
        let breaker = scene.deployment(&arn)["deploymentCircuitBreaker"].take();
        assert_eq!(breaker["failureCount"], expected);
    }
}

#[test]
fn no_deployment_lasts_longer_than_thirty_days() {
    let mut pause = pause_at("PRE_PRODUCTION_TRAFFIC_SHIFT");
    pause["timeoutConfiguration"] = json!({ "timeoutInMinutes": 20_160, "action": "CONTINUE" });
    let mut scene = Scene::with(json!({
        "strategy": "LINEAR",
        "linearConfiguration": { "stepPercent": 20.0 },
        "lifecycleHooks": [pause],
    }));
    let arn = scene.deploy();
    scene.pass(30 * 24 * 3600 - 1);
    assert_eq!(scene.status(&arn), "IN_PROGRESS");
    scene.pass(120);
    assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
}

#[test]
fn tasks_that_fail_do_not_get_well_because_there_are_fewer() {
    let mut scene = Scene::new();
    scene.next_tasks(Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks));
    let arn = scene.deploy();
    scene.pass(30);
    scene.update(&json!({ "desiredCount": 1 }));
    for _ in 0..20 {
        scene.pass(10);
        assert_eq!(scene.stage(&arn), "SCALE_UP");
    }
    let set = &scene.world.ecs.glance("demo", "shop")[1];
    assert!(set.stopped > 1, "it is still replaced: {set:?}");
}
