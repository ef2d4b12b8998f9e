//! Errors of CodeDeploy, immediate or minutes later.

use super::*;

#[test]
fn a_bad_create_deployment_is_refused_with_the_documented_error() {
    fn check(change: impl FnOnce(&mut Value), expected: &str) {
        let mut scene = Scene::new();
        let arn = scene.register();
        let app_spec = scene.fixture.app_spec(&arn);
        let mut request = scene.request(&app_spec);
        change(&mut request);
        let error = scene.call("CreateDeployment", &request).unwrap_err();
        assert_eq!(error.code, format!("{expected}Exception"));
        assert_eq!(scene.world.codedeploy.deployments(), 0);
    }
    fn set(path: &'static str, value: Value) -> impl FnOnce(&mut Value) {
        move |request| match request.pointer_mut(path) {
            Some(place) => *place = value,
            None => request[&path[1..]] = value,
        }
    }
    check(
        set("/applicationName", json!("")),
        "ApplicationNameRequired",
    );
    check(
        set("/applicationName", json!("a b")),
        "InvalidApplicationName",
    );
    check(
        set("/applicationName", json!("other")),
        "ApplicationDoesNotExist",
    );
    check(set("/applicationName", json!(7)), "Serialization");
    check(
        set("/deploymentGroupName", Value::Null),
        "DeploymentGroupNameRequired",
    );
    check(
        set("/deploymentGroupName", json!("x".repeat(101))),
        "InvalidDeploymentGroupName",
    );
    check(
        set("/deploymentGroupName", json!("other")),
        "DeploymentGroupDoesNotExist",
    );
    check(set("/revision", Value::Null), "RevisionRequired");
    check(
        set("/revision/revisionType", json!("GitHub")),
        "InvalidRevision",
    );
    check(
        set("/revision/appSpecContent/content", json!("")),
        "InvalidRevision",
    );
    check(
        set("/revision/appSpecContent/content", Value::Null),
        "InvalidRevision",
    );
    check(
        set(
            "/revision",
            json!({
                "revisionType": "S3",
                "s3Location": { "bucket": "b", "key": "k", "bundleType": "zip" },
            }),
        ),
        "InvalidRevision",
    );
    check(
        |request| request["revision"]["appSpecContent"]["sha256"] = json!("0".repeat(64)),
        "InvalidRevision",
    );
    check(
        set("/description", json!("é".repeat(257))),
        "DescriptionTooLong",
    );
    check(
        set("/deploymentConfigName", json!("none")),
        "DeploymentConfigDoesNotExist",
    );
    check(
        set(
            "/deploymentConfigName",
            json!("CodeDeployDefault.OneAtATime"),
        ),
        "InvalidDeploymentConfigName",
    );
    check(
        set(
            "/autoRollbackConfiguration",
            json!({ "enabled": true, "events": ["ON_TUESDAYS"] }),
        ),
        "InvalidAutoRollbackConfig",
    );
    let alarms: Vec<Value> = (0..11)
        .map(|n| json!({ "name": format!("a{n}") }))
        .collect();
    check(
        set(
            "/overrideAlarmConfiguration",
            json!({ "enabled": true, "alarms": alarms }),
        ),
        "AlarmsLimitExceeded",
    );
}

#[test]
fn what_just_fits_is_taken() {
    let mut scene = Scene::of(Fixture {
        application: "a".repeat(100),
        termination_wait_minutes: 2_880,
        ..Fixture::default()
    });
    let arn = scene.register();
    let mut request = scene.request(&scene.fixture.app_spec(&arn));
    request["description"] = json!("é".repeat(256));
    let alarms: Vec<Value> = (0..10)
        .map(|n| json!({ "name": format!("a{n}") }))
        .collect();
    request["overrideAlarmConfiguration"] = json!({ "enabled": true, "alarms": alarms });
    let id = scene.call("CreateDeployment", &request).unwrap()["deploymentId"].take();
    let mut request = json!({ "deploymentIds": vec![id.clone(); 25] });
    scene.call("BatchGetDeployments", &request).unwrap();
    request["deploymentIds"] = json!(vec![id; 26]);
    let error = scene.call("BatchGetDeployments", &request).unwrap_err();
    assert_eq!(error.code, "BatchLimitExceededException");
}

#[test]
fn an_invalid_id_is_distinguished_from_an_unknown_one() {
    fn check(id: &str, expected: &str) {
        let request = json!({ "deploymentId": id });
        let error = Scene::new().call("GetDeployment", &request).unwrap_err();
        assert_eq!(error.code, format!("{expected}Exception"), "{id}");
    }
    check("", "DeploymentIdRequired");
    check("d-abcdefghi", "InvalidDeploymentId");
    check("d-ABC", "InvalidDeploymentId");
    check("d-ABCDEFGHI", "DeploymentDoesNotExist");
}

