//! How a deployment configuration shifts traffic (docs/aws.md §5.8). The
//! predefined configurations are known by name; a custom one is read once.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::types::TrafficRoutingConfig;
use parking_lot::Mutex;

use super::error::call_error;
use super::paced_client::PacedClient;
use crate::rollout::shift::Shift;

/// Maximum number of cached configurations. An account has at most 200 of its
/// own (docs/aws.md §5.9).
const MAX_KNOWN: usize = 1000;

/// A cache of the configurations that were read. Failures are cached as well.
#[derive(Debug, Default)]
pub(super) struct Shifts(Mutex<BTreeMap<String, Option<Shift>>>);

impl Shifts {
    /// How the configuration shifts traffic. `None` if it cannot be read, which
    /// is not an error because only progress messages depend on it.
    pub(super) async fn of(&self, client: &PacedClient<Client>, name: &str) -> Option<Shift> {
        if let Some(shift) = Shift::predefined(name) {
            return Some(shift);
        }
        if let Some(known) = self.known(name) {
            return known;
        }
        let shift = read(client, name).await;
        let mut known = self.0.lock();
        if known.len() < MAX_KNOWN {
            known.insert(name.to_owned(), shift);
        }
        shift
    }

    fn known(&self, name: &str) -> Option<Option<Shift>> {
        let known = self.0.lock();
        known.get(name).copied()
    }
}

async fn read(client: &PacedClient<Client>, name: &str) -> Option<Shift> {
    let call = "codedeploy:GetDeploymentConfig";
    let answer = client
        .call(|client| {
            client
                .get_deployment_config()
                .deployment_config_name(name)
                .send()
        })
        .await;
    match answer {
        Ok(answer) => answer
            .deployment_config_info()
            .and_then(|info| info.traffic_routing_config())
            .and_then(shift),
        Err(error) => {
            let error = call_error(call, Some(name), &error);
            tracing::warn!(%error, "progress will not show the next traffic shift");
            None
        }
    }
}

fn shift(routing: &TrafficRoutingConfig) -> Option<Shift> {
    let minutes = |count: i32| Some(Duration::from_secs(u64::try_from(count).ok()? * 60));
    let percent = |count: i32| u8::try_from(count).ok().filter(|count| *count <= 100);
    match routing.r#type()?.as_str() {
        "AllAtOnce" => Some(Shift::AllAtOnce),
        "TimeBasedCanary" => {
            let canary = routing.time_based_canary()?;
            Some(Shift::Canary {
                percent: percent(canary.canary_percentage())?,
                rest_after: minutes(canary.canary_interval())?,
            })
        }
        "TimeBasedLinear" => {
            let linear = routing.time_based_linear()?;
            Some(Shift::Linear {
                percent: percent(linear.linear_percentage())?,
                every: minutes(linear.linear_interval())?,
            })
        }
        _ => None,
    }
}
