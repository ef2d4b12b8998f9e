//! Scenarios of deployments that succeed.

use super::*;

#[test]
fn a_blue_green_deployment_passes_its_stages_and_keeps_blue_for_its_bake_time() {
    let mut scene = Scene::new();
    let arn = scene.deploy();
    assert_eq!(scene.status(&arn), "PENDING");
    assert_eq!(scene.live(), "shop:2", "the wanted one");
    assert!(scene.deployment(&arn).get("lifecycleStage").is_none());
    scene.pass(10);
    assert_eq!(scene.status(&arn), "IN_PROGRESS");
    assert_eq!(scene.stage(&arn), "SCALE_UP");
    let shown = scene.deployment(&arn);
    let source = &shown["sourceServiceRevisions"][0];
    assert_eq!(source["requestedProductionTrafficWeight"], 100.0);
    assert_eq!(source["runningTaskCount"], 2);
    assert_eq!(shown["targetServiceRevision"]["pendingTaskCount"], 2);
    assert_eq!(scene.weight(&arn), 0.0);
    scene.pass(UNTIL_SHIFT);
    assert_eq!(scene.stage(&arn), "BAKE_TIME");
    assert_eq!(scene.weight(&arn), 100.0);
    assert_eq!(scene.status(&arn), "IN_PROGRESS");
    scene.pass_minutes(5);
    assert_eq!(scene.stage(&arn), "CLEAN_UP");
    scene.pass(31);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["status"], "SUCCESSFUL");
    assert!(shown.get("finishedAt").is_some() && shown.get("stoppedAt").is_none());
    assert_eq!(shown["sourceServiceRevisions"][0]["runningTaskCount"], 0);
    assert_eq!(shown["targetServiceRevision"]["runningTaskCount"], 2);
    assert_eq!(
        scene.stages(&arn),
        [
            "PRE_SCALE_UP",
            "SCALE_UP",
            "POST_SCALE_UP",
            "TEST_TRAFFIC_SHIFT",
            "POST_TEST_TRAFFIC_SHIFT",
            "PRE_PRODUCTION_TRAFFIC_SHIFT",
            "PRODUCTION_TRAFFIC_SHIFT",
            "POST_PRODUCTION_TRAFFIC_SHIFT",
            "BAKE_TIME",
            "CLEAN_UP",
        ]
    );
}