#[test]
fn a_busy_group_names_the_deployment_that_holds_it_until_blue_is_gone() {
    let mut scene = Scene::new();
    let first = scene.deploy();
    let app_spec = scene.fixture.app_spec("webapp:1");
    for _ in 0..12 {
        let error = scene.deploy_spec(&app_spec).unwrap_err();
        assert_eq!(error.code, "DeploymentLimitExceededException");
        assert!(error.message.contains(&first), "{}", error.message);
        scene.pass_minutes(1);
    }
    scene.pass_minutes(10);
    scene.deploy_spec(&app_spec).unwrap();
}

#[test]
fn a_malformed_app_spec_is_taken_and_fails_the_deployment_later() {
    fn check(app_spec: impl FnOnce(&Scene) -> String, expected: &str) {
        let mut scene = Scene::new();
        let app_spec = app_spec(&scene);
        let id = scene.deploy_spec(&app_spec).unwrap();
        scene.pass_minutes(2);
        let info = scene.deployment(&id);
        assert_eq!(info["status"], "Failed", "{app_spec}");
        assert_eq!(info["errorInformation"]["code"], expected, "{app_spec}");
    }
    check(|_| "version: 1.0".into(), "INVALID_REVISION");
    check(|_| "{".into(), "INVALID_REVISION");
    check(|_| "- a\n- b\n".into(), "INVALID_REVISION");
    check(
        |scene| scene.fixture.app_spec("webapp:9"),
        "ECS_UPDATE_ERROR",
    );
    check(
        |scene| scene.fixture.app_spec("webapp:1").replace("8080", "8081"),
        "INVALID_ECS_SERVICE",
    );
    check(
        |scene| {
            scene
                .fixture
                .app_spec("webapp:1")
                .replace("\"web\"", "\"other\"")
        },
        "INVALID_ECS_SERVICE",
    );
}

#[test]
fn a_service_that_cannot_be_deployed_is_refused_at_creation_or_at_install() {
    let scene = || {
        let mut scene = Scene::new();
        let request = json!({
            "applicationName": "webapp",
            "currentDeploymentGroupName": "webapp",
            "ecsServices": [{ "clusterName": "demo", "serviceName": "gone" }],
        });
        scene.call("UpdateDeploymentGroup", &request).unwrap();
        scene
    };
    let mut late = scene();
    let id = late.deploy();
    late.pass_minutes(1);
    let error = late.deployment(&id)["errorInformation"].take();
    assert_eq!(error["code"], "INVALID_ECS_SERVICE");

    let mut early = scene();
    early.world.codedeploy.check_services_at_creation();
    let arn = early.register();
    let app_spec = early.fixture.app_spec(&arn);
    let request = early.request(&app_spec);
    let refused = early.call("CreateDeployment", &request).unwrap_err();
    assert_eq!(refused.code, "InvalidECSServiceException");
    assert_eq!(early.world.codedeploy.deployments(), 0);
}

#[test]
fn a_deployment_mode_of_ec2_is_refused_and_the_usual_one_is_not_shown() {
    let mut scene = Scene::new();
    let arn = scene.register();
    let app_spec = scene.fixture.app_spec(&arn);
    let mut request = scene.request(&app_spec);
    for (mode, code) in [
        ("RESTART", "InvalidComputePlatformException"),
        ("restart", "InvalidInputException"),
    ] {
        request["deploymentMode"] = json!(mode);
        let refused = scene.call("CreateDeployment", &request).unwrap_err();
        assert_eq!(refused.code, code);
    }
    assert_eq!(scene.world.codedeploy.deployments(), 0);
    request["deploymentMode"] = json!("STANDARD");
    request["ec2DeploymentOptions"] = json!({ "autoScalingGroupProcessesToSuspend": [] });
    let made = scene.call("CreateDeployment", &request).unwrap();
    let id = made["deploymentId"].as_str().expect("an id").to_owned();
    assert_eq!(scene.deployment(&id)["deploymentMode"], json!(null));
}

#[test]
fn targets_are_not_there_before_the_start_nor_under_other_names() {
    let mut scene = Scene::new();
    let id = scene.deploy();
    let list = json!({ "deploymentId": id });
    let early = scene.call("ListDeploymentTargets", &list).unwrap_err();
    assert_eq!(early.code, "DeploymentNotStartedException");
    scene.pass_minutes(1);
    let targets = scene.call("ListDeploymentTargets", &list).unwrap();
    assert_eq!(targets["targetIds"], json!(["demo:webapp"]));
    let request = json!({ "deploymentId": id, "targetId": "demo:other" });
    let error = scene.call("GetDeploymentTarget", &request).unwrap_err();
    assert_eq!(error.code, "DeploymentTargetDoesNotExistException");
    let ids = vec!["demo:webapp"; 26];
    let request = json!({ "deploymentId": id, "targetIds": ids });
    let error = scene
        .call("BatchGetDeploymentTargets", &request)
        .unwrap_err();
    assert_eq!(error.code, "DeploymentTargetListSizeExceededException");
}

