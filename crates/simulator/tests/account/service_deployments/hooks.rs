//! Lifecycle hooks: pauses and functions.

use super::*;
use simulator::codedeploy::HookOutput;
use simulator::hooks::{answer_hook, waiting_hooks};

fn with_hooks(hooks: &Value) -> Scene {
    Scene::with(json!({
        "strategy": "LINEAR",
        "bakeTimeInMinutes": 1,
        "linearConfiguration": { "stepPercent": 50.0, "stepBakeTimeInMinutes": 0 },
        "lifecycleHooks": hooks,
    }))
}

#[test]
fn a_pause_waits_until_it_is_continued() {
    let mut scene = with_hooks(&json!([pause_at("POST_SCALE_UP")]));
    let arn = scene.deploy();
    assert_eq!(scene.pause(&arn), None);
    scene.pass_minutes(60);
    assert_eq!(scene.stage(&arn), "POST_SCALE_UP");
    assert_eq!(scene.status(&arn), "IN_PROGRESS");
    let shown = scene.deployment(&arn)["lifecycleHookDetails"][0].take();
    assert_eq!(shown["targetType"], "PAUSE");
    assert_eq!(shown["timeoutAction"], "ROLLBACK");
    assert!(shown.get("targetArn").is_none() && shown.get("expiresAt").is_some());
    let hook = scene.pause(&arn).unwrap();
    assert!(hook.starts_with("ecs-pause-") && hook.len() == "ecs-pause-".len() + 43);
    scene.proceed(&arn, &hook, "CONTINUE");
    assert_eq!(
        scene.deployment(&arn)["lifecycleHookDetails"][0]["status"],
        "SUCCEEDED"
    );
    scene.pass_minutes(3);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
}

#[test]
fn before_every_step_there_is_a_new_pause() {
    for (choice, names) in [
        (
            PreProductionStage::ProductionTrafficShift,
            ["PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"],
        ),
        (
            PreProductionStage::PreProductionTrafficShift,
            [
                "PRE_PRODUCTION_TRAFFIC_SHIFT",
                "PRE_PRODUCTION_TRAFFIC_SHIFT",
            ],
        ),
        (
            PreProductionStage::Previous,
            ["POST_TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"],
        ),
    ] {
        let mut scene = with_hooks(&json!([pause_at("PRE_PRODUCTION_TRAFFIC_SHIFT")]));
        scene.choose(|settings| settings.pre_production_stage = choice);
        let arn = scene.deploy();
        let mut hooks = Vec::new();
        for (name, weight) in names.into_iter().zip([0.0, 50.0]) {
            scene.pass_minutes(3);
            assert_eq!(scene.stage(&arn), name);
            assert_eq!(scene.weight(&arn), weight);
            let hook = scene.pause(&arn).unwrap();
            scene.proceed(&arn, &hook, "CONTINUE");
            hooks.push(hook);
        }
        assert_ne!(hooks[0], hooks[1]);
        scene.pass_minutes(3);
        assert_eq!(scene.status(&arn), "SUCCESSFUL");
    }
}

#[test]
fn a_pause_can_be_rolled_back() {
    let mut scene = with_hooks(&json!([pause_at("POST_TEST_TRAFFIC_SHIFT")]));
    let arn = scene.deploy();
    scene.pass_minutes(3);
    let hook = scene.pause(&arn).unwrap();
    scene.proceed(&arn, &hook, "ROLLBACK");
    assert_eq!(scene.status(&arn), "ROLLBACK_REQUESTED");
    scene.pass_minutes(2);
    assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
}

#[test]
fn a_pause_that_is_not_continued_times_out() {
    for (action, expected) in [
        ("ROLLBACK", "ROLLBACK_SUCCESSFUL"),
        ("CONTINUE", "SUCCESSFUL"),
    ] {
        let mut pause = pause_at("POST_SCALE_UP");
        pause["timeoutConfiguration"] = json!({ "timeoutInMinutes": 30, "action": action });
        let mut scene = with_hooks(&json!([pause]));
        let arn = scene.deploy();
        scene.pass_minutes(30);
        assert!(scene.pause(&arn).is_some());
        scene.pass_minutes(5);
        assert_eq!(scene.status(&arn), expected);
        let hook = scene.deployment(&arn)["lifecycleHookDetails"][0].take();
        assert_eq!(hook["status"], "TIMED_OUT");
        if action == "ROLLBACK" {
            assert_eq!(
                scene.reason(&arn),
                "Service deployment rolled back because POST_SCALE_UP pause hook timed out."
            );
        }
    }
}

