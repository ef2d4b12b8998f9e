//! What the calls that read and steer deployments show and refuse.

use super::*;

#[test]
fn twenty_deployments_are_described_at_once_and_missing_ones_are_failures() {
    let mut scene = Scene::new();
    let arn = scene.deploy();
    let missing = format!("{}x", &arn[..arn.len() - 1]);
    let mut arns = vec![arn.clone(); 19];
    arns.push(missing.clone());
    let request = json!({ "serviceDeploymentArns": arns });
    let answer = scene.call("DescribeServiceDeployments", &request);
    assert_eq!(answer["serviceDeployments"].as_array().unwrap().len(), 19);
    assert_eq!(
        answer["failures"],
        json!([{ "arn": missing, "reason": "MISSING" }])
    );
    for wrong in [vec![], vec![arn.clone(); 21]] {
        let request = json!({ "serviceDeploymentArns": wrong });
        let error = scene.refused("DescribeServiceDeployments", &request);
        assert_eq!(error.code, "InvalidParameterException");
        let request = json!({ "serviceRevisionArns": wrong });
        let error = scene.refused("DescribeServiceRevisions", &request);
        assert_eq!(error.code, "InvalidParameterException");
    }
}

#[test]
fn a_revision_shows_what_the_service_runs() {
    let mut scene = Scene::new();
    let arn = scene.deploy();
    scene.pass(10);
    let revision = scene.deployment(&arn)["targetServiceRevision"]["arn"].clone();
    assert!(text(&revision).contains(":service-revision/demo/shop/"));
    let request =
        json!({ "serviceRevisionArns": [revision, "arn:aws:ecs:x:y:service-revision/a/b/1"] });
    let answer = scene.call("DescribeServiceRevisions", &request);
    let shown = &answer["serviceRevisions"][0];
    assert!(text(&shown["taskDefinition"]).ends_with("task-definition/shop:2"));
    assert_eq!(shown["containerImages"][0]["image"], "shop:1");
    let resolved = &shown["resolvedConfiguration"]["loadBalancers"][0];
    assert!(text(&resolved["targetGroupArn"]).contains("targetgroup/shop-green/"));
    assert!(text(&resolved["productionListenerRule"]).contains(":listener-rule/app/shop/"));
    assert_eq!(answer["failures"][0]["reason"], "MISSING");
}

#[test]
fn the_list_is_newest_first_and_filtered() {
    let mut scene = Scene::with(json!({ "strategy": "ROLLING" }));
    let first = scene.deploy();
    scene.pass_minutes(5);
    let between = scene.world.now();
    scene.pass_minutes(5);
    let second = scene.deploy();
    let arns = |scene: &mut Scene, filter: Value| -> Vec<String> {
        let listed = scene.list(&filter);
        listed
            .iter()
            .map(|one| text(&one["serviceDeploymentArn"]))
            .collect()
    };
    assert_eq!(
        arns(&mut scene, json!({}))[..2],
        [second.clone(), first.clone()]
    );
    let every_status = [
        "PENDING",
        "IN_PROGRESS",
        "STOP_REQUESTED",
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "SUCCESSFUL",
        "STOPPED",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
    ];
    let all = json!({ "status": every_status });
    assert_eq!(arns(&mut scene, all).len(), 3);
    let running = json!({ "status": ["PENDING", "IN_PROGRESS"] });
    assert_eq!(arns(&mut scene, running), std::slice::from_ref(&second));
    let seconds = between.as_second();
    let later = json!({ "createdAt": { "after": seconds } });
    assert_eq!(arns(&mut scene, later), [second]);
    let earlier = json!({ "createdAt": { "before": seconds } });
    assert_eq!(arns(&mut scene, earlier)[0], first);
    let listed = scene.list(&json!({}));
    assert!(text(&listed[0]["targetServiceRevisionArn"]).contains(":service-revision/"));
    for wrong in [json!(["DONE"]), json!(["successful"])] {
        let request = json!({ "cluster": "demo", "service": "shop", "status": wrong });
        let error = scene.refused("ListServiceDeployments", &request);
        assert_eq!(error.code, "InvalidParameterException");
    }
}

