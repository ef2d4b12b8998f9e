//! Properties of every sequence of events.

use proptest::prelude::*;

use super::*;

/// What happens to a service.
#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Deploy,
    Force,
    Stop,
    Continue,
    RollBackPause,
    Alarm(bool),
    TasksFail,
    HookFails(bool),
    Scale(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_u64..400).prop_map(Step::Pass),
        1 => (10_000_u64..100_000).prop_map(Step::Pass),
        3 => Just(Step::Deploy),
        1 => Just(Step::Force),
        1 => Just(Step::Stop),
        3 => Just(Step::Continue),
        1 => Just(Step::RollBackPause),
        2 => any::<bool>().prop_map(Step::Alarm),
        1 => Just(Step::TasksFail),
        1 => any::<bool>().prop_map(Step::HookFails),
        1 => (0_u32..4).prop_map(Step::Scale),
    ]
}

fn configuration() -> impl Strategy<Value = Value> {
    let strategies = prop_oneof![
        Just(json!({ "strategy": "ROLLING" })),
        Just(json!({ "strategy": "BLUE_GREEN" })),
        Just(json!({
            "strategy": "CANARY",
            "canaryConfiguration": { "canaryPercent": 12.5, "canaryBakeTimeInMinutes": 1 },
        })),
        Just(json!({
            "strategy": "LINEAR",
            "linearConfiguration": { "stepPercent": 33.3, "stepBakeTimeInMinutes": 1 },
        })),
    ];
    (strategies, any::<(bool, bool, bool)>()).prop_map(|(strategy, (pauses, hooks, rolls_back))| {
        let mut configuration = strategy;
        let mut all = Vec::new();
        if pauses {
            all.push(pause_at("PRE_PRODUCTION_TRAFFIC_SHIFT"));
        }
        if hooks {
            all.push(lambda_at(&[
                "TEST_TRAFFIC_SHIFT",
                "PRODUCTION_TRAFFIC_SHIFT",
            ]));
        }
        configuration["bakeTimeInMinutes"] = json!(2);
        configuration["lifecycleHooks"] = json!(all);
        configuration["alarms"] =
            json!({ "alarmNames": ["errors"], "enable": true, "rollback": rolls_back });
        configuration["deploymentCircuitBreaker"] =
            json!({ "enable": true, "rollback": rolls_back });
        configuration
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    any::<(bool, bool, bool)>().prop_map(|(rolled_back, always, absent)| Settings {
        superseded: match rolled_back {
            true => Superseded::RolledBack,
            false => Superseded::Stopped,
        },
        circuit_breaker: match always {
            true => CircuitBreaker::Always,
            false => CircuitBreaker::ScaleUp,
        },
        stage_during_rollback: match absent {
            true => StageDuringRollback::Absent,
            false => StageDuringRollback::Last,
        },
        ..Settings::default()
    })
}

fn take(scene: &mut Scene, step: &Step) {
    let current = text(&scene.service()["currentServiceDeployment"]);
    match step {
        Step::Pass(seconds) => scene.pass(*seconds),
        Step::Deploy => {
            scene.deploy();
        }
        Step::Force => {
            scene.update(&json!({ "forceNewDeployment": true }));
        }
        Step::Stop => {
            let request = json!({ "serviceDeploymentArn": current });
            let _ = scene.try_call("StopServiceDeployment", &request);
        }
        Step::Continue => answer_pause(scene, &current, "CONTINUE"),
        Step::RollBackPause => answer_pause(scene, &current, "ROLLBACK"),
        Step::Alarm(true) => scene.world.set_alarm("errors", AlarmState::Alarm),
        Step::Alarm(false) => scene.world.set_alarm("errors", AlarmState::Ok),
        Step::TasksFail => scene.next_tasks(Behaviour::TasksFail(TaskFailure::Exits { code: 1 })),
        Step::HookFails(fails) => {
            let behaviour = match fails {
                true => LambdaBehaviour::NoStatus,
                false => LambdaBehaviour::default(),
            };
            scene.world.ecs.set_lambda(HOOK, behaviour);
        }
        Step::Scale(desired) => {
            scene.update(&json!({ "desiredCount": desired }));
        }
    }
}

fn answer_pause(scene: &mut Scene, arn: &str, action: &str) {
    if let Some(hook) = scene.pause(arn) {
        scene.proceed(arn, &hook, action);
    }
}

/// The deployments of a service, oldest first, as they are described.
fn described(scene: &mut Scene) -> Vec<Value> {
    let listed = scene.list(&json!({ "maxResults": 100 }));
    let arns: Vec<String> = listed
        .iter()
        .rev()
        .map(|one| text(&one["serviceDeploymentArn"]))
        .collect();
    arns.iter().map(|arn| scene.deployment(arn)).collect()
}

fn is_final(status: &str) -> bool {
    [
        "SUCCESSFUL",
        "STOPPED",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
    ]
    .contains(&status)
}

/// The weights of a deployment's revisions sum to 100, unless it has shifted
/// nothing.
fn check_weights(deployment: &Value) {
    if is_final(&text(&deployment["status"])) || deployment["status"] == "PENDING" {
        return;
    }
    let sources = deployment["sourceServiceRevisions"].as_array().unwrap();
    let all = sources.iter().chain([&deployment["targetServiceRevision"]]);
    let weights = all.map(|one| one["requestedProductionTrafficWeight"].as_f64());
    if let Some(weights) = weights.collect::<Option<Vec<f64>>>() {
        let sum: f64 = weights.iter().sum();
        assert!((sum - 100.0).abs() < 1e-9, "{deployment:#}");
    }
}

/// `from` and `to` follow each other in the documented table of statuses.
fn check_statuses(from: &str, to: &str) {
    let allowed: &[&str] = match from {
        "PENDING" => &["IN_PROGRESS", "ROLLBACK_REQUESTED", "STOP_REQUESTED"],
        "IN_PROGRESS" => &[
            "SUCCESSFUL",
            "STOP_REQUESTED",
            "ROLLBACK_REQUESTED",
            "ROLLBACK_IN_PROGRESS",
            "ROLLBACK_FAILED",
        ],
        "STOP_REQUESTED" => &["STOPPED"],
        "ROLLBACK_REQUESTED" => &["ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"],
        "ROLLBACK_IN_PROGRESS" => &["ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"],
        _ => &[],
    };
    assert!(from == to || allowed.contains(&to), "{from} → {to}");
}

/// Each stage follows one that it may follow.
fn check_stages(stages: &[Option<String>]) {
    const ORDER: [&str; 11] = [
        "RECONCILE_SERVICE",
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
    ];
    let place = |stage: &String| ORDER.iter().position(|one| one == stage);
    let places: Vec<usize> = stages.iter().flatten().filter_map(place).collect();
    for pair in places.windows(2) {
        // Only the two stages of a step come again.
        let is_next_step = pair == [7, 6];
        assert!(pair[0] <= pair[1] || is_next_step, "{stages:?}");
    }
}

fn check(scene: &mut Scene, ended: &mut Vec<Value>) {
    let deployments = described(scene);
    let is_acting = |one: &&Value| {
        ["IN_PROGRESS", "ROLLBACK_IN_PROGRESS"].contains(&text(&one["status"]).as_str())
    };
    let acting = deployments.iter().filter(is_acting);
    assert!(acting.count() <= 1, "{deployments:#?}");
    for deployment in &deployments {
        check_weights(deployment);
    }
    for old in ended.iter() {
        assert!(deployments.contains(old), "{old:#} has changed");
    }
    *ended = deployments
        .into_iter()
        .filter(|one| is_final(&text(&one["status"])))
        .collect();
    let routes = live_routes(&scene.world, "demo", "shop");
    let sum: u32 = routes
        .production
        .iter()
        .map(|(_, share)| share.tenths())
        .sum();
    assert_eq!(sum, 1000, "{routes:?}");
    for biography in scene.world.ecs.service_deployments("demo", "shop") {
        let moments = biography.moments;
        for pair in moments.windows(2) {
            check_statuses(&pair[0].status, &pair[1].status);
            assert!(pair[0].at <= pair[1].at);
        }
        let stages: Vec<Option<String>> =
            moments.iter().map(|moment| moment.stage.clone()).collect();
        check_stages(&stages);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn weights_sum_up_stages_follow_each_other_and_what_has_ended_stays(
        configuration in configuration(),
        settings in settings(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut scene = Scene::with(configuration);
        scene.world.ecs.set_settings(settings);
        let mut ended = Vec::new();
        for step in &steps {
            take(&mut scene, step);
            check(&mut scene, &mut ended);
        }
        // Whatever happened, the service comes to rest.
        scene.world.set_alarm("errors", AlarmState::Ok);
        scene.pass(31 * 24 * 3600);
        check(&mut scene, &mut ended);
        let last = described(&mut scene);
        prop_assert!(last.iter().all(|one| is_final(&text(&one["status"]))), "{last:#?}");
    }
}