#[test]
fn a_pause_may_last_longer_than_a_stage() {
    let mut pause = pause_at("POST_SCALE_UP");
    pause["timeoutConfiguration"] = json!({ "timeoutInMinutes": 20_160 });
    let mut scene = with_hooks(&json!([pause]));
    let arn = scene.deploy();
    scene.pass(13 * 24 * 3600);
    assert_eq!(scene.status(&arn), "IN_PROGRESS");
    assert!(scene.pause(&arn).is_some());
}

#[test]
fn a_hook_is_continued_only_while_it_waits() {
    let mut scene = with_hooks(&json!([
        pause_at("POST_SCALE_UP"),
        lambda_at(&["POST_SCALE_UP"])
    ]));
    scene
        .world
        .ecs
        .set_lambda("check", LambdaBehaviour::NeverEnds);
    let arn = scene.deploy();
    scene.pass_minutes(2);
    let hook = scene.pause(&arn).unwrap();
    let shown = scene.deployment(&arn)["lifecycleHookDetails"].take();
    let lambda = text(&shown[1]["hookId"]);
    assert!(lambda.starts_with("ecs-lambda-"), "{lambda}");
    let refusal = |scene: &mut Scene, hook: &str| {
        let request = json!({ "serviceDeploymentArn": arn, "hookId": hook });
        let error = scene.refused("ContinueServiceDeployment", &request);
        assert_eq!(error.code, "InvalidParameterException");
        error.message
    };
    const GONE: &str = "Provided hookId is either completed, unavailable, or not associated with \
                        the given Resource ARN";
    assert_eq!(
        refusal(&mut scene, "pause"),
        "Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}"
    );
    assert_eq!(refusal(&mut scene, "ecs-pause-other"), GONE);
    assert_eq!(refusal(&mut scene, &lambda), GONE);
    scene.proceed(&arn, &hook, "CONTINUE");
    assert_eq!(refusal(&mut scene, &hook), GONE, "it was continued already");
    assert_eq!(
        scene.stage(&arn),
        "POST_SCALE_UP",
        "the function still runs"
    );
    scene
        .world
        .ecs
        .set_lambda("check", LambdaBehaviour::default());
    scene.pass_minutes(20);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
    assert_eq!(
        refusal(&mut scene, &hook),
        "Continuing a service deployment is not allowed for service deployment in terminal states."
    );
}

#[test]
fn a_function_that_fails_rolls_back_in_the_words_of_ecs() {
    let fails = LambdaBehaviour::Fails {
        after: Duration::from_secs(2),
    };
    for (behaviour, expected) in [
        (
            fails,
            format!("Lifecycle hook target {HOOK} returned FAILED status."),
        ),
        (
            LambdaBehaviour::NoStatus,
            format!(
                "ECS was unable to parse the response from {HOOK} due to HookStatus must not be \
                 null"
            ),
        ),
        (
            LambdaBehaviour::NotInvocable,
            format!("ECS was unable to invoke hook target {HOOK} due to "),
        ),
    ] {
        let mut scene = with_hooks(&json!([lambda_at(&["POST_SCALE_UP"])]));
        scene.world.ecs.set_lambda(HOOK, behaviour);
        let arn = scene.deploy();
        scene.pass_minutes(3);
        assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
        let reason = scene.reason(&arn);
        let begin =
            "Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed.";
        assert!(
            reason.starts_with(&format!("{begin} {expected}")),
            "{reason}"
        );
        assert_eq!(
            scene.deployment(&arn)["lifecycleHookDetails"][0]["status"],
            "FAILED"
        );
    }
}

#[test]
fn a_function_may_ask_for_time_until_it_times_out() {
    let mut hook = lambda_at(&["PRE_SCALE_UP"]);
    hook["timeoutConfiguration"] = json!({ "timeoutInMinutes": 5 });
    let mut scene = with_hooks(&json!([hook]));
    let delay = Duration::from_secs(30);
    let asks = LambdaBehaviour::InProgress { times: 4, delay };
    scene.world.ecs.set_lambda(HOOK, asks);
    let arn = scene.deploy();
    scene.pass_minutes(2);
    let hook = scene.deployment(&arn)["lifecycleHookDetails"][0].take();
    assert_eq!(hook["status"], "IN_PROGRESS");
    assert_eq!(hook["targetArn"], HOOK);
    scene.pass_minutes(10);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");

    scene.world.ecs.set_lambda(HOOK, LambdaBehaviour::NeverEnds);
    let arn = scene.deploy();
    scene.pass_minutes(10);
    assert_eq!(scene.status(&arn), "ROLLBACK_SUCCESSFUL");
    assert!(
        scene
            .reason(&arn)
            .contains("PRE_SCALE_UP lifecycle hook(s) failed.")
    );
}

