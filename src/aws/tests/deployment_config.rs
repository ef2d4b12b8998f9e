//! How a custom deployment configuration shifts traffic, and what of it is
//! remembered.

use std::time::Duration;

use serde_json::json;

use super::wire::{Reply, Wire, answer, clock, error, json as reply};
use crate::aws::deployment_config::Shifts;
use crate::aws::paced_client::PacedClient;
use crate::aws::service_clients;
use crate::rollout::shift::Shift;

fn config(percent: u8) -> Reply {
    let canary = json!({"canaryPercentage": percent, "canaryInterval": 5});
    let routing = json!({"type": "TimeBasedCanary", "timeBasedCanary": canary});
    reply(&json!({"deploymentConfigInfo": {"trafficRoutingConfig": routing}}))
}

#[tokio::test(start_paused = true)]
async fn only_what_will_not_pass_keeps_a_shift_from_being_read_again() {
    let busy = answer(503, "");
    let wire = Wire::new([busy.clone(), busy.clone(), busy, config(20)]);
    let client = PacedClient::new(service_clients::codedeploy(&wire.config()), clock());
    let shifts = Shifts::default();
    assert_eq!(shifts.of(&client, "ours").await, None);
    let percent = 20;
    let rest_after = Duration::from_secs(300);
    let read = Some(Shift::Canary {
        percent,
        rest_after,
    });
    assert_eq!(shifts.of(&client, "ours").await, read);
    assert_eq!(shifts.of(&client, "ours").await, read);
    assert_eq!(wire.sent().len(), 4);
    let denied = Wire::new([error("AccessDeniedException", "no")]);
    let client = PacedClient::new(service_clients::codedeploy(&denied.config()), clock());
    for _ in 0..2 {
        assert_eq!(shifts.of(&client, "other").await, None);
    }
}