#[test]
fn a_service_shows_its_deployments_and_revisions() {
    let mut scene = Scene::new();
    let arn = scene.deploy();
    scene.pass(60);
    let service = scene.service();
    assert_eq!(service["currentServiceDeployment"], arn.as_str());
    assert!(service.get("taskSets").is_none());
    let deployments = service["deployments"].as_array().unwrap();
    let shown: Vec<(&str, &str)> = deployments
        .iter()
        .map(|one| {
            (
                one["status"].as_str().unwrap(),
                one["rolloutState"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [("ACTIVE", "COMPLETED"), ("PRIMARY", "IN_PROGRESS")]);
    let revisions = service["currentServiceRevisions"].as_array().unwrap();
    assert_eq!(revisions.len(), 2);
    assert_eq!(revisions[1]["requestedTaskCount"], 2);
    assert_eq!(service["runningCount"], 4, "both revisions run");
    scene.pass_minutes(10);
    let service = scene.service();
    assert_eq!(service["deployments"][0]["rolloutState"], "COMPLETED");
    assert_eq!(
        service["currentServiceRevisions"].as_array().unwrap().len(),
        1
    );
    assert_eq!(service["runningCount"], 2);
}

#[test]
fn a_canary_gets_its_share_and_then_all_of_the_traffic() {
    let mut scene = Scene::with(json!({
        "strategy": "CANARY",
        "bakeTimeInMinutes": 1,
        "canaryConfiguration": { "canaryPercent": 0.5, "canaryBakeTimeInMinutes": 5 },
    }));
    let arn = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    assert_eq!(scene.weight(&arn), 0.5);
    let source = scene.deployment(&arn)["sourceServiceRevisions"][0].take();
    assert_eq!(source["requestedProductionTrafficWeight"], 99.5);
    assert_eq!(scene.stage(&arn), "PRODUCTION_TRAFFIC_SHIFT");
    scene.pass_minutes(4);
    assert_eq!(scene.weight(&arn), 0.5);
    scene.pass_minutes(2);
    assert_eq!(scene.weight(&arn), 100.0);
    scene.pass_minutes(2);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
}

#[test]
fn a_linear_deployment_shifts_in_equal_steps() {
    let mut scene = Scene::with(json!({
        "strategy": "LINEAR",
        "linearConfiguration": { "stepPercent": 40.0, "stepBakeTimeInMinutes": 2 },
    }));
    let arn = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    let mut weights = Vec::new();
    for _ in 0..6 {
        weights.push(scene.weight(&arn));
        scene.pass_minutes(1);
    }
    assert_eq!(weights, [40.0, 40.0, 80.0, 80.0, 80.0, 100.0]);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
    let stages = scene.stages(&arn);
    let shifts = stages.iter().filter(|it| *it == "PRODUCTION_TRAFFIC_SHIFT");
    assert_eq!(shifts.count(), 3);
}

#[test]
fn a_rolling_deployment_shows_neither_stages_nor_weights() {
    let mut scene = Scene::with(json!({ "strategy": "ROLLING" }));
    let arn = scene.deploy();
    scene.pass(10);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["status"], "IN_PROGRESS");
    assert!(shown.get("lifecycleStage").is_none());
    let target = &shown["targetServiceRevision"];
    assert!(target.get("requestedProductionTrafficWeight").is_none());
    scene.pass_minutes(2);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
    assert_eq!(scene.service()["runningCount"], 2);
}

#[test]
fn a_service_without_traffic_is_deployed_blue_green_without_weights() {
    let mut scene = Scene::of(Fixture {
        balancing: Balancing::None,
        ..Fixture::default()
    });
    let arn = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["lifecycleStage"], "BAKE_TIME");
    let target = &shown["targetServiceRevision"];
    assert!(target.get("requestedProductionTrafficWeight").is_none());
    assert!(
        !scene
            .stages(&arn)
            .contains(&"TEST_TRAFFIC_SHIFT".to_owned())
    );
    scene.pass_minutes(6);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
}

#[test]
fn with_service_connect_weights_and_test_traffic_are_shifted_too() {
    let mut scene = Scene::of(Fixture {
        balancing: Balancing::ServiceConnect,
        ..Fixture::default()
    });
    let arn = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    let target = scene.deployment(&arn)["targetServiceRevision"].take();
    assert_eq!(target["requestedProductionTrafficWeight"], 100.0);
    assert_eq!(target["requestedTestTrafficWeight"], 100.0);
}

#[test]
fn a_network_load_balancer_takes_ten_minutes_for_each_shift() {
    let mut scene = Scene::of(Fixture {
        balancing: Balancing::Network,
        ..Fixture::default()
    });
    let arn = scene.deploy();
    scene.pass_minutes(10);
    assert_eq!(scene.stage(&arn), "TEST_TRAFFIC_SHIFT");
    scene.pass_minutes(10);
    assert_eq!(scene.stage(&arn), "PRODUCTION_TRAFFIC_SHIFT");
    scene.pass_minutes(4);
    assert_eq!(scene.stage(&arn), "BAKE_TIME");
}

#[test]
fn the_first_deployment_of_a_service_serves_at_once_and_has_no_source() {
    let mut scene = Scene::new();
    let mut request = json!({
        "cluster": "demo", "serviceName": "second", "taskDefinition": "shop",
        "launchType": "FARGATE",
    });
    let answer = scene.call("CreateService", &request);
    let arn = text(&answer["service"]["currentServiceDeployment"]);
    assert_eq!(answer["service"]["deploymentController"]["type"], "ECS");
    scene.pass_minutes(2);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["status"], "SUCCESSFUL");
    assert_eq!(shown["sourceServiceRevisions"], json!([]));
    request["serviceName"] = json!("third");
    request["deploymentConfiguration"] = json!({ "strategy": "BLUE_GREEN" });
    let answer = scene.call("CreateService", &request);
    let arn = text(&answer["service"]["currentServiceDeployment"]);
    scene.pass_minutes(2);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
}

#[test]
fn one_large_step_of_time_gives_the_same_history_as_many_small_ones() {
    let configuration = json!({
        "strategy": "LINEAR",
        "linearConfiguration": { "stepPercent": 30.0, "stepBakeTimeInMinutes": 1 },
        "lifecycleHooks": [lambda_at(&["PRE_PRODUCTION_TRAFFIC_SHIFT", "POST_SCALE_UP"])],
    });
    let (mut one, mut many) = (
        Scene::with(configuration.clone()),
        Scene::with(configuration),
    );
    let (arn, same) = (one.deploy(), many.deploy());
    assert_eq!(arn, same);
    one.pass(1200);
    for _ in 0..1200 {
        many.pass(1);
    }
    assert_eq!(one.deployment(&arn), many.deployment(&arn));
    let moments = |scene: &Scene| {
        scene
            .world
            .ecs
            .service_deployment(&arn)
            .unwrap()
            .moments
            .to_vec()
    };
    assert_eq!(moments(&one), moments(&many));
}