#[test]
fn a_function_learns_the_weights_where_they_change_also_on_the_way_back() {
    let mut hook = lambda_at(&[
        "POST_SCALE_UP",
        "TEST_TRAFFIC_SHIFT",
        "PRE_PRODUCTION_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
    ]);
    hook["hookDetails"] = json!({ "team": "shop" });
    let mut scene = with_hooks(&json!([hook]));
    let arn = scene.deploy();
    scene.pass(UNTIL_SHIFT + 15);
    scene.stop(&arn);
    scene.pass_minutes(2);
    let biography = scene.world.ecs.service_deployment(&arn).unwrap();
    let target = biography.revision_arn.as_str();
    let seen: Vec<String> = biography
        .hook_events
        .iter()
        .map(|event| {
            let weights = &event["executionDetails"];
            let of_target = |name: &str| weights[name][target].clone();
            assert_eq!(event["resourceArn"], arn.as_str());
            assert_eq!(event["hookDetails"]["team"], "shop");
            format!(
                "{} test {} production {}",
                text(&event["lifecycleStage"]),
                of_target("testTrafficWeights"),
                of_target("productionTrafficWeights")
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            "POST_SCALE_UP test null production null",
            "TEST_TRAFFIC_SHIFT test 100 production null",
            "PRE_PRODUCTION_TRAFFIC_SHIFT test null production 0",
            "PRODUCTION_TRAFFIC_SHIFT test null production 50",
            "PRE_PRODUCTION_TRAFFIC_SHIFT test null production 50",
            "PRODUCTION_TRAFFIC_SHIFT test null production 100",
            "PRODUCTION_TRAFFIC_SHIFT test null production 0",
            "TEST_TRAFFIC_SHIFT test 0 production null",
        ]
    );
}

#[test]
fn a_hook_that_fails_on_the_way_back_fails_the_rollback() {
    let mut scene = with_hooks(&json!([lambda_at(&["PRODUCTION_TRAFFIC_SHIFT"])]));
    let arn = scene.deploy();
    scene.pass(65);
    assert_eq!(scene.weight(&arn), 50.0);
    let fails = LambdaBehaviour::Fails {
        after: Duration::ZERO,
    };
    scene.world.ecs.set_lambda(HOOK, fails);
    scene.stop(&arn);
    scene.pass_minutes(2);
    assert_eq!(scene.status(&arn), "ROLLBACK_FAILED");
    assert_eq!(scene.weight(&arn), 0.0, "the traffic is back");
}

#[test]
fn a_rolling_deployment_runs_no_hooks() {
    let mut scene = Scene::with(json!({
        "strategy": "ROLLING", "lifecycleHooks": [pause_at("PRE_SCALE_UP")],
    }));
    let arn = scene.deploy();
    scene.pass_minutes(3);
    assert_eq!(scene.status(&arn), "SUCCESSFUL");
}

#[test]
fn what_runs_in_place_of_a_function_reports_its_result_once() {
    for (failed, status) in [(false, "SUCCESSFUL"), (true, "ROLLBACK_SUCCESSFUL")] {
        let mut scene = with_hooks(&json!([lambda_at(&["POST_SCALE_UP"])]));
        scene.world.ecs.set_lambda(HOOK, LambdaBehaviour::NeverEnds);
        let arn = scene.deploy();
        assert_eq!(waiting_hooks(&scene.world), []);
        scene.pass_minutes(2);
        let waiting = waiting_hooks(&scene.world);
        assert_eq!(waiting.len(), 1);
        assert_eq!(
            (&waiting[0].deployment, waiting[0].event),
            (&arn, "POST_SCALE_UP")
        );
        let words = || HookOutput {
            message: "no such page".into(),
            log: String::new(),
        };
        answer_hook(&mut scene.world, &waiting[0], failed.then(words));
        assert_eq!(waiting_hooks(&scene.world), []);
        // A second result is too late.
        answer_hook(&mut scene.world, &waiting[0], (!failed).then(words));
        scene.pass_minutes(20);
        assert_eq!(scene.status(&arn), status);
    }
}
