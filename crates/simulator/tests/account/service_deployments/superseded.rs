//! Two deployments at a time, which ECS does not refuse.

use super::*;

fn canary() -> Scene {
    Scene::with(json!({
        "strategy": "CANARY",
        "canaryConfiguration": { "canaryPercent": 10.0, "canaryBakeTimeInMinutes": 10 },
        "lifecycleHooks": [pause_at("POST_TEST_TRAFFIC_SHIFT")],
    }))
}

/// Continues at the pause after the test traffic.
fn shift(scene: &mut Scene, arn: &str) {
    let hook = scene.pause(arn).unwrap();
    scene.proceed(arn, &hook, "CONTINUE");
    scene.pass(30);
}

#[test]
fn a_new_deployment_supersedes_the_one_under_way_and_first_reconciles() {
    let mut scene = canary();
    let old = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    shift(&mut scene, &old);
    assert_eq!(scene.weight(&old), 10.0);
    let new = scene.deploy();
    assert_ne!(old, new);
    assert_eq!(scene.status(&old), "STOP_REQUESTED");
    assert_eq!(scene.status(&new), "PENDING");
    scene.pass(5);
    assert_eq!(scene.status(&old), "STOPPED");
    let biography = scene.world.ecs.service_deployment(&old).unwrap();
    assert_eq!(biography.superseded_by.as_ref(), Some(&new));
    let shown = scene.deployment(&new);
    assert_eq!(shown["lifecycleStage"], "RECONCILE_SERVICE");
    assert_eq!(shown["sourceServiceRevisions"].as_array().unwrap().len(), 2);
    scene.pass_minutes(3);
    shift(&mut scene, &new);
    assert_eq!(scene.weight(&new), 10.0);
    scene.pass_minutes(15);
    assert_eq!(scene.status(&new), "SUCCESSFUL");
    assert_eq!(scene.live(), "shop:3");
    assert_eq!(scene.service()["runningCount"], 2);
    let stages = scene.stages(&new);
    assert_eq!(stages[..2], ["RECONCILE_SERVICE", "PRE_SCALE_UP"]);
}

#[test]
fn the_pauses_of_a_superseded_deployment_are_dead() {
    let mut scene = canary();
    let old = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    let hook = scene.pause(&old).unwrap();
    let new = scene.deploy();
    for arn in [&old, &new] {
        let request = json!({ "serviceDeploymentArn": arn, "hookId": hook });
        let error = scene.refused("ContinueServiceDeployment", &request);
        assert_eq!(error.code, "InvalidParameterException");
        assert!(error.message.starts_with("Provided hookId"), "{error:?}");
    }
}

#[test]
fn a_superseded_deployment_may_be_rolled_back() {
    let mut scene = canary();
    scene.choose(|settings| settings.superseded = Superseded::RolledBack);
    let old = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    shift(&mut scene, &old);
    let new = scene.deploy();
    assert_eq!(scene.status(&old), "ROLLBACK_REQUESTED");
    scene.pass(20);
    assert_eq!(scene.status(&old), "ROLLBACK_IN_PROGRESS");
    assert_eq!(scene.status(&new), "PENDING", "it waits for the rollback");
    scene.pass_minutes(2);
    assert_eq!(scene.status(&old), "ROLLBACK_SUCCESSFUL");
    assert_eq!(scene.live(), "shop:3", "the newer one is wanted");
    scene.pass_minutes(1);
    shift(&mut scene, &new);
    let stages = scene.stages(&new);
    assert_eq!(stages[0], "PRE_SCALE_UP", "there is one revision again");
}

#[test]
fn of_three_in_a_row_the_last_one_is_deployed() {
    let mut scene = canary();
    let first = scene.deploy();
    scene.pass(10);
    let second = scene.deploy();
    scene.pass(1);
    let third = scene.deploy();
    scene.pass(30);
    assert_eq!(scene.status(&first), "STOPPED");
    assert_eq!(scene.status(&second), "STOPPED");
    assert!(scene.deployment(&second).get("startedAt").is_none());
    assert_eq!(scene.status(&third), "IN_PROGRESS");
    scene.pass_minutes(3);
    shift(&mut scene, &third);
    scene.pass_minutes(15);
    assert_eq!(scene.status(&third), "SUCCESSFUL");
    assert_eq!(scene.service()["runningCount"], 2);
}

#[test]
fn a_deployment_that_only_cleans_up_comes_to_its_end_first() {
    let mut scene = Scene::with(json!({ "strategy": "BLUE_GREEN" }));
    let old = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    assert_eq!(scene.stage(&old), "CLEAN_UP");
    let new = scene.deploy();
    scene.pass(5);
    assert_eq!(scene.status(&old), "IN_PROGRESS");
    assert_eq!(scene.status(&new), "PENDING");
    scene.pass(30);
    assert_eq!(scene.status(&old), "SUCCESSFUL");
    scene.pass_minutes(3);
    assert_eq!(scene.status(&new), "SUCCESSFUL");
    let shown = scene.deployment(&new);
    let source = &shown["sourceServiceRevisions"][0]["arn"];
    assert_eq!(
        *source,
        scene.deployment(&old)["targetServiceRevision"]["arn"]
    );
}

#[test]
fn a_stop_of_the_new_one_goes_back_to_the_last_good_revision() {
    let mut scene = canary();
    let old = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    shift(&mut scene, &old);
    let new = scene.deploy();
    scene.pass(10);
    assert_eq!(scene.stage(&new), "RECONCILE_SERVICE");
    scene.stop(&new);
    scene.pass_minutes(2);
    assert_eq!(scene.status(&new), "ROLLBACK_SUCCESSFUL");
    assert_eq!(scene.live(), "shop:1");
    assert_eq!(scene.service()["runningCount"], 2);
}
