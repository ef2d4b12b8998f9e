//! An outage uses up the retries of the clients that it concerns, and no others.

use aws_sdk_ecs::Client;

use super::wire::{Wire, answer};
use crate::aws::service_clients;
use crate::ports::Services;
use crate::release::target::ServiceName;

/// Calls whose two retries use up the quota: 500 tokens, ten for each retry
/// after a transient error.
const CALLS: usize = 25;

async fn call(services: &Client) {
    let name = ServiceName {
        cluster: "prod".into(),
        service: "web".into(),
    };
    services.describe(&name).await.unwrap_err();
}

fn client(wire: &Wire) -> Client {
    service_clients::ecs(&wire.config())
}

#[tokio::test(start_paused = true)]
async fn a_client_without_retries_leaves_those_of_others() {
    let unavailable = answer(500, "");
    let outage = Wire::new(vec![unavailable.clone(); 3 * CALLS + 1]);
    let services = client(&outage);
    for _ in 0..=CALLS {
        call(&services).await;
    }
    assert_eq!(outage.sent().len(), 3 * CALLS + 1);
    let other = Wire::new(vec![unavailable; 3]);
    call(&client(&other)).await;
    assert_eq!(other.sent().len(), 3);
}
