//! What a deployment waits for, against the time that the action has.

use std::time::Duration;

use super::{HOUR, changed, configuration, planned, service, target};
use crate::release::deployment_configuration::{HookTarget, LifecycleHook, Strategy};
use crate::release::plan::Lookups;
use crate::release::tests::{Files, lines};

fn pause(stages: &[&str], timeout: Duration) -> LifecycleHook {
    LifecycleHook {
        target: HookTarget::Pause,
        stages: stages.iter().map(|&stage| stage.to_owned()).collect(),
        timeout,
        continues: false,
    }
}

#[test]
fn waits_have_their_words() {
    changed(&[
        // Three waits between four steps, and the bake time.
        (
            "Timeout=4h",
            |_| {},
            "error service web in cluster prod: the traffic shift waits 3 h, the bake time is 1 h, and the action ends after 4 h → set CompleteWhen=TrafficShifted in Options, which does not wait for the bake time, or shorten the service's waits",
        ),
        ("Timeout=241m", |_| {}, ""),
        ("Timeout=4h;CompleteWhen=TrafficShifted", |_| {}, ""),
        (
            "Timeout=3h;CompleteWhen=TrafficShifted",
            |_| {},
            "error service web in cluster prod: the traffic shift waits 3 h, and the action ends after 3 h → shorten the service's waits",
        ),
        (
            "",
            |s| {
                configuration(s).strategy = Strategy::BlueGreen;
                configuration(s).bake_time = HOUR * 24;
            },
            "error service web in cluster prod: the bake time is 24 h, and the action ends after 23 h → set CompleteWhen=TrafficShifted in Options, which does not wait for the bake time, or shorten the service's waits",
        ),
        // Rolling deployments have no such waits.
        (
            "Timeout=1h",
            |s| {
                configuration(s).strategy = Strategy::Rolling;
                configuration(s).hooks = vec![pause(&["POST_SCALE_UP"], HOUR)];
            },
            "",
        ),
        // It is not known whether these wait.
        (
            "Timeout=4h",
            |s| service(s).load_balancers.clear(),
            "warning service web in cluster prod: the traffic shift waits 3 h, the bake time is 1 h, and the action ends after 4 h → set CompleteWhen=TrafficShifted in Options, which does not wait for the bake time, or shorten the service's waits",
        ),
        (
            "Timeout=4h",
            |s| {
                service(s).load_balancers.clear();
                service(s).service_connect = true;
            },
            "error service web in cluster prod: the traffic shift waits 3 h, the bake time is 1 h, and the action ends after 4 h → set CompleteWhen=TrafficShifted in Options, which does not wait for the bake time, or shorten the service's waits",
        ),
        (
            "Timeout=1h",
            |s| configuration(s).strategy = Strategy::Unrecognised("TIDAL".to_owned()),
            "warning service web in cluster prod: the bake time is 1 h, and the action ends after 1 h → set CompleteWhen=TrafficShifted in Options, which does not wait for the bake time, or shorten the service's waits\nnote service web in cluster prod: ECS deploys the service with the strategy TIDAL, which this worker does not know: the time that its shift takes is not checked",
        ),
    ]);
}

#[test]
fn pauses_have_their_words() {
    const EACH: &str = "warning service web in cluster prod: the deployment pauses at PRE_PRODUCTION_TRAFFIC_SHIFT up to 5 h to be continued, and is rolled back then → continue it in ECS, or set ContinueWhenReady=Always in Options\nwarning service web in cluster prod: the traffic shift waits 3 h, the bake time is 1 h, pauses take up to 20 h, and the action ends after 23 h → set CompleteWhen=TrafficShifted in Options, which does not wait for the bake time, or shorten the service's waits";
    changed(&[
        (
            "",
            |s| {
                configuration(s).hooks =
                    vec![pause(&["POST_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT"], HOUR)];
            },
            "warning service web in cluster prod: the deployment pauses at POST_SCALE_UP and POST_TEST_TRAFFIC_SHIFT up to 1 h to be continued, and is rolled back then → continue it in ECS, or set ContinueWhenReady=Always in Options",
        ),
        (
            "",
            |s| {
                configuration(s).hooks = vec![LifecycleHook {
                    continues: true,
                    ..pause(&["POST_SCALE_UP"], HOUR * 2)
                }];
            },
            "warning service web in cluster prod: the deployment pauses at POST_SCALE_UP up to 2 h to be continued, and goes on then → continue it in ECS, or set ContinueWhenReady=Always in Options",
        ),
        (
            "ContinueWhenReady=Always",
            |s| configuration(s).hooks = vec![pause(&["POST_SCALE_UP"], HOUR * 24)],
            "",
        ),
        // Before each of the four steps.
        (
            "",
            |s| configuration(s).hooks = vec![pause(&["PRE_PRODUCTION_TRAFFIC_SHIFT"], HOUR * 5)],
            EACH,
        ),
        // A function takes as long as it takes.
        (
            "",
            |s| {
                configuration(s).hooks = vec![LifecycleHook {
                    target: HookTarget::Lambda("arn:aws:lambda:smoke".to_owned()),
                    ..pause(&["POST_SCALE_UP"], HOUR * 24)
                }];
            },
            "",
        ),
    ]);
}

#[test]
fn only_pauses_that_the_action_waits_for_count() {
    let pauses = |hooks: Vec<LifecycleHook>, options: &str| {
        let mut target = target();
        configuration(&mut target).hooks = hooks;
        let files = Files {
            options: options.to_owned(),
            ..Files::default()
        };
        let plan = planned(&files, target, Lookups::default()).expect("it plans");
        lines(&plan.findings).contains("pauses take up to")
    };
    let day = HOUR * 24;
    // Side by side in one stage, one after the other in two.
    let half = HOUR * 10;
    let (first, second) = ("POST_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT");
    assert!(!pauses(
        vec![pause(&[first], half), pause(&[first], half)],
        ""
    ));
    assert!(pauses(
        vec![pause(&[first], half), pause(&[second], half)],
        ""
    ));
    assert!(!pauses(vec![pause(&["RECONCILE_SERVICE"], day)], ""));
    let after = vec![pause(&["POST_PRODUCTION_TRAFFIC_SHIFT"], day)];
    assert!(pauses(after.clone(), ""));
    assert!(!pauses(after, "CompleteWhen=TrafficShifted"));
}
