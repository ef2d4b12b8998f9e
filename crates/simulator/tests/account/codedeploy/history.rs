//! A scenario has the same history whatever the steps in which time advances.

use proptest::prelude::*;

use super::*;

/// An external action during a deployment.
#[derive(Clone, Debug)]
enum Act {
    Alarm,
    Stop { rolls_back: bool },
    Scale(u32),
    Deploy,
}

/// A scenario: how green behaves, what its hook does, and one action.
#[derive(Clone, Debug)]
struct Story {
    behaviour: Behaviour,
    hook: HookBehaviour,
    config: &'static str,
    act: (u64, Act),
}

const END: u64 = 100 * 60;

fn story() -> impl Strategy<Value = Story> {
    let behaviour = prop_oneof![
        (5u64..400).prop_map(|after| Behaviour::Healthy {
            after: Duration::from_secs(after)
        }),
        Just(Behaviour::TasksFail(TaskFailure::OutOfMemory)),
        Just(Behaviour::NotPlaced),
        (5u64..400, 1u64..400).prop_map(|(healthy, lost)| Behaviour::CapacityLost {
            healthy_after: Duration::from_secs(healthy),
            lost_after: Duration::from_secs(lost),
        }),
    ];
    let hook = prop_oneof![
        (0u64..4_000).prop_map(|after| HookBehaviour::Succeeds {
            after: Duration::from_secs(after)
        }),
        Just(HookBehaviour::NeverAnswers),
    ];
    let config = prop_oneof![
        Just("CodeDeployDefault.ECSLinear10PercentEvery1Minutes"),
        Just("CodeDeployDefault.ECSCanary10Percent5Minutes"),
        Just("CodeDeployDefault.ECSAllAtOnce"),
    ];
    let act = prop_oneof![
        Just(Act::Alarm),
        any::<bool>().prop_map(|rolls_back| Act::Stop { rolls_back }),
        (0u32..5).prop_map(Act::Scale),
        Just(Act::Deploy),
    ];
    (behaviour, hook, config, (0..END, act)).prop_map(|(behaviour, hook, config, act)| Story {
        behaviour,
        hook,
        config,
        act,
    })
}

/// Runs the scenario in steps that end at these seconds and returns the whole
/// final state.
fn tell(story: &Story, stops: &[u64]) -> String {
    let mut scene = Scene::of(Fixture {
        deployment_config: story.config.into(),
        ..Fixture::default()
    });
    scene.next_task_set(story.behaviour.clone());
    let hook = story.hook.clone();
    scene.world.codedeploy.set_hook("check", hook);
    let id = scene.deploy_with_hook("AfterInstall", "check");
    let origin = scene.world.now();
    let mut stops = stops.to_vec();
    stops.extend([story.act.0, END]);
    stops.sort_unstable();
    stops.dedup();
    for stop in stops {
        scene.world.advance_to(origin + Duration::from_secs(stop));
        if stop == story.act.0 {
            act(&mut scene, &id, &story.act.1);
        }
    }
    String::from_utf8(scene.world.to_json().unwrap()).unwrap()
}