#[test]
fn the_deployment_has_the_app_specs_hash_only() {
    let mut scene = Scene::new();
    let id = scene.deploy();
    let revision = scene.deployment(&id)["revision"].take();
    assert!(revision["appSpecContent"].get("content").is_none());
    let request = json!({ "applicationName": "webapp", "revision": revision });
    // A revision can be requested by its hash alone.
    let answer = scene.call("GetApplicationRevision", &request).unwrap();
    let content = answer["revision"]["appSpecContent"]["content"].as_str();
    assert!(content.unwrap().contains("TargetService"));
}

#[test]
fn a_group_must_suit_ecs() {
    fn check(path: &str, value: Value, expected: &str) {
        let mut scene = Scene::new();
        let request = json!({ "applicationName": "webapp", "deploymentGroupName": "webapp" });
        let group = scene.call("GetDeploymentGroup", &request).unwrap();
        let mut request = group["deploymentGroupInfo"].clone();
        request["currentDeploymentGroupName"] = json!("webapp");
        *request.pointer_mut(path).unwrap() = value;
        let error = scene.call("UpdateDeploymentGroup", &request).unwrap_err();
        assert_eq!(error.code, format!("{expected}Exception"), "{path}");
    }
    check("/ecsServices", json!([]), "InvalidECSService");
    check(
        "/deploymentStyle/deploymentType",
        json!("IN_PLACE"),
        "InvalidDeploymentStyle",
    );
    check("/loadBalancerInfo", json!({}), "InvalidTargetGroupPair");
    check(
        "/loadBalancerInfo/targetGroupPairInfoList/0/targetGroups",
        json!([{ "name": "only-one" }]),
        "InvalidTargetGroupPair",
    );
    let blue_green = "InvalidBlueGreenDeploymentConfiguration";
    check(
        "/blueGreenDeploymentConfiguration/deploymentReadyOption",
        json!({ "actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 5 }),
        blue_green,
    );
    check(
        "/blueGreenDeploymentConfiguration/terminateBlueInstancesOnDeploymentSuccess",
        json!({ "action": "TERMINATE", "terminationWaitTimeInMinutes": 2_881 }),
        blue_green,
    );
    check(
        "/blueGreenDeploymentConfiguration/terminateBlueInstancesOnDeploymentSuccess",
        json!({ "action": "KEEP_ALIVE" }),
        blue_green,
    );
}

#[test]
fn a_service_belongs_to_one_group() {
    let mut scene = Scene::new();
    let second = Fixture {
        application: "other".into(),
        cluster: "demo".into(),
        ..Fixture::default()
    };
    let request = json!({ "applicationName": "other", "computePlatform": "ECS" });
    scene.call("CreateApplication", &request).unwrap();
    let request = second.create_group(&scene.world);
    let error = scene.call("CreateDeploymentGroup", &request).unwrap_err();
    assert_eq!(error.code, "ECSServiceMappingLimitExceededException");
}

#[test]
fn deployments_are_listed_newest_first_by_status_and_time() {
    let mut scene = Scene::new();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, scene.deploy());
        scene.pass_minutes(30);
    }
    let list = |scene: &mut Scene, request: Value| {
        scene.call("ListDeployments", &request).unwrap()["deployments"].take()
    };
    let group = json!({ "applicationName": "webapp", "deploymentGroupName": "webapp" });
    assert_eq!(list(&mut scene, group), json!(ids));
    let open = json!({ "includeOnlyStatuses": ["InProgress"] });
    assert_eq!(list(&mut scene, open), json!([]));
    let first_hour = scene.world.now().as_second() - 60 * 60;
    let late = json!({ "createTimeRange": { "start": first_hour } });
    assert_eq!(list(&mut scene, late), json!(ids[..2]));
    let request = json!({ "includeOnlyStatuses": ["Done"] });
    let error = scene.call("ListDeployments", &request).unwrap_err();
    assert_eq!(error.code, "InvalidDeploymentStatusException");
}

#[test]
fn a_group_is_not_renamed_to_one_that_exists() {
    let mut scene = Scene::new();
    let other = Fixture {
        group: "other".into(),
        service: "other".into(),
        ..scene.fixture.clone()
    };
    let request = other.create_group(&scene.world);
    scene.call("CreateDeploymentGroup", &request).unwrap();
    let mut request = json!({
        "applicationName": "webapp",
        "currentDeploymentGroupName": "other",
        "newDeploymentGroupName": "webapp",
    });
    let error = scene.call("UpdateDeploymentGroup", &request).unwrap_err();
    assert_eq!(error.code, "DeploymentGroupAlreadyExistsException");
    request["newDeploymentGroupName"] = json!("renamed");
    scene.call("UpdateDeploymentGroup", &request).unwrap();
}
