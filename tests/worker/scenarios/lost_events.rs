//! Scenarios in which the bus does not accept events. The release is not
//! affected.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use simulator::codepipeline::ActionStatus;
use simulator::faults::{Fault, Kind, Occurrence};

use super::events::{BUS, details, harness, states_of};
use super::quick;
use crate::support::{Harness, Order};

fn upset(harness: &Harness, operation: &str, kind: Kind) {
    let fault = Fault {
        service: "events".into(),
        operation: operation.into(),
        occurrence: Occurrence::Every,
        kind,
    };
    harness
        .world(|world| world.faults.add(fault))
        .expect("a fault");
}

/// A worker's metrics after `play`.
fn metrics_of(play: impl Future<Output = ()>) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime")
            .block_on(play);
    });
    handle.render()
}

#[test]
fn a_bus_that_takes_nothing_costs_the_release_nothing_and_is_counted() {
    for (kind, tries) in [
        (Kind::Denied, 1),
        (Kind::Unavailable, 3),
        (Kind::CutBefore, 3),
        // Calls that time out are not in the ledger.
        (Kind::Slow { seconds: 86_400.0 }, 0),
    ] {
        let metrics = metrics_of(async {
            let harness = harness(quick);
            let before = harness.clock.now();
            upset(&harness, "PutEvents", kind.clone());
            let worker = harness.worker_telling(BUS);
            let action = harness.queue(&Order::default());
            let view = harness.end_of(&action).await;
            assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
            let took = harness.clock.now().duration_since(before);
            assert!(took.as_secs() < 5 * 60, "{kind:?}: {took}");
            // Long enough for every attempt to send an event.
            harness.wait(Duration::from_secs(300)).await;
            let calls = harness.world(|world| world.ledger.calls("events", "PutEvents").count());
            assert!(calls >= tries, "{kind:?}: {calls}");
            worker.stop().await;
            assert_eq!(details(&harness), [Value::Null; 0]);
        });
        let failed = "bluegreen_events_failed_total 4";
        assert!(metrics.contains(failed), "{kind:?}: {metrics}");
        assert!(
            !metrics.contains("bluegreen_events_sent_total"),
            "{metrics}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_hangs_does_not_keep_a_worker_from_leaving() {
    let harness = harness(quick);
    upset(&harness, "PutEvents", Kind::Slow { seconds: 86_400.0 });
    let worker = harness.worker_telling(BUS);
    let action = harness.queue(&Order::default());
    harness.end_of(&action).await;
    let before = harness.clock.now();
    worker.stop().await;
    let took = harness.clock.now().duration_since(before);
    assert!(took.as_secs() < 10, "{took}");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_taken_at_first_is_sent_again() {
    let harness = harness(quick);
    let fault = Fault {
        service: "events".into(),
        operation: "PutEvents".into(),
        occurrence: Occurrence::Next(4),
        kind: Kind::Unavailable,
    };
    harness
        .world(|world| world.faults.add(fault))
        .expect("a fault");
    let (states, _) = states_of(&harness, &Order::default(), ActionStatus::Succeeded).await;
    assert_eq!(
        states,
        ["STARTED", "DEPLOYING", "TRAFFIC_SHIFTED", "SUCCEEDED"]
    );
}
