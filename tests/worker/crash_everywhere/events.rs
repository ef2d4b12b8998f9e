//! Kills a worker that sends events at every call, and checks which events the
//! bus has received after another worker has finished the release.

use std::time::Duration;

use bluegreen_worker::worker::{self, Context};
use simulator::codepipeline::ActionStatus;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{MOMENTS, VACANCY, check, in_simulated_time};
use crate::support::mortal::{Moment, Mortal};
use crate::support::play::{self, Journal, Scene, slow_tuning};
use crate::support::{Harness, Order};

/// How often an event for this state of the action was sent.
fn count(harness: &Harness, action: &str, state: &str) -> usize {
    let id = format!("{action}:{state}");
    harness.world(|world| {
        let events = world.eventbridge.events();
        events.filter(|event| event.detail["id"] == *id).count()
    })
}

/// Kills a worker at call number `last` and replaces it. Returns whether the
/// first worker lived to the end of the release.
fn survived(scene: Scene, end: &str, last: u64, moment: Moment) -> bool {
    in_simulated_time(async {
        let harness = Harness::with(play::world(scene));
        let place = TempDir::new().expect("a directory");
        let journal = Journal::Directory(place.path().to_owned());
        let action = harness.queue(&Order::default());
        let is_over = || harness.status(&action) != ActionStatus::InProgress;

        let death = CancellationToken::new();
        let http = Mortal::client(harness.exchange.http_client(), last, moment, death.clone());
        let context = |http, drain: &CancellationToken| {
            let ports = harness.ports_through(http);
            let kept = harness.open(&journal, &harness.clock);
            Context::new(
                ports,
                harness.clock.clone(),
                slow_tuning(),
                kept,
                drain.clone(),
            )
        };
        let drain = CancellationToken::new();
        let first = harness.telling(context(http.clone(), &drain), http, "default");
        let first = tokio::spawn({
            let death = death.clone();
            async move { death.run_until_cancelled(worker::run(&first)).await }
        });
        tokio::select! {
            biased;
            () = death.cancelled() => {}
            _ = harness.end_of(&action) => {}
        }
        // The worker may also be killed by what it does after the end.
        harness.wait(Duration::from_secs(30)).await;
        let has_died = death.is_cancelled();
        let told_before = count(&harness, &action, end);
        let was_over = is_over();
        drain.cancel();
        first.await.expect("a worker does not panic");
        harness.wait(VACANCY).await;

        let http = harness.exchange.http_client();
        let drain = CancellationToken::new();
        let second = harness.telling(context(http.clone(), &drain), http, "default");
        let second = tokio::spawn(async move { worker::run(&second).await });
        harness.end_of(&action).await;
        harness.wait(Duration::from_secs(30)).await;
        drain.cancel();
        second.await.expect("a worker does not panic");

        let context = format!("call {last}, {moment:?}, {scene:?}");
        check(scene, &harness, harness.status(&action), &context);
        let told = count(&harness, &action, end);
        assert!(told <= 2, "{context}: {told}");
        // If the worker dies between CodePipeline's answer and that of the bus,
        // the event is lost. In every other case the end is sent.
        if has_died && was_over {
            assert_eq!(told, told_before, "{context}");
        } else {
            assert!(told >= 1, "{context}");
        }
        !has_died
    })
}

fn dies_everywhere(scene: Scene, end: &str) {
    for moment in MOMENTS {
        let mut last = 1;
        while !survived(scene, end, last, moment) {
            last += 1;
        }
        assert!(last > 20, "only {last} calls were met");
    }
}

#[test]
fn the_end_of_a_good_release_is_sent_after_every_crash() {
    dies_everywhere(Scene::Good, "SUCCEEDED");
}

#[test]
fn the_end_of_a_failing_release_is_sent_after_every_crash() {
    dies_everywhere(Scene::HookFails, "ROLLED_BACK");
}
