//! Scenarios of blue/green deployments.

use simulator::hooks::waiting_hooks;

use super::*;

#[test]
fn a_linear_deployment_moves_traffic_by_the_minute_and_keeps_blue_for_a_while() {
    let mut scene = Scene::new();
    let id = scene.deploy();
    assert_eq!(scene.status(&id), "Created");
    scene.pass_minutes(1);
    assert_eq!(scene.status(&id), "InProgress");
    assert_eq!(scene.target(&id)["status"], "InProgress");
    assert!(scene.green_weight(&id) < 20.0);
    scene.pass_minutes(5);
    let halfway = scene.green_weight(&id);
    assert!((40.0..=70.0).contains(&halfway), "{halfway}");
    assert_eq!(scene.live(), "webapp:1");

    scene.pass_minutes(5);
    assert_eq!(scene.target(&id)["status"], "Succeeded");
    assert_eq!(scene.status(&id), "InProgress", "the termination wait");
    assert_eq!(scene.live(), "webapp:2");
    assert_eq!(scene.service()["taskSets"].as_array().unwrap().len(), 2);

    scene.pass_minutes(6);
    assert_eq!(scene.status(&id), "Succeeded");
    let sets = scene.service()["taskSets"].take();
    assert_eq!(sets.as_array().unwrap().len(), 1);
    assert_eq!(sets[0]["externalId"], id.as_str());
    assert_eq!(sets[0]["stabilityStatus"], "STEADY_STATE");
}

#[test]
fn a_canary_gets_a_tenth_of_the_traffic_and_then_all() {
    let mut scene = Scene::of(Fixture {
        deployment_config: "CodeDeployDefault.ECSCanary10Percent5Minutes".into(),
        ..Fixture::default()
    });
    let id = scene.deploy();
    let mut weights = Vec::new();
    for _ in 0..7 {
        scene.pass_minutes(1);
        weights.push(scene.green_weight(&id));
    }
    assert_eq!(weights, [10.0, 10.0, 10.0, 10.0, 10.0, 100.0, 100.0]);
}

#[test]
fn without_a_test_listener_there_is_no_test_traffic_and_no_hook_after_it() {
    let mut scene = Scene::of(Fixture {
        has_test_listener: false,
        ..Fixture::default()
    });
    let hooks = &mut scene.world.codedeploy;
    hooks.set_hook("never", HookBehaviour::NeverAnswers);
    let id = scene.deploy_with_hook("AfterAllowTestTraffic", "never");
    scene.pass_minutes(20);
    assert_eq!(scene.status(&id), "Succeeded");
    for name in ["AllowTestTraffic", "AfterAllowTestTraffic"] {
        assert_eq!(scene.event(&id, name)["status"], "Skipped");
    }
}

#[test]
fn two_releases_alternate_between_the_target_groups() {
    let mut scene = Scene::of(Fixture {
        termination_wait_minutes: 0,
        deployment_config: "CodeDeployDefault.ECSAllAtOnce".into(),
        ..Fixture::default()
    });
    let mut groups = Vec::new();
    for _ in 0..3 {
        let id = scene.deploy();
        scene.pass_minutes(5);
        assert_eq!(scene.status(&id), "Succeeded");
        let green = scene.target(&id)["taskSetsInfo"][0].take();
        assert_eq!(green["taskSetLabel"], "Green");
        groups.push(green["targetGroup"]["name"].clone());
    }
    assert_eq!(groups, ["webapp-green", "webapp-blue", "webapp-green"]);
}

#[test]
fn an_alarm_stops_the_deployment_and_rolls_it_back() {
    let mut scene = Scene::new();
    let id = scene.deploy();
    scene.pass_minutes(4);
    scene.world.set_alarm("webapp-errors", AlarmState::Alarm);
    let info = scene.deployment(&id);
    assert_eq!(info["status"], "Stopped");
    assert_eq!(info["errorInformation"]["code"], "ALARM_ACTIVE");
    assert_eq!(scene.rollback_of(&id)["status"], "Created");
    scene.pass_minutes(1);
    assert_eq!(scene.rollback_of(&id)["status"], "Succeeded");
    assert_eq!(scene.live(), "webapp:1");
    assert_eq!(scene.service()["taskSets"].as_array().unwrap().len(), 1);
}

#[test]
fn an_alarm_that_is_on_already_stops_a_deployment_as_it_starts() {
    let mut scene = Scene::new();
    scene.world.set_alarm("webapp-errors", AlarmState::Alarm);
    let id = scene.deploy();
    scene.pass_minutes(1);
    assert_eq!(scene.status(&id), "Stopped");
    scene.world.set_alarm("webapp-errors", AlarmState::Ok);
    let id = scene.deploy();
    scene.pass_minutes(20);
    assert_eq!(scene.status(&id), "Succeeded");
}

#[test]
fn an_alarm_of_no_group_changes_nothing() {
    let mut scene = Scene::new();
    let id = scene.deploy();
    scene.world.set_alarm("other-group", AlarmState::Alarm);
    scene.pass_minutes(20);
    assert_eq!(scene.status(&id), "Succeeded");
}

