//! The messages about a release that is rolled back are true, and the check of
//! messages finds false ones.

use serde_json::{Value, json};
use simulator::cloudwatch::AlarmState;
use simulator::codedeploy;
use simulator::world::World;

use super::SHORTLY;
use crate::support::truth::untruths;
use crate::support::{Harness, Order};

/// Activates an alarm during the traffic shift.
fn alarm(harness: &Harness, _: &str) {
    harness.world(|world| world.set_alarm("webapp-errors", AlarmState::Alarm));
}

fn stop(harness: &Harness, action: &str) {
    harness.world(|world| {
        let view = world.codepipeline.view(action).expect("it was queued");
        let input = json!({
            "deploymentId": view.external_execution_id,
            "autoRollbackEnabled": true,
        });
        codedeploy::call(world, "StopDeployment", &input).expect("it runs");
    });
}

/// The world after a release that was rolled back, as plain data, and the
/// messages shown.
async fn taken_back(befall: fn(&Harness, &str)) -> (Value, Vec<String>) {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    let shifts = |world: &World| {
        let view = world.codepipeline.view(&action).expect("it was queued");
        view.summary
            .is_some_and(|text| text.contains("AllowTraffic: "))
    };
    harness.until(shifts).await;
    befall(&harness, &action);
    harness.end_of(&action).await;
    worker.stop().await;
    harness.world(|world| {
        assert_eq!(untruths(world, SHORTLY), [""; 0]);
        let reports = world.codepipeline.actions()[0].reports.iter();
        let shown = reports.filter_map(|report| report.text.clone()).collect();
        (serde_json::to_value(&*world).expect("data"), shown)
    })
}

#[tokio::test(start_paused = true)]
async fn who_stopped_it_is_said_and_who_has_the_traffic() {
    for (befall, how) in [
        (
            alarm as fn(&Harness, &str),
            " was stopped by an alarm; rollback d-",
        ),
        (stop, " was stopped by hand; rollback d-"),
    ] {
        let (_, shown) = taken_back(befall).await;
        let of_rollback: Vec<&String> = shown
            .iter()
            .filter(|text| text.contains(" has been undoing it since 2026-"))
            .collect();
        assert!(!of_rollback.is_empty(), "{shown:#?}");
        for text in of_rollback {
            assert!(text.contains(how), "{text}");
            assert!(text.contains(" production traffic is "), "{text}");
            assert!(!text.contains("has failed"), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_judge_finds_what_is_not_true() {
    let (world, shown) = taken_back(alarm).await;
    let of_rollback = |text: &String| text.contains(" has been undoing it since ");
    let at = shown.iter().position(of_rollback).expect("it was shown");
    let undone = shown[at].split(' ').nth(1).expect("an id").to_owned();
    let (_, rest) = shown[at].split_once("; rollback ").expect("a rollback");
    let rollback = rest.split(' ').next().expect("an id").to_owned();
    let last = shown.len() - 1;
    let ended = &shown[last];
    for (place, words, complaint) in [
        (
            at,
            format!(
                "Deployment {undone} has failed and is being rolled back. All traffic is on the \
                 new task set; the old tasks are kept; 2 of 2 new tasks running (deployment \
                 {rollback})"
            ),
            "ended otherwise",
        ),
        (
            at,
            format!(
                "All traffic is on the new task set; the old tasks are kept (deployment {rollback})"
            ),
            "is a rollback, not the release",
        ),
        (
            at,
            shown[at].replace("was stopped by an alarm", "has failed"),
            "ended otherwise",
        ),
        (
            at,
            shown[at].replace("was stopped by an alarm", "was stopped by hand"),
            "ended otherwise",
        ),
        (
            at,
            format!(
                "Deployment {undone} was stopped by an alarm; rollback {rollback} is undoing it. \
                 All production traffic is still on the new version."
            ),
            "new version has all",
        ),
        (
            at,
            format!(
                "Deployment {undone} was stopped by an alarm; rollback {undone} is undoing it. \
                 All production traffic is on the old version."
            ),
            "rolls back None",
        ),
        (
            at,
            "Something quite new".into(),
            "this check does not know the sentence",
        ),
        (
            at,
            format!("Queued: CodeDeploy has not started yet (deployment {undone})"),
            "is queued",
        ),
        (
            at,
            format!("AllowTraffic: 70 % on the new task set (deployment {undone})"),
            "share",
        ),
        (
            at,
            format!("AfterAllowTraffic (deployment {undone})"),
            "is in this event",
        ),
        (
            last,
            ended.replace(
                "Production is back on the old",
                "Production traffic never left the old",
            ),
            "had moved in",
        ),
        (
            last,
            ended.replace(
                &format!("rollback {rollback}"),
                &format!("rollback {undone}"),
            ),
            "is back",
        ),
        (
            last,
            ended.replace(" was stopped:", " failed:"),
            "ended otherwise",
        ),
    ] {
        let mut doctored = world.clone();
        doctored["codepipeline"]["actions"][0]["reports"][place]["text"] = json!(words);
        let doctored: World = serde_json::from_value(doctored).expect("a world");
        let found = untruths(&doctored, SHORTLY).join("\n");
        assert!(found.contains(complaint), "{words}\n{complaint}: {found}");
    }
}
