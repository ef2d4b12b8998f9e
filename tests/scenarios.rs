//! Stories of whole releases: real workers on a pretend account, in simulated
//! time. The simulator's ledger is the judge.

mod support;

use bluegreen_worker::simulator::codepipeline::ActionStatus;
use support::{Order, Stage};

#[tokio::test(start_paused = true)]
async fn a_release_goes_all_the_way() {
    let stage = Stage::new();
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    let view = stage.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(stage.effects("ecs", "RegisterTaskDefinition"), 1);
    assert_eq!(stage.effects("codedeploy", "CreateDeployment"), 1);
}