#[test]
fn green_tasks_that_never_become_healthy_fail_the_deployment_after_an_hour() {
    fn check(behaviour: Behaviour, stop_code: Option<&str>, reason: &str) {
        let mut scene = Scene::new();
        scene.next_task_set(behaviour);
        let id = scene.deploy();
        scene.pass_minutes(59);
        assert_eq!(scene.status(&id), "InProgress");
        let stopped = json!({
            "cluster": "demo", "serviceName": "webapp", "desiredStatus": "STOPPED",
        });
        let stopped = scene.ecs("ListTasks", &stopped)["taskArns"].take();
        if let Some(stop_code) = stop_code {
            let request = json!({ "cluster": "demo", "tasks": [stopped[0]] });
            let task = scene.ecs("DescribeTasks", &request)["tasks"][0].take();
            assert_eq!(task["stopCode"], stop_code);
            assert!(task.to_string().contains(reason), "{task}");
        } else {
            assert_eq!(stopped, json!([]));
            let events = scene.service()["events"].to_string();
            assert!(events.contains(reason), "{events}");
        }
        scene.pass_minutes(2);
        let info = scene.deployment(&id);
        assert_eq!(info["status"], "Failed");
        let message = info["errorInformation"]["message"].as_str().unwrap();
        assert!(message.ends_with("waiting for the replacement task set to become healthy."));
        assert_eq!(scene.event(&id, "Install")["status"], "Failed");
        scene.pass_minutes(2);
        assert_eq!(scene.rollback_of(&id)["status"], "Succeeded");
        assert_eq!(scene.live(), "webapp:1");
    }
    let fails = Behaviour::TasksFail;
    let started = Some("TaskFailedToStart");
    let exited = Some("EssentialContainerExited");
    check(
        fails(TaskFailure::CannotPullImage),
        started,
        "CannotPullContainerError",
    );
    check(
        fails(TaskFailure::SecretsMissing),
        started,
        "ResourceInitializationError",
    );
    check(fails(TaskFailure::OutOfMemory), exited, "\"exitCode\":137");
    check(
        fails(TaskFailure::Exits { code: 1 }),
        exited,
        "\"exitCode\":1,",
    );
    check(
        fails(TaskFailure::FailedElbHealthChecks),
        Some("ServiceSchedulerInitiated"),
        "Task failed ELB health checks",
    );
    check(Behaviour::NotPlaced, None, "was unable to place a task");
}

#[test]
fn losing_capacity_while_traffic_moves_fails_the_deployment_five_minutes_later() {
    let mut scene = Scene::new();
    scene.next_task_set(Behaviour::CapacityLost {
        healthy_after: Duration::from_secs(30),
        lost_after: Duration::from_secs(60),
    });
    let id = scene.deploy();
    scene.pass_minutes(6);
    assert_eq!(scene.status(&id), "InProgress");
    scene.pass_minutes(1);
    assert_eq!(scene.status(&id), "Failed");
    scene.pass_minutes(1);
    assert_eq!(scene.rollback_of(&id)["status"], "Succeeded");
}

#[test]
fn a_hook_that_fails_says_why() {
    let mut scene = Scene::new();
    let hook = HookBehaviour::Fails {
        after: Duration::from_secs(20),
        message: "3 of 40 checks failed".into(),
        log_tail: "GET /health 500".into(),
    };
    scene.world.codedeploy.set_hook("smoke-test", hook);
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:smoke-test";
    let id = scene.deploy_with_hook("AfterAllowTestTraffic", arn);
    scene.pass_minutes(2);
    let info = scene.deployment(&id);
    assert_eq!(info["status"], "Failed");
    assert_eq!(info["errorInformation"]["code"], "HOOK_EXECUTION_FAILURE");
    let event = scene.event(&id, "AfterAllowTestTraffic");
    assert_eq!(event["diagnostics"]["scriptName"], arn);
    assert_eq!(event["diagnostics"]["logTail"], "GET /health 500");
    assert_eq!(scene.event(&id, "AllowTraffic")["status"], "Skipped");
}

#[test]
fn a_hook_that_never_answers_fails_after_an_hour_unless_another_client_answers() {
    for answer in [None, Some("Succeeded"), Some("Failed")] {
        let mut scene = Scene::new();
        let hooks = &mut scene.world.codedeploy;
        hooks.set_hook("manual", HookBehaviour::NeverAnswers);
        let id = scene.deploy_with_hook("BeforeAllowTraffic", "manual");
        scene.pass_minutes(59);
        assert_eq!(
            scene.event(&id, "BeforeAllowTraffic")["status"],
            "InProgress"
        );
        if let Some(status) = answer {
            let execution = waiting_hooks(&scene.world)[0].execution.clone();
            let request = json!({
                "deploymentId": id,
                "lifecycleEventHookExecutionId": execution,
                "status": status,
            });
            let put = "PutLifecycleEventHookExecutionStatus";
            scene.call(put, &request).unwrap();
            let again = scene.call(put, &request).unwrap_err();
            assert_eq!(again.code, "LifecycleEventAlreadyCompletedException");
        }
        scene.pass_minutes(2);
        let expected = match answer {
            Some("Succeeded") => "InProgress",
            Some(_) | None => "Failed",
        };
        assert_eq!(scene.status(&id), expected, "{answer:?}");
    }
}

