//! What people ask of releases that were really made, and of one under way.

use bluegreen_worker::simulator::codepipeline::ActionStatus;
use bluegreen_worker::simulator::world::World;
use serde_json::Value;

use crate::Account;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sees_who_released_what_and_stops_what_is_under_way() {
    let account = Account::new().await;
    let worker = account.worker(&[]);
    let action = account.queue();
    let made = |world: &mut World| world.ledger.effects("codedeploy", "CreateDeployment");
    account.until(|world| made(world) == 1).await;

    let of_group = ["history", "--application", "webapp", "--group", "webapp"];
    let (code, out, err) = account.ask(&of_group).await;
    assert_eq!(code, Some(0), "{err}");
    let deployment = out
        .split_whitespace()
        .find(|word| word.starts_with("d-"))
        .unwrap_or_else(|| panic!("no deployment: {out}"))
        .to_owned();

    let (code, out, err) = account.ask(&["continue", &deployment]).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("it does not wait for anybody"), "{err}");
    let (code, out, err) = account.ask(&["stop", &deployment, "--rollback"]).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("the traffic goes back to the old tasks"),
        "{out}"
    );
    let ended = account.end_of(&action).await;
    assert_eq!(ended.status, ActionStatus::Failed, "{ended:#?}");
    let (code, _, err) = account.ask(&["stop", &deployment]).await;
    assert_eq!(code, Some(1));
    assert!(
        err.contains("is Stopped: there is nothing to stop"),
        "{err}"
    );
    let (code, _, err) = account.ask(&["stop", "d-NOTTHERE0"]).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("has no deployment d-NOTTHERE0"), "{err}");

    // The same release, from the group's side and from the pipeline's.
    let pipeline = account.world(|world| {
        let view = world.codepipeline.view(&action).expect("it was queued");
        view.pipeline
    });
    let of_pipeline = ["history", "--pipeline", &pipeline, "--json"];
    for words in [[&of_group[..], &["--json"]].concat(), of_pipeline.to_vec()] {
        let (code, out, err) = account.ask(&words).await;
        assert_eq!(code, Some(0), "{err}");
        let shown: Value = serde_json::from_str(&out).expect("JSON");
        let releases = shown["releases"].as_array().expect("a list");
        let release = releases.iter().find(|one| one["deployment"] == *deployment);
        let release = release.unwrap_or_else(|| panic!("it is not shown: {out}"));
        assert_eq!(release["pipeline"], pipeline);
        let reason = release["reason"].as_str().expect("why it failed");
        assert!(reason.contains("was stopped"), "{reason}");
    }
    worker.stops().await;
}