fn act(scene: &mut Scene, id: &str, act: &Act) {
    match act {
        Act::Alarm => scene.world.set_alarm("webapp-errors", AlarmState::Alarm),
        Act::Stop { rolls_back } => {
            let request = json!({ "deploymentId": id, "autoRollbackEnabled": rolls_back });
            // The deployment may have ended already.
            scene.call("StopDeployment", &request).ok();
        }
        Act::Scale(desired) => {
            let request = json!({
                "cluster": "demo", "service": "webapp", "desiredCount": desired,
            });
            scene.ecs("UpdateService", &request);
        }
        Act::Deploy => {
            let arn = scene.register();
            let app_spec = scene.fixture.app_spec(&arn);
            // The group may be busy.
            scene.deploy_spec(&app_spec).ok();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_big_step_gives_the_same_history_as_many_small_ones(
        story in story(),
        stops in prop::collection::vec(0..END, 0..60),
    ) {
        prop_assert_eq!(tell(&story, &[]), tell(&story, &stops));
    }

    #[test]
    fn every_deployment_ends_and_some_version_serves(story in story()) {
        let mut scene = Scene::of(Fixture {
            deployment_config: story.config.into(),
            ..Fixture::default()
        });
        scene.next_task_set(story.behaviour.clone());
        let id = scene.deploy();
        scene.pass(Duration::from_secs(story.act.0));
        act(&mut scene, &id, &story.act.1);
        scene.pass_minutes(200);
        let filter = json!({ "includeOnlyStatuses": ["Created", "InProgress", "Ready"] });
        let open = scene.call("ListDeployments", &filter).unwrap();
        prop_assert_eq!(&open["deployments"], &json!([]));
        let service = scene.service();
        let sets = service["taskSets"].as_array().unwrap();
        let primary = sets.iter().filter(|set| set["status"] == "PRIMARY").count();
        prop_assert_eq!(primary, 1);
    }
}

#[test]
fn an_interruption_at_any_moment_leaves_one_task_set_that_serves() {
    for seconds in (0..20 * 60).step_by(7) {
        for what in [Act::Alarm, Act::Stop { rolls_back: true }] {
            let mut scene = Scene::new();
            let id = scene.deploy();
            scene.pass(Duration::from_secs(seconds));
            act(&mut scene, &id, &what);
            scene.pass_minutes(30);
            let sets = scene.service()["taskSets"].take();
            let story = format!("{what:?} after {seconds} s: {sets}");
            assert_eq!(sets.as_array().unwrap().len(), 1, "{story}");
            assert_eq!(sets[0]["status"], "PRIMARY", "{story}");
            assert_eq!(sets[0]["runningCount"], 2, "{story}");
            let succeeded = scene.status(&id) == "Succeeded";
            let expected = if succeeded { "webapp:2" } else { "webapp:1" };
            assert_eq!(scene.live(), expected, "{story}");
        }
    }
}

#[test]
fn times_never_run_backwards_in_a_history() {
    let mut scene = Scene::new();
    let id = scene.deploy();
    scene.pass_minutes(60);
    let target = scene.target(&id);
    let mut last = 0;
    for event in target["lifecycleEvents"].as_array().unwrap() {
        for name in ["startTime", "endTime"] {
            let at = event[name].as_i64().unwrap();
            assert!(at >= last, "{event}");
            last = at;
        }
    }
    let origin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert!(last < origin.as_second() + 60 * 60, "not all at the end");
}

#[test]
fn a_revision_is_read_from_s3_when_it_is_deployed() {
    let mut scene = Scene::new();
    let arn = scene.register();
    let app_spec = scene.fixture.app_spec(&arn);
    scene.world.s3.create_bucket("revisions");
    let location = json!({ "bucket": "revisions", "key": "appspec.yaml", "bundleType": "YAML" });
    let mut request = scene.request("");
    request["revision"] = json!({ "revisionType": "S3", "s3Location": location });
    let missing = scene.call("CreateDeployment", &request).unwrap_err();
    assert_eq!(missing.code, "RevisionDoesNotExistException");
    scene.call("RegisterApplicationRevision", &request).unwrap();
    let now = scene.world.now();
    let place = ("revisions", "appspec.yaml");
    let world = &mut scene.world;
    let put = world
        .s3
        .put(&mut world.names, now, place, app_spec.into_bytes());
    put.unwrap();
    let created = scene.call("CreateDeployment", &request).unwrap();
    let asked = json!({ "deploymentId": created["deploymentId"] });
    scene.world.leap(Duration::from_secs(3600));
    let shown = scene.call("GetDeployment", &asked).unwrap();
    assert_eq!(shown["deploymentInfo"]["status"], "Succeeded");
    assert_eq!(shown["deploymentInfo"]["revision"]["s3Location"], location);
    assert_eq!(
        scene.call("GetApplicationRevision", &request).unwrap()["revision"],
        request["revision"]
    );
    request["revision"]["s3Location"]["eTag"] = json!("other");
    let changed = scene.call("CreateDeployment", &request).unwrap_err();
    assert_eq!(changed.code, "RevisionDoesNotExistException");
    request["revision"]["s3Location"]["bundleType"] = json!("zip");
    let bundle = scene.call("CreateDeployment", &request).unwrap_err();
    assert_eq!(bundle.code, "InvalidRevisionException");
}