#[test]
fn a_group_that_waits_is_ready_until_it_is_continued() {
    let fixture = Fixture {
        ready_wait_minutes: Some(30),
        ..Fixture::default()
    };
    let mut scene = Scene::of(fixture.clone());
    let id = scene.deploy();
    scene.pass_minutes(10);
    assert_eq!(scene.status(&id), "Ready");
    assert!(scene.green_weight(&id) < 1.0);
    let request = json!({ "deploymentId": id, "deploymentWaitType": "READY_WAIT" });
    scene.call("ContinueDeployment", &request).unwrap();
    assert_eq!(scene.status(&id), "InProgress");
    let again = scene.call("ContinueDeployment", &request).unwrap_err();
    assert_eq!(again.code, "DeploymentIsNotInReadyStateException");
    scene.pass_minutes(17);
    assert_eq!(scene.status(&id), "Succeeded");

    let mut scene = Scene::of(fixture);
    let id = scene.deploy();
    scene.pass_minutes(32);
    assert_eq!(scene.status(&id), "Stopped");
    assert_eq!(scene.event(&id, "AllowTraffic")["status"], "Skipped");
    assert_eq!(scene.live(), "webapp:1");
    assert_eq!(scene.world.codedeploy.deployments(), 1, "no rollback");
}

#[test]
fn a_wait_that_never_ends_is_rolled_back_if_stopped_deployments_are() {
    let mut scene = Scene::of(Fixture {
        ready_wait_minutes: Some(30),
        auto_rollback: vec!["DEPLOYMENT_STOP_ON_REQUEST".into()],
        ..Fixture::default()
    });
    let id = scene.deploy();
    scene.pass_minutes(35);
    assert_eq!(scene.status(&id), "Stopped");
    let request = json!({ "deploymentId": id });
    let stopped = scene.call("GetDeployment", &request).unwrap();
    let rollback = &stopped["deploymentInfo"]["rollbackInfo"]["rollbackDeploymentId"];
    let rollback = rollback.as_str().expect("it was rolled back");
    assert_eq!(scene.status(rollback), "Succeeded");
    assert_eq!(scene.live(), "webapp:1");
    assert_eq!(scene.service()["taskSets"].as_array().unwrap().len(), 1);
}

#[test]
fn the_termination_wait_can_be_cut_short() {
    let mut scene = Scene::of(Fixture {
        termination_wait_minutes: 2_880,
        ..Fixture::default()
    });
    let id = scene.deploy();
    scene.pass_minutes(15);
    assert_eq!(scene.status(&id), "InProgress");
    let request = json!({ "deploymentId": id, "deploymentWaitType": "TERMINATION_WAIT" });
    scene.call("ContinueDeployment", &request).unwrap();
    scene.pass_minutes(1);
    assert_eq!(scene.status(&id), "Succeeded");
}

#[test]
fn stopping_by_hand_works_at_any_moment_with_and_without_rollback() {
    for minutes in [0, 1, 4, 12] {
        for rolls_back in [false, true] {
            let mut scene = Scene::new();
            let id = scene.deploy();
            scene.pass_minutes(minutes);
            scene.stop(&id, rolls_back);
            scene.stop(&id, rolls_back);
            scene.pass_minutes(2);
            assert_eq!(scene.status(&id), "Stopped", "after {minutes} minutes");
            let linked = scene.deployment(&id)["rollbackInfo"].is_object();
            assert_eq!(linked, rolls_back && minutes > 0, "after {minutes} minutes");
            if linked {
                assert_eq!(scene.live(), "webapp:1");
            }
            let id = scene.deploy();
            scene.pass_minutes(20);
            assert_eq!(scene.status(&id), "Succeeded", "the next one is free to go");
            assert_eq!(scene.service()["taskSets"].as_array().unwrap().len(), 1);
        }
    }
}

#[test]
fn a_service_without_tasks_is_deployed_all_the_same() {
    let mut scene = Scene::of(Fixture {
        desired_count: 0,
        ..Fixture::default()
    });
    let id = scene.deploy();
    scene.pass_minutes(20);
    assert_eq!(scene.status(&id), "Succeeded");
    assert_eq!(scene.service()["runningCount"], 0);
}

#[test]
fn a_world_can_be_stored_and_read_back() {
    let mut scene = Scene::new();
    let id = scene.deploy();
    scene.pass_minutes(3);
    let stored = scene.world.to_json().unwrap();
    scene.world = World::from_json(&stored).unwrap();
    scene.pass_minutes(20);
    assert_eq!(scene.status(&id), "Succeeded");
}
