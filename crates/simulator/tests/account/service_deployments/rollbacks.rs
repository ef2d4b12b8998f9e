//! `StopServiceDeployment`, and the way back.

use super::*;

fn slow() -> Scene {
    Scene::with(json!({
        "strategy": "LINEAR",
        "bakeTimeInMinutes": 5,
        "linearConfiguration": { "stepPercent": 50.0, "stepBakeTimeInMinutes": 5 },
        "lifecycleHooks": [pause_at("POST_TEST_TRAFFIC_SHIFT")],
    }))
}

#[test]
fn a_deployment_is_rolled_back_from_every_stage() {
    fn check(seconds: u64, stage: &str, weight: f64) {
        let mut scene = slow();
        let arn = scene.deploy();
        scene.pass(seconds);
        if let Some(hook) = scene.pause(&arn).filter(|_| seconds > 70) {
            scene.proceed(&arn, &hook, "CONTINUE");
            scene.pass(seconds - 70);
        }
        assert_eq!(scene.stage(&arn), stage);
        assert_eq!(scene.weight(&arn), weight);
        scene.stop(&arn);
        assert_eq!(scene.status(&arn), "ROLLBACK_REQUESTED");
        scene.stop(&arn);
        scene.pass(4);
        let status = scene.status(&arn);
        assert_eq!(status, "ROLLBACK_IN_PROGRESS");
        assert_eq!(scene.weight(&arn), 0.0);
        scene.stop(&arn);
        scene.pass_minutes(2);
        let shown = scene.deployment(&arn);
        assert_eq!(shown["status"], "ROLLBACK_SUCCESSFUL");
        assert_eq!(shown["lifecycleStage"], stage, "the last one");
        assert!(shown.get("stoppedAt").is_some() && shown.get("finishedAt").is_some());
        assert_eq!(shown["targetServiceRevision"]["runningTaskCount"], 0);
        assert_eq!(scene.live(), "shop:1");
        let service = scene.service();
        assert_eq!(service["deployments"].as_array().unwrap().len(), 1);
        assert_eq!(service["deployments"][0]["status"], "PRIMARY");
    }
    check(2, "PRE_SCALE_UP", 0.0);
    check(10, "SCALE_UP", 0.0);
    check(50, "TEST_TRAFFIC_SHIFT", 0.0);
    check(70, "POST_TEST_TRAFFIC_SHIFT", 0.0);
    check(100, "PRODUCTION_TRAFFIC_SHIFT", 50.0);
    check(387, "PRODUCTION_TRAFFIC_SHIFT", 100.0);
    check(480, "BAKE_TIME", 100.0);
}

#[test]
fn a_pending_deployment_is_stopped_before_it_starts() {
    let mut scene = slow();
    let arn = scene.deploy();
    scene.stop(&arn);
    scene.pass_minutes(2);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["status"], "ROLLBACK_SUCCESSFUL");
    assert!(shown.get("startedAt").is_none() && shown.get("lifecycleStage").is_none());
    assert_eq!(scene.service()["runningCount"], 2);
}

#[test]
fn what_has_ended_or_cleans_up_is_not_stopped() {
    let mut scene = Scene::with(json!({ "strategy": "BLUE_GREEN" }));
    let arn = scene.deploy();
    let request = json!({ "serviceDeploymentArn": arn, "stopType": "ABORT" });
    let error = scene.refused("StopServiceDeployment", &request);
    assert_eq!(error.code, "InvalidParameterException");
    scene.pass(UNTIL_SHIFT);
    assert_eq!(scene.stage(&arn), "CLEAN_UP");
    let request = json!({ "serviceDeploymentArn": arn });
    let error = scene.refused("StopServiceDeployment", &request);
    assert_eq!(error.code, "ConflictException");
    scene.pass_minutes(1);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
    let error = scene.refused("StopServiceDeployment", &request);
    assert_eq!(error.code, "ConflictException");
    scene.choose(|settings| settings.stop_of_ended = StopOfEnded::Accepted);
    scene.stop(&arn);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
}

#[test]
fn the_first_deployment_has_nothing_to_go_back_to() {
    let mut scene = Scene::new();
    let request = json!({ "cluster": "demo", "serviceName": "new", "taskDefinition": "shop" });
    let answer = scene.call("CreateService", &request);
    let arn = text(&answer["service"]["currentServiceDeployment"]);
    scene.pass(10);
    scene.stop(&arn);
    scene.pass(10);
    assert_eq!(scene.status(&arn), "ROLLBACK_FAILED");
    assert_eq!(
        scene.reason(&arn),
        "No rollback candidate was found to run the rollback."
    );
}

#[test]
fn the_service_may_go_on_to_show_the_new_task_definition() {
    let mut scene = Scene::new();
    scene.choose(|settings| {
        settings.task_definition_after_rollback = TaskDefinitionAfterRollback::New;
        settings.stage_during_rollback = StageDuringRollback::Absent;
    });
    let arn = scene.deploy();
    scene.pass(20);
    scene.stop(&arn);
    scene.pass_minutes(2);
    assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
    assert!(scene.deployment(&arn).get("lifecycleStage").is_none());
    assert_eq!(scene.live(), "shop:2");
}

#[test]
fn a_rolling_deployment_goes_back_too() {
    let mut scene = Scene::with(json!({ "strategy": "ROLLING", "bakeTimeInMinutes": 5 }));
    let arn = scene.deploy();
    scene.pass_minutes(2);
    scene.stop(&arn);
    scene.pass_minutes(1);
    assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
    assert_eq!(scene.live(), "shop:1");
    assert_eq!(scene.service()["runningCount"], 2);
}

#[test]
fn surroundings_that_do_not_fit_are_found_when_traffic_shifts() {
    let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/shop-green/1";
    let role = "arn:aws:iam::111122223333:role/ecsInfrastructure";
    for (problem, expected) in [
        (
            NetworkProblem::TargetGroupNotAssociated { arn: group.into() },
            format!(
                "Target group {group} is not associated with either productionListenerRule or \
                 testListenerRule."
            ),
        ),
        (
            NetworkProblem::MissingPermissions { role: role.into() },
            format!(
                "ECS was unable to manage the ELB resources due to missing permissions on ECS \
                 Infrastructure Role '{role}'."
            ),
        ),
        (
            NetworkProblem::RuleNotFound,
            "One or more rules not found".into(),
        ),
    ] {
        let mut scene = Scene::new();
        scene
            .world
            .ecs
            .set_network_problem("demo", "shop", Some(problem));
        let arn = scene.deploy();
        scene.pass_minutes(3);
        assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
        assert_eq!(
            scene.reason(&arn),
            format!(
                "Service deployment rolled back because of invalid networking configuration: \
                 {expected}"
            )
        );
        assert_eq!(scene.stage(&arn), "TEST_TRAFFIC_SHIFT");
        scene.world.ecs.set_network_problem("demo", "shop", None);
        let arn = scene.deploy();
        scene.pass_minutes(10);
        assert_eq!(scene.status(&arn), "SUCCESSFUL");
    }
}