#[test]
fn a_page_has_twenty_deployments_unless_asked_otherwise() {
    let mut scene = Scene::with(json!({ "strategy": "ROLLING" }));
    for _ in 0..24 {
        scene.update(&json!({ "forceNewDeployment": true }));
        scene.pass_minutes(5);
    }
    let mut request = json!({ "cluster": "demo", "service": "shop" });
    let page = scene.call("ListServiceDeployments", &request);
    assert_eq!(page["serviceDeployments"].as_array().unwrap().len(), 20);
    request["nextToken"] = page["nextToken"].clone();
    let page = scene.call("ListServiceDeployments", &request);
    assert_eq!(page["serviceDeployments"].as_array().unwrap().len(), 5);
    assert!(page.get("nextToken").is_none());
    assert_eq!(scene.list(&json!({ "maxResults": 100 })).len(), 25);
    for (name, wrong) in [
        ("maxResults", json!(101)),
        ("maxResults", json!(0)),
        ("nextToken", json!("x")),
    ] {
        let mut request = json!({ "cluster": "demo", "service": "shop" });
        request[name] = wrong;
        let error = scene.refused("ListServiceDeployments", &request);
        assert_eq!(error.code, "InvalidParameterException");
    }
}

#[test]
fn a_deployment_is_shown_for_ninety_days() {
    let mut scene = Scene::with(json!({ "strategy": "ROLLING" }));
    let arn = scene.deploy();
    scene.pass_minutes(5);
    scene.pass(90 * 24 * 3600 - 5 * 60);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
    scene.pass(24 * 3600);
    assert_eq!(scene.list(&json!({})), Vec::<Value>::new());
    let request = json!({ "serviceDeploymentArns": [arn] });
    let answer = scene.call("DescribeServiceDeployments", &request);
    assert_eq!(answer["failures"][0]["reason"], "MISSING");
}

#[test]
fn a_deployment_may_be_visible_only_after_a_while() {
    let mut scene = Scene::new();
    let before = text(&scene.service()["currentServiceDeployment"]);
    scene.choose(|settings| settings.deployment_visible_after_seconds = 5);
    let answered = scene.deploy();
    assert_eq!(answered, before, "the response shows the one before");
    assert_eq!(scene.list(&json!({})).len(), 1);
    scene.pass(5);
    let now = text(&scene.service()["currentServiceDeployment"]);
    assert_ne!(now, before);
    assert_eq!(
        scene.list(&json!({}))[0]["serviceDeploymentArn"],
        now.as_str()
    );
    assert_eq!(scene.status(&now), "IN_PROGRESS");
}

#[test]
fn a_deployment_that_does_not_exist_is_neither_stopped_nor_continued() {
    let mut scene = Scene::new();
    let arn = scene.deploy();
    let requests = [
        ("StopServiceDeployment", json!({})),
        (
            "ContinueServiceDeployment",
            json!({ "hookId": "ecs-pause-x" }),
        ),
    ];
    for (operation, request) in requests {
        for wrong in [
            arn.replace("/shop/", "/other/"),
            arn.replace("111122223333", "444455556666"),
            format!("{arn}x"),
            String::from("nonsense"),
        ] {
            let mut request = request.clone();
            request["serviceDeploymentArn"] = json!(wrong);
            let error = scene.refused(operation, &request);
            assert_eq!(error.code, "ServiceDeploymentNotFoundException", "{wrong}");
            assert_eq!(error.message, "The service deployment does not exist.");
        }
    }
}

#[test]
fn a_world_with_deployments_survives_being_written_down() {
    let mut scene = Scene::with(json!({
        "strategy": "CANARY",
        "lifecycleHooks": [pause_at("POST_SCALE_UP"), lambda_at(&["PRE_SCALE_UP"])],
    }));
    let arn = scene.deploy();
    scene.pass(60);
    let json = scene.world.to_json().unwrap();
    let mut world = World::from_json(&json).unwrap();
    assert!(world.to_json().unwrap() == json);
    let hook = scene.pause(&arn).unwrap();
    std::mem::swap(&mut scene.world, &mut world);
    scene.proceed(&arn, &hook, "CONTINUE");
    scene.pass_minutes(20);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
}
